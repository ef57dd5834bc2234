"""Does a ring of three or four hide among honest bidders? The screens over all such subgroups.

A ring's closeness drowns in the figures of the whole tender when others bid freely; the least
and the middle value over its subgroups do not drown.
"""

import dataclasses
import functools
import itertools
import math

import numpy as np
from numpy.typing import NDArray

from supervision.rules.screens import NAMES, Floats, figures_of

SIZES = (3, 4)
ALL_UP_TO = 20
"""Bidders up to which every subgroup is looked at (4,845 of four). Above, only neighbours in
price are, n - 2 and n - 3 groups: the closest group is nearly always one of these."""

_CELLS = 4_000_000


@dataclasses.dataclass(frozen=True)
class Spread:
    """The least and the middle value of one screen over the subgroups where it is defined."""

    min: float | None
    median: float | None


@dataclasses.dataclass(frozen=True)
class Subgroups:
    """One screen each over the subgroups of one size; `how` is "all" or "neighbours"."""

    size: int
    groups: int
    how: str
    spreads: dict[str, Spread]

    def as_json(self) -> dict[str, object]:
        """Size, number and kind of the groups, then min and median by screen."""
        figures = {name: dataclasses.asdict(spread) for name, spread in self.spreads.items()}
        return {"size": self.size, "groups": self.groups, "how": self.how, **figures}


def subgroups_of(prices: Floats) -> list[list[Subgroups]]:
    """For each row of prices (one tender a row, equally many bids), its subgroups of 3 and of 4.

    A tender with fewer bidders than a size has no entry for it.
    """
    bidders = prices.shape[1]
    ordered = np.sort(prices, axis=1)
    found: list[list[Subgroups]] = [[] for _ in ordered]
    for size in SIZES:
        if bidders >= size:
            _add_size(found, ordered, size)
    return found


def _add_size(found: list[list[Subgroups]], ordered: Floats, size: int) -> None:
    places = _places(ordered.shape[1], size)
    how = "all" if ordered.shape[1] <= ALL_UP_TO else "neighbours"
    step = max(1, _CELLS // places.size)
    for start in range(0, len(ordered), step):
        figures = figures_of(ordered[start : start + step][:, places])
        columns = {name: _spreads(figures[name]) for name in NAMES}
        for row in range(len(figures["cv"])):
            spreads = {name: columns[name][row] for name in NAMES}
            found[start + row].append(Subgroups(size, len(places), how, spreads))


def _spreads(figures: Floats) -> list[Spread]:
    """Least and middle value of each row, over what is defined in it."""
    ordered = np.sort(figures, axis=1)  # NaN goes last.
    defined = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(len(ordered))
    low = ordered[rows, np.maximum(defined - 1, 0) // 2]
    high = ordered[rows, np.minimum(defined // 2, ordered.shape[1] - 1)]
    middle = (low + high) / 2
    pairs = zip(ordered[:, 0].tolist(), middle.tolist(), defined.tolist(), strict=True)
    return [Spread(least, mid) if n else Spread(None, None) for least, mid, n in pairs]


@functools.lru_cache(maxsize=256)
def _places(bidders: int, size: int) -> NDArray[np.intp]:
    """Row by row the places, in price order, of the members of every subgroup looked at."""
    if bidders > ALL_UP_TO:
        starts = np.arange(bidders - size + 1)
        return starts[:, None] + np.arange(size)[None, :]
    count = math.comb(bidders, size) * size
    flat = itertools.chain.from_iterable(itertools.combinations(range(bidders), size))
    return np.fromiter(flat, dtype=np.intp, count=count).reshape(-1, size)
