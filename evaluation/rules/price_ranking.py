"""Who comes first: totals of weighted parts, or the lowest price, with ties by the rule?

Source: 财政部令第87号 第55至57条 (totals, price, then equal rank); 招标投标法 第41条 (lowest
evaluated price); 招标投标法实施条例 第53条.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from evaluation.rules.aggregation import (
    Better,
    Standing,
    best_figure,
    mean_mark,
    ranked,
    relative_score,
    weighted_total,
)
from evaluation.rules.price_bids import Bid
from evaluation.rules.price_evaluated import Prices
from evaluation.rules.price_numbers import Rounding, plain
from evaluation.rules.price_trace import Paper, bracketed
from evaluation.rules.price_trimming import Trimming, trimmed
from kernel.errors import Refusal

PRICE = "price"
Figure = TypeVar("Figure")


class PartKind(StrEnum):
    """Where the points of a part come from."""

    PRICE = "price"
    MARKS = "marks"
    RELATIVE = "relative"


class Last(StrEnum):
    """What happens to bids that are still equal: they share the rank, or a lot is drawn."""

    EQUAL = "equal"
    DRAW = "draw"


@dataclasses.dataclass(frozen=True)
class Part:
    """One part of the total; `weighted_rounding` is that of points × weight."""

    name: str
    kind: PartKind
    weight: Fraction
    trimming: Trimming
    full: Fraction
    better: Better
    rounding: Rounding | None
    weighted_rounding: Rounding | None


@dataclasses.dataclass(frozen=True)
class RankingRule:
    """Parts of the total (none: the lowest evaluated price is first) and the ties' order.

    A tie is broken by `price` (lower, as bid), `evaluated_price` (lower) or a part (higher).
    """

    parts: tuple[Part, ...]
    ties: tuple[str, ...]
    last: Last
    total: Rounding | None
    exact_price_score: bool


@dataclasses.dataclass(frozen=True)
class Entrant:
    """A valid bid with its prices and, if prices are scored, its two scores."""

    bid: Bid
    prices: Prices
    score: Fraction = Fraction(0)
    unrounded: Fraction = Fraction(0)


@dataclasses.dataclass(frozen=True)
class Ranked:
    """A line of the ranking: total (None where the lowest price wins), points by part, rank."""

    bidder: str
    total: Fraction | None
    parts: Mapping[str, Fraction]
    standing: Standing
    waits_for_draw: bool


def ranking_of(rule: RankingRule, entrants: Sequence[Entrant], paper: Paper) -> tuple[Ranked, ...]:
    """The ranking of the valid bids, best first. Raises Refusal where marks or figures miss."""
    best = _best(rule, entrants)
    points = {one.bid.bidder: _points(rule, one, best, paper) for one in entrants}
    totals = {one.bid.bidder: _total(rule, one, points, paper) for one in entrants}
    keys = {
        one.bid.bidder: _key(rule, one, points[one.bid.bidder], totals[one.bid.bidder])
        for one in entrants
    }
    drawn = {one.bid.bidder: one.bid.drawn_order for one in entrants}
    lots = {name: number for name, number in drawn.items() if number is not None}
    standings = ranked(keys, lots if rule.last is Last.DRAW else None)
    for standing in standings:
        _say_rank(standing, rule, paper)
    return tuple(
        Ranked(
            one.bidder,
            totals[one.bidder],
            points[one.bidder],
            one,
            one.tied and rule.last is Last.DRAW,
        )
        for one in standings
    )


def _best(rule: RankingRule, entrants: Sequence[Entrant]) -> dict[str, Fraction]:
    best = {}
    for part in rule.parts:
        if part.kind is PartKind.RELATIVE and entrants:
            figures = [_stated(one.bid.quality, part.name, one.bid) for one in entrants]
            best[part.name] = best_figure(figures, part.better)
    return best


def _points(
    rule: RankingRule, entrant: Entrant, best: Mapping[str, Fraction], paper: Paper
) -> dict[str, Fraction]:
    points = {}
    for part in rule.parts:
        if part.kind is PartKind.MARKS:
            points[part.name] = _marks(part, entrant.bid, paper)
        elif part.kind is PartKind.RELATIVE:
            points[part.name] = _relative(part, entrant.bid, best[part.name], paper)
        else:
            exact = rule.exact_price_score
            points[part.name] = paper.keep(entrant.unrounded) if exact else entrant.score
    return points


def _marks(part: Part, bid: Bid, paper: Paper) -> Fraction:
    marks = _stated(bid.marks, part.name, bid)
    counted = trimmed(marks, part.trimming).counted
    keys = f"({'+'.join(plain(mark) for mark in counted)})÷{len(counted)}"
    label = (f"{part.name} 评委平均", f"{part.name}, mean of the experts")
    figure = mean_mark(marks, part.trimming)
    return paper.reckon("marks", label, keys, figure, part.rounding, bidder=bid.bidder)


def _relative(part: Part, bid: Bid, best: Fraction, paper: Paper) -> Fraction:
    figure = bid.quality[part.name]
    above, under = (figure, best) if part.better is Better.HIGHER else (best, figure)
    keys = f"{plain(part.full)}×{plain(above)}÷{plain(under)}"
    label = (f"{part.name} 与最优值相比", f"{part.name}, relative to the best")
    score = relative_score(figure, best, part.full, part.better)
    return paper.reckon("relative", label, keys, score, part.rounding, bidder=bid.bidder)


def _stated(figures: Mapping[str, Figure], name: str, bid: Bid) -> Figure:
    if name not in figures:
        raise Refusal(
            "price.no_figure",
            "%(field)s：投标人“%(bidder)s”缺少“%(name)s”。",
            field="bids",
            bidder=bid.bidder,
            name=name,
        )
    return figures[name]


def _total(
    rule: RankingRule, entrant: Entrant, points: Mapping[str, Mapping[str, Fraction]], paper: Paper
) -> Fraction | None:
    if not rule.parts:
        return None
    bidder = entrant.bid.bidder
    weighted = {
        part.name: _weighted(part, points[bidder][part.name], bidder, paper) for part in rule.parts
    }
    figure = weighted_total(weighted, dict.fromkeys(weighted, Fraction(1)))
    keys = "+".join(bracketed(one) for one in weighted.values())
    label = ("总分", "total")
    return paper.reckon("total", label, keys, figure, rule.total, bidder=bidder)


def _weighted(part: Part, points: Fraction, bidder: str, paper: Paper) -> Fraction:
    keys = f"{bracketed(points)}×{plain(part.weight)}"
    label = (f"{part.name} 加权得分", f"{part.name}, weighted")
    figure = points * part.weight
    return paper.reckon("weighted", label, keys, figure, part.weighted_rounding, bidder=bidder)


def _key(
    rule: RankingRule, entrant: Entrant, points: Mapping[str, Fraction], total: Fraction | None
) -> tuple[Fraction, ...]:
    key = [entrant.prices.evaluated if total is None else -total]
    for tie in rule.ties:
        if tie == PRICE:
            key.append(entrant.prices.offered)
        elif tie == "evaluated_price":
            key.append(entrant.prices.evaluated)
        else:
            key.append(-points[tie])
    return tuple(key)


def _say_rank(standing: Standing, rule: RankingRule, paper: Paper) -> None:
    zh, en = "", ""
    if standing.tied:
        waits = rule.last is Last.DRAW
        zh, en = (
            ("（并列，待抽签）", " (equal, a lot is to be drawn)")
            if waits
            else ("（并列）", " (equal)")
        )
    paper.say(
        "rank",
        f"{standing.bidder}　第 {standing.rank} 名{zh}",
        f"{standing.bidder}: rank {standing.rank}{en}",
        bidder=standing.bidder,
    )
