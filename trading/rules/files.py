"""The files of an opened bid: how they are numbered, and what they are called for whom.

A number is all that a committee gets before the sheets are locked: a bidder's own file name may
name the bidder. Source: 招标投标法 第38条; 电子招标投标办法 第30条; domain.md 8.2 (9).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from kernel.errors import NotFound
from kernel.text import shown

SUFFIXES = frozenset({".pdf", ".txt", ".csv", ".jpg", ".jpeg", ".png", ".docx", ".xlsx", ".zip"})
"""Endings that are told before the lock; any other could be a sign (标记) and is left out."""

NAME_LIMIT = 200


@dataclass(frozen=True)
class BidFile:
    """One file of a bid; `number` counts from 1 in the order of envelopes and names."""

    number: int
    name: str
    size: int
    sha256: str

    @property
    def suffix(self) -> str:
        """The ending of the name, in small letters, where it is a usual one."""
        ending = PurePosixPath(self.name).suffix.lower()
        return ending if ending in SUFFIXES else ""

    @property
    def blind_name(self) -> str:
        """A name that says nothing of the bidder."""
        return f"文件 {self.number}{self.suffix}"

    @property
    def is_pdf(self) -> bool:
        """Whether it calls itself a PDF."""
        return self.suffix == ".pdf"


def numbered(kept: Mapping[str, Sequence[int | str]]) -> list[BidFile]:
    """The files of an opened bid, out of name → (size, SHA-256)."""
    return [
        BidFile(
            number,
            shown(name.partition("/")[2], NAME_LIMIT),
            int(kept[name][0]),
            str(kept[name][1]),
        )
        for number, name in enumerate(sorted(kept), 1)
    ]


def file_with(files: Sequence[BidFile], number: int) -> BidFile:
    """The file with this number. Raises NotFound."""
    if 1 <= number <= len(files):
        return files[number - 1]
    raise NotFound("file.not_found", "该投标文件中没有第 %(number)s 个文件。", number=number)
