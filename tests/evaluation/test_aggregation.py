"""Experts' marks, relative quality, totals, ranks and ties."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.rules.aggregation import (
    Better,
    Standing,
    best_figure,
    mean_mark,
    ranked,
    relative_score,
    weighted_total,
)
from evaluation.rules.price_numbers import Rounding
from evaluation.rules.price_trimming import trimming_at
from kernel.errors import Refusal
from tests.evaluation.price_factory import make_bids, make_rule, result_of

F7_MARKS = [Fraction(mark) for mark in ("32", "33.5", "34", "30", "39")]
DROP_FROM_FIVE = trimming_at([{"up_to": 4}, {"highest": 1, "lowest": 1}], "trimming")


def test_mean_of_all_marks():
    assert mean_mark(F7_MARKS) == Fraction("33.70")


def test_mean_without_the_highest_and_lowest_from_five_experts_on():
    assert Rounding(2).of(mean_mark(F7_MARKS, DROP_FROM_FIVE)) == Fraction("33.17")


def test_four_marks_are_not_trimmed():
    assert mean_mark(F7_MARKS[:4], DROP_FROM_FIVE) == Fraction("32.375")


def test_no_marks_are_refused():
    with pytest.raises(Refusal) as refused:
        mean_mark([])

    assert refused.value.code == "price.no_marks"


@pytest.mark.parametrize(
    ("better", "best", "score"), [(Better.HIGHER, 36, 10), (Better.LOWER, 24, 15)]
)
def test_quality_is_scored_relative_to_the_best(better, best, score):
    figures = [Fraction(24), Fraction(36)]

    assert best_figure(figures, better) == best
    assert relative_score(Fraction(24), Fraction(best), Fraction(15), better) == score


def test_total_is_the_sum_of_part_times_weight():
    parts = {"price": Fraction("86.36"), "technical": Fraction(80), "service": Fraction(90)}
    weights = {
        "price": Fraction("0.3"),
        "technical": Fraction("0.5"),
        "service": Fraction("0.2"),
    }

    assert weighted_total(parts, weights) == Fraction("83.908")


def test_equals_share_a_rank_and_the_next_is_left_out():
    keys = {"C": (Fraction(2),), "B": (Fraction(1),), "A": (Fraction(1),)}

    assert ranked(keys) == (
        Standing("A", 1, True),
        Standing("B", 1, True),
        Standing("C", 3, False),
    )


def test_drawn_lots_part_equals():
    keys = {"A": (Fraction(1),), "B": (Fraction(1),)}

    assert ranked(keys, {"A": 2, "B": 1}) == (Standing("B", 1, False), Standing("A", 2, False))


@pytest.mark.parametrize("lots", [{"A": 1}, {"A": 1, "B": 1}], ids=["one missing", "same lot"])
def test_incomplete_lots_leave_equals_equal(lots):
    keys = {"A": (Fraction(1),), "B": (Fraction(1),)}

    assert ranked(keys, lots) == (Standing("A", 1, True), Standing("B", 1, True))


@given(st.dictionaries(st.text("ABCDEF", min_size=1, max_size=2), st.integers(0, 3), min_size=1))
def test_every_rank_is_one_more_than_those_who_are_better(points):
    places = ranked({name: (Fraction(value),) for name, value in points.items()})

    for place in places:
        better = sum(value < points[place.bidder] for value in points.values())
        assert place.rank == better + 1


def ranking_rule(ties, last="equal", **more):
    parts = [
        {"kind": "price", "weight": "0.5"},
        {"kind": "marks", "name": "technical", "weight": "0.5"},
    ]
    ranking = {"parts": parts, "ties": ties, "last": last}
    return make_rule(ranking=ranking, **more)


def tied_bids(**more):
    """A and B have the same total: 100 and 80 + 20 points for price, 80 and 100 for technique."""
    bids = make_bids("80", "100", "160")
    for bid, mark in zip(bids, ("80", "100", "10"), strict=True):
        bid["marks"] = {"technical": [mark]}
        bid |= more.get(bid["bidder"], {})
    return bids


def order_of(rule, bids):
    return [(row.bidder, row.rank, row.tie) for row in result_of(rule, bids).ranking]


def test_lower_price_breaks_a_tie():
    assert order_of(ranking_rule(["price"]), tied_bids())[:2] == [("A", 1, ""), ("B", 2, "")]


def test_higher_technical_score_breaks_a_tie():
    assert order_of(ranking_rule(["technical"]), tied_bids())[:2] == [("B", 1, ""), ("A", 2, "")]


def test_without_a_tie_rule_equals_rank_equal():
    assert order_of(ranking_rule([]), tied_bids())[:2] == [("A", 1, "equal"), ("B", 1, "equal")]


def test_a_tie_by_lot_waits_for_the_draw():
    assert order_of(ranking_rule([], "draw"), tied_bids())[:2] == [
        ("A", 1, "draw"),
        ("B", 1, "draw"),
    ]


def test_a_tie_by_lot_follows_the_draw():
    bids = tied_bids(A={"drawn_order": 2}, B={"drawn_order": 1})

    assert order_of(ranking_rule([], "draw"), bids)[:2] == [("B", 1, ""), ("A", 2, "")]


def test_a_lot_has_no_say_where_the_rule_ends_in_equal_ranks():
    bids = tied_bids(A={"drawn_order": 2}, B={"drawn_order": 1})

    assert order_of(ranking_rule([]), bids)[:2] == [("A", 1, "equal"), ("B", 1, "equal")]


def test_lower_evaluated_price_breaks_a_tie():
    rule = ranking_rule(["evaluated_price"])

    assert order_of(rule, tied_bids())[:2] == [("A", 1, ""), ("B", 2, "")]


def test_the_price_that_breaks_a_tie_is_the_one_that_was_bid():
    rule = ranking_rule(
        ["price"], evaluated_price={"discounts": [{"for": "small_firm", "percent": "50"}]}
    )
    bids = make_bids("100", "50", A={"claims": ["small_firm"]})
    for bid in bids:
        bid["marks"] = {"technical": ["60"]}

    assert order_of(rule, bids) == [("B", 1, ""), ("A", 2, "")]


def test_missing_marks_are_refused_with_bidder_and_part():
    with pytest.raises(Refusal, match="“A”缺少“technical”") as refused:
        result_of(ranking_rule([]), make_bids("80"))

    assert refused.value.code == "price.no_figure"


def test_missing_quality_is_refused():
    parts = [
        {"kind": "price", "weight": "1"},
        {"kind": "relative", "name": "months", "weight": "1", "full": "10", "better": "lower"},
    ]
    rule = make_rule(ranking={"parts": parts, "last": "equal"})

    with pytest.raises(Refusal, match="months"):
        result_of(rule, make_bids("80", "90", A={"quality": {"months": "3"}}))


def test_quality_lower_is_better_in_the_ranking():
    parts = [
        {"kind": "price", "weight": "1"},
        {"kind": "relative", "name": "months", "weight": "1", "full": "10", "better": "lower"},
    ]
    rule = make_rule(ranking={"parts": parts, "last": "equal"})
    bids = make_bids("100", "100", A={"quality": {"months": "5"}}, B={"quality": {"months": "4"}})

    totals = {row.bidder: str(row.total) for row in result_of(rule, bids).ranking}

    assert totals == {"A": "108", "B": "110"}


def test_ranking_without_valid_bids_is_empty():
    bids = make_bids("80", A={"excluded": "无效"})

    assert result_of(ranking_rule([]), bids).ranking == ()
