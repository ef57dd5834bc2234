"""How an evaluation method is told in words: the names of its fields, and its price rule.

The words are those of a bidding document; what they mean is decided in rules/price_*.py alone.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from evaluation.rules.method_checks import MethodRule
from evaluation.rules.price_numbers import Mode
from evaluation.rules.price_validity import Effect, PriceKind, When
from kernel.errors import Problem
from kernel.words import Say


def _(text: str) -> str:
    """Marks a text for the catalogue; templates translate it when they show it."""
    return text


RULES: Mapping[MethodRule, str] = {
    MethodRule.HUNDRED: _("各项满分合计 100 分"),
    MethodRule.PRICE_SHARE: _("价格分所占比重不低于法定下限"),
    MethodRule.LOWEST_RATIO: _("价格分采用低价优先法，不去掉最高、最低报价"),
    MethodRule.ASK_FIRST: _("报价过低先要求说明，不直接否决"),
    MethodRule.REFERENCE: _("不以偏离标底的幅度否决投标"),
    MethodRule.COMMITTEE: _("评标委员会为单数，人数不低于法定下限"),
}

OPTIONS: Mapping[str, str] = {
    "pass_fail": _("符合性（通过或否决）"),
    "scored": _("评分"),
    "points": _("直接计分：各项满分相加"),
    "each": _("加权：每个评分项各有权重"),
    "common": _("加权：技术部分共用一个权重"),
    "mean_of_all": _("全部专家的平均分"),
    "trimmed": _("五名以上专家时去掉一个最高分和一个最低分后的平均分"),
    "lowest": _("有效报价中的最低价"),
    "mean": _("有效报价的平均值"),
    "second_lowest": _("有效报价中的次低价"),
    "highest": _("有效报价中的最高价"),
    "minus_percent": _("某个值下浮若干百分比"),
    "times": _("某个值乘以系数"),
    "composite": _("两个值按权重合成"),
    "nearest": _("最接近某个值的有效报价"),
    "given": _("固定金额"),
    "ceiling": _("最高投标限价"),
    "reference": _("公开的参考价"),
    "ratio": _("按比例：满分 × 基准价 ÷ 报价"),
    "linear": _("按偏差率扣分：高于、低于各有扣分标准"),
    "lines": _("折线：给出转折点，其间按直线计算"),
    "steps": _("分档：每档一个固定分值"),
    "above": _("高于"),
    "at_or_above": _("不低于"),
    "below": _("低于"),
    "at_or_below": _("不高于"),
    "ask": _("要求说明"),
    "invalid": _("否决"),
    "offered": _("投标报价"),
    "corrected": _("修正后报价"),
    "evaluated": _("评标价"),
    "half_up": _("四舍五入"),
    "down": _("舍去尾数"),
    "up": _("进位"),
}

# The last part of a field's place, in words.
NAMES: Mapping[str, str] = {
    "method": _("评标办法"),
    "items": _("评审项"),
    "name": _("名称"),
    "code": _("代码"),
    "kind": _("种类"),
    "max": _("满分"),
    "weight": _("权重"),
    "weighing": _("计分方式"),
    "technical_weight": _("技术部分权重"),
    "price_weight": _("价格分权重"),
    "price_rule": _("价格规则"),
    "title": _("规则名称"),
    "source": _("依据"),
    "ceiling": _("最高投标限价（元）"),
    "reference": _("参考价（元）"),
    "validity": _("报价核对"),
    "price": _("看哪个价格"),
    "when": _("条件"),
    "value": _("比较值"),
    "effect": _("后果"),
    "why": _("写明的理由"),
    "benchmark": _("评标基准价"),
    "trimming": _("去掉最高、最低报价"),
    "up_to": _("不超过"),
    "highest": _("去掉最高的个数"),
    "lowest": _("去掉最低的个数"),
    "not_below": _("只取不低于"),
    "not_above": _("只取不高于"),
    "percent": _("下浮百分之几"),
    "factor": _("系数"),
    "first": _("第一个值"),
    "second": _("第二个值"),
    "to": _("最接近的值"),
    "amount": _("金额（元）"),
    "score": _("价格分"),
    "full": _("满分"),
    "above": _("每高百分之一扣分"),
    "below": _("低于"),
    "floor": _("最低分"),
    "cap": _("最高分"),
    "unit_amount": _("改按金额计偏差，每单位（元）"),
    "points": _("转折点"),
    "bands": _("分档"),
    "deviation": _("偏差"),
    "rounding": _("取整"),
    "places": _("小数位数"),
    "mode": _("取整方式"),
    "evaluated_price": _("评标价调整"),
    "total": _("总分"),
    "aggregation": _("专家评分汇总"),
    "seats": _("评委会人数"),
    "cities": _("席位分布"),
    "city": _("城市"),
    "speciality": _("评审专业"),
}
_ROOT = "method"
_SCORE_BELOW = "method.price_rule.score.below"
_ROW = re.compile(r"(\w+)\[(\d+)\]")
_UNTOLD = frozenset({_ROOT, "price_rule"})


def place_words(place: str) -> Say:
    """A field's place in words, such as 评审项第 2 行 · 满分."""
    words = [_part_words(part, place) for part in place.split(".") if part not in _UNTOLD]
    if not words:
        return Say(NAMES[_ROOT])
    said = words[0]
    for each in words[1:]:
        said = Say(_("%(first)s · %(rest)s"), {"first": said, "rest": each})
    return said


def _part_words(part: str, place: str) -> Say:
    if place == _SCORE_BELOW and part == "below":
        return Say(_("每低百分之一扣分"))
    row = _ROW.fullmatch(part)
    if row is None:
        return Say(NAMES.get(part, part).replace("%", "%%"))
    values = {"list": Say(NAMES.get(row[1], row[1])), "row": int(row[2]) + 1}
    return Say(_("%(list)s第 %(row)s 行"), values)


def worded_problem(problem: Problem) -> Problem:
    """The problem with its place in words; its field stays as it is."""
    words = {"field": place_words(problem.field)} if problem.field.startswith("method") else {}
    return Problem(
        problem.code, problem.message, problem.source, problem.field, problem.values | words
    )


def option(value: str) -> str:
    """The words of one of a field's choices; one that is not known stands as it is."""
    return OPTIONS.get(value, value)


WHENS: Mapping[When, str] = {
    When.ABOVE: _("%(price)s高于%(value)s的，%(effect)s（%(why)s）。"),
    When.AT_OR_ABOVE: _("%(price)s不低于%(value)s的，%(effect)s（%(why)s）。"),
    When.BELOW: _("%(price)s低于%(value)s的，%(effect)s（%(why)s）。"),
    When.AT_OR_BELOW: _("%(price)s不高于%(value)s的，%(effect)s（%(why)s）。"),
}
WORDS: Mapping[StrEnum, str] = {
    **{kind: OPTIONS[kind.value] for kind in PriceKind},
    **{effect: OPTIONS[effect.value] for effect in Effect},
    **{mode: OPTIONS[mode.value] for mode in Mode},
}
