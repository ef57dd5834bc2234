"""Which prices are valid, and which must be explained, by the checks that the documents state?

Checks run in the order given; each looks at the bids that are valid when it begins, all at once.
A check either rejects a bid or asks it for an explanation (the bid stays valid then).
Source: 招标投标法实施条例 第51条; 评标委员会和评标方法暂行规定 第21条; 财政部令第87号 第60、63条.
"""

import dataclasses
import operator
from collections.abc import Callable, Mapping
from enum import StrEnum
from fractions import Fraction

from evaluation.rules.price_benchmark import Expression, Scene, value_of
from evaluation.rules.price_evaluated import Prices
from evaluation.rules.price_expressions import Surroundings, expression_at
from evaluation.rules.price_numbers import plain
from evaluation.rules.price_reading import choice_at, object_at, text_at, under
from evaluation.rules.price_trace import Paper
from kernel.errors import NotYet, Refusal


class When(StrEnum):
    """How the price stands to the value when the check bites."""

    ABOVE = "above"
    AT_OR_ABOVE = "at_or_above"
    BELOW = "below"
    AT_OR_BELOW = "at_or_below"


class Effect(StrEnum):
    """What follows: the bid is rejected, or its bidder must explain the price."""

    INVALID = "invalid"
    ASK = "ask"


class PriceKind(StrEnum):
    """Which price of a bid is looked at."""

    OFFERED = "offered"
    CORRECTED = "corrected"
    EVALUATED = "evaluated"


@dataclasses.dataclass(frozen=True)
class Check:
    """One check: when the price stands so to the value, this follows, for this reason."""

    when: When
    value: Expression
    effect: Effect
    price: PriceKind
    why: str
    path: str


@dataclasses.dataclass(frozen=True)
class Finding:
    """What the checks found about one bid: still valid or not, and the reasons in order."""

    valid: bool
    why: tuple[str, ...] = ()


_BITES: dict[When, tuple[str, str, Callable[[Fraction, Fraction], bool]]] = {
    When.ABOVE: ("高于", "above", operator.gt),
    When.AT_OR_ABOVE: ("不低于", "at or above", operator.ge),
    When.BELOW: ("低于", "below", operator.lt),
    When.AT_OR_BELOW: ("不高于", "at or below", operator.le),
}
_PRICE_ZH = {
    PriceKind.OFFERED: "报价",
    PriceKind.CORRECTED: "修正后报价",
    PriceKind.EVALUATED: "评标价",
}


def findings(
    checks: tuple[Check, ...],
    prices: Mapping[str, Prices],
    excluded: Mapping[str, str],
    opened: Mapping[str, Fraction],
    paper: Paper,
) -> dict[str, Finding]:
    """What is found about every bidder; bidders in `excluded` are invalid for that reason."""
    found = {name: Finding(name not in excluded, _first(excluded, name)) for name in prices}
    for check in checks:
        standing = {name: _price(check, prices[name]) for name in prices if found[name].valid}
        scene = Scene(list(standing.values()), opened, paper, "validity")
        value = _checked_value(check, scene)
        if value is None:
            continue
        for name, price in standing.items():
            if _BITES[check.when][2](price, value):
                found[name] = _bitten(check, found[name], name, price, value, paper)
    return found


def _first(excluded: Mapping[str, str], name: str) -> tuple[str, ...]:
    return (excluded[name],) if name in excluded else ()


def _price(check: Check, prices: Prices) -> Fraction:
    return {
        PriceKind.OFFERED: prices.offered,
        PriceKind.CORRECTED: prices.corrected,
        PriceKind.EVALUATED: prices.evaluated,
    }[check.price]


def _checked_value(check: Check, scene: Scene) -> Fraction | None:
    """The value checked against; None, and a line saying so, where too few prices are left."""
    try:
        return value_of(check.value, scene)
    except NotYet:
        raise
    except Refusal:
        zh, en = "有效报价不足，本项不检查", "too few valid prices: this check is left out"
        scene.paper.say("validity", f"{check.why}：{zh}", en)
        return None


def _bitten(
    check: Check, before: Finding, name: str, price: Fraction, value: Fraction, paper: Paper
) -> Finding:
    zh, en, _ = _BITES[check.when]
    end_zh, end_en = (
        ("否决", "rejected") if check.effect is Effect.INVALID else ("须作出说明", "must explain")
    )
    text = f"{_PRICE_ZH[check.price]} {plain(price)} {zh} {plain(value)}"
    paper.say(
        "validity",
        f"{name}　{text}：{check.why}，{end_zh}",
        f"{name}: {check.price} price {plain(price)} is {en} {plain(value)}: {end_en}",
        bidder=name,
    )
    reason = f"{check.why}（{text}），{end_zh}"
    return Finding(check.effect is Effect.ASK, (*before.why, reason))


def check_at(value: object, path: str, around: Surroundings) -> Check:
    """One check of a rule. Raises InvalidInput with the path."""
    fields = object_at(value, path, ("when", "value", "effect", "why"), ("price",))
    return Check(
        choice_at(fields["when"], under(path, "when"), When),
        expression_at(fields["value"], under(path, "value"), around),
        choice_at(fields["effect"], under(path, "effect"), Effect),
        choice_at(fields.get("price", "offered"), under(path, "price"), PriceKind),
        text_at(fields["why"], under(path, "why"), 200),
        path,
    )
