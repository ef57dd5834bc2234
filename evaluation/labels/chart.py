"""How the curve from price to points is drawn: places on a sheet of 400 × 220 units.

Both axes start where the curve does, and say so; the same figures stand in a table beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from evaluation.rules.method_example import Example, Spot
from kernel.money import grouped_yuan

WIDTH, HEIGHT = 400, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 388, 22, 184
_LINES = 4
_WAN_FEN = 1_000_000
_LARGE_FEN = 10 * _WAN_FEN


@dataclass(frozen=True)
class Mark:
    """A place on the sheet and what stands at it."""

    x: str
    y: str
    words: str


@dataclass(frozen=True)
class Chart:
    """The curve as a list of places, the lines of the axes, the example bids, the benchmark."""

    line: str
    points: tuple[Mark, ...]
    prices: tuple[Mark, ...]
    bids: tuple[Mark, ...]
    benchmark: Mark | None
    left: int = _LEFT
    right: int = _RIGHT
    top: int = _TOP
    bottom: int = _BOTTOM
    box: str = f"0 0 {WIDTH} {HEIGHT}"


@dataclass(frozen=True)
class _Sheet:
    """Which prices and points the sheet holds."""

    low: int
    high: int
    least: Fraction
    most: Fraction

    def x(self, fen: Fraction | int) -> str:
        share = (Fraction(fen) - self.low) / (self.high - self.low)
        return _written(_LEFT + share * (_RIGHT - _LEFT))

    def y(self, points: Fraction) -> str:
        share = (points - self.least) / (self.most - self.least)
        return _written(_BOTTOM - share * (_BOTTOM - _TOP))


def _written(place: Fraction) -> str:
    """A place as the sheet takes it: tenths of its unit, which no eye tells apart."""
    return f"{float(place):.1f}"


def chart_of(example: Example) -> Chart | None:
    """The curve of an example; None where the rule makes none."""
    if not example.curve or example.most <= 0:
        return None
    sheet = _sheet(example.curve, example.most)
    ends = (sheet.low, (sheet.low + sheet.high) // 2, sheet.high)
    return Chart(
        line=" ".join(
            f"{sheet.x(spot.price_fen)},{sheet.y(spot.points)}" for spot in example.curve
        ),
        points=tuple(_point_marks(sheet)),
        prices=tuple(Mark(sheet.x(fen), "", _price_words(fen, sheet)) for fen in ends),
        bids=tuple(
            Mark(sheet.x(bid.price_fen), sheet.y(Fraction(bid.points)), bid.name)
            for bid in example.bids
            if bid.points is not None
        ),
        benchmark=_benchmark(example, sheet),
    )


def _sheet(curve: Sequence[Spot], most: Fraction) -> _Sheet:
    least = min(spot.points for spot in curve)
    step = _step(most - least if most > least else most)
    floor = Fraction(math.floor(least / step) * step)
    return _Sheet(
        curve[0].price_fen, curve[-1].price_fen, floor if floor < most else Fraction(0), most
    )


def _step(span: Fraction) -> Fraction:
    """A round distance of which about four make the span."""
    size = Fraction(10) ** math.floor(math.log10(float(span) / _LINES))
    return next(size * n for n in (1, 2, 5, 10) if size * n * _LINES >= span)


def _point_marks(sheet: _Sheet) -> list[Mark]:
    step, points = _step(sheet.most - sheet.least), sheet.least
    found = []
    while points <= sheet.most:
        found.append(Mark(str(_LEFT), sheet.y(points), f"{float(points):g}"))
        points += step
    return found


def _benchmark(example: Example, sheet: _Sheet) -> Mark | None:
    if example.benchmark is None:
        return None
    fen = Fraction(example.benchmark) * 100
    return Mark(sheet.x(fen), "", "") if sheet.low <= fen <= sheet.high else None


def _price_words(fen: int, sheet: _Sheet) -> str:
    """A price as the axis writes it: in wan where the prices are large."""
    return f"{fen / _WAN_FEN:,.2f}" if sheet.low >= _LARGE_FEN else grouped_yuan(fen)


def is_in_wan(example: Example) -> bool:
    """Whether the prices of the axis are written in units of ten thousand yuan."""
    return bool(example.curve) and example.curve[0].price_fen >= _LARGE_FEN
