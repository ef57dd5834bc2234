"""Which of many bids share text at all? Fingerprints by winnowing, kept once per bid.

Every shared run of SHORTEST_RUN compared characters outside the left-out text leaves at least one
common fingerprint: such a run holds WINDOW grams of GRAM characters, and each bid keeps the least
hash of every window. A common fingerprint without a run is possible; similarity_passages.py
decides. Hashes are 52 bits and are never the evidence themselves.
Source: Schleimer, Wilkerson, Aiken, Winnowing (2003).
"""

import dataclasses
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Hashes = NDArray[np.uint64]

GRAM = 12
WINDOW = 9
SHORTEST_RUN = GRAM + WINDOW - 1
"""20 characters: every shared run at least so long is found, a shorter one is not reported."""

_BASE = 0x200000003B7
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_OWNER_BITS = np.uint64(12)
_NONE = np.uint64(2**64 - 1)
_MAGIC = b"ZBFP1\n"
MOST_BIDS = 2**12


@dataclasses.dataclass(frozen=True)
class Fingerprints:
    """The marks of one bid, ascending and without repetition, and its compared length."""

    marks: Hashes
    length: int

    def to_bytes(self) -> bytes:
        """Eight bytes per mark after a header; the same on every machine."""
        return _MAGIC + self.length.to_bytes(8, "little") + self.marks.astype("<u8").tobytes()

    @classmethod
    def from_bytes(cls, kept: bytes) -> Self:
        """The fingerprints that were kept. Raises ValueError when they are not of this format."""
        head = len(_MAGIC) + 8
        if not kept.startswith(_MAGIC) or (len(kept) - head) % 8 or len(kept) < head:
            raise ValueError("not kept fingerprints of this version")
        length = int.from_bytes(kept[len(_MAGIC) : head], "little")
        return cls(np.frombuffer(kept[head:], dtype="<u8").astype(np.uint64), length)


class Index:
    """The fingerprints of many bids in one ascending row, for all pairs and for one more bid."""

    def __init__(self, bids: Sequence[Fingerprints]) -> None:
        """Take up to 4,096 bids; they are named by their place."""
        if len(bids) > MOST_BIDS:
            raise ValueError(f"at most {MOST_BIDS} bids in one index")
        self.bids = len(bids)
        owned = [(bid.marks << _OWNER_BITS) | np.uint64(i) for i, bid in enumerate(bids)]
        self._row = np.sort(np.concatenate([*owned, np.empty(0, np.uint64)]))

    def shared_marks(self) -> NDArray[np.int64]:
        """The number of common fingerprints of every pair, one row and column per bid."""
        marks = self._row >> _OWNER_BITS
        again = marks[1:] == marks[:-1]
        shared = np.append(again, False) | np.insert(again, 0, False)
        owners = (self._row[shared] & np.uint64(MOST_BIDS - 1)).astype(np.int32)
        columns = np.cumsum(np.append(True, np.diff(marks[shared]) != 0))[: len(owners)] - 1
        table = sparse.csr_matrix(
            (np.ones(len(owners), np.int64), (owners, columns)),
            shape=(self.bids, int(columns[-1]) + 1 if len(columns) else 1),
        )
        counts: NDArray[np.int64] = (table @ table.T).toarray()
        return counts

    def shared_with(self, bid: Fingerprints) -> NDArray[np.int64]:
        """The number of fingerprints that one more bid has in common with each bid of the index."""
        first = np.searchsorted(self._row, bid.marks << _OWNER_BITS)
        counts = np.zeros(self.bids, np.int64)
        places = first[first < len(self._row)]
        wanted = bid.marks[: len(places)]
        while len(places):
            entries = self._row[places]
            met = entries >> _OWNER_BITS == wanted
            owners = (entries[met] & np.uint64(MOST_BIDS - 1)).astype(np.intp)
            counts += np.bincount(owners, minlength=self.bids)
            places, wanted = places[met] + 1, wanted[met]
            inside = places < len(self._row)
            places, wanted = places[inside], wanted[inside]
        return counts


def fingerprints_of(codes: NDArray[np.uint32], left_out: NDArray[np.bool_]) -> Fingerprints:
    """The fingerprints of compared characters, without every gram that touches left-out text."""
    kept = int(len(codes) - np.count_nonzero(left_out))
    hashes = gram_hashes(codes, GRAM)
    if len(hashes) < WINDOW:
        return Fingerprints(np.empty(0, np.uint64), kept)
    hashes >>= _OWNER_BITS
    hashes[_any_within(left_out, GRAM)] = _NONE
    least = _least_of_windows(hashes)
    changed = np.append(True, least[1:] != least[:-1])
    marks = np.sort(least[changed])  # Sorting is many times faster here than np.unique.
    first = np.append(True, marks[1:] != marks[:-1])
    return Fingerprints(marks[first & (marks != _NONE)], kept)


def gram_hashes(codes: NDArray[np.uint32], length: int) -> Hashes:
    """A 64-bit hash of every run of `length` codes; empty when there are fewer.

    The hash is a polynomial, put together from runs whose lengths are powers of two, then mixed.
    """
    count = len(codes) - length + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    power = codes.astype(np.uint64) * _SPREAD
    whole, done, size = np.zeros(count, np.uint64), 0, 1
    while size <= length:
        if length & size:
            whole *= np.uint64(pow(_BASE, size, 2**64))
            whole += power[done : done + count]
            done += size
        if size * 2 <= length:
            power = power[:-size] * np.uint64(pow(_BASE, size, 2**64)) + power[size:]
        size *= 2
    return _mixed(whole)


def covered_by(starts: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Which places lie in a run of `length` that begins at a marked start.

    `starts` has one entry per run; the answer has `length - 1` more, one per place.
    """
    rim = np.zeros(length - 1, np.bool_)
    return _any_within(np.concatenate([rim, starts, rim]), length)


def _any_within(flags: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """For every run of `length` places, whether any of them is marked."""
    found, size = flags, 1
    while size < length:
        step = min(size, length - size)
        found = found[:-step] | found[step:]
        size += step
    return found


def _least_of_windows(hashes: Hashes) -> Hashes:
    least, size = hashes, 1
    while size < WINDOW:
        step = min(size, WINDOW - size)
        least = np.minimum(least[:-step], least[step:])
        size += step
    return least


def _mixed(hashes: Hashes) -> Hashes:
    hashes ^= hashes >> np.uint64(29)
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(32)
    return hashes
