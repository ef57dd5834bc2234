"""Formulas, their turning points, caps, floors, whole units, bonus and the order of rounding."""

import pytest

from tests.evaluation.price_factory import (
    deviations_of,
    linear,
    make_bids,
    make_rule,
    result_of,
    rows_of,
    scores_of,
)

AT_1000 = {"kind": "given", "amount": "1000"}
AT_100 = {"kind": "given", "amount": "100"}


def scored(score, *prices, rounding=None, benchmark=AT_1000):
    rule = make_rule(benchmark, score, rounding={"score": 2} | (rounding or {}))
    return scores_of(rule, make_bids(*prices))


def test_ratio_above_the_benchmark_and_capped_below_it():
    assert scored({"kind": "ratio", "full": "30"}, "1200", "1000", "900") == [
        "25.00",
        "30.00",
        "30.00",
    ]


def test_a_higher_cap_lets_a_cheaper_price_earn_more():
    assert scored({"kind": "ratio", "full": "30", "cap": "31"}, "990", "900") == ["30.30", "31.00"]


def test_linear_has_its_own_slope_above_and_below():
    assert scored(linear("40", "2", "1"), "1010", "1000", "990") == ["38.00", "40.00", "39.00"]


def test_linear_interpolates_within_a_percent():
    assert scored(linear("40", "2", "1"), "1012.5", "987.5") == ["37.50", "38.75"]


@pytest.mark.parametrize(
    ("mode", "scores"),
    [
        ("down", ["38.00", "38.00", "40.00", "39.00", "39.00"]),
        ("up", ["38.00", "36.00", "38.00", "38.00", "39.00"]),
        ("half_up", ["38.00", "36.00", "38.00", "38.00", "39.00"]),
    ],
)
def test_whole_percents_only(mode, scores):
    prices = ("1010", "1015", "1005", "985", "990")

    given = scored(
        linear("40", "2", "1"), *prices, rounding={"deviation": {"places": 0, "mode": mode}}
    )

    assert given == scores


@pytest.mark.parametrize(
    ("price", "score"),
    [("1019.99", "38.00"), ("1020", "36.00"), ("1020.01", "36.00")],
    ids=["before", "at", "after"],
)
def test_a_whole_percent_rounded_down_counts_from_its_own_value_on(price, score):
    given = scored(
        linear("40", "2", "1"), price, rounding={"deviation": {"places": 0, "mode": "down"}}
    )

    assert given == [score]


def test_absolute_steps_count_whole_amounts():
    rule = make_rule(
        AT_1000,
        linear("30", "2", "0", unit_amount="100"),
        rounding={"deviation": {"places": 0, "mode": "down"}, "score": 1},
    )
    bids = make_bids("1099.99", "1100", "900")

    assert deviations_of(rule, bids) == ["0", "1", "-1"]
    assert scores_of(rule, bids) == ["30.0", "28.0", "30.0"]


def test_deviation_in_units_may_be_a_fraction():
    rule = make_rule(AT_1000, linear("30", "2", "0", unit_amount="100"))

    assert deviations_of(rule, make_bids("1125")) == ["1.25"]
    assert scores_of(rule, make_bids("1125")) == ["27.50"]


def steps(limit):
    bands = [{limit: "-5", "score": "20"}, {limit: "0", "score": "30"}, {"score": "10"}]
    return {"kind": "steps", "bands": bands}


@pytest.mark.parametrize(
    ("limit", "scores"),
    [
        ("up_to", ["20.00", "20.00", "30.00", "30.00", "10.00"]),
        ("below", ["20.00", "30.00", "30.00", "10.00", "10.00"]),
    ],
)
def test_steps_include_their_limit_or_not(limit, scores):
    assert scored(steps(limit), "949.9", "950", "950.1", "1000", "1000.1") == scores


def test_lines_run_between_turning_points_and_hold_outside():
    points = [("-10", "20"), ("-4", "32"), ("0", "30"), ("10", "5")]
    lines = {
        "kind": "lines",
        "points": [{"deviation": deviation, "score": score} for deviation, score in points],
    }
    prices = ("800", "900", "950", "960", "980", "1000", "1040", "1100", "1300")

    assert scored(lines, *prices) == [
        "20.00",
        "20.00",
        "30.00",
        "32.00",
        "31.00",
        "30.00",
        "20.00",
        "5.00",
        "5.00",
    ]


@pytest.mark.parametrize(
    ("price", "score"), [("1290", "11.00"), ("1300", "10.00"), ("1310", "10.00")]
)
def test_floor_before_at_and_after(price, score):
    assert scored(linear("40", "1", "1", floor="10"), price) == [score]


def test_without_a_stated_floor_no_score_is_negative():
    assert scored(linear("40", "1", "1"), "1401", "9000") == ["0.00", "0.00"]


def test_cap_below_the_full_score():
    assert scored(linear("40", "1", "1", cap="38"), "1000", "1020", "1030") == [
        "38.00",
        "38.00",
        "37.00",
    ]


def test_rounding_the_deviation_first_differs_from_rounding_only_the_last_step():
    score, price = linear("60", "10", "10"), "1000.04"

    first = scored(score, price, rounding={"deviation": 2})
    last = scored(score, price)

    assert (first, last) == (["60.00"], ["59.96"])


def test_half_a_hundredth_is_rounded_up_even_where_the_benchmark_has_no_end():
    """The mean of A to C is 2000 ÷ 3, and D lies exactly 0.125 % above it."""
    up_to_667 = {"kind": "mean", "not_above": {"kind": "given", "amount": "667"}}
    rule = make_rule(up_to_667, linear(), rounding={"deviation": 2, "score": 2})

    rows = rows_of(rule, make_bids("666", "667", "667", "667.5"))

    assert str(rows["D"].deviation) == "0.13"


@pytest.mark.parametrize(
    ("claims", "score"),
    [([], "36.00"), (["small_firm"], "37.80"), (["small_firm", "green"], "37.80")],
    ids=["none", "one", "the larger of two, not both"],
)
def test_bonus_on_the_score_does_not_stack(claims, score):
    bonus = [{"for": "small_firm", "percent": "5"}, {"for": "green", "percent": "3"}]
    rule = make_rule(AT_100, {"kind": "ratio", "full": "45", "bonus": bonus})

    assert scores_of(rule, make_bids("125", A={"claims": claims})) == [score]


@pytest.mark.parametrize(
    ("bonus_cap", "score"), [(None, "40.00"), ("41", "41.00"), ("45", "42.00")]
)
def test_bonus_stays_under_its_cap_which_is_the_full_score_unless_stated(bonus_cap, score):
    formula = {"kind": "ratio", "full": "40", "bonus": [{"for": "small_firm", "percent": "5"}]}
    if bonus_cap:
        formula["bonus_cap"] = bonus_cap

    given = scores_of(make_rule(AT_100, formula), make_bids("100", A={"claims": ["small_firm"]}))

    assert given == [score]


def test_floor_may_equal_cap():
    assert scored(linear("40", "1", "1", floor="40"), "1300") == ["40.00"]


def test_a_bonus_that_just_reaches_its_cap_is_rounded_once_and_not_limited():
    bonus = [{"for": "small_firm", "percent": "5"}]
    formula = {"kind": "ratio", "full": "40", "bonus": bonus, "bonus_cap": "42"}

    trace = result_of(
        make_rule(AT_100, formula), make_bids("100", A={"claims": ["small_firm"]})
    ).trace

    assert [(entry.step, entry.value) for entry in trace][-2:] == [
        ("score", "40"),
        ("bonus", "42.00"),
    ]


def test_bonus_is_applied_before_the_one_rounding():
    formula = {"kind": "ratio", "full": "30", "bonus": [{"for": "small_firm", "percent": "5"}]}
    rule = make_rule(AT_100, formula)

    assert scores_of(rule, make_bids("130", A={"claims": ["small_firm"]})) == ["24.23"]


def test_a_claim_for_a_discount_gives_no_bonus():
    rule = make_rule(
        AT_100,
        {"kind": "ratio", "full": "45", "bonus": [{"for": "small_firm", "percent": "5"}]},
        evaluated_price={"discounts": [{"for": "domestic", "percent": "20"}]},
    )

    assert scores_of(rule, make_bids("125", "150", A={"claims": ["domestic"]})) == [
        "45.00",
        "30.00",
    ]
