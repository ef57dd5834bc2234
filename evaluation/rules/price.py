"""Which price score does each bid get by the rule of the tender documents? The door of this topic.

`parse_rule` and `parse_bids` read what was written, `score_prices` calculates it, and the result
explains itself in a trace for a pocket calculator. The language is described in
docs/price-rules.md. Source: 招标投标法实施条例 第49条; 财政部令第87号 第54至57条.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from evaluation.rules.price_benchmark import REFERENCE, Scene, value_of
from evaluation.rules.price_bids import Bid, bids_at
from evaluation.rules.price_evaluated import Prices, prices_of
from evaluation.rules.price_numbers import Rounding, ascending, decimal_of, decimals_of, plain
from evaluation.rules.price_ranking import Entrant, Ranked, ranking_of
from evaluation.rules.price_reading import number_at, object_at, positive_at, under, wrong
from evaluation.rules.price_regime import regime_problems
from evaluation.rules.price_rule import PriceRule, rule_at
from evaluation.rules.price_scoring import (
    TOLD,
    Case,
    Points,
    Ratio,
    Scoring,
    deviation_of,
    points_of,
)
from evaluation.rules.price_trace import Paper, TraceEntry
from evaluation.rules.price_validity import Finding, findings
from kernel.errors import refuse_if

# How many decimals are tried for what is written of figures that the rule doesn't round.
WRITTEN_PLACES = (4, 6, 8, 10, 12, 16, 24, 40)


@dataclasses.dataclass(frozen=True)
class PriceRow:
    """What becomes of one bid. A rejected bid has neither deviation nor score.

    `why` (Chinese) gives the reasons of a rejection or of a request to explain, else it is empty.
    """

    bidder: str
    evaluated_price: Decimal
    deviation: Decimal | None
    score: Decimal | None
    valid: bool
    why: str


@dataclasses.dataclass(frozen=True)
class RankingRow:
    """A line of the ranking. `tie` is empty, `equal` (rank shared) or `draw` (lot outstanding)."""

    bidder: str
    rank: int
    total: Decimal | None
    parts: Mapping[str, Decimal]
    tie: str


@dataclasses.dataclass(frozen=True)
class PriceResult:
    """The benchmark (None if no bid is valid), a row for each bid in the order given, the ranking.

    `ranking` is None if the rule asks for none. Figures that the rule does not round are written
    to as many decimals as lead to the same scores as the exact ones, at least four.
    """

    benchmark: Decimal | None
    rows: tuple[PriceRow, ...]
    ranking: tuple[RankingRow, ...] | None
    _sheet: "_Sheet" = dataclasses.field(repr=False, compare=False)

    @cached_property
    def trace(self) -> tuple[TraceEntry, ...]:
        """The calculation, line by line; every line starts from figures printed before."""
        return self._sheet.lines()


def parse_rule(rule: object) -> PriceRule:
    """The rule in a document of the price rule language.

    Raises InvalidInput with the path of the wrong field, Refusal for what its regime forbids.
    """
    parsed = rule_at(rule, "rule")
    refuse_if(regime_problems(parsed))
    return parsed


def parse_bids(bids: object, rule: PriceRule) -> tuple[Bid, ...]:
    """The bids, as the rule understands them: 1 to 10,000. Raises InvalidInput with the path."""
    return bids_at(bids, "bids", rule.known_names)


def parse_opened(opened: object, rule: PriceRule) -> dict[str, Fraction]:
    """What was drawn or opened with the bids. A drawn figure must be one of the stated values."""
    names = [*rule.drawn, *([REFERENCE] if rule.secret_reference else [])]
    stated = object_at(opened, "opened", (), names)
    figures = {}
    for name, value in stated.items():
        path = under("opened", name)
        figures[name] = positive_at(value, path) if name == REFERENCE else number_at(value, path)
        if name != REFERENCE and figures[name] not in rule.drawn[name]:
            raise wrong("not_drawable", "不在可抽取的取值之内。", path)
    return figures


def score_prices(
    rule: PriceRule, bids: Sequence[Bid], opened: Mapping[str, Fraction] | None = None
) -> PriceResult:
    """The result of the rule for these bids; the order of the bids has no influence on it.

    Raises Refusal if there are too few valid prices for the benchmark, NotYet if something has
    not been drawn or opened.
    """
    sheet = _Sheet(rule, tuple(bids), dict(opened or {}))
    return sheet.result()


@dataclasses.dataclass(frozen=True)
class _Line:
    bid: Bid
    prices: Prices
    found: Finding
    deviation: Fraction | None = None
    points: Points | None = None


@dataclasses.dataclass(frozen=True)
class _Outcome:
    benchmark: Fraction | None
    lines: tuple[_Line, ...]
    ranking: tuple[Ranked, ...] | None

    def published(self, rule: PriceRule) -> list[object]:
        """What must not depend on how many decimals are written of unrounded figures."""
        told, total = _deviation_rounding(rule), "total" in rule.rounding
        rows: list[object] = [
            (line.found.valid, len(line.found.why), told and line.deviation, _score(line))
            for line in self.lines
        ]
        return rows + [(one.standing, total and one.total) for one in self.ranking or ()]


@dataclasses.dataclass(frozen=True)
class _Sheet:
    """One calculation, done exactly first and then with the figures that are written down."""

    rule: PriceRule
    bids: tuple[Bid, ...]
    opened: Mapping[str, Fraction]

    def result(self) -> PriceResult:
        _, outcome = self._settled
        rounding = self.rule.rounding
        return PriceResult(
            _decimal(outcome.benchmark, _benchmark_rounding(self.rule)),
            tuple(self._row(line) for line in outcome.lines),
            None
            if outcome.ranking is None
            else tuple(_ranking_row(one, rounding.get("total")) for one in outcome.ranking),
            self,
        )

    def lines(self) -> tuple[TraceEntry, ...]:
        places, _ = self._settled
        paper = Paper(places, writing=True)
        self._run(paper)
        return tuple(paper.entries)

    @cached_property
    def _settled(self) -> tuple[int | None, _Outcome]:
        """The fewest decimals that lead to what the exact figures lead to, and that outcome.

        None: only exact figures do, which happens where a rounding falls on an exact half.
        """
        paper = Paper()
        exact = self._run(paper)
        if not paper.endless:
            return WRITTEN_PLACES[0], exact
        wanted = exact.published(self.rule)
        for places in WRITTEN_PLACES:
            written = self._run(Paper(places))
            if written.published(self.rule) == wanted:
                return places, written
        return None, exact

    def _run(self, paper: Paper) -> _Outcome:
        rounding = self.rule.rounding.get("evaluated_price")
        prices = {
            bid.bidder: prices_of(bid, self.rule.adjustments, rounding, paper) for bid in self.bids
        }
        excluded = {bid.bidder: bid.excluded for bid in self.bids if bid.excluded}
        found = findings(self.rule.validity, prices, excluded, self.opened, paper)
        lines = [_Line(bid, prices[bid.bidder], found[bid.bidder]) for bid in self.bids]
        valid = ascending([line.prices.evaluated for line in lines if line.found.valid])
        if not valid:
            paper.say("benchmark", "没有有效报价", "there is no valid price")
            return _Outcome(None, tuple(lines), None if self.rule.ranking is None else ())
        benchmark = self._benchmark(valid, paper)
        scored = tuple(self._scored(line, benchmark, paper) for line in lines)
        return _Outcome(benchmark, scored, self._ranking(scored, paper))

    def _benchmark(self, valid: list[Fraction], paper: Paper) -> Fraction:
        if self.rule.benchmark is None:
            label = ("最低评标价", "lowest evaluated price")
            return paper.reckon("benchmark", label, plain(valid[0]), valid[0])
        scene = Scene(valid, self.opened, paper, "benchmark")
        return value_of(self.rule.benchmark, scene)

    def _scored(self, line: _Line, benchmark: Fraction, paper: Paper) -> _Line:
        scoring = self.rule.scoring
        if scoring is None or not line.found.valid:
            return line
        case = Case(line.bid.bidder, line.prices.evaluated, benchmark, _bonus(scoring, line.bid))
        deviation = deviation_of(scoring, case, _deviation_rounding(self.rule), paper)
        points = points_of(scoring, case, deviation, self.rule.rounding["score"], paper)
        return dataclasses.replace(line, deviation=deviation, points=points)

    def _ranking(self, lines: Iterable[_Line], paper: Paper) -> tuple[Ranked, ...] | None:
        if self.rule.ranking is None:
            return None
        entrants = [_entrant(line) for line in lines if line.found.valid]
        return ranking_of(self.rule.ranking, entrants, paper)

    def _row(self, line: _Line) -> PriceRow:
        rounding = self.rule.rounding
        return PriceRow(
            line.bid.bidder,
            decimal_of(line.prices.evaluated, rounding.get("evaluated_price")),
            _decimal(line.deviation, _deviation_rounding(self.rule)),
            _decimal(_score(line), rounding.get("score")),
            line.found.valid,
            "；".join(line.found.why),
        )


def _score(line: _Line) -> Fraction | None:
    return None if line.points is None else line.points.score


def _deviation_rounding(rule: PriceRule) -> Rounding | None:
    rounding = rule.rounding.get("deviation")
    is_told = rule.scoring is not None and isinstance(rule.scoring.formula, Ratio)
    return TOLD if rounding is None and is_told else rounding


def _bonus(scoring: Scoring, bid: Bid) -> Fraction:
    if not scoring.bonuses:
        return Fraction(0)
    return max((scoring.bonuses.get(one, Fraction(0)) for one in bid.claims), default=Fraction(0))


def _entrant(line: _Line) -> Entrant:
    if line.points is None:
        return Entrant(line.bid, line.prices)
    return Entrant(line.bid, line.prices, line.points.score, line.points.unrounded)


def _benchmark_rounding(rule: PriceRule) -> Rounding | None:
    return None if rule.benchmark is None else rule.benchmark.rounding


def _decimal(figure: Fraction | None, rounding: Rounding | None) -> Decimal | None:
    """The figure as a decimal; one that is kept as a fraction, to the most decimals written."""
    if figure is None:
        return None
    if decimals_of(figure) is None:
        figure = Rounding(WRITTEN_PLACES[-1]).of(figure)
    return decimal_of(figure, rounding)


def _ranking_row(one: Ranked, rounding: Rounding | None) -> RankingRow:
    tie = "draw" if one.waits_for_draw else "equal"
    parts = {name: _decimal(points, None) or Decimal(0) for name, points in one.parts.items()}
    return RankingRow(
        one.bidder,
        one.standing.rank,
        _decimal(one.total, rounding),
        parts,
        tie if one.standing.tied else "",
    )
