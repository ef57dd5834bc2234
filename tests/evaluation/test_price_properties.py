"""What holds for every list of prices: order, scale and range."""

import itertools
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from evaluation.rules.price import PriceResult
from tests.evaluation.price_factory import (
    LOWEST,
    MEAN,
    TRIM_ABOVE_THREE,
    linear,
    make_bids,
    make_rule,
    result_of,
    scores_of,
)

FEN = st.integers(1, 10**11)
PRICES = st.lists(FEN, min_size=2, max_size=9)
TRIMMED = {"kind": "mean", "trimming": TRIM_ABOVE_THREE}
LINES = {
    "kind": "lines",
    "points": [
        {"deviation": "-20", "score": "10"},
        {"deviation": "-5", "score": "40"},
        {"deviation": "15", "score": "3"},
    ],
}
STEPS = {"kind": "steps", "bands": [{"up_to": "-5", "score": "9"}, {"score": "12"}]}
RULES = st.sampled_from(
    [
        make_rule(),
        make_rule(MEAN, {"kind": "ratio", "full": "45", "cap": "47"}),
        make_rule(TRIMMED, linear("60", "3", "2", floor="5")),
        make_rule(TRIMMED, linear("60", "3", "2"), rounding={"deviation": 2, "score": 2}),
        make_rule({"kind": "second_lowest"}, LINES),
        make_rule({"kind": "minus_percent", "value": LOWEST, "percent": "1.5"}, STEPS),
        make_rule({"kind": "composite", "first": MEAN, "second": LOWEST, "weight": "0.35"}, LINES),
        make_rule({"kind": "nearest", "to": MEAN, "not_above": True}, linear()),
    ]
)


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def comparable(result: PriceResult):
    return result.benchmark, sorted(result.rows, key=lambda row: row.bidder)


@given(RULES, PRICES, st.randoms(use_true_random=False))
def test_the_order_of_the_bids_changes_nothing(rule, prices, random):
    bids = make_bids(*map(yuan, prices))
    shuffled = random.sample(bids, len(bids))

    assert comparable(result_of(rule, bids)) == comparable(result_of(rule, shuffled))


@given(RULES, PRICES, st.integers(2, 997))
def test_scaling_all_prices_changes_no_score(rule, prices, factor):
    scaled = [price * factor for price in prices]

    assert scores_of(rule, make_bids(*map(yuan, prices))) == scores_of(
        rule, make_bids(*map(yuan, scaled))
    )


@given(RULES, PRICES)
def test_no_score_leaves_its_range(rule, prices):
    formula = rule["score"]
    most = {"ratio": formula.get("cap", formula.get("full")), "lines": "40", "steps": "12"}
    cap = Decimal(most.get(formula["kind"], formula.get("full")))

    for row in result_of(rule, make_bids(*map(yuan, prices))).rows:
        assert Decimal(formula.get("floor", "0")) <= row.score <= cap


@given(RULES, PRICES)
def test_decimals_in_decimals_out(rule, prices):
    result = result_of(rule, make_bids(*map(yuan, prices)))

    assert type(result.benchmark) is Decimal
    for row in result.rows:
        assert {type(row.evaluated_price), type(row.deviation), type(row.score)} == {Decimal}
        assert row.score.as_tuple().exponent == -2


@given(PRICES)
def test_the_lowest_price_has_the_full_ratio_and_no_dearer_bid_scores_more(prices):
    scores = [Decimal(score) for score in scores_of(make_rule(), make_bids(*map(yuan, prices)))]
    by_price = sorted(zip(prices, scores, strict=True))

    assert by_price[0][1] == 100
    assert all(left[1] >= right[1] for left, right in itertools.pairwise(by_price))


@given(PRICES, FEN)
def test_an_excluded_bid_changes_no_other_score(prices, rejected):
    bids = make_bids(*map(yuan, prices))
    more = [*bids, {"bidder": "rejected", "price": yuan(rejected), "excluded": "无效"}]
    rule = make_rule(TRIMMED, linear())

    assert scores_of(rule, more) == [*scores_of(rule, bids), None]
