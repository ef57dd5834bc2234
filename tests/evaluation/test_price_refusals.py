"""Wrong or hostile rules and bids are refused, and the refusal names the place."""

from decimal import Decimal

import pytest

from evaluation.rules.price import parse_bids, parse_rule
from kernel.errors import InvalidInput
from tests.evaluation.price_factory import (
    LOWEST,
    MEAN,
    linear,
    lowest_rule,
    make_bids,
    make_rule,
    result_of,
)

HOSTILE_NUMBERS = [
    "",
    " ",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "1E2",
    "1e-3",
    "+1",
    "01",
    "1.",
    ".5",
    "1_000",
    "1,000",
    " 1",
    "1\n",
    "１２",
    "١٢",
    "0x10",
    "1" * 16,
    "1" * 5000,
    "0.12345678901",
    10**30,
    -(10**30),
    1.5,
    float("nan"),
    True,
    None,
    [],
    {},
    Decimal("1E+3"),
    Decimal("NaN"),
]
POINT = {"deviation": "0", "score": "1"}


def place_of(parse, *arguments):
    with pytest.raises(InvalidInput) as refused:
        parse(*arguments)
    assert refused.value.problems[0].field in str(refused.value.problems[0])
    return refused.value.code, refused.value.problems[0].field


def rule_place(**more):
    return place_of(parse_rule, make_rule(**more))


def bid_place(bid, **rule):
    known = parse_rule(make_rule(**rule))
    return place_of(parse_bids, [{"bidder": "A", "price": "1"} | bid], known)


@pytest.mark.parametrize("number", HOSTILE_NUMBERS, ids=lambda number: repr(number)[:20])
def test_what_is_no_plain_decimal_is_refused_as_a_price(number):
    assert bid_place({"price": number}) == ("price.not_decimal", "bids[0].price")


@pytest.mark.parametrize("number", HOSTILE_NUMBERS, ids=lambda number: repr(number)[:20])
def test_what_is_no_plain_decimal_is_refused_in_a_rule(number):
    place = rule_place(benchmark={"kind": "given", "amount": number})

    assert place == ("price.not_decimal", "rule.benchmark.amount")


@pytest.mark.parametrize(
    ("price", "code"),
    [("0", "price.not_positive"), ("0.00", "price.not_positive"), ("-1", "price.out_of_range")],
)
def test_a_price_is_above_zero(price, code):
    assert bid_place({"price": price}) == (code, "bids[0].price")


def test_a_price_has_an_upper_limit():
    rule = parse_rule(make_rule())

    assert parse_bids(make_bids("100000000000000"), rule)[0].price == 10**14
    assert bid_place({"price": "100000000000000.01"})[0] == "price.out_of_range"


def test_the_longest_number_and_the_largest_whole_number_are_read():
    rule = parse_rule(make_rule())
    longest = "-100000000000000.0000000000"

    bid = parse_bids(make_bids(10**14, A={"corrections": [{"amount": longest, "why": "x"}]}), rule)

    assert bid[0].price == -bid[0].corrections[0].amount == 10**14


def test_lists_and_scores_may_be_as_large_as_their_limits():
    most = {"deviation": "1", "score": "1000"}
    check = {"when": "above", "value": MEAN, "effect": "ask", "why": "高"}

    rule = parse_rule(
        make_rule(
            MEAN,
            {"kind": "lines", "points": [POINT, most]},
            drawn={str(number): ["1"] for number in range(20)},
            validity=[check] * 100,
        )
    )

    assert (len(rule.drawn), len(rule.validity)) == (20, 100)


def test_whole_numbers_and_decimals_are_read_exactly():
    rule = parse_rule(make_rule())

    bids = parse_bids(make_bids(5, Decimal("5.10")), rule)

    assert [bid.price * 10 for bid in bids] == [50, 51]


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"typo": 1}, "unknown_key", "rule.typo"),
        ({"version": 2}, "version", "rule.version"),
        ({"version": True}, "version", "rule.version"),
        ({"version": "1"}, "version", "rule.version"),
        ({"method": "beauty"}, "not_a_choice", "rule.method"),
        ({"method": ["score"]}, "not_a_choice", "rule.method"),
        ({"regime": "MARS"}, "not_a_choice", "rule.regime"),
        ({"rounding": {}}, "missing", "rule.rounding.score"),
        ({"rounding": {"score": 11}}, "out_of_range", "rule.rounding.score"),
        ({"rounding": {"score": "1.5"}}, "not_whole", "rule.rounding.score"),
        ({"rounding": {"score": 2, "mean": 2}}, "unknown_key", "rule.rounding.mean"),
        (
            {"rounding": {"score": {"places": 2, "mode": "even"}}},
            "not_a_choice",
            "rule.rounding.score.mode",
        ),
        ({"rounding": []}, "not_object", "rule.rounding"),
        ({"ceiling": "0"}, "not_positive", "rule.ceiling"),
        ({"reference": "hidden"}, "not_decimal", "rule.reference"),
        ({"drawn": []}, "not_object", "rule.drawn"),
        ({"drawn": {"K": []}}, "length", "rule.drawn.K"),
        ({"drawn": {"K": ["x"]}}, "not_decimal", "rule.drawn.K[0]"),
        ({"drawn": {"reference": ["1"]}}, "bad_name", "rule.drawn.reference"),
        ({"drawn": {str(n): ["1"] for n in range(21)}}, "not_object", "rule.drawn"),
        ({"validity": {}}, "not_list", "rule.validity"),
        ({"validity": [{}]}, "missing", "rule.validity[0].when"),
        ({"validity": [{}] * 101}, "length", "rule.validity"),
        ({"evaluated_price": {"discount": []}}, "unknown_key", "rule.evaluated_price.discount"),
        ({"ranking": {"last": "equal"}}, "missing", "rule.ranking.parts"),
        ({"ranking": {"parts": [], "last": "equal"}}, "length", "rule.ranking.parts"),
    ],
)
def test_wrong_fields_of_a_rule_are_named(more, code, field):
    assert rule_place(**more) == (f"price.{code}", field)


@pytest.mark.parametrize("rule", [None, [], "rule", 1], ids=repr)
def test_a_rule_is_an_object(rule):
    assert place_of(parse_rule, rule) == ("price.not_object", "rule")


@pytest.mark.parametrize("key", ["version", "method", "rounding", "benchmark", "score"])
def test_a_missing_part_of_a_rule_is_named(key):
    rule = make_rule()
    del rule[key]

    assert place_of(parse_rule, rule) == ("price.missing", f"rule.{key}")


@pytest.mark.parametrize(
    ("benchmark", "code", "field"),
    [
        ({"kind": "median"}, "not_a_choice", "kind"),
        ({"kind": []}, "not_a_choice", "kind"),
        ({}, "not_a_choice", "kind"),
        ("mean", "not_object", ""),
        ({"kind": "ceiling"}, "no_ceiling", ""),
        ({"kind": "reference"}, "no_reference", ""),
        ({"kind": "mean", "amount": "1"}, "unknown_key", "amount"),
        ({"kind": "mean", "rounding": -1}, "out_of_range", "rounding"),
        ({"kind": "times", "value": MEAN}, "missing", "factor"),
        ({"kind": "times", "value": MEAN, "factor": "0"}, "not_positive", "factor"),
        ({"kind": "times", "value": MEAN, "factor": "10.1"}, "out_of_range", "factor"),
        (
            {"kind": "times", "value": MEAN, "factor": {"drawn": "K"}},
            "unknown_name",
            "factor.drawn",
        ),
        ({"kind": "times", "value": MEAN, "factor": {"drawn": []}}, "unknown_name", "factor.drawn"),
        ({"kind": "times", "value": MEAN, "factor": {"draw": "K"}}, "unknown_key", "factor.draw"),
        ({"kind": "minus_percent", "value": MEAN, "percent": "100"}, "out_of_range", "percent"),
        (
            {"kind": "composite", "first": MEAN, "second": LOWEST, "weight": "1.01"},
            "out_of_range",
            "weight",
        ),
        ({"kind": "nearest", "to": MEAN, "not_above": "yes"}, "not_flag", "not_above"),
        ({"kind": "mean", "trimming": []}, "length", "trimming"),
        ({"kind": "mean", "trimming": [{"up_to": 3}]}, "last_band", "trimming[0]"),
        ({"kind": "mean", "trimming": [{}, {}]}, "last_band", "trimming[0]"),
        (
            {"kind": "mean", "trimming": [{"up_to": 3}, {"up_to": 3}, {}]},
            "not_rising",
            "trimming[1].up_to",
        ),
        ({"kind": "mean", "trimming": [{"highest": 1}]}, "nothing_left", "trimming[0]"),
        (
            {"kind": "mean", "trimming": [{"up_to": 1}, {"highest": 1, "lowest": 1}]},
            "nothing_left",
            "trimming[1]",
        ),
        (
            {"kind": "mean", "trimming": [{"up_to": 3}, {"highest": -1}]},
            "out_of_range",
            "trimming[1].highest",
        ),
    ],
)
def test_wrong_benchmarks_are_named(benchmark, code, field):
    path = f"rule.benchmark.{field}" if field else "rule.benchmark"

    # An empty object stands for a benchmark too, so it is not replaced by the default.
    rule = make_rule() | {"benchmark": benchmark}
    assert place_of(parse_rule, rule) == (f"price.{code}", path)


def test_trimming_both_ends_of_three_leaves_one():
    rule = make_rule({"kind": "mean", "trimming": [{"up_to": 2}, {"highest": 1, "lowest": 1}]})

    assert len(parse_rule(rule).benchmark.node.trimming) == 2


def test_rounding_of_the_benchmark_stands_in_one_place_only():
    place = rule_place(benchmark=MEAN | {"rounding": 2}, rounding={"benchmark": 2, "score": 2})

    assert place == ("price.both", "rule.benchmark.rounding")


@pytest.mark.parametrize("depth", [9, 200])
def test_nesting_is_bounded(depth):
    benchmark = MEAN
    for _ in range(depth):
        benchmark = {"kind": "times", "value": benchmark, "factor": "1"}

    assert rule_place(benchmark=benchmark)[0] == "price.too_deep"


def test_eight_levels_are_read():
    benchmark = MEAN
    for _ in range(7):
        benchmark = {"kind": "times", "value": benchmark, "factor": "2"}

    result = result_of(make_rule(benchmark), make_bids("1"))

    assert result.benchmark == 128


@pytest.mark.parametrize(
    ("score", "code", "field"),
    [
        ("ratio", "not_object", ""),
        ({"kind": "magic"}, "not_a_choice", "kind"),
        ({"kind": "ratio"}, "missing", "full"),
        ({"kind": "ratio", "full": "0"}, "not_positive", "full"),
        ({"kind": "ratio", "full": "1001"}, "out_of_range", "full"),
        ({"kind": "ratio", "full": "1.005"}, "finer_than_score", "cap"),
        ({"kind": "ratio", "full": "1", "floor": "0.001"}, "finer_than_score", "floor"),
        ({"kind": "ratio", "full": "1", "floor": "2"}, "floor_above_cap", "floor"),
        ({"kind": "ratio", "full": "1", "slope": "2"}, "unknown_key", "slope"),
        ({"kind": "ratio", "full": "1", "unit_amount": "0"}, "not_positive", "unit_amount"),
        (linear(above="-1"), "out_of_range", "above"),
        (linear(below="-1"), "out_of_range", "below"),
        ({"kind": "steps", "bands": []}, "length", "bands"),
        ({"kind": "steps", "bands": [{"up_to": "1", "score": "1"}]}, "last_band", "bands[0]"),
        ({"kind": "steps", "bands": [{"score": "1"}, {"score": "2"}]}, "last_band", "bands[0]"),
        (
            {"kind": "steps", "bands": [{"up_to": "1", "below": "1", "score": "1"}]},
            "both",
            "bands[0]",
        ),
        (
            {
                "kind": "steps",
                "bands": [
                    {"up_to": "1", "score": "1"},
                    {"below": "1", "score": "2"},
                    {"score": "1"},
                ],
            },
            "not_rising",
            "bands[1]",
        ),
        ({"kind": "lines", "points": [POINT]}, "length", "points"),
        ({"kind": "lines", "points": [POINT, POINT]}, "not_rising", "points[1]"),
        (
            {"kind": "lines", "points": [POINT, {"deviation": "1", "score": "1001"}]},
            "out_of_range",
            "points[1].score",
        ),
        (
            {"kind": "ratio", "full": "1", "bonus": [{"for": "x", "percent": "101"}]},
            "out_of_range",
            "bonus[0].percent",
        ),
        (
            {"kind": "ratio", "full": "1", "bonus": [{"for": "x", "percent": "1"}] * 2},
            "twice",
            "bonus[1]",
        ),
    ],
)
def test_wrong_scores_are_named(score, code, field):
    path = f"rule.score.{field}" if field else "rule.score"

    assert rule_place(score=score) == (f"price.{code}", path)


@pytest.mark.parametrize(
    ("part", "code", "field"),
    [
        (
            {"deviations": [{"name": "m", "late": "1", "late_percent": "1"}]},
            "both",
            "deviations[0].late_percent",
        ),
        ({"deviations": [{"name": "m"}] * 2}, "twice", "deviations[1]"),
        ({"items": [{"name": "m"}]}, "both", "items[0]"),
        ({"items": [{"name": "m", "amount": "1", "percent": "1"}]}, "both", "items[0]"),
        ({"items": [{"name": "m", "amount": "1"}] * 2}, "twice", "items[1]"),
        ({"discounts": [{"for": "m", "percent": "91"}]}, "out_of_range", "discounts[0].percent"),
        ({"discounts": [{"for": "m", "percent": "9"}] * 2}, "twice", "discounts[1]"),
    ],
)
def test_wrong_adjustments_are_named(part, code, field):
    place = rule_place(evaluated_price=part)

    assert place == (f"price.{code}", f"rule.evaluated_price.{field}")


def ranking_place(**more):
    parts = [{"kind": "price", "weight": "1"}]
    return rule_place(ranking={"parts": parts, "last": "equal"} | more)


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"last": "dice"}, "not_a_choice", "last"),
        ({"price_score": "raw"}, "not_a_choice", "price_score"),
        ({"ties": ["beauty"]}, "unknown_name", "ties[0]"),
        ({"ties": ["price", "price"]}, "twice", "ties[1]"),
        ({"parts": [{"kind": "price", "weight": "0.9"}]}, "weights", "parts"),
        ({"parts": [{"kind": "price", "weight": "0.5"}] * 2}, "twice", "parts[1]"),
        ({"parts": [{"kind": "price", "weight": "1.1"}]}, "out_of_range", "parts[0].weight"),
        ({"parts": ["price"]}, "not_a_choice", "parts[0].kind"),
        (
            {"parts": [{"kind": "marks", "name": "price", "weight": "1"}]},
            "bad_name",
            "parts[0].name",
        ),
    ],
)
def test_wrong_rankings_are_named(more, code, field):
    assert ranking_place(**more) == (f"price.{code}", f"rule.ranking.{field}")


@pytest.mark.parametrize("key", ["benchmark", "score"])
def test_a_lowest_price_method_has_neither_benchmark_nor_score(key):
    rule = lowest_rule(**{key: make_rule()[key]})

    assert place_of(parse_rule, rule) == ("price.not_scored", f"rule.{key}")


def test_the_lowest_price_method_knows_no_commercial_deviations():
    rule = lowest_rule("lowest_price", evaluated_price={"items": [{"name": "m", "amount": "1"}]})

    assert place_of(parse_rule, rule) == ("price.only_corrections", "rule.evaluated_price")
