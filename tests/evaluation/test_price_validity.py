"""Which prices are rejected, which are asked, and what each check looks at."""

import pytest

from kernel.errors import NotYet
from tests.evaluation.price_factory import MEAN, make_bids, make_rule, result_of, rows_of

AT_100 = {"kind": "given", "amount": "100"}


def check(when="above", value=None, effect="invalid", **more):
    return {"when": when, "value": value or AT_100, "effect": effect, "why": "理由"} | more


def valid_of(checks, *prices, rule=None, **by_bidder):
    rows = rows_of((rule or make_rule()) | {"validity": checks}, make_bids(*prices, **by_bidder))
    return [row.valid for row in rows.values()]


@pytest.mark.parametrize(
    ("when", "valid"),
    [
        ("above", [True, True, False]),
        ("at_or_above", [True, False, False]),
        ("below", [False, True, True]),
        ("at_or_below", [False, False, True]),
    ],
)
def test_the_boundary_belongs_where_the_rule_says(when, valid):
    assert valid_of([check(when)], "99.99", "100", "100.01") == valid


def test_a_rejected_bid_carries_the_reason_and_no_score():
    row = rows_of(make_rule(validity=[check()]), make_bids("100", "101"))["B"]

    assert (row.valid, row.score, row.deviation) == (False, None, None)
    assert row.why == "理由（报价 101 高于 100），否决"


def test_a_bid_that_is_asked_stays_valid_and_scored():
    row = rows_of(make_rule(validity=[check(effect="ask")]), make_bids("100", "101"))["B"]

    assert (row.valid, str(row.score)) == (True, "99.01")
    assert row.why == "理由（报价 101 高于 100），须作出说明"


def test_a_rejected_price_does_not_enter_the_benchmark():
    rule = make_rule(MEAN, validity=[check()])

    assert str(result_of(rule, make_bids("90", "100", "500")).benchmark) == "95"


def test_all_bids_are_checked_against_the_same_figure():
    twice_the_mean = {"kind": "times", "value": MEAN, "factor": "1.2"}

    assert valid_of([check(value=twice_the_mean)], "100", "100", "150", "160") == [
        True,
        True,
        True,
        False,
    ]


def test_a_later_check_sees_only_what_the_earlier_left():
    above_mean = check(value={"kind": "times", "value": MEAN, "factor": "1.4"})
    first = check(value={"kind": "given", "amount": "1000"})

    assert valid_of([above_mean], "20", "100", "120", "2000") == [True, True, True, False]
    assert valid_of([first, above_mean], "20", "100", "120", "2000") == [True, True, False, False]


def test_an_excluded_bid_is_not_counted_by_a_check():
    above_mean = check(value={"kind": "times", "value": MEAN, "factor": "1.2"})

    assert valid_of([above_mean], "100", "130", "900", C={"excluded": "无效"}) == [
        True,
        True,
        False,
    ]


def test_a_check_that_lacks_prices_is_left_out_and_the_trace_says_so():
    rule = make_rule(validity=[check("below", {"kind": "second_lowest"}, "ask")])

    result = result_of(rule, make_bids("100"))

    assert [row.why for row in result.rows] == [""]
    assert "有效报价不足，本项不检查" in result.trace[0].zh


def test_a_check_that_waits_for_the_opening_stops_the_scoring():
    rule = make_rule(reference="secret", validity=[check(value={"kind": "reference"})])

    with pytest.raises(NotYet):
        result_of(rule, make_bids("100"))


@pytest.mark.parametrize(
    ("price", "valid"), [("offered", False), ("corrected", True), ("evaluated", True)]
)
def test_a_check_looks_at_the_price_that_it_names(price, valid):
    rule = make_rule(evaluated_price={"discounts": [{"for": "small_firm", "percent": "10"}]})
    bid = {"corrections": [{"amount": "-2", "why": "错误"}], "claims": ["small_firm"]}

    assert valid_of([check(price=price)], "101", rule=rule, A=bid) == [valid]


def test_the_ceiling_looks_at_the_undiscounted_price_unless_stated():
    rule = make_rule(evaluated_price={"discounts": [{"for": "small_firm", "percent": "10"}]})

    assert valid_of([check()], "101", rule=rule, A={"claims": ["small_firm"]}) == [False]


def test_the_evaluated_price_alone_may_be_checked():
    rule = make_rule(evaluated_price={"discounts": [{"for": "small_firm", "percent": "10"}]})
    checks = [check(price="corrected")]

    assert valid_of(checks, "101", rule=rule, A={"claims": ["small_firm"]}) == [False]
