"""Who comes first of bids with the same total, by the figures that the rule names in order."""

import pytest

from tests.evaluation.price_factory import linear, make_bids, make_rule, result_of

AT_100 = {"kind": "given", "amount": "100"}
SMALL_FIRM = {"discounts": [{"for": "small_firm", "percent": "10"}]}
PARTS = [
    {"kind": "price", "weight": "1"},
    {"kind": "marks", "name": "technical", "weight": "1"},
]


def ranked(ties, bids):
    """Bidders and ranks by price and marks; a point off for each percent beside 100 yuan."""
    rule = make_rule(
        AT_100,
        linear("60", "1", "1"),
        evaluated_price=SMALL_FIRM,
        ranking={"parts": PARTS, "ties": ties, "last": "equal"},
    )
    return [(row.bidder, row.rank) for row in result_of(rule, bids).ranking]


def three_bids():
    """All have 90 points: A by 90 yuan, B by 110, C by 117 less its discount of 10 percent."""
    return make_bids(
        "90",
        "110",
        "117",
        A={"marks": {"technical": ["40"]}},
        B={"marks": {"technical": ["40"]}},
        C={"marks": {"technical": ["35.3"]}, "claims": ["small_firm"]},
    )


@pytest.mark.parametrize(
    ("ties", "order"),
    [
        pytest.param([], [("A", 1), ("B", 1), ("C", 1)], id="nothing decides"),
        pytest.param(["price"], [("A", 1), ("B", 2), ("C", 3)], id="price as bid"),
        pytest.param(["evaluated_price"], [("A", 1), ("C", 2), ("B", 3)], id="evaluated price"),
        pytest.param(["technical"], [("A", 1), ("B", 1), ("C", 3)], id="marks"),
        pytest.param(["technical", "price"], [("A", 1), ("B", 2), ("C", 3)], id="one by one"),
    ],
)
def test_equal_totals_are_decided_by_what_the_rule_names(ties, order):
    assert ranked(ties, three_bids()) == order
