"""What may a rule of this regime not say, whatever the documents would like?

Applied only to a rule that states its regime. Sources stand beside each prohibition.
"""

from collections.abc import Iterator
from fractions import Fraction

from evaluation.rules.price_benchmark import (
    Composite,
    Expression,
    Given,
    MinusPercent,
    Nearest,
    SecretReference,
    Statistic,
    Times,
)
from evaluation.rules.price_ranking import PartKind
from evaluation.rules.price_rule import Category, Method, PriceRule, Regime
from evaluation.rules.price_scoring import Ratio
from evaluation.rules.price_trimming import leaves_out
from evaluation.rules.price_validity import Check, Effect, When
from kernel.errors import Problem

O87_54 = "政府采购货物和服务招标投标管理办法（财政部令第87号）第54条"
O87_55 = "政府采购货物和服务招标投标管理办法（财政部令第87号）第55条"
O87_60 = "政府采购货物和服务招标投标管理办法（财政部令第87号）第60条"
REG_27 = "招标投标法实施条例 第27条; 发改法规规〔2022〕1117号"
REG_50 = "招标投标法实施条例 第50条"

# 财政部令第87号 第55条: the least weight of the price in the total.
LEAST_WEIGHT = {Category.GOODS: Fraction(3, 10), Category.SERVICES: Fraction(1, 10)}


def regime_problems(rule: PriceRule) -> list[Problem]:
    """What the law of the stated regime forbids in this rule; empty without a regime."""
    if rule.regime is Regime.GOVPROC:
        return [*_procurement_problems(rule), *_low_price_problems(rule, O87_60)]
    if rule.regime is Regime.CONSTRUCTION:
        return [*_reference_problems(rule), *_low_price_problems(rule, REG_27)]
    return []


def _procurement_problems(rule: PriceRule) -> Iterator[Problem]:
    if rule.method is not Method.SCORE and _is_charged(rule):
        message = "最低评标价法除算术修正和政策扣除外，不得调整价格。"
        yield Problem("price.only_corrections", message, O87_54, "rule.evaluated_price")
    if rule.benchmark is None or rule.scoring is None:
        return
    if any(_drops(node) for node in nodes_of(rule.benchmark)):
        message = "政府采购不得去掉最高或最低报价。"
        yield Problem("price.dropping_forbidden", message, O87_55, "rule.benchmark")
    elif not _is_lowest(rule.benchmark) or not isinstance(rule.scoring.formula, Ratio):
        message = "政府采购综合评分的价格分应采用低价优先法：基准价为最低价，按比例计分。"
        yield Problem("price.ratio_required", message, O87_55, "rule.benchmark")
    yield from _weight_problems(rule)


def _is_charged(rule: PriceRule) -> bool:
    return bool(rule.adjustments.deviations or rule.adjustments.items)


def _drops(node: object) -> bool:
    return isinstance(node, Statistic) and (
        leaves_out(node.trimming) or node.not_below is not None or node.not_above is not None
    )


def _is_lowest(expression: Expression) -> bool:
    node = expression.node
    return isinstance(node, Statistic) and node.kind == "lowest"


def _weight_problems(rule: PriceRule) -> Iterator[Problem]:
    if rule.ranking is None or rule.category not in LEAST_WEIGHT:
        return
    parts = rule.ranking.parts
    if all(part.weight == 1 for part in parts):
        return  # Points are simply added; the share of the price is not told by weights.
    weight = sum((part.weight for part in parts if part.kind is PartKind.PRICE), Fraction(0))
    least = LEAST_WEIGHT[rule.category]
    if weight < least:
        message = "价格分值占总分值的比重不得低于 %(least)s%%。"
        values = {"least": str(least * 100)}
        yield Problem("price.weight_too_small", message, O87_55, "rule.ranking.parts", values)


def _low_price_problems(rule: PriceRule, source: str) -> Iterator[Problem]:
    for check in rule.validity:
        if check.effect is Effect.INVALID and check.when in (When.BELOW, When.AT_OR_BELOW):
            message = "报价过低应先要求说明，不得直接否决：effect 应为 ask。"
            yield Problem("price.ask_first", message, source, check.path)


def _reference_problems(rule: PriceRule) -> Iterator[Problem]:
    for check in rule.validity:
        if check.effect is Effect.INVALID and _looks_at_reference(check):
            message = "不得以报价偏离标底的幅度作为否决条件。"
            yield Problem("price.reference_rejects", message, REG_50, check.path)


def _looks_at_reference(check: Check) -> bool:
    return any(
        isinstance(node, SecretReference)
        or (isinstance(node, Given) and node.label[1] == "reference price")
        for node in nodes_of(check.value)
    )


def nodes_of(expression: Expression) -> Iterator[object]:
    """The expression's nodes, the outer ones first."""
    node = expression.node
    yield node
    inner: tuple[Expression | None, ...] = ()
    match node:
        case Statistic():
            inner = (node.not_below, node.not_above)
        case Times() | MinusPercent():
            inner = (node.value,)
        case Composite():
            inner = (node.first, node.second)
        case Nearest():
            inner = (node.to,)
    for one in inner:
        if one is not None:
            yield from nodes_of(one)
