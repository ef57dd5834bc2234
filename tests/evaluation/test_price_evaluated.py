"""The evaluated price: corrections, deviations, items, discounts that do not stack."""

import pytest

from kernel.errors import Refusal
from tests.evaluation.price_factory import (
    lowest_rule,
    make_bids,
    make_rule,
    result_of,
    rows_of,
    scores_of,
)

DISCOUNTS = [
    {"for": "small_firm", "percent": "10"},
    {"for": "consortium", "percent": "4"},
    {"for": "domestic", "percent": "20"},
]
ADJUSTMENTS = {
    "deviations": [
        {"name": "months", "late": "15", "early": "5"},
        {"name": "weeks", "late_percent": "0.5", "early_percent": "0.2"},
    ],
    "items": [
        {"name": "payment", "amount": "4"},
        {"name": "warranty", "percent": "1"},
        {"name": "spares", "amount": "-3"},
    ],
    "discounts": DISCOUNTS,
}


def evaluated(bid, price="1000", **rounding):
    rule = lowest_rule(evaluated_price=ADJUSTMENTS, rounding=rounding)
    return str(rows_of(rule, make_bids(price, A=bid))["A"].evaluated_price)


@pytest.mark.parametrize(
    ("bid", "price"),
    [
        pytest.param({}, "1000", id="as bid"),
        pytest.param({"corrections": [{"amount": "-12.5", "why": "算术错误"}]}, "987.5", id="fix"),
        pytest.param({"deviations": {"months": "2"}}, "1030", id="two months late"),
        pytest.param({"deviations": {"months": "-2"}}, "990", id="two months early"),
        pytest.param({"deviations": {"months": "0"}}, "1000", id="in time"),
        pytest.param({"deviations": {"months": "0.5"}}, "1007.5", id="half a month late"),
        pytest.param({"deviations": {"weeks": "3"}}, "1015", id="three weeks late in per cent"),
        pytest.param({"deviations": {"weeks": "-3"}}, "994", id="three weeks early in per cent"),
        pytest.param({"items": ["payment", "warranty", "spares"]}, "1011", id="items add up"),
        pytest.param({"claims": ["small_firm"]}, "900", id="small firm"),
        pytest.param({"claims": ["consortium"]}, "960", id="consortium"),
        pytest.param({"claims": ["consortium", "small_firm"]}, "900", id="no stacking"),
        pytest.param({"claims": ["small_firm", "domestic", "consortium"]}, "800", id="largest"),
        pytest.param(
            {
                "corrections": [{"amount": "200", "why": "漏项"}],
                "deviations": {"weeks": "1"},
                "claims": ["small_firm"],
            },
            "1086",
            id="percentages are of the corrected price",
        ),
    ],
)
def test_evaluated_price(bid, price):
    assert evaluated(bid) == price


@pytest.mark.parametrize(
    ("months", "keys"),
    [("-0.5", "1000+(-0.5)×5"), ("0", "1000+0×5"), ("0.5", "1000+0.5×15")],
    ids=["early", "in time", "late"],
)
def test_the_charge_for_lateness_begins_above_zero(months, keys):
    rule = lowest_rule(evaluated_price=ADJUSTMENTS)

    trace = result_of(rule, make_bids("1000", A={"deviations": {"months": months}})).trace

    assert [entry.keys for entry in trace if entry.step == "evaluated_price"] == [keys]


def test_the_evaluated_price_is_rounded_where_the_rule_says():
    assert evaluated({"claims": ["small_firm"]}, "0.55", evaluated_price=2) == "0.50"


@pytest.mark.parametrize(
    ("bid", "price"),
    [
        ({"corrections": [{"amount": "-1000", "why": "错误"}]}, "1000"),
        ({"corrections": [{"amount": "-1000", "why": "错误"}], "items": ["payment"]}, "1000"),
        ({"deviations": {"months": "-200"}}, "1000"),
        ({}, "0.001"),
    ],
    ids=[
        "corrections take all",
        "an item adds to nothing",
        "deviations take all",
        "rounded to nothing",
    ],
)
def test_a_price_of_nothing_is_refused(bid, price):
    with pytest.raises(Refusal, match="“A”调整后的价格不大于零") as refused:
        evaluated(bid, price, evaluated_price=2)

    assert refused.value.code == "price.not_above_zero"


def test_a_discount_moves_benchmark_and_score():
    rule = make_rule(evaluated_price={"discounts": DISCOUNTS})

    assert scores_of(rule, make_bids("900", "950")) == ["100.00", "94.74"]
    assert scores_of(rule, make_bids("900", "950", B={"claims": ["small_firm"]})) == [
        "95.00",
        "100.00",
    ]
