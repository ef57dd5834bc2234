"""What of a text is compared, and where did each compared character stand?

Compared is the NFKC form without punctuation, spaces, controls and zero-width characters, so that
full-width letters, line breaks and invisible marks hide nothing. Upper and lower case, and
traditional and simplified characters, are left as they are. Every compared character keeps the
half-open range of code points of the original text from which it came.
"""

import dataclasses
import functools
import unicodedata

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Places = NDArray[np.intp]

_DROPPED = 0
_SEVERAL = 0xFFFFFFFF
# Assigned planes where NFKC changes something; above, characters stand for themselves.
_TABLE_END = 0x30000
_INVISIBLE = frozenset(
    (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0)
).union(range(0xFE00, 0xFE10), range(0xE0000, 0xE1000))


@dataclasses.dataclass(frozen=True)
class Normalised:
    """The compared characters, and for each the range of the original text it stands for."""

    codes: Codes
    starts: Places
    ends: Places

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The original half-open range of the compared characters from first up to last."""
        return int(self.starts[first]), int(self.ends[last - 1])


def normalised(text: str) -> Normalised:
    """The compared characters of a text, in order."""
    original = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    mapped = _mapped(original)
    several = np.flatnonzero(mapped == _SEVERAL)
    if len(several):
        return _with_clusters(text, mapped, several)
    starts = np.flatnonzero(mapped)
    return Normalised(mapped[starts], starts, starts + 1)


def is_compared(character: str) -> bool:
    """Whether a character of the NFKC form is compared: no punctuation, space, control, format."""
    if ord(character) in _INVISIBLE:
        return False
    category = unicodedata.category(character)
    return category[0] not in "PZ" and category not in {"Cc", "Cf", "Cs"}


def _mapped(original: Codes) -> Codes:
    table = _table()
    if len(original) and original.max() >= _TABLE_END:
        mapped = table[np.minimum(original, _TABLE_END - 1)]
        high = original >= _TABLE_END
        invisible = (original >= 0xE0000) & (original < 0xE1000)
        return np.where(high, np.where(invisible, _DROPPED, original), mapped).astype(np.uint32)
    return table[original]


@functools.cache
def _table() -> Codes:
    """What each code point becomes: another one, nothing, or something that needs its cluster."""
    return np.array([_image(chr(code)) for code in range(_TABLE_END)], dtype=np.uint32)


def _image(character: str) -> int:
    form = unicodedata.normalize("NFKC", character)
    if _joins(form[0]) and is_compared(form[0]):
        return _SEVERAL
    kept = [each for each in form if is_compared(each)]
    if not kept:
        return _DROPPED
    return ord(kept[0]) if len(kept) == 1 else _SEVERAL


def _joins(character: str) -> bool:
    """Whether a character may melt into the one before it: marks, and Hangul vowels and finals."""
    code = ord(character)
    return unicodedata.category(character)[0] == "M" or 0x1160 <= code <= 0x11FF


def _with_clusters(text: str, mapped: Codes, several: Places) -> Normalised:
    simple = mapped != _DROPPED
    codes, starts, ends = [], [], []
    for start, end in _clusters(text, several.tolist()):
        simple[start:end] = False
        for each in unicodedata.normalize("NFKC", text[start:end]):
            if is_compared(each):
                codes.append(ord(each))
                starts.append(start)
                ends.append(end)
    alone = np.flatnonzero(simple)
    all_starts = np.concatenate([alone, np.array(starts, dtype=np.intp)])
    order = np.argsort(all_starts, kind="stable")
    all_codes = np.concatenate([mapped[alone], np.array(codes, dtype=np.uint32)])
    all_ends = np.concatenate([alone + 1, np.array(ends, dtype=np.intp)])
    return Normalised(all_codes[order], all_starts[order], all_ends[order])


def _clusters(text: str, several: list[int]) -> list[tuple[int, int]]:
    """The ranges that must be normalised together: a character and the marks that follow it."""
    found: list[tuple[int, int]] = []
    for place in several:
        joins = place > 0 and _joins(unicodedata.normalize("NFKC", text[place])[0])
        if joins and found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        elif joins:
            found.append((place - 1, place + 1))
        else:
            found.append((place, place + 1))
    return found
