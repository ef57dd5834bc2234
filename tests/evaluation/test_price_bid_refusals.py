"""Wrong bids are refused under a rule, and no foreign value anywhere ends otherwise."""

import contextlib
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.rules.price import parse_bids, parse_opened, parse_rule
from kernel.errors import Refusal
from tests.evaluation.price_factory import (
    MEAN,
    linear,
    make_bids,
    make_rule,
    result_of,
)
from tests.evaluation.test_price_refusals import bid_place, place_of


@pytest.mark.parametrize(
    ("bid", "code", "field"),
    [
        ({"typo": 1}, "price.unknown_key", "bids[0].typo"),
        ({"bidder": ""}, "text.empty", "bids[0].bidder"),
        ({"bidder": 7}, "text.not_text", "bids[0].bidder"),
        ({"bidder": "甲" * 101}, "text.too_long", "bids[0].bidder"),
        ({"bidder": "a\u202eb"}, "text.forbidden_character", "bids[0].bidder"),
        ({"excluded": ""}, "text.empty", "bids[0].excluded"),
        ({"corrections": [{"amount": "1"}]}, "price.missing", "bids[0].corrections[0].why"),
        ({"deviations": {"months": "1"}}, "price.unknown_key", "bids[0].deviations.months"),
        ({"items": ["payment"]}, "price.unknown_name", "bids[0].items[0]"),
        ({"claims": ["small_firm"]}, "price.unknown_name", "bids[0].claims[0]"),
        ({"claims": ["x", "x"]}, "price.twice", "bids[0].claims[1]"),
        ({"marks": {"technical": ["1"]}}, "price.unknown_key", "bids[0].marks.technical"),
        ({"quality": {"months": "1"}}, "price.unknown_key", "bids[0].quality.months"),
        ({"drawn_order": 0}, "price.out_of_range", "bids[0].drawn_order"),
    ],
)
def test_wrong_fields_of_a_bid_are_named(bid, code, field):
    assert bid_place(bid) == (code, field)


def test_a_bidder_stands_once_even_in_other_letters():
    bids = [{"bidder": "A1", "price": "1"}, {"bidder": "Ａ１", "price": "2"}]

    assert place_of(parse_bids, bids, parse_rule(make_rule())) == ("price.twice", "bids[1]")


@pytest.mark.parametrize("count", [0, 10_001])
def test_the_number_of_bids_is_bounded(count):
    bids = [{"bidder": str(place), "price": "1"} for place in range(count)]

    assert place_of(parse_bids, bids, parse_rule(make_rule())) == ("price.length", "bids")


@pytest.mark.parametrize(
    ("opened", "code", "field"),
    [
        ({"L": "1"}, "unknown_key", "opened.L"),
        ({"K": "2"}, "not_drawable", "opened.K"),
        ({"K": "x"}, "not_decimal", "opened.K"),
        ({"reference": "0"}, "not_positive", "opened.reference"),
        ([], "not_object", "opened"),
    ],
)
def test_what_was_opened_fits_the_rule(opened, code, field):
    rule = parse_rule(make_rule(drawn={"K": ["1", "1.5"]}, reference="secret"))

    assert place_of(parse_opened, opened, rule) == (f"price.{code}", field)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)

FULL_RULE = make_rule(
    {"kind": "composite", "first": MEAN, "second": {"kind": "ceiling"}, "weight": {"drawn": "w"}},
    linear(bonus=[{"for": "x", "percent": "5"}]),
    ceiling="100",
    drawn={"w": ["0.5"]},
    evaluated_price={"discounts": [{"for": "x", "percent": "10"}]},
    validity=[{"when": "above", "value": {"kind": "ceiling"}, "effect": "ask", "why": "高"}],
    ranking={"parts": [{"kind": "price", "weight": "1"}], "last": "equal"},
)


def places_in(value, path=()):
    yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in inner:
        yield from places_in(one, (*path, key))


@given(st.sampled_from([path for path in places_in(FULL_RULE) if path]), JSON)
def test_no_foreign_value_anywhere_ends_otherwise_than_in_a_refusal(path, value):
    rule = copy.deepcopy(FULL_RULE)
    inner = rule
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value

    with contextlib.suppress(Refusal):
        assert len(result_of(rule, make_bids("90", "95"), {"w": "0.5"}).rows) == 2
