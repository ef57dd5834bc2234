"""Which sentences do two bids share, and which of them were moved?

Copying is often hidden by putting the sentences into another order. A sentence ends at a full
stop, semicolon, exclamation or question mark, or an empty line. Those below ten compared
characters, and those of which anything is left out, do not count.
"""

import bisect
import dataclasses
import itertools
import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from supervision.rules.similarity_normalising import Normalised

SHORTEST_SENTENCE = 10
_END = re.compile(r"[。!?;!?;]+|\n[ \t\r]*\n\s*")


class Comparable(Protocol):
    """What is asked of a document here."""

    @property
    def compared(self) -> Normalised:
        """The compared characters."""

    @property
    def left_out(self) -> NDArray[np.bool_]:
        """Which of them are left out."""


@dataclasses.dataclass(frozen=True)
class SharedSentence:
    """A sentence of both texts at its first place in each; `moved` when out of the common order."""

    a: tuple[int, int]
    b: tuple[int, int]
    text: str
    moved: bool


def shared_sentences(
    texts: tuple[str, str], documents: tuple[Comparable, Comparable]
) -> list[SharedSentence]:
    """The shared sentences in the order of the first text.

    `moved` marks the fewest sentences without which both texts have the others in one order.
    """
    first, second = (_sentences(*pair) for pair in zip(texts, documents, strict=True))
    shared = [(span, second[key]) for key, span in first.items() if key in second]
    kept = longest_rising([b[0] for _, b in shared])
    return [
        SharedSentence(a, b, texts[0][slice(*a)], place not in kept)
        for place, (a, b) in enumerate(shared)
    ]


def longest_rising(values: Sequence[int]) -> set[int]:
    """The places of a longest strictly rising subsequence."""
    tails: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values):
        rank = bisect.bisect_left(tails, value)
        before.append(places[rank - 1] if rank else -1)
        tails[rank : rank + 1] = [value]
        places[rank : rank + 1] = [place]
    chosen: set[int] = set()
    place = places[-1] if places else -1
    while place >= 0:
        chosen.add(place)
        place = before[place]
    return chosen


def _sentences(text: str, document: Comparable) -> dict[bytes, tuple[int, int]]:
    """Each sentence's compared characters with its first range in the original text."""
    ends = [match.end() for match in _END.finditer(text)]
    edges = np.searchsorted(document.compared.starts, [0, *ends, len(text)]).tolist()
    out = np.concatenate([[0], np.cumsum(document.left_out)])
    found: dict[bytes, tuple[int, int]] = {}
    for first, last in itertools.pairwise(edges):
        if last - first >= SHORTEST_SENTENCE and out[last] == out[first]:
            key = document.compared.codes[first:last].tobytes()
            found.setdefault(key, document.compared.span(first, last))
    return found
