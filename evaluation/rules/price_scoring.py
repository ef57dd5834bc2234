"""How many points does a price get, given its deviation from the benchmark?

Ratio, linear with its own slope above and below, steps, or lines between turning points; never
outside floor and cap. Source: 财政部令第87号 第55条 (ratio); 招标投标法实施条例 第49条.
"""

import dataclasses
import itertools
from collections.abc import Mapping
from fractions import Fraction

from evaluation.rules.price_numbers import Rounding, plain
from evaluation.rules.price_trace import Paper, bracketed

# Where the rule neither uses nor rounds the deviation it is only told, to so many decimals.
TOLD = Rounding(4)


@dataclasses.dataclass(frozen=True)
class Ratio:
    """full × benchmark ÷ price."""

    full: Fraction


@dataclasses.dataclass(frozen=True)
class Linear:
    """full less `above` points per unit above the benchmark, `below` points per unit below it."""

    full: Fraction
    above: Fraction
    below: Fraction


@dataclasses.dataclass(frozen=True)
class Step:
    """The score of deviations up to a limit (None: all larger), itself included or not."""

    limit: Fraction | None
    inclusive: bool
    score: Fraction


@dataclasses.dataclass(frozen=True)
class Steps:
    """Fixed scores by bands of deviation, limits rising."""

    bands: tuple[Step, ...]


@dataclasses.dataclass(frozen=True)
class Point:
    """A turning point: at this deviation this score."""

    deviation: Fraction
    score: Fraction


@dataclasses.dataclass(frozen=True)
class Lines:
    """Straight lines between turning points; outside them the nearest point's score holds."""

    points: tuple[Point, ...]


@dataclasses.dataclass(frozen=True)
class Scoring:
    """A formula with its measure and limits.

    `unit` None: the deviation is in per cent of the benchmark; otherwise in units of that amount.
    `bonuses`: per cent of the score by claim; the largest claimed counts, up to `bonus_cap`.
    """

    formula: Ratio | Linear | Steps | Lines
    floor: Fraction
    cap: Fraction
    unit: Fraction | None = None
    bonuses: Mapping[str, Fraction] = dataclasses.field(default_factory=dict)
    bonus_cap: Fraction | None = None


@dataclasses.dataclass(frozen=True)
class Points:
    """The score as rounded by the rule, and as it was before that rounding."""

    score: Fraction
    unrounded: Fraction


@dataclasses.dataclass(frozen=True)
class Case:
    """One bid before its benchmark. `bonus` is the percentage that it may claim, 0 if none."""

    bidder: str
    price: Fraction
    benchmark: Fraction
    bonus: Fraction = Fraction(0)


def deviation_of(scoring: Scoring, case: Case, rounding: Rounding | None, paper: Paper) -> Fraction:
    """The signed deviation; above the benchmark is positive."""
    price, benchmark = case.price, case.benchmark
    if scoring.unit is None:
        figure, label = (price - benchmark) * 100 / benchmark, ("偏差率（%）", "deviation (%)")
    else:
        figure, label = (price - benchmark) / scoring.unit, ("偏差（单位数）", "deviation (units)")
    keys = ""
    if paper.writing:
        last = f"{bracketed(benchmark)}×100" if scoring.unit is None else plain(scoring.unit)
        keys = f"({plain(price)}-{bracketed(benchmark)})÷{last}"
    return paper.reckon("deviation", label, keys, figure, rounding, bidder=case.bidder)


def points_of(
    scoring: Scoring, case: Case, deviation: Fraction, rounding: Rounding, paper: Paper
) -> Points:
    """The points of one price. Floor and cap come before the bonus, rounding is the last step."""
    raw = raw_score(scoring.formula, case.price, case.benchmark, deviation)
    bounded = min(max(raw, scoring.floor), scoring.cap)
    if paper.writing:
        _write_score(scoring, case, deviation, rounding, paper)
    if not case.bonus:
        return Points(rounding.of(bounded), bounded)
    bounded = paper.keep(bounded)
    raised = min(bounded * (1 + case.bonus / 100), _bonus_cap(scoring, bounded))
    return Points(rounding.of(raised), raised)


def _bonus_cap(scoring: Scoring, bounded: Fraction) -> Fraction:
    return max(scoring.cap if scoring.bonus_cap is None else scoring.bonus_cap, bounded)


def raw_score(
    formula: Ratio | Linear | Steps | Lines,
    price: Fraction,
    benchmark: Fraction,
    deviation: Fraction,
) -> Fraction:
    """The score by the formula alone, before floor, cap, bonus and rounding."""
    match formula:
        case Ratio(full):
            return full * benchmark / price
        case Linear(full, above, below):
            return full - abs(deviation) * (above if deviation > 0 else below)
        case Steps(bands):
            return next(band.score for band in bands if _within(deviation, band))
        case Lines(points):
            return _on_lines(points, deviation)


def _within(deviation: Fraction, band: Step) -> bool:
    if band.limit is None or deviation < band.limit:
        return True
    return band.inclusive and deviation == band.limit


def _on_lines(points: tuple[Point, ...], deviation: Fraction) -> Fraction:
    if deviation <= points[0].deviation:
        return points[0].score
    for left, right in itertools.pairwise(points):
        if deviation <= right.deviation:
            share = (deviation - left.deviation) / (right.deviation - left.deviation)
            return left.score + (right.score - left.score) * share
    return points[-1].score


def _write_score(
    scoring: Scoring, case: Case, deviation: Fraction, rounding: Rounding, paper: Paper
) -> None:
    """Write the lines of one score: formula, then floor or cap, then bonus; one rounding last."""
    raw = raw_score(scoring.formula, case.price, case.benchmark, deviation)
    bounded = min(max(raw, scoring.floor), scoring.cap)
    keys = keys_of(scoring.formula, case.price, case.benchmark, deviation)
    label = ("价格得分", "price score")
    last = bounded == raw and not case.bonus
    paper.reckon("score", label, keys, raw, rounding if last else None, bidder=case.bidder)
    if bounded != raw:
        label = ("不超出得分范围", "kept within the range of scores")
        rounded = None if case.bonus else rounding
        paper.reckon("score_limit", label, plain(bounded), bounded, rounded, bidder=case.bidder)
    if case.bonus:
        _write_bonus(scoring, case, paper.keep(bounded), rounding, paper)


def _write_bonus(
    scoring: Scoring, case: Case, bounded: Fraction, rounding: Rounding, paper: Paper
) -> None:
    raised, cap = bounded * (1 + case.bonus / 100), _bonus_cap(scoring, bounded)
    keys = f"{bracketed(bounded)}×(1+{plain(case.bonus)}÷100)"
    label = ("加分后", "with the bonus")
    rounded = rounding if raised <= cap else None
    paper.reckon("bonus", label, keys, raised, rounded, bidder=case.bidder)
    if raised > cap:
        label = ("不超出加分上限", "kept under the cap of the bonus")
        paper.reckon("bonus_limit", label, plain(cap), cap, rounding, bidder=case.bidder)


def keys_of(
    formula: Ratio | Linear | Steps | Lines,
    price: Fraction,
    benchmark: Fraction,
    deviation: Fraction,
) -> str:
    """What is keyed in for the score by the formula alone."""
    match formula:
        case Ratio(full):
            return f"{plain(full)}×{bracketed(benchmark)}÷{plain(price)}"
        case Linear(full, above, below):
            slope = above if deviation > 0 else below
            return f"{plain(full)}-{bracketed(abs(deviation))}×{plain(slope)}"
        case Steps():
            return plain(raw_score(formula, price, benchmark, deviation))
        case Lines(points):
            return _line_keys(points, deviation)


def _line_keys(points: tuple[Point, ...], deviation: Fraction) -> str:
    for left, right in itertools.pairwise(points):
        if left.deviation < deviation <= right.deviation:
            rise = f"({bracketed(right.score)}-{bracketed(left.score)})"
            run = f"({bracketed(right.deviation)}-{bracketed(left.deviation)})"
            step = f"({bracketed(deviation)}-{bracketed(left.deviation)})"
            return f"{plain(left.score)}+{rise}×{step}÷{run}"
    return plain(points[0].score if deviation <= points[0].deviation else points[-1].score)
