"""What does a bid bring to the price score: price, corrections, deviations, claims, marks?

Names of deviations, items, claims, marks and quality figures must stand in the rule.
Source: 评标委员会和评标方法暂行规定 第19条 and 财政部令第87号 第59条 (corrections).
"""

import dataclasses
import unicodedata
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import TypeVar

from evaluation.rules.price_reading import (
    AMOUNT_LIMIT,
    amount_at,
    distinct,
    list_at,
    number_at,
    object_at,
    positive_at,
    text_at,
    under,
    whole_at,
    wrong,
)

MOST_BIDS = 10_000
MOST_UNITS = 1_000
_OPTIONAL = (
    "corrections",
    "deviations",
    "items",
    "claims",
    "excluded",
    "marks",
    "quality",
    "drawn_order",
)
Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class Correction:
    """An arithmetic correction: a signed amount, and why."""

    amount: Fraction
    why: str


@dataclasses.dataclass(frozen=True)
class Bid:
    """One bid as evaluated. `excluded` is the reason of an earlier rejection, empty if none."""

    bidder: str
    price: Fraction
    corrections: tuple[Correction, ...] = ()
    deviations: Mapping[str, Fraction] = dataclasses.field(default_factory=dict)
    items: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    excluded: str = ""
    marks: Mapping[str, tuple[Fraction, ...]] = dataclasses.field(default_factory=dict)
    quality: Mapping[str, Fraction] = dataclasses.field(default_factory=dict)
    drawn_order: int | None = None


@dataclasses.dataclass(frozen=True)
class KnownNames:
    """The names that a rule gives meaning to."""

    deviations: Collection[str] = ()
    items: Collection[str] = ()
    claims: Collection[str] = ()
    marks: Collection[str] = ()
    quality: Collection[str] = ()


def bids_at(value: object, path: str, known: KnownNames) -> tuple[Bid, ...]:
    """The bids, 1 to 10,000, no bidder twice. Raises InvalidInput with the place."""
    bids = list_at(value, path, lambda one, at: _bid(one, at, known), least=1, most=MOST_BIDS)
    distinct((unicodedata.normalize("NFKC", bid.bidder) for bid in bids), path)
    return bids


def _bid(value: object, path: str, known: KnownNames) -> Bid:
    fields = object_at(value, path, ("bidder", "price"), _OPTIONAL)
    order = fields.get("drawn_order")
    excluded = fields.get("excluded")
    return Bid(
        bidder=text_at(fields["bidder"], under(path, "bidder")),
        price=positive_at(fields["price"], under(path, "price")),
        corrections=list_at(fields.get("corrections", []), under(path, "corrections"), _correction),
        deviations=_figures(fields, path, "deviations", known.deviations, _units),
        items=_names(fields, path, "items", known.items),
        claims=_names(fields, path, "claims", known.claims),
        excluded="" if excluded is None else text_at(excluded, under(path, "excluded"), 200),
        marks=_figures(fields, path, "marks", known.marks, _marks),
        quality=_figures(fields, path, "quality", known.quality, positive_at),
        drawn_order=order
        if order is None
        else whole_at(order, under(path, "drawn_order"), 1, MOST_BIDS),
    )


def _correction(value: object, path: str) -> Correction:
    fields = object_at(value, path, ("amount", "why"))
    amount = number_at(fields["amount"], under(path, "amount"), -AMOUNT_LIMIT, AMOUNT_LIMIT)
    return Correction(amount, text_at(fields["why"], under(path, "why"), 200))


def _units(value: object, path: str) -> Fraction:
    return number_at(value, path, -MOST_UNITS, MOST_UNITS)


def _marks(value: object, path: str) -> tuple[Fraction, ...]:
    return list_at(value, path, amount_at, least=1)


def _names(
    fields: Mapping[str, object], path: str, key: str, known: Collection[str]
) -> tuple[str, ...]:
    here = under(path, key)
    names = list_at(fields.get(key, []), here, text_at)
    distinct(names, here)
    for place, name in enumerate(names):
        if name not in known:
            raise wrong("unknown_name", "规则中没有“%(name)s”。", f"{here}[{place}]", name=name)
    return names


def _figures(
    fields: Mapping[str, object],
    path: str,
    key: str,
    known: Collection[str],
    read: Callable[[object, str], Value],
) -> Mapping[str, Value]:
    here = under(path, key)
    stated = object_at(fields.get(key, {}), here, (), known)
    return {name: read(value, under(here, name)) for name, value in stated.items()}
