"""Rounding, and how exact figures become decimals."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.rules.price_numbers import Mode, Rounding, decimal_of, decimals_of, kept, plain

BUILT_IN = {Mode.HALF_UP: ROUND_HALF_UP, Mode.DOWN: ROUND_DOWN, Mode.UP: ROUND_UP}


@pytest.mark.parametrize(
    ("figure", "mode", "rounded"),
    [
        ("0.124", Mode.HALF_UP, "0.12"),
        ("0.125", Mode.HALF_UP, "0.13"),
        ("0.126", Mode.HALF_UP, "0.13"),
        ("-0.125", Mode.HALF_UP, "-0.13"),
        ("0.129", Mode.DOWN, "0.12"),
        ("-0.129", Mode.DOWN, "-0.12"),
        ("0.121", Mode.UP, "0.13"),
        ("0.120", Mode.UP, "0.12"),
        ("-0.121", Mode.UP, "-0.13"),
    ],
)
def test_rounding_before_at_and_after_the_boundary(figure, mode, rounded):
    assert Rounding(2, mode).of(Fraction(figure)) == Fraction(rounded)


@given(st.decimals(-(10**9), 10**9, places=6), st.integers(0, 6), st.sampled_from(list(Mode)))
def test_rounding_agrees_with_the_decimal_module(figure, places, mode):
    expected = figure.quantize(Decimal(1).scaleb(-places), BUILT_IN[mode])

    assert decimal_of(Rounding(places, mode).of(Fraction(figure)), Rounding(places)) == expected


@pytest.mark.parametrize(
    ("figure", "places"), [("1/8", 3), ("1/5", 1), ("7", 0), ("1/3", None), ("1/6", None)]
)
def test_decimals_that_a_figure_needs(figure, places):
    assert decimals_of(Fraction(figure)) == places


def test_a_decimal_has_the_places_of_its_rounding_else_as_few_as_it_needs():
    assert str(decimal_of(Fraction(5, 2), Rounding(2))) == "2.50"
    assert str(decimal_of(Fraction(-5, 100))) == "-0.05"
    assert str(decimal_of(Fraction(10**20))) == "1" + "0" * 20


def test_a_figure_without_end_is_no_decimal_but_a_division():
    with pytest.raises(ValueError, match="without end"):
        decimal_of(Fraction(1, 3))

    assert plain(Fraction(-1, 3)) == "-1÷3"


def test_what_is_kept_of_a_figure():
    assert kept(Fraction(1, 3), None) == Fraction(1, 3)
    assert kept(Fraction(1, 3), 4) == Fraction("0.3333")
    assert kept(Fraction("0.123456789012"), 4) == Fraction("0.123456789012")
    assert kept(Fraction("0.1234567890123"), 4) == Fraction("0.1235")
