"""Which rules does a method meet while it is being written, each with its article?

The rules themselves are those by which a method is refused (rules/method.py); this only lists
them one by one, so that a form can show what holds, what does not and what cannot be told yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from evaluation.rules.committee import rule_for
from evaluation.rules.method import Frame, Parts, law_problems, total_points
from evaluation.rules.price_regime import O87_55, O87_60, REG_27, REG_50
from kernel.errors import Problem
from trading.rules.limits import limits_for
from trading.states import Regime


class MethodRule(StrEnum):
    """A rule that every method of its regime must meet."""

    HUNDRED = "hundred"
    PRICE_SHARE = "price_share"
    LOWEST_RATIO = "lowest_ratio"
    ASK_FIRST = "ask_first"
    REFERENCE = "reference"
    COMMITTEE = "committee"


class Standing(StrEnum):
    """Whether a method meets a rule."""

    MET = "met"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CheckedRule:
    """One rule with its article, and what is wrong where it is broken."""

    rule: MethodRule
    standing: Standing
    source: str
    problems: tuple[Problem, ...] = ()


_CODES: Mapping[MethodRule, frozenset[str]] = {
    MethodRule.HUNDRED: frozenset({"method.not_a_hundred"}),
    MethodRule.PRICE_SHARE: frozenset({"method.price_weight_too_small"}),
    MethodRule.LOWEST_RATIO: frozenset({"price.dropping_forbidden", "price.ratio_required"}),
    MethodRule.ASK_FIRST: frozenset({"price.ask_first"}),
    MethodRule.REFERENCE: frozenset({"price.reference_rejects"}),
    MethodRule.COMMITTEE: frozenset(
        {"committee.even", "committee.too_small", "committee.few_experts"}
    ),
}
_HUNDRED_SOURCE = "招标投标法实施条例 第49条"


def checked_rules(parts: Parts, frame: Frame) -> list[CheckedRule]:
    """Every rule of the regime, in the order of the form."""
    problems = law_problems(parts, frame)
    return [_checked(rule, source, parts, problems) for rule, source in _rules_of(frame).items()]


def _rules_of(frame: Frame) -> dict[MethodRule, str]:
    """The rules that this regime and category have, with their articles."""
    limits = limits_for(frame.regime, frame.day)
    rules = {MethodRule.HUNDRED: _HUNDRED_SOURCE}
    if frame.category in limits.price_weight_minimum:
        rules[MethodRule.PRICE_SHARE] = limits.price_weight_source
    if frame.regime is Regime.GOVPROC:
        rules |= {MethodRule.LOWEST_RATIO: O87_55, MethodRule.ASK_FIRST: O87_60}
    else:
        rules |= {MethodRule.ASK_FIRST: REG_27, MethodRule.REFERENCE: REG_50}
    return rules | {MethodRule.COMMITTEE: rule_for(frame.regime, frame.day).source}


def _checked(rule: MethodRule, source: str, parts: Parts, problems: list[Problem]) -> CheckedRule:
    found = tuple(each for each in problems if each.code in _CODES[rule])
    if found:
        return CheckedRule(rule, Standing.BROKEN, source, found)
    standing = Standing.MET if _is_readable(rule, parts) else Standing.UNKNOWN
    return CheckedRule(rule, standing, source)


def _is_readable(rule: MethodRule, parts: Parts) -> bool:
    if rule in (MethodRule.HUNDRED, MethodRule.PRICE_SHARE):
        return total_points(parts) is not None
    return (parts.seats if rule is MethodRule.COMMITTEE else parts.price_rule) is not None
