"""Which slips of writing do two bids share? A wrong character that sounds like the right one.

In the same surroundings (three characters before, or three after) both bids write one character,
at most twice each, where otherwise another one of the same sound stands at least twice as often.
No dictionary is needed, and what the standard texts write themselves is no slip. It is a place
to look, not a judgement: the reader sees both forms.
Source: 招标投标法实施条例 第40条(四); domain COL06 (three identical errors or more).
"""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, pinyin

from supervision.rules.similarity_fingerprints import gram_hashes
from supervision.rules.similarity_normalising import Codes, Normalised

CONTEXT = 3
MOST_EACH = 2
FEWEST_USUAL = 3
_FIRST_CJK, _LAST_CJK = 0x4E00, 0x9FFF
# Written one way or the other without error.
_EXCHANGEABLE = (
    "的地得",
    "他她它牠",
    "做作",
    "象像",
    "份分",
    "账帐",
    "其期",
    "一亿壹",
    "二贰",
    "七柒",
)


@dataclasses.dataclass(frozen=True)
class SharedSlip:
    """`written` in both where `usual` is usual; ranges of the character, counts of each form."""

    written: str
    usual: str
    a: tuple[int, int]
    b: tuple[int, int]
    usual_count: int


def shared_slips(
    first: Normalised, second: Normalised, standards: Sequence[Normalised] = ()
) -> list[SharedSlip]:
    """The slips that both share, by their place in the first text."""
    found: dict[int, SharedSlip] = {}
    for side in (-1, 1):
        tables = [_Contexts(each.codes, side) for each in (first, second, *standards)]
        for slip in _slips(first, second, tables):
            found.setdefault(slip.a[0], slip)
    return [found[place] for place in sorted(found)]


class _Contexts:
    """How often each character stands in each surroundings of one text, ascending by hash."""

    def __init__(self, codes: Codes, side: int) -> None:
        around = gram_hashes(codes, CONTEXT)
        self.places = np.arange(CONTEXT, len(codes)) if side < 0 else np.arange(len(around) - 1)
        around = around[:-1] if side < 0 else around[1:]
        characters = codes[self.places] if len(self.places) else np.empty(0, np.uint32)
        chinese = (characters >= _FIRST_CJK) & (characters <= _LAST_CJK)
        self.places, around, characters = self.places[chinese], around[chinese], characters[chinese]
        # The character takes the place of the lowest bits, so that sorting groups by surroundings.
        keys = (around & ~np.uint64(0xFFFF)) | characters.astype(np.uint64)
        self.keys, index, self.counts = np.unique(keys, return_index=True, return_counts=True)
        self.places = self.places[index]

    def count(self, keys: NDArray[np.uint64]) -> NDArray[np.intp]:
        """How often each of these stands in the text."""
        if not len(self.keys):
            return np.zeros(len(keys), np.intp)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.counts[at], 0)


def _slips(first: Normalised, second: Normalised, tables: list[_Contexts]) -> list[SharedSlip]:
    mine, other = tables[0], tables[1]
    every = np.unique(np.concatenate([table.keys for table in tables]))
    total = np.stack([table.count(every) for table in tables]).sum(axis=0)
    in_a, in_b = mine.count(every), other.count(every)
    rare = (in_a > 0) & (in_b > 0) & (in_a <= MOST_EACH) & (in_b <= MOST_EACH)
    rare &= total == in_a + in_b
    groups = every >> np.uint64(16)
    found = []
    for place in np.flatnonzero(rare & _has_neighbour(groups)).tolist():
        usual = _usual(every, groups, total, place)
        if usual is None:
            continue
        at_a = mine.places[np.searchsorted(mine.keys, every[place])]
        at_b = other.places[np.searchsorted(other.keys, every[place])]
        written = chr(int(every[place]) & 0xFFFF)
        spans = first.span(at_a, at_a + 1), second.span(at_b, at_b + 1)
        found.append(
            SharedSlip(written, chr(int(every[usual]) & 0xFFFF), *spans, int(total[usual]))
        )
    return found


def _has_neighbour(groups: NDArray[np.uint64]) -> NDArray[np.bool_]:
    same = groups[1:] == groups[:-1]
    return np.asarray(np.append(same, False) | np.append(False, same))[: len(groups)]


def _usual(
    every: NDArray[np.uint64], groups: NDArray[np.uint64], total: NDArray[np.intp], place: int
) -> int | None:
    """The place of the usual form in the same surroundings, if there is one of the same sound."""
    low = int(np.searchsorted(groups, groups[place], "left"))
    high = int(np.searchsorted(groups, groups[place], "right"))
    usual = low + int(total[low:high].argmax())
    often = max(FEWEST_USUAL, 2 * int(total[place]))
    if total[usual] < often:
        return None
    pair = chr(int(every[place]) & 0xFFFF), chr(int(every[usual]) & 0xFFFF)
    return usual if _sound_alike(*pair) else None


def _sound_alike(one: str, other: str) -> bool:
    if any(one in group and other in group for group in _EXCHANGEABLE):
        return False
    return bool(_sounds(one) & _sounds(other))


@functools.lru_cache(maxsize=20_000)
def _sounds(character: str) -> frozenset[str]:
    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
