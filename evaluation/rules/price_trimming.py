"""How many of the highest and lowest figures are left out of a mean, by how many there are?

The same table serves prices and experts' marks. What is left out of the mean is still scored.
Statutes are silent, so the thresholds are the document's own. Source: 招标投标法实施条例 第49条.
"""

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from evaluation.rules.price_numbers import ascending
from evaluation.rules.price_reading import list_at, object_at, under, whole_at, wrong

MOST_COUNT = 1_000_000


@dataclasses.dataclass(frozen=True)
class Band:
    """With up to so many figures (None: any number), leave out so many at either end."""

    up_to: int | None
    highest: int
    lowest: int


Trimming = tuple[Band, ...]
NONE: Trimming = (Band(None, 0, 0),)


@dataclasses.dataclass(frozen=True)
class Trimmed:
    """What the mean is taken of, and what was left out; each ascending."""

    counted: tuple[Fraction, ...]
    lowest: tuple[Fraction, ...]
    highest: tuple[Fraction, ...]


def trimmed(figures: Sequence[Fraction], table: Trimming) -> Trimmed:
    """The figures that count. Of equal extreme figures only as many as the table says go."""
    ordered = ascending(figures)
    count = len(ordered)
    band = next(band for band in table if band.up_to is None or count <= band.up_to)
    end = count - band.highest
    return Trimmed(
        tuple(ordered[band.lowest : end]), tuple(ordered[: band.lowest]), tuple(ordered[end:])
    )


def leaves_out(table: Trimming) -> bool:
    """Does any band leave out anything?"""
    return any(band.highest or band.lowest for band in table)


def trimming_at(value: object, path: str) -> Trimming:
    """A table of bands with rising `up_to`; the last band has none and serves every larger number.

    A band that could leave nothing is refused.
    """
    table = list_at(value, path, _band, least=1)
    before = 0
    for place, band in enumerate(table):
        here = f"{path}[{place}]"
        if (band.up_to is None) != (place == len(table) - 1):
            raise wrong("last_band", "只有最后一档不写 up_to，且必须不写。", here)
        if band.up_to is not None and band.up_to <= before:
            raise wrong("not_rising", "up_to 应逐档增大。", under(here, "up_to"))
        if band.highest + band.lowest > before:
            raise wrong("nothing_left", "数量最少时会全部去掉，没有剩余。", here)
        before = band.up_to or before
    return table


def _band(value: object, path: str) -> Band:
    fields = object_at(value, path, (), ("up_to", "highest", "lowest"))
    up_to = fields.get("up_to")
    return Band(
        None if up_to is None else whole_at(up_to, under(path, "up_to"), 1, MOST_COUNT),
        whole_at(fields.get("highest", 0), under(path, "highest"), 0, MOST_COUNT),
        whole_at(fields.get("lowest", 0), under(path, "lowest"), 0, MOST_COUNT),
    )
