"""Which fields a form of an evaluation method has: the method's language, as shapes.

A field is named by the place of its value, such as `method.items[1].max`, so that a refusal's
place leads to its field. What has a kind has only the fields that this kind needs. Parts that no
form edits (`kept`) travel through it unchanged. The language itself is in rules/method.py and
docs/price-rules.md; this file adds no rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """How the text of a field is read."""

    LINE = "line"
    NUMBER = "number"
    WHOLE = "whole"
    WORD = "word"
    FLAG = "flag"
    KEPT = "kept"


@dataclass(frozen=True)
class Leaf:
    """One field; an empty one that is not needed is left out of the method."""

    kind: Kind
    needed: bool = True
    words: tuple[str, ...] = ()
    places: int = 10


@dataclass(frozen=True)
class Rounded:
    """A number of decimals, and which way if it is not half up."""


@dataclass(frozen=True)
class Record:
    """Fields by name."""

    fields: "Mapping[str, Shape]"


@dataclass(frozen=True)
class Rows:
    """A list of records; `fresh` is what a new row begins with."""

    row: Record
    fresh: Mapping[str, str]
    most: int = 60


@dataclass(frozen=True)
class Kinds:
    """One of several records, told apart by `kind`; an empty kind is nothing."""

    needed: bool
    kinds: "Mapping[str, Record]" = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Expression:
    """A price that is calculated from prices: Kinds that hold one another."""

    needed: bool = True


Shape: TypeAlias = Leaf | Rounded | Record | Rows | Kinds | Expression

_NUMBER, _LINE, _WHOLE = Leaf(Kind.NUMBER), Leaf(Kind.LINE), Leaf(Kind.WHOLE)
_MAYBE = Leaf(Kind.NUMBER, needed=False)
_MAYBE_WHOLE = Leaf(Kind.WHOLE, needed=False)
_MAYBE_LINE = Leaf(Kind.LINE, needed=False)
_KEPT = Leaf(Kind.KEPT, needed=False)

ITEM_KINDS = ("scored", "pass_fail")
AGGREGATIONS = ("mean", "trimmed")
WHENS = ("above", "at_or_above", "below", "at_or_below")
EFFECTS = ("ask", "invalid")
PRICES = ("offered", "corrected", "evaluated")
MODES = ("down", "up")


class Weighing(StrEnum):
    """How the marks of the items count in the total."""

    POINTS = "points"
    EACH = "each"
    COMMON = "common"


_TRIMMING = Rows(
    Record({"up_to": _MAYBE_WHOLE, "highest": _MAYBE_WHOLE, "lowest": _MAYBE_WHOLE}),
    {"up_to": "", "highest": "", "lowest": ""},
    100,
)
_STATISTIC = {"not_below": Expression(needed=False), "not_above": Expression(needed=False)}
_KINDS: Mapping[str, Mapping[str, Shape]] = {
    "lowest": {"trimming": _TRIMMING, **_STATISTIC},
    "mean": {"trimming": _TRIMMING, **_STATISTIC},
    "second_lowest": {"trimming": _TRIMMING, **_STATISTIC},
    "highest": {"trimming": _TRIMMING, **_STATISTIC},
    "minus_percent": {"value": Expression(), "percent": _NUMBER},
    "times": {"value": Expression(), "factor": _NUMBER},
    "composite": {"first": Expression(), "second": Expression(), "weight": _NUMBER},
    "nearest": {"to": Expression(), "not_above": Leaf(Kind.FLAG, needed=False)},
    "given": {"amount": _NUMBER},
    "ceiling": {},
    "reference": {},
}
EXPRESSION: Mapping[str, Record] = {
    kind: Record({**fields, "rounding": Rounded()}) for kind, fields in _KINDS.items()
}
DEPTH = 8
_SCORE_MORE: Mapping[str, Shape] = {
    "floor": _MAYBE,
    "cap": _MAYBE,
    "unit_amount": _MAYBE,
    "bonus": _KEPT,
    "bonus_cap": _KEPT,
}
_SCORES: Mapping[str, Mapping[str, Shape]] = {
    "ratio": {"full": _NUMBER},
    "linear": {"full": _NUMBER, "above": _NUMBER, "below": _NUMBER},
    "lines": {
        "points": Rows(
            Record({"deviation": _NUMBER, "score": _NUMBER}), {"deviation": "", "score": ""}, 100
        )
    },
    "steps": {
        "bands": Rows(
            Record({"up_to": _MAYBE, "below": _MAYBE, "score": _NUMBER}),
            {"up_to": "", "below": "", "score": ""},
            100,
        )
    },
}
SCORE = {kind: Record({**fields, **_SCORE_MORE}) for kind, fields in _SCORES.items()}
ROUNDED_STEPS = ("evaluated_price", "benchmark", "deviation", "score", "total")

PRICE_RULE = Record(
    {
        "title": _MAYBE_LINE,
        "source": _MAYBE_LINE,
        "ceiling": _MAYBE,
        "reference": _MAYBE,
        "evaluated_price": _KEPT,
        "validity": Rows(
            Record(
                {
                    "price": Leaf(Kind.WORD, needed=False, words=PRICES),
                    "when": Leaf(Kind.WORD, words=WHENS),
                    "value": Expression(),
                    "effect": Leaf(Kind.WORD, words=EFFECTS),
                    "why": _LINE,
                }
            ),
            {"price": "", "when": "below", "value.kind": "times", "effect": "ask", "why": ""},
            100,
        ),
        "benchmark": Expression(),
        "score": Kinds(needed=True, kinds=SCORE),
        "rounding": Record({step: Rounded() for step in ROUNDED_STEPS}),
    }
)
ITEMS = Rows(
    Record(
        {
            "code": _MAYBE_LINE,
            "name": _LINE,
            "kind": Leaf(Kind.WORD, words=ITEM_KINDS),
            "max": Leaf(Kind.NUMBER, places=2),
            "weight": Leaf(Kind.NUMBER, places=4),
        }
    ),
    {"code": "", "name": "", "kind": "scored", "max": "", "weight": ""},
)
CITIES = Rows(
    Record({"city": _MAYBE_LINE, "speciality": _MAYBE_LINE, "seats": _WHOLE}),
    {"city": "", "speciality": "", "seats": "1"},
    21,
)
METHOD = Record(
    {
        "items": ITEMS,
        "technical_weight": Leaf(Kind.NUMBER, needed=False, places=4),
        "price_weight": Leaf(Kind.NUMBER, needed=False, places=4),
        "price_rule": PRICE_RULE,
        "aggregation": Leaf(Kind.WORD, words=AGGREGATIONS),
        "seats": _WHOLE,
        "cities": CITIES,
    }
)


def kinds_of(shape: Kinds | Expression) -> Mapping[str, Record]:
    """The records that a part may be, by kind."""
    return EXPRESSION if isinstance(shape, Expression) else shape.kinds
