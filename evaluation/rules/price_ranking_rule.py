"""Is the part `ranking` of a rule well formed: parts with weights, ties in order, what comes last?

Weights are shares of one and sum to 1; a part weighted 1 is simply added (points out of 100), then
all are. Source: 财政部令第87号 第55、57条; 招标投标法实施条例 第49条.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from evaluation.rules.aggregation import Better
from evaluation.rules.price_formulas import MOST_POINTS
from evaluation.rules.price_numbers import Rounding
from evaluation.rules.price_ranking import PRICE, Last, Part, PartKind, RankingRule
from evaluation.rules.price_reading import (
    choice_at,
    distinct,
    list_at,
    number_at,
    object_at,
    positive_at,
    rounding_at,
    text_at,
    under,
    wrong,
)
from evaluation.rules.price_trimming import NONE, trimming_at

RESERVED = (PRICE, "evaluated_price")


class PriceScore(StrEnum):
    """Does the total start from the rounded price score, or from the one before rounding?"""

    ROUNDED = "rounded"
    EXACT = "exact"


def ranking_at(
    value: object, path: str, *, scored: bool, total: Rounding | None
) -> RankingRule | None:
    """The ranking of a rule; a lowest-price method has one even if nothing is stated."""
    if value is None:
        return None if scored else RankingRule((), (), Last.EQUAL, None, False)
    required, optional = (
        (("parts", "last"), ("ties", "price_score")) if scored else (("last",), ("ties",))
    )
    fields = object_at(value, path, required, optional)
    parts = _parts(fields, path, scored=scored)
    word = fields.get("price_score", PriceScore.ROUNDED.value)
    return RankingRule(
        parts,
        _ties(fields, path, parts),
        choice_at(fields["last"], under(path, "last"), Last),
        total,
        choice_at(word, under(path, "price_score"), PriceScore) is PriceScore.EXACT,
    )


def _parts(fields: Mapping[str, object], path: str, *, scored: bool) -> tuple[Part, ...]:
    if not scored:
        return ()
    here = under(path, "parts")
    parts = list_at(fields["parts"], here, _part, least=1)
    distinct((part.name for part in parts), here)
    weights = [part.weight for part in parts]
    if sum(weights) != 1 and any(weight != 1 for weight in weights):
        raise wrong("weights", "权重之和应为 1，或各项权重均为 1（直接相加）。", here)
    return parts


def _ties(fields: Mapping[str, object], path: str, parts: Sequence[Part]) -> tuple[str, ...]:
    here = under(path, "ties")
    ties = list_at(fields.get("ties", []), here, text_at)
    distinct(ties, here)
    known = {*RESERVED, *(part.name for part in parts)}
    for place, tie in enumerate(ties):
        if tie not in known:
            raise wrong("unknown_name", "规则中没有“%(name)s”。", f"{here}[{place}]", name=tie)
    return ties


def _part(value: object, path: str) -> Part:
    kind = value.get("kind") if isinstance(value, dict) else None
    kind = choice_at(kind, under(path, "kind"), PartKind)
    required, optional = {
        PartKind.PRICE: ((), ()),
        PartKind.MARKS: (("name",), ("trimming", "rounding")),
        PartKind.RELATIVE: (("name", "full", "better"), ("rounding",)),
    }[kind]
    fields = object_at(value, path, ("kind", "weight", *required), (*optional, "weighted_rounding"))
    name = PRICE if kind is PartKind.PRICE else text_at(fields["name"], under(path, "name"), 40)
    if kind is not PartKind.PRICE and name in RESERVED:
        raise wrong("bad_name", "名称已有固定含义。", under(path, "name"))
    table = fields.get("trimming")
    return Part(
        name,
        kind,
        number_at(fields["weight"], under(path, "weight"), 0, 1),
        NONE if table is None else trimming_at(table, under(path, "trimming")),
        positive_at(fields.get("full", 1), under(path, "full"), MOST_POINTS),
        choice_at(fields.get("better", "higher"), under(path, "better"), Better),
        _maybe_rounding(fields, path, "rounding"),
        _maybe_rounding(fields, path, "weighted_rounding"),
    )


def _maybe_rounding(fields: Mapping[str, object], path: str, key: str) -> Rounding | None:
    value = fields.get(key)
    return None if value is None else rounding_at(value, under(path, key))
