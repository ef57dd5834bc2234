"""What the law of the stated regime forbids is refused with the article, and only then."""

from decimal import Decimal

import pytest

from evaluation.rules.price import parse_rule
from kernel.errors import Refusal
from tests.evaluation.price_factory import (
    LOWEST,
    MEAN,
    TRIM_ABOVE_THREE,
    linear,
    lowest_rule,
    make_rule,
)

AT_100 = {"kind": "given", "amount": "100"}


def refused_code(rule):
    with pytest.raises(Refusal) as refused:
        parse_rule(rule)
    assert refused.value.problems[0].source
    return refused.value.code


def check(when, value, effect="invalid"):
    return {"when": when, "value": value, "effect": effect, "why": "理由"}


def priced(weight, category):
    rest = str(1 - Decimal(weight))
    parts = [
        {"kind": "price", "weight": weight},
        {"kind": "marks", "name": "technical", "weight": rest},
    ]
    ranking = {"parts": parts, "last": "equal"}
    return make_rule(regime="GOVPROC", category=category, ranking=ranking)


@pytest.mark.parametrize(
    "benchmark",
    [
        {"kind": "mean", "trimming": TRIM_ABOVE_THREE},
        {"kind": "lowest", "trimming": [{"up_to": 3}, {"lowest": 1}]},
        {"kind": "lowest", "not_below": AT_100},
        {"kind": "times", "value": {"kind": "mean", "not_above": AT_100}, "factor": "0.9"},
        {
            "kind": "composite",
            "first": LOWEST,
            "second": {"kind": "mean", "not_above": AT_100},
            "weight": "0.5",
        },
        {"kind": "nearest", "to": {"kind": "mean", "trimming": TRIM_ABOVE_THREE}},
    ],
)
def test_government_procurement_drops_no_price(benchmark):
    assert refused_code(make_rule(benchmark, regime="GOVPROC")) == "price.dropping_forbidden"
    parse_rule(make_rule(benchmark))


@pytest.mark.parametrize(
    ("benchmark", "score"), [(MEAN, None), (LOWEST, linear())], ids=["mean", "linear"]
)
def test_government_procurement_scores_by_ratio_to_the_lowest(benchmark, score):
    assert refused_code(make_rule(benchmark, score, regime="GOVPROC")) == "price.ratio_required"
    parse_rule(make_rule(benchmark, score))


@pytest.mark.parametrize(
    "part",
    [
        {"items": [{"name": "payment", "amount": "4"}]},
        {"deviations": [{"name": "months", "late": "4"}]},
    ],
)
def test_lowest_price_method_of_government_procurement_prices_no_deviation(part):
    rule = lowest_rule("lowest_evaluated", evaluated_price=part)

    assert refused_code(rule | {"regime": "GOVPROC"}) == "price.only_corrections"
    parse_rule(rule)


@pytest.mark.parametrize(
    ("category", "too_small", "enough"),
    [("goods", "0.29", "0.30"), ("services", "0.09", "0.10")],
)
def test_price_weight_has_a_least_value(category, too_small, enough):
    assert refused_code(priced(too_small, category)) == "price.weight_too_small"
    parse_rule(priced(enough, category))


def test_the_least_weight_is_not_asked_where_points_are_added():
    parts = [
        {"kind": "price", "weight": "1"},
        {"kind": "marks", "name": "technical", "weight": "1"},
    ]
    ranking = {"parts": parts, "last": "equal"}

    rule = parse_rule(make_rule(regime="GOVPROC", category="goods", ranking=ranking))

    assert rule.ranking.parts[0].weight == 1


def test_works_have_no_least_price_weight():
    parse_rule(priced("0.05", "works"))


@pytest.mark.parametrize("regime", ["GOVPROC", "CONSTRUCTION"])
@pytest.mark.parametrize("when", ["below", "at_or_below"])
def test_a_low_price_is_asked_before_it_is_rejected(regime, when):
    rule = make_rule(regime=regime, validity=[check(when, AT_100)])

    assert refused_code(rule) == "price.ask_first"
    parse_rule(make_rule(regime=regime, validity=[check(when, AT_100, "ask")]))
    parse_rule(make_rule(validity=[check(when, AT_100)]))


@pytest.mark.parametrize("reference", ["1000", "secret"])
def test_distance_from_the_reference_price_rejects_no_construction_bid(reference):
    value = {"kind": "times", "value": {"kind": "reference"}, "factor": "1.1"}
    rule = make_rule(reference=reference, validity=[check("above", value)])

    assert refused_code(rule | {"regime": "CONSTRUCTION"}) == "price.reference_rejects"
    parse_rule(rule)


def test_the_ceiling_rejects_in_both_regimes():
    rule = make_rule(ceiling="100", validity=[check("above", {"kind": "ceiling"})])

    for regime in ("GOVPROC", "CONSTRUCTION"):
        assert parse_rule(rule | {"regime": regime}).regime == regime
