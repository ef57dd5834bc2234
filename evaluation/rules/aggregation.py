"""How do experts' marks and weighted parts become totals, and totals a ranking?

Marks: the mean of all, or of those that a trimming table leaves. Ties are broken by the rule's
list only; who is equal after it shares the rank. Source: 财政部令第87号 第55至57条;
招标投标法实施条例 第53条.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum
from fractions import Fraction

from evaluation.rules.price_trimming import NONE, Trimming, trimmed
from kernel.errors import Refusal


class Better(StrEnum):
    """Which quality figure is the best one."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclasses.dataclass(frozen=True)
class Standing:
    """A rank, 1 = first. Equals share it; `tied` says that the rule left them so."""

    bidder: str
    rank: int
    tied: bool


def mean_mark(marks: Sequence[Fraction], table: Trimming = NONE) -> Fraction:
    """The mean of the marks that the table leaves, not rounded. At least one mark."""
    if not marks:
        raise Refusal("price.no_marks", "没有评委打分，无法汇总。", field="marks")
    counted = trimmed(marks, table).counted
    return sum(counted, Fraction(0)) / len(counted)


def relative_score(figure: Fraction, best: Fraction, full: Fraction, better: Better) -> Fraction:
    """The share of the full score relative to the best figure; all figures are above zero."""
    return full * figure / best if better is Better.HIGHER else full * best / figure


def best_figure(figures: Sequence[Fraction], better: Better) -> Fraction:
    """The best of the figures."""
    return max(figures) if better is Better.HIGHER else min(figures)


def weighted_total(parts: Mapping[str, Fraction], weights: Mapping[str, Fraction]) -> Fraction:
    """The sum of part × weight, not rounded."""
    return sum((parts[name] * weight for name, weight in weights.items()), Fraction(0))


def ranked(
    keys: Mapping[str, tuple[Fraction, ...]], drawn: Mapping[str, int] | None = None
) -> tuple[Standing, ...]:
    """The ranking by ascending keys; complete draws part those whose keys are equal.

    Equal keys share a rank and the next rank is left out. The order of the input has no influence:
    equals are listed by name. A group is parted only if every member has its own drawn number.
    """
    groups: dict[tuple[Fraction, ...], list[str]] = {}
    for bidder in sorted(keys):
        groups.setdefault(keys[bidder], []).append(bidder)
    places: list[Standing] = []
    for key in sorted(groups):
        places += _places(groups[key], len(places) + 1, drawn or {})
    return tuple(places)


def _places(group: list[str], rank: int, drawn: Mapping[str, int]) -> list[Standing]:
    numbers = {drawn[bidder] for bidder in group if bidder in drawn}
    if len(group) > 1 and len(numbers) == len(group):
        group = sorted(group, key=lambda bidder: drawn[bidder])
        return [Standing(bidder, rank + place, False) for place, bidder in enumerate(group)]
    return [Standing(bidder, rank, len(group) > 1) for bidder in group]
