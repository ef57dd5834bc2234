import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.rules.cobidding import (
    Entry,
    FixedLoser,
    Pair,
    Rotation,
    chance_of_turns,
    fixed_losers_of,
    pairs_of,
    rotations_of,
)


def table(*lots: str) -> list[Entry]:
    """Lots as words: each letter a bidder, the first one the winner ("-" = undecided)."""
    return [
        Entry(f"L{place}", bidder, won=turn == 0)
        for place, bidders in enumerate(lots)
        for turn, bidder in enumerate(bidders)
        if bidder != "-"
    ]


def test_lift_and_joint_share_of_a_pair_by_hand():
    found = pairs_of(table(*["ab"] * 5, "ac", "c", "c", "c", "c"))

    # a in 6 of 10 lots, b in 5, together 5: 5 x 10 / (6 x 5).
    assert found[0] == Pair("a", "b", 5, 50 / 30, 1.0)


@pytest.mark.parametrize(("lots", "known"), [(4, False), (5, True)])
def test_a_pair_is_judged_from_five_joint_lots(lots, known):
    pair = pairs_of(table(*["ab"] * lots))[0]

    assert (pair.lift is not None) is known
    assert (pair.joint_share is not None) is known
    assert pair.joint_lots == lots


def test_wins_that_alternate_every_time_are_the_least_likely():
    found = rotations_of(table(*["abx", "ba"] * 4))

    # Two of the 70 orders of four and four wins change hands seven times.
    assert found[0] == Rotation("a", "b", (4, 4), 7, 2 / 70)
    assert found[-1].chance is None


def test_fewer_than_six_wins_say_nothing_about_turns():
    assert rotations_of(table("ab", "ba", "ab", "ba", "ab"))[0].chance is None


def test_one_who_always_wins_does_not_rotate():
    assert rotations_of(table(*["ab"] * 9)) == [Rotation("a", "b", (9, 0), 0, None)]


def test_undecided_lots_do_not_count_as_turns_or_losses():
    entries = table(*["-ab"] * 12)

    assert rotations_of(entries) == []
    assert fixed_losers_of(entries) == []


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 9))
def test_chance_of_turns_agrees_with_counting_every_order(first, second, turns):
    orders = [
        sum(
            one != other for one, other in itertools.pairwise(place in chosen for place in range(n))
        )
        for n in [first + second]
        for chosen in map(set, itertools.combinations(range(n), first))
    ]

    expected = sum(count >= turns for count in orders) / len(orders)

    assert chance_of_turns(first, second, turns) == pytest.approx(expected)


@pytest.mark.parametrize(("lots", "told"), [(9, False), (10, True)])
def test_a_loser_of_ten_lots_is_told_with_the_usual_winner(lots, told):
    found = fixed_losers_of(table(*["abc"] * (lots - 1), "cab"))

    expected = FixedLoser("b", lots, pytest.approx((2 / 3) ** lots), "a", lots - 1)
    assert found == ([expected] if told else [])


def test_a_bid_entered_twice_counts_once():
    entries = table(*["ab"] * 5)

    assert pairs_of(entries + entries) == pairs_of(entries)
