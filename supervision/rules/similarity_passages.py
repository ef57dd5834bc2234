"""Which runs do two sequences share, exactly? Of characters, or of numbers in a table.

Every shared run of the given length or longer lies inside the found runs, on both sides; none
shorter is found; and each is compared element by element, not by hash.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from supervision.rules.similarity_fingerprints import gram_hashes

Codes = NDArray[np.uint32]
Flags = NDArray[np.bool_]

MOST_PLACES = 32
"""Of a gram that stands in more places of the other sequence only so many are tried for the
longest run. That bounds the work; it loses no shared element."""


@dataclasses.dataclass(frozen=True, order=True)
class Run:
    """`length` equal elements from `a` on in the first and from `b` on in the second sequence."""

    a: int
    b: int
    length: int


def shared_runs(first: Codes, second: Codes, shortest: int) -> list[Run]:
    """The runs that both share, by their place in the first; they may overlap at their ends.

    What one side repeats is listed for every repetition, with its longest counterpart.
    """
    forth = _runs(first, second, shortest, np.zeros(len(first), np.bool_))
    listed = covered(len(second), [(run.b, run.length) for run in forth])
    back = _runs(second, first, shortest, listed)
    return sorted({*forth, *(Run(run.b, run.a, run.length) for run in back)})


def covered(total: int, ranges: list[tuple[int, int]]) -> Flags:
    """Which of `total` places lie in any of the ranges, given as start and length."""
    flags = np.zeros(total, np.bool_)
    for start, length in ranges:
        flags[start : start + length] = True
    return flags


def stretches(flags: Flags) -> list[tuple[int, int]]:
    """The half-open ranges of neighbouring marked places."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _runs(first: Codes, second: Codes, shortest: int, listed: Flags) -> list[Run]:
    """Walk along the first; at each gram that is new and in the second take the longest run."""
    grams, others = gram_hashes(first, shortest), gram_hashes(second, shortest)
    if not len(grams) or not len(others):
        return []
    order = np.argsort(others, kind="stable")
    ordered = others[order]
    left = np.searchsorted(ordered, grams)
    hit = ordered[np.minimum(left, len(ordered) - 1)] == grams
    hit &= np.lib.stride_tricks.sliding_window_view(~listed, shortest).any(axis=1)
    found: list[Run] = []
    free = 0
    for start in np.flatnonzero(hit).tolist():
        if start < free:
            continue
        near = slice(left[start], left[start] + MOST_PLACES)
        places = order[near][ordered[near] == grams[start]]
        run = _longest(first, second, start, places.tolist())
        if run.length >= shortest:
            found.append(run)
            free = start + run.length - shortest + 1
    return found


def _longest(first: Codes, second: Codes, start: int, places: list[int]) -> Run:
    runs = [Run(start, place, _common(first[start:], second[place:])) for place in places]
    return max(runs, key=lambda run: run.length)


def _common(first: Codes, second: Codes) -> int:
    """The number of equal elements at the beginning of both."""
    most = min(len(first), len(second))
    done, step = 0, 64
    while done < most:
        end = min(done + step, most)
        unequal = np.flatnonzero(first[done:end] != second[done:end])
        if len(unequal):
            return done + int(unequal[0])
        done, step = end, step * 4
    return most
