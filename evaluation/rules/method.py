"""The evaluation method of a lot: its items, weights, price rule and committee, read strictly.

A method is data, frozen when the notice is published; whatever is not in it may not be used.
The language: `version` 1; `items`, each `pass_fail` or `scored` (with `max`, maybe `weight`);
either `technical_weight` and `price_weight`, or weights of the items and `price_weight`, or plain
points; `price_rule` as in docs/price-rules.md; `aggregation`; `seats`; maybe `cities`.
Source: 招标投标法实施条例 第49条; 财政部令第87号 第55条; domain.md 4.5.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from evaluation.rules.committee import composition_problems, rule_for
from evaluation.rules.draw import Seat
from evaluation.rules.price_numbers import plain
from evaluation.rules.price_regime import regime_problems
from evaluation.rules.price_rule import Method as PriceMethod
from evaluation.rules.price_rule import PriceRule, rule_at
from kernel.errors import Gathering, InvalidInput, Problem, refuse_if
from kernel.periods import legal_date
from kernel.text import clean_text
from trading.rules.limits import limits_for
from trading.rules.reading import exact_object, pattern_text, plain_text
from trading.states import Category, Regime

VERSION = 1
MOST_ITEMS = 60
MOST_SEATS = 21
FULL = Fraction(100)
PRICE_RULE = "method.price_rule"
_SOURCE = "招标投标法实施条例 第49条"
_CODE = re.compile(r"[a-z][a-z0-9_]{0,29}")
_MARK = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.\d{1,2})?")
_WEIGHT = re.compile(r"(?:0(?:\.\d{1,4})?|1)")
_KEYS = {"version", "items", "price_rule", "aggregation", "seats"}
_OPTIONAL = {"technical_weight", "price_weight", "cities"}


class Aggregation(StrEnum):
    """How the experts' totals become one: their mean, or the mean without the two extremes."""

    MEAN = "mean"
    TRIMMED = "trimmed"


@dataclass(frozen=True)
class Check:
    """An objective item: a bid passes or fails it."""

    code: str
    name: str


@dataclass(frozen=True)
class ScoredItem:
    """A scored item: marks from 0 to `most`; a mark counts `weight` times in the total."""

    code: str
    name: str
    most: Decimal
    weight: Fraction


@dataclass(frozen=True)
class Method:
    """A whole method. Marks × weights plus price score × price weight is 100 at most."""

    checks: tuple[Check, ...]
    scored: tuple[ScoredItem, ...]
    price_weight: Fraction
    price_rule: PriceRule
    aggregation: Aggregation
    seats: tuple[Seat, ...]
    text: Mapping[str, Any]


@dataclass(frozen=True)
class Frame:
    """What a lot's tender says that the method must fit: regime, category, day, budget in fen."""

    regime: Regime
    category: Category
    day: date
    budget_fen: int


@dataclass(frozen=True)
class Parts:
    """What can be read of a method: a part that cannot be is None, and `problems` say why."""

    checks: tuple[Check, ...] | None
    scored: tuple[ScoredItem, ...] | None
    price_weight: Fraction | None
    price_rule: PriceRule | None
    aggregation: Aggregation | None
    seats: tuple[Seat, ...] | None
    problems: tuple[Problem, ...]


def parse_method(value: Any, frame: Frame) -> Method:
    """The method. Raises InvalidInput with the paths of all faults, or Refusal with all that law
    forbids in a method that can be read.
    """
    parts = read_parts(value, frame)
    refuse_if(parts.problems, InvalidInput)
    refuse_if(law_problems(parts, frame))
    return _whole_method(parts, value)


def read_parts(value: Any, frame: Frame) -> Parts:
    """Every part that can be read. Raises InvalidInput for what is no method at all."""
    given = set(value) & _OPTIONAL if isinstance(value, Mapping) else set()
    body = exact_object(value, _KEYS | given, "method")
    if body["version"] != VERSION or isinstance(body["version"], bool):
        raise _wrong("version", "只认识版本 1", "method.version")
    gathering = Gathering()
    items = gathering.read(_items, body)
    return Parts(
        checks=items[0] if items else None,
        scored=items[1] if items else None,
        price_weight=gathering.read(_weight, body.get("price_weight", "1"), "method.price_weight"),
        price_rule=gathering.read(_price_rule, body["price_rule"], frame),
        aggregation=gathering.read(_aggregation, body["aggregation"]),
        seats=gathering.read(_seats, body),
        problems=tuple(gathering.problems),
    )


def check_method(
    value: Any, regime: Regime, category: Category, now: datetime, budget_fen: int
) -> Method:
    """The same before there is a lot: what may be frozen at the registration of a tender."""
    return parse_method(value, Frame(regime, category, legal_date(now), budget_fen))


def law_problems(parts: Parts, frame: Frame) -> list[Problem]:
    """What the law forbids in the parts that can be read."""
    return [
        *_rule_problems(parts),
        *_total_problems(parts),
        *_price_share_problems(parts, frame),
        *_committee_problems(parts, frame),
    ]


def price_points(method: Method | Parts) -> Fraction | None:
    """The most points, of 100, that the price can bring; None while its parts cannot be read."""
    if method.price_rule is None or method.price_weight is None:
        return None
    scoring = method.price_rule.scoring
    return (scoring.cap if scoring else Fraction(0)) * method.price_weight


def item_points(item: ScoredItem) -> Fraction:
    """The most points, of 100, that an item can bring."""
    return Fraction(item.most) * item.weight


def total_points(parts: Method | Parts) -> Fraction | None:
    """All points that the parts can bring, which must be 100; None while one cannot be read."""
    price = price_points(parts)
    if price is None or parts.scored is None:
        return None
    return price + sum((item_points(item) for item in parts.scored), Fraction(0))


def _whole_method(parts: Parts, text: Mapping[str, Any]) -> Method:
    if (
        parts.checks is None
        or parts.scored is None
        or parts.price_weight is None
        or parts.price_rule is None
        or parts.aggregation is None
        or parts.seats is None
    ):
        raise InvalidInput.of(parts.problems)
    return Method(
        checks=parts.checks,
        scored=parts.scored,
        price_weight=parts.price_weight,
        price_rule=parts.price_rule,
        aggregation=parts.aggregation,
        seats=parts.seats,
        text=dict(text),
    )


def _rule_problems(parts: Parts) -> list[Problem]:
    rule = parts.price_rule
    return [_within(each) for each in regime_problems(rule)] if rule else []


def _committee_problems(parts: Parts, frame: Frame) -> list[Problem]:
    if parts.seats is None:
        return []
    size, rule = len(parts.seats), rule_for(frame.regime, frame.day)
    return composition_problems(rule, size=size, experts=size, budget_fen=frame.budget_fen)


def _within(problem: Problem) -> Problem:
    """A problem of the price rule alone, at its place in the method."""
    return replace(problem, field=PRICE_RULE + problem.field.removeprefix("rule"))


def _total_problems(parts: Parts) -> list[Problem]:
    total = total_points(parts)
    if total is None or total == FULL:
        return []
    message = "各项满分按权重合计应为 100 分，现为 %(total)s 分。"
    values = {"total": plain(total)}
    return [Problem("method.not_a_hundred", message, _SOURCE, "method.items", values)]


def _price_share_problems(parts: Parts, frame: Frame) -> list[Problem]:
    limits, points = limits_for(frame.regime, frame.day), price_points(parts)
    least = limits.price_weight_minimum.get(frame.category)
    if least is None or points is None or points / FULL >= Fraction(least):
        return []
    message = "价格分值占总分值的比重不得低于 %(least)s%%。"
    values = {"least": str(least * 100)}
    source = limits.price_weight_source
    return [
        Problem("method.price_weight_too_small", message, source, "method.price_weight", values)
    ]


def _items(body: Mapping[str, Any]) -> tuple[tuple[Check, ...], tuple[ScoredItem, ...]]:
    listed = _list(body["items"], "method.items", MOST_ITEMS)
    weight = body.get("technical_weight")
    common = None if weight is None else _weight(weight, "method.technical_weight")
    gathering = Gathering()
    items = [
        gathering.read(_item, value, f"method.items[{number}]", common)
        for number, value in enumerate(listed)
    ]
    gathering.refuse()
    checks = [item for item in items if isinstance(item, Check)]
    scored = [item for item in items if isinstance(item, ScoredItem)]
    _refuse_twice([check.code for check in checks] + [item.code for item in scored])
    _refuse_mixed(listed, common)
    return tuple(checks), tuple(scored)


def _item(value: Any, path: str, common: Fraction | None) -> Check | ScoredItem:
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if kind == "pass_fail":
        body = exact_object(value, {"code", "name", "kind"}, path)
        return Check(_code(body, path), _name(body["name"], f"{path}.name"))
    if kind != "scored":
        raise _wrong("kind", "应为 pass_fail 或 scored", f"{path}.kind")
    keys = {"code", "name", "kind", "max"} | ({"weight"} & set(value))
    body = exact_object(value, keys, path)
    most = Decimal(pattern_text(body["max"], _MARK, f"{path}.max"))
    if most == 0:
        raise _wrong("max", "满分必须大于零", f"{path}.max")
    weight = _weight(body["weight"], f"{path}.weight") if "weight" in body else None
    return ScoredItem(
        code=_code(body, path),
        name=_name(body["name"], f"{path}.name"),
        most=most,
        weight=common if weight is None and common is not None else weight or Fraction(1),
    )


def _refuse_mixed(listed: list[Any], common: Fraction | None) -> None:
    own = [value for value in listed if "weight" in value]
    scored = [value for value in listed if value["kind"] == "scored"]
    if own and (common is not None or len(own) != len(scored)):
        raise _wrong("weights", "权重要么每个评分项都写，要么都不写", "method.items")


def _refuse_twice(codes: list[str]) -> None:
    for code in codes:
        if codes.count(code) > 1:
            raise _wrong("item_twice", "有重复的评审项 %(item)s", "method.items", item=code)


def _price_rule(value: Any, frame: Frame) -> PriceRule:
    rule = rule_at(value, PRICE_RULE)
    if rule.method is not PriceMethod.SCORE or rule.scoring is None:
        raise _wrong("price_not_scored", "应为计分的价格规则", "method.price_rule.method")
    if rule.regime is None or rule.regime.value != frame.regime.value:
        raise _wrong("price_regime", "与项目适用的制度不同", "method.price_rule.regime")
    if rule.drawn or rule.secret_reference or rule.ranking is not None:
        raise _wrong("price_extras", "不能含抽取系数、标底或单独的排名", "method.price_rule")
    return rule


def _aggregation(value: Any) -> Aggregation:
    if value not in list(Aggregation):
        raise _wrong("aggregation", "应为 mean 或 trimmed", "method.aggregation")
    return Aggregation(value)


def _seats(body: Mapping[str, Any]) -> tuple[Seat, ...]:
    count = _whole(body["seats"], "method.seats")
    if "cities" not in body:
        return (Seat(),) * count
    seats: list[Seat] = []
    for number, value in enumerate(_list(body["cities"], "method.cities", MOST_SEATS)):
        path = f"method.cities[{number}]"
        optional = {"city", "speciality"} & set(value) if isinstance(value, Mapping) else set()
        group = exact_object(value, {"seats"} | optional, path)
        texts = {key: _name(group[key], f"{path}.{key}") for key in sorted(optional)}
        seats += [Seat(**texts)] * _whole(group["seats"], f"{path}.seats")
    if len(seats) != count:
        raise _wrong("seats", "合计应为 %(count)s 席", "method.cities", count=count)
    return tuple(seats)


def _name(value: Any, path: str) -> str:
    return clean_text(plain_text(value, path), field=path)


def _code(body: Mapping[str, Any], path: str) -> str:
    return pattern_text(body["code"], _CODE, f"{path}.code")


def _weight(value: Any, path: str) -> Fraction:
    weight = Fraction(pattern_text(value, _WEIGHT, path))
    if weight == 0:
        raise _wrong("weight", "权重必须大于零", path)
    return weight


def _whole(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_SEATS:
        raise _wrong("seats", "应为 1 至 %(most)s 的整数", path, most=MOST_SEATS)
    return value


def _list(value: Any, path: str, most: int) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise _wrong("list", "应有 1 至 %(most)s 项", path, most=most)
    return value


def _wrong(code: str, why: str, path: str, **values: object) -> InvalidInput:
    return InvalidInput(f"method.{code}", f"“%(field)s”{why}。", _SOURCE, field=path, **values)
