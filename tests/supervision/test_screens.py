import io
import itertools
import math
import statistics
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernel.errors import InvalidInput
from supervision.actions.screens import screened_tenders
from supervision.rules.screens import NAMES, Screens, rows_of, screens_of
from supervision.rules.screens_flags import (
    CLOSE_CV,
    is_close,
    reading_of,
    regular_step,
    silence_of,
    smallest_change,
)
from supervision.rules.screens_reference import FEWEST, Percentile, Reference
from supervision.rules.screens_subgroups import ALL_UP_TO, subgroups_of
from webapp.factory import create_app

HEADER = "tender,bidder,price\n"
PRICES = st.lists(st.integers(1, 10**9), min_size=2, max_size=9)


def close(mine, theirs):
    if mine is None or theirs is None:
        return mine is theirs
    return math.isclose(mine, theirs, rel_tol=1e-6, abs_tol=1e-9)


def tenders_of(table: str | bytes):
    raw = table.encode() if isinstance(table, str) else table
    return list(screened_tenders(io.BytesIO(raw)))


def run(*arguments, text=None):
    return (
        create_app()
        .test_cli_runner()
        .invoke(args=["supervision", "screens", *arguments], input=text)
    )


def test_worked_example_by_hand():
    figures = screens_of([100, 103, 108, 109])

    assert figures.n == 4
    assert close(figures.cv, 4.242640687 / 105)
    assert close(figures.spd, 0.09)
    assert close(figures.diffp, 0.03)
    assert close(figures.rd, 3 / statistics.stdev([103, 108, 109]))
    assert close(figures.kstest, 7 / 18)


@given(PRICES)
def test_figures_agree_with_independent_formulas(prices):
    figures = screens_of(prices)
    spread = len(set(prices)) > 1
    low, second = sorted(prices)[:2]
    losers = sorted(prices)[1:]

    assert close(figures.cv, statistics.stdev(prices) / statistics.mean(prices))
    assert close(figures.spd, (max(prices) - low) / low)
    assert close(figures.diffp, (second - low) / low)
    has_rd = len(losers) > 1 and len(set(losers)) > 1
    assert close(figures.rd, (second - low) / statistics.stdev(losers) if has_rd else None)
    unit = (np.array(prices) - low) / (max(prices) - low) if spread else None
    assert close(figures.kstest, stats.kstest(unit, "uniform").statistic if spread else None)


@given(st.lists(st.integers(1, 1000), min_size=4, max_size=9, unique=True))
def test_skew_and_kurtosis_are_bias_corrected_as_in_spreadsheets(prices):
    figures = screens_of(prices)

    assert close(figures.skew, stats.skew(prices, bias=False))
    assert close(figures.kurt, stats.kurtosis(prices, bias=False))


@pytest.mark.parametrize(
    ("prices", "defined"),
    [
        ([5.0], {}),
        ([5.0, 7.0], {"cv", "spd", "diffp", "kstest"}),
        ([5.0, 7.0, 8.0], {"cv", "spd", "diffp", "rd", "skew", "kstest"}),
        ([5.0, 7.0, 7.0], {"cv", "spd", "diffp", "skew", "kstest"}),
        ([5.0, 5.0, 7.0], {"cv", "spd", "diffp", "rd", "skew", "kstest"}),
        ([5.0, 7.0, 8.0, 9.5], set(NAMES)),
        ([0.0, 7.0, 8.0, 9.5], set(NAMES) - {"spd", "diffp"}),
    ],
    ids=["one", "two", "three", "losers alike", "two lowest alike", "four", "a price of zero"],
)
def test_null_exactly_where_the_formula_is_undefined(prices, defined):
    figures = screens_of(prices)

    assert {name for name in NAMES if getattr(figures, name) is not None} == set(defined)


@pytest.mark.parametrize("prices", [[0.1] * 3, [7e8] * 5, [0.0, 0.0]], ids=str)
def test_equal_bids_have_zero_spread_and_no_shape(prices):
    assert screens_of(prices) == Screens(len(prices), cv=0, spd=0, diffp=0)


@pytest.mark.parametrize("price", [-1.0, math.nan, math.inf])
def test_a_price_that_is_no_price_is_refused(price):
    with pytest.raises(InvalidInput) as refused:
        screens_of([1.0, price])
    assert refused.value.code == "screens.price"


@given(PRICES, st.sampled_from([100, 0.01, 7.1834, 1e-9, 1e200]), st.randoms())
def test_unit_currency_and_order_change_no_figure(prices, factor, chance):
    shuffled = [price * factor for price in prices]
    chance.shuffle(shuffled)

    before, after = screens_of(prices), screens_of(shuffled)

    assert all(close(getattr(before, name), getattr(after, name)) for name in NAMES)


@given(st.lists(st.floats(1e-200, 1e200), min_size=2, max_size=6))
def test_no_figure_is_ever_infinite_or_nan(prices):
    figures = screens_of(prices)

    assert all(value is None or math.isfinite(value) for value in figures.as_json().values())


@settings(deadline=None)
@given(st.lists(st.integers(100, 300), min_size=5, max_size=7))
def test_subgroups_give_the_least_and_middle_value_of_every_choice(prices):

    for size, found in zip((3, 4), subgroups_of(np.array([prices], float))[0], strict=True):
        cvs = [screens_of(group).cv for group in itertools.combinations(prices, size)]
        rds = [screens_of(group).rd for group in itertools.combinations(prices, size)]
        rds = [rd for rd in rds if rd is not None]

        assert (found.size, found.groups, found.how) == (size, len(cvs), "all")
        assert close(found.spreads["cv"].min, min(cvs))
        assert close(found.spreads["cv"].median, statistics.median(cvs))
        assert close(found.spreads["rd"].min, min(rds) if rds else None)
        assert close(found.spreads["rd"].median, statistics.median(rds) if rds else None)


def test_a_ring_of_three_shows_among_honest_bidders():
    prices = [100.0, 100.1, 100.2, 71.0, 133.0, 160.0]

    whole = screens_of(prices).cv
    threes = subgroups_of(np.array([prices]))[0][0]

    assert whole > 0.25
    assert threes.spreads["cv"].min < 0.0011


def test_above_twenty_bidders_only_neighbours_are_looked_at_and_it_is_said():
    prices = np.arange(1.0, ALL_UP_TO + 2.0)[None, :]

    threes, fours = subgroups_of(prices)[0]

    assert (threes.how, threes.groups) == ("neighbours", ALL_UP_TO - 1)
    assert (fours.how, fours.groups) == ("neighbours", ALL_UP_TO - 2)


def test_fewer_bidders_than_a_subgroup_have_no_entry():
    assert subgroups_of(np.array([[1.0, 2.0]])) == [[]]
    assert [each.size for each in subgroups_of(np.array([[1.0, 2.0, 4.0]]))[0]] == [3]


def test_percentile_counts_equal_values_half_and_names_its_group():
    members = [Screens(2, cv=float(place)) for place in range(100)]
    group = Reference("2025 道路", members)

    assert group.name == "2025 道路"
    assert group.place_of("cv", 10.0) == Percentile(100, 10.5)
    assert group.place_of("cv", -1.0) == Percentile(100, 0.0)
    assert group.place_of("cv", 1000.0) == Percentile(100, 100.0)
    assert group.place_of("cv", None) == Percentile(100, None, "not defined")
    assert group.place_of("rd", 1.0) == Percentile(0, None, "too few")


@pytest.mark.parametrize(("n", "note"), [(FEWEST - 1, "too few"), (FEWEST, "")])
def test_below_thirty_tenders_no_percentile_is_claimed(n, note):
    group = Reference("x", [Screens(2, cv=0.1)] * n)

    assert group.place_of("cv", 0.1).note == note


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(9_500, 10_500), min_size=4, max_size=8))
def test_applying_the_smallest_change_clears_the_flag_and_less_does_not(prices):
    flags = reading_of([Decimal(price) for price in prices]).flags
    if not flags or flags[0].clears is None:
        return

    change = flags[0].clears
    cleared = screens_of(change.applied_to(prices))

    assert not is_close(cleared)
    hair = Decimal("0.01").copy_sign(change.percent)
    for bidder in range(len(prices)):
        for percent in (abs(change.percent) - abs(hair), -(abs(change.percent) - abs(hair))):
            less = list(map(float, prices))
            less[bidder] *= float(1 + percent / 100)
            assert is_close(screens_of(less)) or len(set(less)) == 1


def test_a_hundred_close_bids_cannot_be_cleared_by_one_small_change():
    change = smallest_change([100.0 + place / 100 for place in range(400)])

    assert change is not None
    assert change.percent > 100


def test_no_change_is_claimed_where_none_clears():
    assert smallest_change([100.0 + place / 1000 for place in range(5000)]) is None


@pytest.mark.parametrize(
    ("prices", "silent"),
    [([100, 101, 102], True), ([100] * 5, True), ([100, 101, 102, 103], False)],
    ids=["three bids", "all equal", "four bids"],
)
def test_prices_without_signal_say_so_and_are_not_flagged(prices, silent):
    reading = reading_of([Decimal(price) for price in prices])

    assert bool(reading.signal) is silent
    assert bool(reading.flags) is not silent
    assert bool(silence_of(screens_of(prices))) is silent


def test_prices_that_lie_apart_are_not_flagged():
    reading = reading_of([Decimal(price) for price in (100, 120, 140, 161)])

    assert (reading.signal, reading.flags) == ("", ())


@pytest.mark.parametrize(
    ("cv", "expected"),
    [(CLOSE_CV - 1e-9, True), (CLOSE_CV, False), (0.0, False), (None, False)],
)
def test_the_limit_itself_is_not_close(cv, expected):
    assert is_close(Screens(4, cv=cv)) is expected


@pytest.mark.parametrize(
    ("prices", "step"),
    [
        (["1000000", "1015000", "1005000", "1010000"], "5000"),
        (["1.1", "1.2", "1.3", "1.4"], "0.1"),
        (["1", "2", "3"], None),
        (["1", "2", "3", "5"], None),
        (["1", "1", "1", "1"], None),
    ],
)
def test_four_prices_in_exact_steps_are_told(prices, step):
    found = regular_step([Decimal(price) for price in prices])

    assert found == (step and Decimal(step))


def test_a_tenth_of_a_per_cent_of_noise_flips_under_two_per_cent_of_flags():
    chance = np.random.default_rng(4)
    flips = flags = 0
    for n in (4, 5, 7, 10):
        spread = chance.uniform(0.005, 0.15, (5_000, 1))
        prices = 1e6 * (1 + spread * chance.standard_normal((5_000, n))).clip(0.2)
        noisy = prices * (1 + chance.uniform(-0.001, 0.001, prices.shape))
        before = [is_close(each) for each in rows_of(prices)]
        after = [is_close(each) for each in rows_of(noisy)]
        flags += sum(before)
        flips += sum(x != y for x, y in zip(before, after, strict=True))

    assert flags > 5_000
    assert flips < 0.02 * flags
