from fractions import Fraction

import pytest

from evaluation.labels.method_view import method_view
from evaluation.rules.method import parse_method, read_parts
from evaluation.rules.method_checks import MethodRule, Standing, checked_rules
from evaluation.rules.method_example import example_of, example_prices
from evaluation.rules.price import parse_bids, score_prices
from kernel.money import yuan_from_fen
from tests.evaluation.test_method import CONSTRUCTION, GOVPROC
from tests.factories.evaluation import method

CEILING = 1_200_000_000


def made(name="construction", frame=CONSTRUCTION, **changes):
    return parse_method(method(name, **changes), frame)


def test_examples_are_scored_by_the_rule_that_scores_bids():
    plan = made("govproc", GOVPROC)
    prices = example_prices(CEILING)
    bids = [{"bidder": str(n), "price": yuan_from_fen(fen)} for n, fen in enumerate(prices)]

    example = example_of(plan.price_rule, plan.price_weight, CEILING)

    rows = score_prices(plan.price_rule, parse_bids(bids, plan.price_rule)).rows
    assert [bid.score for bid in example.bids] == [row.score for row in rows]
    assert [str(bid.points) for bid in example.bids] == [
        "25.63",
        "26.45",
        "27.03",
        "27.95",
        "30.00",
    ]
    assert example.most == 30


def test_the_curve_goes_through_the_examples_and_never_above_the_most():
    plan = made()
    example = example_of(plan.price_rule, plan.price_weight, CEILING)

    assert max(spot.points for spot in example.curve) <= example.most == 60
    assert example.curve[0].price_fen < min(example_prices(CEILING))
    assert example.curve[-1].price_fen > max(example_prices(CEILING))
    assert [spot.price_fen for spot in example.curve] == sorted(s.price_fen for s in example.curve)


@pytest.mark.parametrize("ceiling", [1, 2, 100, 999_999, 10**14 - 1])
def test_there_is_an_example_for_every_ceiling(ceiling):
    plan = made()
    example = example_of(plan.price_rule, plan.price_weight, ceiling)
    assert len(example.bids) == 5
    method_view(plan, ceiling)


def test_a_rule_that_cannot_score_five_prices_says_why():
    rule = method()["price_rule"] | {
        "benchmark": {"kind": "mean", "not_below": {"kind": "given", "amount": "99999999"}}
    }
    plan = made(price_rule=rule)

    view = method_view(plan, CEILING)

    assert (view.example.refusal is not None, view.chart) == (True, None)


def test_a_rejected_example_is_shown_as_rejected():
    rule = method()["price_rule"] | {
        "validity": [
            {
                "when": "above",
                "value": {"kind": "given", "amount": "11000000"},
                "effect": "invalid",
                "why": "超过",
            }
        ]
    }
    bids = example_of(made(price_rule=rule).price_rule, Fraction(1), CEILING).bids

    assert [bid.points is None for bid in bids] == [True, True, False, False, False]


def test_every_rule_of_the_regime_is_listed_with_its_article():
    found = {
        each.rule: each.source
        for each in checked_rules(read_parts(method(), CONSTRUCTION), CONSTRUCTION)
    }
    assert list(found) == [
        MethodRule.HUNDRED,
        MethodRule.ASK_FIRST,
        MethodRule.REFERENCE,
        MethodRule.COMMITTEE,
    ]
    assert found[MethodRule.COMMITTEE] == "招标投标法 第37条"


def test_what_is_broken_and_what_cannot_be_told_yet_are_told_apart():
    plan = method("govproc", price_weight="0.1", seats="?")

    found = {e.rule: e.standing for e in checked_rules(read_parts(plan, GOVPROC), GOVPROC)}

    assert found == {
        MethodRule.HUNDRED: Standing.BROKEN,
        MethodRule.PRICE_SHARE: Standing.BROKEN,
        MethodRule.LOWEST_RATIO: Standing.MET,
        MethodRule.ASK_FIRST: Standing.MET,
        MethodRule.COMMITTEE: Standing.UNKNOWN,
    }


def test_a_view_tells_how_many_points_are_missing():
    parts = read_parts(method("govproc", price_weight="0.2"), GOVPROC)
    view = method_view(parts, CEILING)
    assert (view.total, view.missing, view.is_short, view.price_points) == ("90", "10", True, "20")
    assert (view.weights, method_view(made(), CEILING).weights) == ("0.9", "")


def test_a_price_rule_is_told_in_words():
    assert [str(each) for each in method_view(made(), CEILING).rule] == [
        "评标基准价：有效报价的平均值（3 个及以下不去掉；更多时去掉 1 个最高、1 个最低）。",
        "报价等于评标基准价得 60 分；每高 1% 扣 1 分，每低 1% 扣 0.5 分。",
        "价格分最低 0 分，最高 60 分。",
        "偏差率保留 2 位小数（四舍五入）；价格分保留 2 位小数（四舍五入）；其余各步不取整。",
    ]
