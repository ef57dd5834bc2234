"""The trace can be followed with a pocket calculator: every line's keys give its figure, and every
line starts from figures that the rule, the bids or earlier lines state."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.rules.price_numbers import Mode, Rounding
from tests.evaluation.price_factory import (
    MEAN,
    TRIM_ABOVE_THREE,
    linear,
    make_bids,
    make_rule,
    result_of,
)

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "price-rules" / "examples").glob("*.json"))
TOKEN = re.compile(r"\d+(?:\.\d+)?|[()+\-×÷]")
PRICES = st.lists(st.integers(1, 10**7), min_size=1, max_size=8)


class Calculator:
    """A calculator with brackets that keeps every digit."""

    def __init__(self, keys):
        self.tokens = TOKEN.findall(keys)
        assert "".join(self.tokens) == keys, f"keys that no calculator has: {keys}"

    def sum(self):
        value = self.product()
        while self.tokens and self.tokens[0] in "+-":
            value += self.product() if self.tokens.pop(0) == "+" else -self.product()
        return value

    def product(self):
        value = self.number()
        while self.tokens and self.tokens[0] in "×÷":
            if self.tokens.pop(0) == "×":
                value *= self.number()
            else:
                value /= self.number()
        return value

    def number(self):
        token = self.tokens.pop(0)
        if token == "-":
            return -self.number()
        if token != "(":
            return Fraction(token)
        value = self.sum()
        assert self.tokens.pop(0) == ")"
        return value


def assert_followable(result):
    for entry in result.trace:
        assert entry.zh
        assert entry.en
        if not entry.keys:
            continue
        figure = Calculator(entry.keys).sum()
        if entry.places is not None:
            figure = Rounding(entry.places, Mode(entry.mode)).of(figure)
        assert figure == Fraction(entry.value), entry
        assert entry.keys in entry.zh
        assert entry.value in entry.zh
        assert entry.keys in entry.en


def assert_ends_in_the_result(result):
    last = {entry.bidder: entry.value for entry in result.trace if "score" in entry.step}
    for row in result.rows:
        assert last[row.bidder] == str(row.score)


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_every_example_can_be_followed(path):
    stored = json.loads(path.read_text("utf-8"))

    assert_followable(result_of(stored["rule"], stored["bids"], stored.get("opened")))


@given(PRICES)
def test_any_deviation_score_can_be_followed(prices):
    benchmark = {"kind": "mean", "trimming": TRIM_ABOVE_THREE}
    rule = make_rule(benchmark, linear("60", "1.1", "0.7"), rounding={"score": 2})

    result = result_of(rule, make_bids(*map(str, prices)))

    assert_followable(result)
    assert_ends_in_the_result(result)


@given(PRICES)
def test_any_line_score_can_be_followed(prices):
    points = [("-20", "13"), ("-7", "31"), ("0", "30"), ("9", "11")]
    lines = {"kind": "lines", "points": [{"deviation": d, "score": s} for d, s in points]}

    result = result_of(make_rule(MEAN, lines), make_bids(*map(str, prices)))

    assert_followable(result)
    assert_ends_in_the_result(result)


@given(PRICES, st.integers(0, 100))
def test_bonus_and_exact_totals_can_be_followed(prices, bonus):
    score = {"kind": "ratio", "full": "30", "bonus": [{"for": "small", "percent": str(bonus)}]}
    parts = [
        {"kind": "price", "weight": "0.4"},
        {"kind": "marks", "name": "technical", "weight": "0.6"},
    ]
    ranking = {"parts": parts, "last": "equal", "price_score": "exact"}
    bids = make_bids(*map(str, prices))
    for bid in bids:
        bid |= {"claims": ["small"], "marks": {"technical": ["70", "80", "81"]}}

    rule = make_rule(MEAN, score, ranking=ranking, rounding={"score": 2, "total": 2})

    assert_followable(result_of(rule, bids))


def test_a_tie_that_no_shortened_figure_decides_rightly_is_written_as_a_division():
    up_to_667 = {"kind": "mean", "not_above": {"kind": "given", "amount": "667"}}
    rule = make_rule(up_to_667, linear(), rounding={"deviation": 2, "score": 2})

    result = result_of(rule, make_bids("666", "667", "667", "667.5"))

    assert_followable(result)
    assert any("(667.5-(2000÷3))÷(2000÷3)×100" in entry.keys for entry in result.trace)
    assert str(result.benchmark).startswith("666.6666666666")


def test_more_decimals_are_written_where_four_would_lead_to_another_score():
    rule = make_rule(MEAN, linear(), rounding={"deviation": 2, "score": 2})

    result = result_of(rule, make_bids("0.0001", "0.0002", "0.0002"))

    assert_followable(result)
    assert len(str(result.benchmark)) > len("0.0002")


def test_a_rounded_deviation_is_that_of_the_exact_benchmark_even_if_no_score_depends_on_it():
    up_to_667 = {"kind": "mean", "not_above": {"kind": "given", "amount": "667"}}
    steps = {"kind": "steps", "bands": [{"up_to": "0", "score": "9"}, {"score": "5"}]}
    rule = make_rule(up_to_667, steps, rounding={"deviation": 2, "score": 2})

    row = result_of(rule, make_bids("666", "667", "667", "667.5")).rows[3]

    assert (str(row.deviation), str(row.score)) == ("0.13", "5.00")


def test_a_rounded_total_is_that_of_the_exact_parts():
    """(80 + 80 + 81) ÷ 3 × 0.015 is 1.205; from the shortened 80.3333 it would be 1.20."""
    parts = [
        {"kind": "price", "weight": "0.985"},
        {"kind": "marks", "name": "technical", "weight": "0.015"},
    ]
    ranking = {"parts": parts, "last": "equal"}
    rule = make_rule(
        {"kind": "given", "amount": "1"},
        linear("1", "1", "1"),
        ranking=ranking,
        rounding={"score": 0, "total": 2},
    )
    bids = make_bids("2", A={"marks": {"technical": ["80", "80", "81"]}})

    result = result_of(rule, bids)

    assert str(result.ranking[0].total) == "1.21"
    assert_followable(result)


def test_the_lines_tell_rounding_in_both_languages():
    rule = make_rule(
        MEAN,
        linear("60", "1", "1"),
        rounding={"deviation": {"places": 0, "mode": "down"}, "score": 1},
    )

    trace = result_of(rule, make_bids("97", "103")).trace

    deviation = next(entry for entry in trace if entry.step == "deviation")
    assert deviation.zh == "A　偏差率（%）＝(97-100)÷100×100＝-3（舍去尾数保留 0 位小数）"
    assert deviation.en == "A: deviation (%) = (97-100)÷100×100 = -3 (cut to 0 decimals)"


def test_ranks_and_ties_are_told():
    parts = [{"kind": "price", "weight": "1"}]
    rule = make_rule(ranking={"parts": parts, "last": "draw"})

    trace = result_of(rule, make_bids("5", "5", "6")).trace

    assert [entry.zh for entry in trace if entry.step == "rank"] == [
        "A　第 1 名（并列，待抽签）",
        "B　第 1 名（并列，待抽签）",
        "C　第 3 名",
    ]


@pytest.mark.parametrize(
    ("price", "keys"),
    [
        ("89", "20"),
        ("90", "20"),
        ("91", "20+(30-20)×((-9)-(-10))÷(0-(-10))"),
        ("100", "20+(30-20)×(0-(-10))÷(0-(-10))"),
        ("101", "30+(10-30)×(1-0)÷(20-0)"),
        ("120", "30+(10-30)×(20-0)÷(20-0)"),
        ("121", "10"),
    ],
)
def test_a_line_is_keyed_in_between_its_points_only(price, keys):
    points = [
        {"deviation": "-10", "score": "20"},
        {"deviation": "0", "score": "30"},
        {"deviation": "20", "score": "10"},
    ]
    rule = make_rule({"kind": "given", "amount": "100"}, {"kind": "lines", "points": points})

    trace = result_of(rule, make_bids(price)).trace

    assert next(entry.keys for entry in trace if entry.step == "score") == keys


@pytest.mark.parametrize(
    ("price", "keys"),
    [("99", "60-1×0.5"), ("100", "60-0×0.5"), ("101", "60-1×1")],
    ids=["below", "at the benchmark", "above"],
)
def test_the_slope_above_begins_above_the_benchmark(price, keys):
    rule = make_rule({"kind": "given", "amount": "100"}, linear())

    trace = result_of(rule, make_bids(price)).trace

    assert next(entry.keys for entry in trace if entry.step == "score") == keys
