"""Every kind of benchmark, alone and put together, with trimming, bounds and rounding."""

import pytest

from kernel.errors import NotYet, Refusal
from tests.evaluation.price_factory import (
    LOWEST,
    MEAN,
    benchmark_of,
    linear,
    make_bids,
    make_rule,
    result_of,
)

PRICES = ("900", "1000", "1040", "1100")
BY_COUNT = [{"up_to": 5}, {"up_to": 6, "highest": 1}, {"highest": 1, "lowest": 1}]


@pytest.mark.parametrize(
    ("benchmark", "value"),
    [
        ({"kind": "given", "amount": "1234.50"}, "1234.5"),
        ({"kind": "ceiling"}, "1200"),
        ({"kind": "reference"}, "1005"),
        (MEAN, "1010"),
        (LOWEST, "900"),
        ({"kind": "second_lowest"}, "1000"),
        ({"kind": "highest"}, "1100"),
        ({"kind": "times", "value": MEAN, "factor": "0.95"}, "959.5"),
        ({"kind": "minus_percent", "value": MEAN, "percent": "1.5"}, "994.85"),
        ({"kind": "minus_percent", "value": MEAN, "percent": "-2"}, "1030.2"),
        ({"kind": "composite", "first": LOWEST, "second": MEAN, "weight": "0.3"}, "977"),
        ({"kind": "nearest", "to": MEAN}, "1000"),
        ({"kind": "nearest", "to": {"kind": "given", "amount": "1035"}}, "1040"),
        (
            {"kind": "nearest", "to": {"kind": "given", "amount": "1035"}, "not_above": True},
            "1000",
        ),
        ({"kind": "nearest", "to": {"kind": "given", "amount": "1020"}}, "1000"),
        ({"kind": "nearest", "to": {"kind": "given", "amount": "1040"}, "not_above": True}, "1040"),
    ],
)
def test_kinds_of_benchmark(benchmark, value):
    assert benchmark_of(benchmark, *PRICES, ceiling="1200", reference="1005") == value


@pytest.mark.parametrize(
    ("count", "base"),
    [
        pytest.param(5, "300", id="five: none left out"),
        pytest.param(6, "300", id="six: the highest left out"),
        pytest.param(7, "400", id="seven: highest and lowest left out"),
    ],
)
def test_trimming_follows_the_table_of_the_number_of_bids(count, base):
    prices = [str(100 * (place + 1)) for place in range(count)]

    assert benchmark_of({"kind": "mean", "trimming": BY_COUNT}, *prices) == base


def test_of_two_equal_highest_prices_only_one_is_left_out():
    benchmark = {"kind": "mean", "trimming": [{"highest": 1}]} | {}
    with pytest.raises(Refusal):
        benchmark_of(benchmark, "100")

    table = [{"up_to": 1}, {"highest": 1}]
    assert benchmark_of({"kind": "mean", "trimming": table}, "100", "200", "200") == "150"


def test_bounds_are_included_and_the_rest_does_not_count():
    low = {"kind": "times", "value": {"kind": "ceiling"}, "factor": "0.9"}
    benchmark = {"kind": "mean", "not_below": low, "not_above": {"kind": "ceiling"}}

    assert benchmark_of(benchmark, "899", "900", "1000", "1001", ceiling="1000") == "950"


def test_second_average_counts_only_prices_up_to_the_first():
    benchmark = {"kind": "mean", "not_above": MEAN}

    assert benchmark_of(benchmark, "900", "1000", "1040", "1100") == "950"


def test_inner_steps_are_rounded_where_the_rule_says():
    inner = {"kind": "mean", "rounding": 0}
    benchmark = {"kind": "times", "value": inner, "factor": "0.5"}

    assert benchmark_of(benchmark, "100", "100", "102") == "50.5"


def test_an_inner_mean_without_end_stays_exact():
    benchmark = {"kind": "times", "value": MEAN, "factor": "3"}

    assert benchmark_of(benchmark, "100", "100", "102") == "302"


def test_the_rounding_of_the_benchmark_may_stand_with_the_other_roundings():
    rule = make_rule(MEAN, linear(), rounding={"benchmark": 2, "score": 2})

    assert str(result_of(rule, make_bids("100", "100", "102")).benchmark) == "100.67"


def test_a_secret_reference_is_used_once_it_is_opened():
    value = benchmark_of(
        {"kind": "reference"}, *PRICES, reference="secret", opened={"reference": "1001"}
    )

    assert value == "1001"


def test_a_secret_reference_that_is_not_opened_stops_the_scoring():
    with pytest.raises(NotYet) as refused:
        benchmark_of({"kind": "reference"}, *PRICES, reference="secret")

    assert refused.value.code == "price.not_opened"


def test_a_coefficient_that_is_not_drawn_stops_the_scoring():
    benchmark = {"kind": "times", "value": MEAN, "factor": {"drawn": "K"}}

    with pytest.raises(NotYet, match="“K”尚未抽取"):
        benchmark_of(benchmark, *PRICES, drawn={"K": ["0.9", "0.95"]})


def test_a_drawn_weight_enters_the_composite():
    benchmark = {"kind": "composite", "first": LOWEST, "second": MEAN, "weight": {"drawn": "w"}}

    value = benchmark_of(benchmark, *PRICES, drawn={"w": ["0.3"]}, opened={"w": "0.30"})

    assert value == "977"


@pytest.mark.parametrize(
    "benchmark",
    [
        {"kind": "second_lowest"},
        {"kind": "nearest", "to": {"kind": "given", "amount": "99"}, "not_above": True},
        {"kind": "mean", "not_below": {"kind": "given", "amount": "101"}},
    ],
    ids=["second of one", "nothing below", "nothing within the bounds"],
)
def test_too_few_prices_are_refused_with_the_place(benchmark):
    with pytest.raises(Refusal, match=r"rule\.benchmark：有效报价不足") as refused:
        benchmark_of(benchmark, "100")

    assert refused.value.code == "price.too_few"


def test_without_a_valid_bid_there_is_no_benchmark():
    result = result_of(make_rule(), make_bids("100", A={"excluded": "无效"}))

    assert result.benchmark is None
    assert [(row.valid, row.score, row.why) for row in result.rows] == [(False, None, "无效")]
