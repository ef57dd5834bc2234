"""How are the figures of a price rule kept, rounded and printed?

Inside, every figure is an exact fraction: nothing is lost before the step at which the documents
prescribe a rounding. Outside, figures are decimals in plain notation. Source: 招标投标法实施条例
第49条 (only what the documents say), so where and how to round is data of the rule.
"""

import dataclasses
import math
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

# An unrounded figure that ends within so many decimals is printed whole.
WHOLE_PLACES = 12


class Mode(StrEnum):
    """How a figure is rounded; halves and directions are those of its magnitude."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


@dataclasses.dataclass(frozen=True)
class Rounding:
    """To how many decimals (0 to 10), and which way. Half up: −0.125 becomes −0.13."""

    places: int
    mode: Mode = Mode.HALF_UP

    def of(self, figure: Fraction) -> Fraction:
        """The rounded figure."""
        scale = 10**self.places
        units, rest = divmod(abs(figure.numerator) * scale, figure.denominator)
        if self._goes_up(rest, figure.denominator):
            units += 1
        return Fraction(units if figure >= 0 else -units, scale)

    def _goes_up(self, rest: int, whole: int) -> bool:
        if self.mode is Mode.HALF_UP:
            return 2 * rest >= whole
        return self.mode is Mode.UP and rest > 0


def decimals_of(figure: Fraction) -> int | None:
    """How many decimals the figure needs to be written whole; None if it never ends."""
    rest, twos, fives = figure.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def decimal_of(figure: Fraction, rounding: Rounding | None = None) -> Decimal:
    """The figure as a decimal with the decimals of the rounding, else as few as it needs.

    Raises ValueError for a figure that has no end: round it first.
    """
    needed = decimals_of(figure)
    if needed is None:
        raise ValueError("a figure without end has no decimal")
    places = max(needed, rounding.places) if rounding else needed
    digits = str(abs(figure.numerator) * 10**places // figure.denominator).rjust(places + 1, "0")
    point = len(digits) - places
    sign = "-" if figure < 0 else ""
    return Decimal(sign + digits[:point] + ("." + digits[point:] if places else ""))


def plain(figure: Fraction, rounding: Rounding | None = None) -> str:
    """The figure in plain notation; one without end as a division, such as 3070÷3."""
    if decimals_of(figure) is None:
        return f"{figure.numerator}÷{figure.denominator}"
    return format(decimal_of(figure, rounding), "f")


def ascending(figures: Sequence[Fraction]) -> list[Fraction]:
    """The figures in ascending order; compared as whole numbers, which is several times faster."""
    scale = math.lcm(*(figure.denominator for figure in figures))
    return sorted(figures, key=lambda figure: figure.numerator * (scale // figure.denominator))


def kept(figure: Fraction, places: int | None) -> Fraction:
    """What is written down of an unrounded figure: all of it if it is short, else so many places.

    With places None the figure stays exact.
    """
    if places is None:
        return figure
    needed = decimals_of(figure)
    if needed is not None and needed <= max(places, WHOLE_PLACES):
        return figure
    return Rounding(places).of(figure)
