"""What does a method do with prices? Five example prices scored by the real rule, and its curve.

The examples stand below a ceiling as real bids do; the curve holds the benchmark that these five
make and moves one price through it. Nothing here decides anything about a bid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluation.rules.price import parse_bids, score_prices
from evaluation.rules.price_numbers import Rounding, decimal_of
from evaluation.rules.price_rule import PriceRule
from evaluation.rules.price_scoring import Case, deviation_of, points_of
from evaluation.rules.price_trace import Paper
from kernel.errors import Refusal
from kernel.money import yuan_from_fen

SHARES = tuple(Fraction(percent, 100) for percent in (96, 93, 91, 88, 82))
NAMES = ("A", "B", "C", "D", "E")
USUAL_FEN = 1_000_000_00
STEPS = 96
_ROUND_FEN = 100_00
_HUNDREDTHS = Rounding(2)


@dataclass(frozen=True)
class ExampleBid:
    """One example: `score` by the price rule, `points` as they count in the total.

    Both are None for a price that the rule itself rejects, and `why` says for what.
    """

    name: str
    price_fen: int
    deviation: Decimal | None
    score: Decimal | None
    points: Decimal | None
    why: str


@dataclass(frozen=True)
class Spot:
    """A place of the curve: a price in fen and its points in the total."""

    price_fen: int
    points: Fraction


@dataclass(frozen=True)
class Example:
    """The examples, dearest first; benchmark and curve, unless the rule can do nothing with them.

    `refusal`: why it cannot.
    """

    bids: tuple[ExampleBid, ...] = ()
    benchmark: Decimal | None = None
    curve: tuple[Spot, ...] = ()
    most: Fraction = Fraction(0)
    refusal: Refusal | None = None


def example_of(rule: PriceRule, weight: Fraction, ceiling_fen: int = 0) -> Example:
    """Five example prices below this ceiling (0: a usual one) under a rule of this weight."""
    prices = example_prices(ceiling_fen or USUAL_FEN)
    listed = [
        {"bidder": name, "price": yuan_from_fen(fen)}
        for name, fen in zip(NAMES, prices, strict=True)
    ]
    try:
        result = score_prices(rule, parse_bids(listed, rule))
    except Refusal as refusal:
        return Example(refusal=refusal)
    bids = tuple(
        ExampleBid(name, fen, row.deviation, row.score, _points(row.score, weight), row.why)
        for name, fen, row in zip(NAMES, prices, result.rows, strict=True)
    )
    most = rule.scoring.cap * weight if rule.scoring else Fraction(0)
    return Example(bids, result.benchmark, _curve(rule, weight, result.benchmark, prices), most)


def example_prices(ceiling_fen: int) -> list[int]:
    """The example prices in fen, whole hundreds of yuan where the ceiling is large enough."""
    unit = _ROUND_FEN if ceiling_fen >= 100 * _ROUND_FEN else 1
    return [max(int(ceiling_fen * share / unit) * unit, 1) for share in SHARES]


def _points(score: Decimal | None, weight: Fraction) -> Decimal | None:
    if score is None:
        return None
    return decimal_of(_HUNDREDTHS.of(Fraction(score) * weight), _HUNDREDTHS)


def _curve(
    rule: PriceRule, weight: Fraction, benchmark: Decimal | None, prices: Sequence[int]
) -> tuple[Spot, ...]:
    """The points of every price from a little below the lowest example to above the highest."""
    if benchmark is None or rule.scoring is None:
        return ()
    low, high = min(prices), max(prices)
    margin = max((high - low) // 5, 1)
    start, span = max(low - margin, 1), high - low + 2 * margin
    found = []
    for step in range(STEPS + 1):
        fen = start + span * step // STEPS
        case = Case("", Fraction(fen, 100), Fraction(benchmark))
        paper = Paper()
        deviation = deviation_of(rule.scoring, case, rule.rounding.get("deviation"), paper)
        points = points_of(rule.scoring, case, deviation, rule.rounding["score"], paper)
        found.append(Spot(fen, points.score * weight))
    return tuple(found)
