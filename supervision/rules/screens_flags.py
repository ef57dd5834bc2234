"""Which figures are worth a look, what do they mean, and what change would clear the flag?

Only cv has a fixed limit that survives noise: ±0.1 % on every price flips under 2 % of its flags.
rd, the usual second condition, flips more than that near its limit, so it is told and explained
but never flags; skew, kurt and kstest have no accepted limit and are read against a reference
group. A flag is a question to the bidders, not an answer.
Source: Imhof, Karagök, Rutz, Screening for Bid Rigging: Does It Work? (2018), cv below 6 %
(Swiss road works; calibrate before use elsewhere); 招标投标法实施条例 第40条.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from supervision.rules.screens import Floats, Screens, screens_of

CLOSE_CV = 0.06
FEWEST_BIDS = 4
FEWEST_STEPS = 3

MEANINGS = {
    "cv": "变异系数:报价标准差与均值之比。越小,报价越集中。",
    "spd": "极差比:最高价超出最低价的比例。越小,报价越集中。",
    "diffp": "最低两家报价之差与最低价之比。",
    "rd": "相对距离:最低两家之差与其余报价标准差之比。大于 1 表示中标价与陪标价之间有明显间隔;"
    "对微小变动敏感,仅供参考。",
    "kurt": "超额峰度:大于 0 表示报价向中间聚集。",
    "skew": "偏度:大于 0 表示多数报价偏低、少数偏高;小于 0 相反。",
    "kstest": "与均匀分布的最大距离:越大,报价分布越不均匀。",
}


@dataclasses.dataclass(frozen=True)
class Change:
    """One bidder's price moved by `percent` (signed, away from zero to 0.01) clears the flag."""

    bidder: int
    percent: Decimal

    def applied_to(self, prices: Sequence[float]) -> list[float]:
        """The prices with this change made."""
        changed = list(prices)
        changed[self.bidder] *= float(1 + self.percent / 100)
        return changed


@dataclasses.dataclass(frozen=True)
class Flag:
    """A figure beyond its limit. `clears` is None when no change up to fivefold would clear it."""

    screen: str
    value: float
    limit: float
    meaning: str
    clears: Change | None


@dataclasses.dataclass(frozen=True)
class Reading:
    """What the prices of one tender say: `signal` is empty, or says why they say nothing."""

    signal: str
    flags: tuple[Flag, ...]
    step: Decimal | None


def reading_of(prices: Sequence[Decimal]) -> Reading:
    """Read one tender's prices; bidders are named by their place in the sequence."""
    floats = [float(price) for price in prices]
    figures = screens_of(floats)
    silence = silence_of(figures)
    flags = () if silence else tuple(_flags(floats, figures))
    return Reading(silence, flags, regular_step(prices))


def silence_of(figures: Screens) -> str:
    """Why the prices carry no signal, in Chinese; empty when they carry one."""
    if figures.n < FEWEST_BIDS:
        return f"报价少于 {FEWEST_BIDS} 家,价格不足以说明问题。"
    if figures.spd == 0:
        return "全部报价相同,价格分布无从分析;相同本身应当询问。"
    return ""


def is_close(figures: Screens) -> bool:
    """Whether the prices are closer than the limit; below four bids never. The limit is not close.

    Source: 招标投标法实施条例 第40条(四).
    """
    return figures.n >= FEWEST_BIDS and figures.cv is not None and 0 < figures.cv < CLOSE_CV


def regular_step(prices: Sequence[Decimal]) -> Decimal | None:
    """The constant step between the ordered prices, if four or more stand in exact steps.

    Source: 招标投标法实施条例 第40条(四) (投标报价呈规律性差异); domain COL09.
    """
    ordered = sorted(prices)
    steps = {high - low for low, high in itertools.pairwise(ordered)}
    if len(ordered) <= FEWEST_STEPS or len(steps) != 1:
        return None
    return steps.pop() or None


def smallest_change(prices: Sequence[float]) -> Change | None:
    """The smallest change, in per cent, of one price that makes cv reach the limit.

    Found on a grid of 0.01 %, up to fivefold and down to a hundredth. Only the lowest and the
    highest price are tried: any other must first travel past them.
    """
    row = np.array(prices)
    ends = (int(row.argmin()), int(row.argmax()))
    tried = [_change(row, bidder, direction) for bidder in ends for direction in (1, -1)]
    return min(filter(None, tried), key=lambda change: abs(change.percent), default=None)


def _flags(prices: list[float], figures: Screens) -> list[Flag]:
    if not is_close(figures) or figures.cv is None:
        return []
    return [Flag("cv", figures.cv, CLOSE_CV, MEANINGS["cv"], smallest_change(prices))]


def _change(prices: Floats, bidder: int, direction: int) -> Change | None:
    """The first step of 0.01 % in this direction that clears, looked for coarsely, then finely."""
    last = 40_000 if direction > 0 else 9_900
    coarse = np.arange(0, last + 100, 100)
    clear = np.flatnonzero(_clears(prices, bidder, coarse * direction))
    if not len(clear):
        return None
    fine = np.arange(coarse[clear[0]] - 99, coarse[clear[0]] + 1)
    step = int(fine[np.flatnonzero(_clears(prices, bidder, fine * direction))[0]])
    return Change(bidder, Decimal(step * direction) / 100)


def _clears(prices: Floats, bidder: int, hundredths: np.ndarray) -> np.ndarray:
    """For each change, whether cv then lies above its limit (by a hair, so that rounding holds)."""
    n = len(prices)
    others = np.delete(prices, bidder) / prices.max()
    centre = others.mean()
    moved = prices[bidder] / prices.max() * (1 + hundredths / 10_000)
    variance = ((others - centre) ** 2).sum() / (n - 1) + (moved - centre) ** 2 / n
    mean = centre + (moved - centre) / n
    return np.asarray(np.sqrt(variance) > CLOSE_CV * (1 + 1e-9) * mean)
