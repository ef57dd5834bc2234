"""Where does a figure stand among comparable tenders? Its percentile in a stated reference group.

A figure alone says little: road works and office chairs have different usual spreads. So the
group is named, its size is told, and below thirty tenders nothing is claimed.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

from supervision.rules.screens import NAMES, Screens

FEWEST = 30
TOO_FEW = "too few"


@dataclasses.dataclass(frozen=True)
class Percentile:
    """`percentile`, 0 to 100, is None when the figure is not defined or the group has too few.

    `n` counts the tenders of the group for which the figure is defined.
    """

    n: int
    percentile: float | None
    note: str = ""


class Reference:
    """A named group of tenders, kept as one ascending row of figures per screen."""

    def __init__(self, name: str, members: Iterable[Screens]) -> None:
        """Take the members' figures; None is left out, screen by screen."""
        figures: dict[str, list[float]] = {screen: [] for screen in NAMES}
        for member in members:
            for screen in NAMES:
                value = getattr(member, screen)
                if value is not None:
                    figures[screen].append(value)
        self.name = name
        self.figures = {screen: np.sort(np.array(row)) for screen, row in figures.items()}

    def place_of(self, screen: str, value: float | None) -> Percentile:
        """The share of the group below the value, equal ones counting half, in per cent."""
        group = self.figures[screen]
        n = len(group)
        if n < FEWEST:
            return Percentile(n, None, TOO_FEW)
        if value is None:
            return Percentile(n, None, "not defined")
        below = int(np.searchsorted(group, value, "left"))
        upto = int(np.searchsorted(group, value, "right"))
        return Percentile(n, round(50 * (below + upto) / n, 2))

    def places_of(self, screens: Screens) -> dict[str, Percentile]:
        """The percentile of every figure of one tender."""
        return {screen: self.place_of(screen, getattr(screens, screen)) for screen in NAMES}
