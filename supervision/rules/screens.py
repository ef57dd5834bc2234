"""How do the prices of one tender lie to each other? Seven statistical screens over its bids.

The figures describe, they accuse nobody: screens_flags.py says which figure is worth a look and
people decide. They are statistics, not money, so they are floats; every one of them is the same
in yuan, in fen or in another currency, and in whatever order the bids stand.
Source: 招标投标法实施条例 第40条(四) (regular differences of bids); formulas: docs/screens.md.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernel.errors import InvalidInput

Floats = NDArray[np.float64]

NAMES = ("cv", "spd", "diffp", "rd", "kurt", "skew", "kstest")


@dataclasses.dataclass(frozen=True)
class Screens:
    """The seven figures of one set of `n` bids; None where the formula is not defined."""

    n: int
    cv: float | None = None
    spd: float | None = None
    diffp: float | None = None
    rd: float | None = None
    kurt: float | None = None
    skew: float | None = None
    kstest: float | None = None

    def as_json(self) -> dict[str, float | int | None]:
        """The figures under their contract names, n first."""
        return dataclasses.asdict(self)


def screens_of(prices: Sequence[float]) -> Screens:
    """The screens of one tender's prices, in any order and unit.

    Raises InvalidInput for a price that is negative, infinite or not a number. A price of zero
    is a price; spd and diffp are then None.
    """
    row = np.array(prices, dtype=np.float64)
    if not (np.isfinite(row).all() and (row >= 0).all()):
        raise InvalidInput("screens.price", "报价必须是不小于零的有限数。", field="price")
    return rows_of(row.reshape(1, -1))[0]


def rows_of(prices: Floats) -> list[Screens]:
    """The screens of many tenders with equally many bids: one row per tender, checked before."""
    figures = figures_of(prices)
    columns = [[None if math.isnan(x) else x for x in figures[name].tolist()] for name in NAMES]
    return [Screens(prices.shape[-1], *row) for row in zip(*columns, strict=True)]


def figures_of(prices: Floats) -> dict[str, Floats]:
    """Each screen along the last axis of an array of prices; NaN where it is not defined."""
    ordered = np.sort(prices, axis=-1)
    if ordered.shape[-1] < 2:
        return {name: np.full(ordered.shape[:-1], np.nan) for name in NAMES}
    lowest, second, highest = ordered[..., 0], ordered[..., 1], ordered[..., -1]
    alike = lowest == highest
    # Dividing by the highest first keeps sums and fourth powers far from overflow.
    scaled = _quotient(ordered, highest[..., None])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = _standard(scaled)
        return {
            "cv": np.where(alike, 0.0, scaled.std(axis=-1, ddof=1) / scaled.mean(axis=-1)),
            "spd": np.where(alike, 0.0, _quotient(highest - lowest, lowest)),
            "diffp": np.where(alike, 0.0, _quotient(second - lowest, lowest)),
            "rd": _relative_distance(ordered, scaled),
            "kurt": np.where(alike, np.nan, _excess_kurtosis(z)),
            "skew": np.where(alike, np.nan, _skewness(z)),
            "kstest": np.where(alike, np.nan, _distance_from_uniform(scaled)),
        }


def _quotient(above: Floats, below: Floats) -> Floats:
    """The quotient, NaN where the divisor is zero or the result too large for a float."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        quotient = above / below
    return np.where(np.isfinite(quotient), quotient, np.nan)


def _standard(x: Floats) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    standard: Floats = centred / x.std(axis=-1, ddof=1, keepdims=True)
    return standard


def _relative_distance(ordered: Floats, scaled: Floats) -> Floats:
    if ordered.shape[-1] < 3:
        return np.full(ordered.shape[:-1], np.nan)
    losers_alike = ordered[..., 1] == ordered[..., -1]
    distance = (scaled[..., 1] - scaled[..., 0]) / scaled[..., 1:].std(axis=-1, ddof=1)
    return np.where(losers_alike, np.nan, distance)


def _skewness(z: Floats) -> Floats:
    n = z.shape[-1]
    if n < 3:
        return np.full(z.shape[:-1], np.nan)
    skewness: Floats = n / ((n - 1) * (n - 2)) * (z**3).sum(axis=-1)
    return skewness


def _excess_kurtosis(z: Floats) -> Floats:
    n = z.shape[-1]
    if n < 4:
        return np.full(z.shape[:-1], np.nan)
    factor = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3))
    kurtosis: Floats = factor * (z**4).sum(axis=-1) - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
    return kurtosis


def _distance_from_uniform(scaled: Floats) -> Floats:
    """Kolmogorov-Smirnov distance of the min-max scaled, ascending values from uniform (0, 1)."""
    n = scaled.shape[-1]
    low, high = scaled[..., :1], scaled[..., -1:]
    unit = (scaled - low) / (high - low)
    above = np.arange(1, n + 1) / n - unit
    below = unit - np.arange(n) / n
    distance: Floats = np.maximum(above, below).max(axis=-1)
    return distance
