"""Which marks are asked about when all sheets lie open: far from the others', or not the same.

The law names marks that are abnormally high or low and objective items on which experts differ,
and no figure: the threshold is the platform's own. A question asks; it changes nothing, and to
keep a mark is as good an answer as to change it. Source: 财政部令第87号 第64条; domain.md 4.6.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

THRESHOLD = Fraction(20, 100)
SOURCE = "财政部令第87号 第64条"


@dataclass(frozen=True)
class Deviation:
    """How far one mark is from the mean of the others; no share where that mean is 0."""

    others: Fraction
    share: Fraction | None
    is_asked: bool


def deviations(marks: Sequence[Fraction]) -> list[Deviation]:
    """Of every mark, in the order of the seats; nobody is asked who scores alone."""
    if len(marks) < 2:
        return [Deviation(mark, Fraction(0), False) for mark in marks]
    total = sum(marks, Fraction(0))
    return [_deviation(mark, (total - mark) / (len(marks) - 1)) for mark in marks]


def dissenting(verdicts: Sequence[bool]) -> list[bool]:
    """Who is asked about an objective item: the fewer; where neither side is, everybody."""
    passing = sum(verdicts)
    if passing in (0, len(verdicts)):
        return [False] * len(verdicts)
    if 2 * passing == len(verdicts):
        return [True] * len(verdicts)
    majority = 2 * passing > len(verdicts)
    return [verdict is not majority for verdict in verdicts]


def _deviation(mark: Fraction, others: Fraction) -> Deviation:
    if others == 0:
        return Deviation(others, None, mark != 0)
    share = (mark - others) / others
    return Deviation(others, share, abs(share) > THRESHOLD)
