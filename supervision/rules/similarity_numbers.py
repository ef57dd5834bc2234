"""Which tables of numbers do two bids share? Runs of equal numbers, whatever words stand between.

Two bidders who calculated by themselves do not arrive at the same row of prices. Telling is a
number of three significant digits or more that is no year; a shared run counts when it has
eight numbers with five different telling ones, and is not in a standard text.
Source: 招标投标法实施条例 第40条(四); domain COL06.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from supervision.rules.similarity_passages import covered, shared_runs

SHORTEST_TABLE = 8
FEWEST_TELLING = 5

_NUMBER = re.compile(r"\d{1,3}(?:[,,]\d{3})+(?!\d)(?:[..]\d+)?|\d+(?:[..]\d+)?")
_LONGEST_NUMBER = 40


@dataclasses.dataclass(frozen=True)
class SharedNumbers:
    """Equal numbers one after the other, with their ranges in the original texts."""

    a: tuple[int, int]
    b: tuple[int, int]
    values: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class _Number:
    start: int
    end: int
    value: str


def shared_numbers(first: str, second: str, standards: Sequence[str] = ()) -> list[SharedNumbers]:
    """The shared runs of numbers in the order of the first text, as plain decimals."""
    rows = [_numbers(text) for text in (first, second, *standards)]
    names: dict[str, int] = {}
    codes = [
        np.array([names.setdefault(each.value, len(names) + 1) for each in row], dtype=np.uint32)
        for row in rows
    ]
    mine, other = codes[0], codes[1]
    for standard in codes[2:]:
        public = shared_runs(mine, standard, SHORTEST_TABLE)
        out = covered(len(mine), [(run.a, run.length) for run in public])
        # Zero is no number's name, so what is left out equals nothing on the other side.
        mine = np.where(out, np.uint32(0), mine)
    runs = shared_runs(mine, other, SHORTEST_TABLE)
    return [
        _found(rows[0][run.a : run.a + run.length], rows[1][run.b : run.b + run.length])
        for run in runs
        if _is_telling([each.value for each in rows[0][run.a : run.a + run.length]])
    ]


def _found(mine: list[_Number], other: list[_Number]) -> SharedNumbers:
    values = tuple(each.value for each in mine)
    return SharedNumbers((mine[0].start, mine[-1].end), (other[0].start, other[-1].end), values)


def _numbers(text: str) -> list[_Number]:
    return [
        _Number(match.start(), match.end(), _value(match.group()))
        for match in _NUMBER.finditer(text)
        if match.end() - match.start() <= _LONGEST_NUMBER
    ]


def _value(written: str) -> str:
    plain = unicodedata.normalize("NFKC", written).replace(",", "")
    whole, _, part = plain.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + ("." + part if part else "")


def _is_telling(values: Sequence[str]) -> bool:
    return len({value for value in values if _tells(value)}) >= FEWEST_TELLING


def _tells(value: str) -> bool:
    number = Decimal(value)
    is_year = number == number.to_integral_value() and 1900 <= number < 2100
    return len(value.replace(".", "").strip("0")) >= 3 and not is_year
