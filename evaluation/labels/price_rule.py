"""A price rule as sentences of a bidding document, one for each thing that it prescribes."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from evaluation.labels.method import OPTIONS, WHENS, WORDS
from evaluation.rules.price_benchmark import (
    Composite,
    Drawn,
    Expression,
    Given,
    MinusPercent,
    Nearest,
    SecretReference,
    Statistic,
    Times,
)
from evaluation.rules.price_numbers import Rounding, plain
from evaluation.rules.price_rule import PriceRule
from evaluation.rules.price_scoring import Linear, Lines, Ratio, Scoring, Step, Steps
from evaluation.rules.price_trimming import Band, leaves_out
from kernel.words import Say, chained


def _(text: str) -> str:
    """Marks a text for the catalogue; templates translate it when they show it."""
    return text


_SEMICOLON = _("%(first)s；%(rest)s")
_STEPS: Mapping[str, str] = {
    "evaluated_price": _("评标价保留 %(places)s 位小数（%(mode)s）"),
    "benchmark": _("基准价保留 %(places)s 位小数（%(mode)s）"),
    "deviation": _("偏差率保留 %(places)s 位小数（%(mode)s）"),
    "score": _("价格分保留 %(places)s 位小数（%(mode)s）"),
    "total": _("总分保留 %(places)s 位小数（%(mode)s）"),
}


def rule_words(rule: PriceRule) -> list[Say]:
    """The rule, sentence by sentence, in the order of the calculation."""
    return [*_sentences(rule)]


def _sentences(rule: PriceRule) -> Iterator[Say]:
    if rule.adjustments.discounts or rule.adjustments.deviations or rule.adjustments.items:
        yield Say(_("评标价在投标报价上按规则所列的扣除和调整计算。"))
    for check in rule.validity:
        values = {
            "price": Say(WORDS[check.price]),
            "value": expression_words(check.value),
            "effect": Say(WORDS[check.effect]),
            "why": check.why,
        }
        yield Say(WHENS[check.when], values)
    if rule.benchmark is not None and rule.scoring is not None:
        yield Say(_("评标基准价：%(value)s。"), {"value": expression_words(rule.benchmark)})
        yield _formula_words(rule.scoring)
        yield _bounds_words(rule.scoring)
    if rule.scoring is not None and rule.scoring.bonuses:
        yield Say(_("符合规则所列条件的，价格分另有加分。"))
    yield Say(_("%(steps)s；其余各步不取整。"), {"steps": _rounding_words(rule.rounding)})


def expression_words(expression: Expression) -> Say:
    """A benchmark expression, such as 有效报价的平均值."""
    node = expression.node
    match node:
        case Given():
            return _given_words(node)
        case SecretReference():
            return Say(_("标底"))
        case Statistic():
            return _statistic_words(node)
        case Times():
            values = {"value": expression_words(node.value), "factor": _figure(node.factor)}
            return Say(_("%(value)s × %(factor)s"), values)
        case MinusPercent():
            values = {"value": expression_words(node.value), "percent": _figure(node.percent)}
            return Say(_("%(value)s下浮 %(percent)s%%"), values)
        case Composite():
            return _composite_words(node)
        case Nearest():
            text = _("不高于且最接近“%(value)s”的有效报价")
            text = text if node.not_above else _("最接近“%(value)s”的有效报价")
            return Say(text, {"value": expression_words(node.to)})


def _given_words(node: Given) -> Say:
    named = {"ceiling price": OPTIONS["ceiling"], "reference price": OPTIONS["reference"]}
    words = Say(named.get(node.label[1], OPTIONS["given"]))
    return Say(_("%(words)s %(amount)s 元"), {"words": words, "amount": plain(node.amount)})


def _statistic_words(node: Statistic) -> Say:
    words = Say(OPTIONS[node.kind])
    for text, bound in (
        (_("%(words)s（只计不低于“%(bound)s”的）"), node.not_below),
        (_("%(words)s（只计不高于“%(bound)s”的）"), node.not_above),
    ):
        if bound is not None:
            words = Say(text, {"words": words, "bound": expression_words(bound)})
    if not leaves_out(node.trimming):
        return words
    bands = chained([_band_words(band) for band in node.trimming], _SEMICOLON)
    return Say(_("%(words)s（%(bands)s）"), {"words": words, "bands": bands})


def _band_words(band: Band) -> Say:
    left_out = _left_out_words(band)
    if band.up_to is None:
        return Say(_("更多时%(what)s"), {"what": left_out})
    return Say(_("%(count)s 个及以下%(what)s"), {"count": band.up_to, "what": left_out})


def _left_out_words(band: Band) -> Say:
    values = {"highest": band.highest, "lowest": band.lowest}
    if band.highest and band.lowest:
        return Say(_("去掉 %(highest)s 个最高、%(lowest)s 个最低"), values)
    if band.highest:
        return Say(_("去掉 %(highest)s 个最高"), values)
    return Say(_("去掉 %(lowest)s 个最低") if band.lowest else _("不去掉"), values)


def _composite_words(node: Composite) -> Say:
    rest = plain(1 - node.weight) if isinstance(node.weight, Fraction) else "(1 − w)"
    values = {
        "first": expression_words(node.first),
        "second": expression_words(node.second),
        "weight": _figure(node.weight),
        "rest": rest,
    }
    return Say(_("（%(first)s）× %(weight)s +（%(second)s）× %(rest)s"), values)


def _figure(figure: Fraction | Drawn) -> str:
    return plain(figure) if isinstance(figure, Fraction) else figure.name


def _formula_words(scoring: Scoring) -> Say:
    match scoring.formula:
        case Ratio(full):
            return Say(_("价格分 = %(full)s × 评标基准价 ÷ 报价。"), {"full": plain(full)})
        case Linear():
            return _linear_words(scoring.formula, scoring.unit)
        case Lines(points):
            spots = chained(
                [
                    Say(
                        _("偏差 %(deviation)s 得 %(score)s 分"),
                        {"deviation": plain(one.deviation), "score": plain(one.score)},
                    )
                    for one in points
                ],
                _SEMICOLON,
            )
            text = _("按偏差（%(unit)s）：%(spots)s；其间按直线计算，两端之外取最近一点的分值。")
            return Say(text, {"spots": spots, "unit": _unit_words(scoring)})
        case Steps(bands):
            said = chained([_step_words(band) for band in bands], _SEMICOLON)
            values = {"bands": said, "unit": _unit_words(scoring)}
            return Say(_("按偏差（%(unit)s）分档：%(bands)s。"), values)


def _linear_words(formula: Linear, unit: Fraction | None) -> Say:
    values = {
        "full": plain(formula.full),
        "above": plain(formula.above),
        "below": plain(formula.below),
    }
    if unit is None:
        return Say(
            _(
                "报价等于评标基准价得 %(full)s 分；每高 1%% 扣 %(above)s 分，"
                "每低 1%% 扣 %(below)s 分。"
            ),
            values,
        )
    return Say(
        _(
            "报价等于评标基准价得 %(full)s 分；每高 %(unit)s 元扣 %(above)s 分，"
            "每低 %(unit)s 元扣 %(below)s 分。"
        ),
        values | {"unit": plain(unit)},
    )


def _unit_words(scoring: Scoring) -> Say:
    if scoring.unit is None:
        return Say(_("百分比"))
    return Say(_("每单位 %(amount)s 元"), {"amount": plain(scoring.unit)})


def _step_words(step: Step) -> Say:
    score = {"score": plain(step.score)}
    if step.limit is None:
        return Say(_("更高的得 %(score)s 分"), score)
    text = _("不超过 %(limit)s 的得 %(score)s 分")
    text = text if step.inclusive else _("低于 %(limit)s 的得 %(score)s 分")
    return Say(text, score | {"limit": plain(step.limit)})


def _bounds_words(scoring: Scoring) -> Say:
    values = {"floor": plain(scoring.floor), "cap": plain(scoring.cap)}
    return Say(_("价格分最低 %(floor)s 分，最高 %(cap)s 分。"), values)


def _rounding_words(rounding: Mapping[str, Rounding]) -> Say:
    said = [
        Say(text, {"places": rounding[step].places, "mode": Say(WORDS[rounding[step].mode])})
        for step, text in _STEPS.items()
        if step in rounding
    ]
    return chained(said, _SEMICOLON)
