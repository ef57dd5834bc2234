"""What do two bids have in common beyond the tender document, and is it worth a look?

Tells exact passages with their places, shared sentences in another order, shared slips of
writing and shared tables of numbers. It flags with evidence and abstains when little text is
left; it gives no score of guilt: people decide.
Source: 招标投标法实施条例 第40条(四); 政府采购货物和服务招标投标管理办法 第37条(四);
domain COL06, COL08.
"""

import bisect
import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from supervision.rules.similarity_errors import SharedSlip, shared_slips
from supervision.rules.similarity_fingerprints import (
    SHORTEST_RUN,
    Fingerprints,
    covered_by,
    fingerprints_of,
    gram_hashes,
)
from supervision.rules.similarity_normalising import Normalised, normalised
from supervision.rules.similarity_numbers import SharedNumbers, shared_numbers
from supervision.rules.similarity_passages import Run, covered, shared_runs, stretches
from supervision.rules.similarity_sentences import SharedSentence, shared_sentences

Flags = NDArray[np.bool_]
Span = tuple[int, int]

HIGH_CONTAINMENT = 0.80
LONG_PASSAGE = 200
FEWEST_SLIPS = 3
FEWEST_MOVED = 5
THIN = 500
"""Compared characters of the shorter text below which no conclusion is offered."""

_SLOT_BITS = 21
_TO_SLOT = np.uint64(64 - _SLOT_BITS)
# Left-out characters of either side, which must never equal anything.
_OUT_A, _OUT_B = np.uint32(0xFFFFFFFE), np.uint32(0xFFFFFFFD)


@dataclasses.dataclass(frozen=True)
class Document:
    """A text with the places where its pages begin (none when it has no pages)."""

    text: str
    page_starts: tuple[int, ...] = ()

    def pages_of(self, span: Span) -> Span | None:
        """The first and the last page of a range, counted from 1; None without pages."""
        if not self.page_starts:
            return None
        first = bisect.bisect_right(self.page_starts, span[0])
        last = bisect.bisect_right(self.page_starts, max(span[1] - 1, span[0]))
        return max(first, 1), max(last, 1)


class StandardText:
    """A text that every bid may contain: the tender document, a law, a published form."""

    def __init__(self, name: str, text: str) -> None:
        """Take the name under which it is listed, and the text."""
        self.name = name
        self.text = text
        self.compared = normalised(text)
        self._grams = np.sort(gram_hashes(self.compared.codes, SHORTEST_RUN))
        self._slots = np.zeros(1 << _SLOT_BITS, np.uint64)
        self._slots[self._grams >> _TO_SLOT] = self._grams

    def covers(self, compared: Normalised) -> Flags:
        """Which compared characters lie in a run of 20 or more that stands in this text."""
        grams = gram_hashes(compared.codes, SHORTEST_RUN)
        if not len(grams) or not len(self._grams):
            return np.zeros(len(compared.codes), np.bool_)
        slots = self._slots[grams >> _TO_SLOT]
        hit = slots == grams
        # Where another gram took the slot, the ordered row decides.
        open_ones = np.flatnonzero((slots != 0) & ~hit)
        place = np.searchsorted(self._grams, grams[open_ones])
        hit[open_ones] = self._grams[np.minimum(place, len(self._grams) - 1)] == grams[open_ones]
        return covered_by(hit, SHORTEST_RUN)


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A document ready for comparison: compared characters, and which standard text covers them."""

    document: Document
    compared: Normalised
    covers: tuple[Flags, ...]

    @property
    def left_out(self) -> Flags:
        """Which compared characters are left out."""
        nothing = np.zeros(len(self.compared.codes), np.bool_)
        return np.asarray(np.logical_or.reduce([nothing, *self.covers]))

    @property
    def length(self) -> int:
        """The number of compared characters that are not left out."""
        return int(len(self.compared.codes) - np.count_nonzero(self.left_out))

    def fingerprints(self) -> Fingerprints:
        """What is kept of this document for the comparison with many others."""
        return fingerprints_of(self.compared.codes, self.left_out)


@dataclasses.dataclass(frozen=True)
class Passage:
    """One shared run: half-open ranges of code points of the original texts, and the first text."""

    a: Span
    b: Span
    text: str
    pages_a: Span | None
    pages_b: Span | None
    length: int


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """Where a standard text stood in each of the two documents."""

    name: str
    a: tuple[Span, ...]
    b: tuple[Span, ...]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What two documents share. `containment` is None when nothing is left to compare.

    `abstains` is empty or says in Chinese why no conclusion is offered; `flags` are then empty.
    """

    containment: float | None
    lengths: tuple[int, int]
    passages: tuple[Passage, ...]
    left_out: tuple[LeftOut, ...]
    sentences: tuple[SharedSentence, ...]
    slips: tuple[SharedSlip, ...]
    numbers: tuple[SharedNumbers, ...]
    abstains: str
    flags: tuple[str, ...]


def prepared(document: Document, standards: Sequence[StandardText] = ()) -> Prepared:
    """Normalise a document and find what of it stands in the standard texts. Linear in its size."""
    compared = normalised(document.text)
    return Prepared(document, compared, tuple(each.covers(compared) for each in standards))


def compare(
    first: Document, second: Document, standards: Sequence[StandardText] = ()
) -> Comparison:
    """Compare two documents after leaving out the standard texts, which are listed."""
    a, b = prepared(first, standards), prepared(second, standards)
    codes_a = np.where(a.left_out, _OUT_A, a.compared.codes)
    codes_b = np.where(b.left_out, _OUT_B, b.compared.codes)
    runs = shared_runs(codes_a, codes_b, SHORTEST_RUN)
    found = Comparison(
        containment=containment_of(a.length, b.length, runs, (len(codes_a), len(codes_b))),
        lengths=(a.length, b.length),
        passages=tuple(_passage(a, b, run) for run in runs),
        left_out=tuple(_left_out(a, b, place, each) for place, each in enumerate(standards)),
        sentences=tuple(shared_sentences((first.text, second.text), (a, b))),
        slips=tuple(shared_slips(a.compared, b.compared, [each.compared for each in standards])),
        numbers=tuple(shared_numbers(first.text, second.text, [each.text for each in standards])),
        abstains="",
        flags=(),
    )
    thin = _thinness(found)
    return dataclasses.replace(found, abstains=thin, flags=() if thin else _flags(found))


def containment_of(
    length_a: int, length_b: int, runs: Sequence[Run], totals: tuple[int, int]
) -> float | None:
    """Shared compared characters of the shorter text over its length; None when that is zero.

    Of two equally long texts the one counts of which more is shared, so order does not matter.
    """
    if not min(length_a, length_b):
        return None
    in_a = np.count_nonzero(covered(totals[0], [(run.a, run.length) for run in runs]))
    in_b = np.count_nonzero(covered(totals[1], [(run.b, run.length) for run in runs]))
    if length_a == length_b:
        return float(max(in_a, in_b) / length_a)
    return float(in_a / length_a if length_a < length_b else in_b / length_b)


def _passage(a: Prepared, b: Prepared, run: Run) -> Passage:
    span_a = a.compared.span(run.a, run.a + run.length)
    span_b = b.compared.span(run.b, run.b + run.length)
    return Passage(
        span_a,
        span_b,
        a.document.text[slice(*span_a)],
        a.document.pages_of(span_a),
        b.document.pages_of(span_b),
        run.length,
    )


def _left_out(a: Prepared, b: Prepared, place: int, standard: StandardText) -> LeftOut:
    spans = [
        tuple(each.compared.span(*stretch) for stretch in stretches(each.covers[place]))
        for each in (a, b)
    ]
    return LeftOut(standard.name, *spans)


def _thinness(found: Comparison) -> str:
    shorter = min(found.lengths)
    if shorter < THIN:
        return f"较短一份除公用文本外只剩 {shorter} 字,不足 {THIN} 字,不作判断。"
    return ""


def _flags(found: Comparison) -> tuple[str, ...]:
    """What is worth a look, in Chinese, each with its figure."""
    longest = max((passage.length for passage in found.passages), default=0)
    moved = sum(sentence.moved for sentence in found.sentences)
    told = []
    if (found.containment or 0) >= HIGH_CONTAINMENT:
        told.append(f"较短一份有 {found.containment:.0%} 的文字与另一份相同。")
    if longest >= LONG_PASSAGE:
        told.append(f"有一段连续 {longest} 字完全相同,且不在招标文件中。")
    if moved >= FEWEST_MOVED:
        told.append(f"有 {moved} 个相同句子次序不同。")
    if len(found.slips) >= FEWEST_SLIPS:
        told.append(f"有 {len(found.slips)} 处相同的错别字。")
    if found.numbers:
        told.append(f"有 {len(found.numbers)} 组数字逐一相同。")
    return tuple(told)
