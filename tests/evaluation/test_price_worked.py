"""The worked numbers of the law and of practice: formulas F1 to F7, ties, low-price triggers."""

import json
from pathlib import Path

import pytest

from tests.evaluation.price_factory import (
    LOWEST,
    TRIM_ABOVE_THREE,
    benchmark_of,
    deviations_of,
    linear,
    lowest_rule,
    make_bids,
    make_rule,
    result_of,
    rows_of,
    scores_of,
)

EXAMPLES = Path(__file__).parents[2] / "docs" / "price-rules" / "examples"
F1_PRICES = ("1000000", "950000", "1100000")
F2_PRICES = ("980", "1000", "1020", "1050", "1100")
SMALL_FIRM = {"discounts": [{"for": "small_firm", "percent": "10"}]}
TRIMMED_MEAN = {"kind": "mean", "trimming": TRIM_ABOVE_THREE}


def f1_weighted(**by_bidder):
    """Price scores and the scores × 30 %, each rounded to two decimals."""
    parts = [{"kind": "price", "weight": "0.3", "weighted_rounding": 2}]
    parts.append({"kind": "marks", "name": "other", "weight": "0.7"})
    bids = make_bids(*F1_PRICES, **by_bidder)
    for bid in bids:
        bid["marks"] = {"other": ["0"]}
    rule = make_rule(evaluated_price=SMALL_FIRM, ranking={"parts": parts, "last": "equal"})
    result = result_of(rule, bids)
    weighted = {e.bidder: e.value for e in result.trace if e.step == "weighted" and "price" in e.en}
    return [(str(row.score), weighted[row.bidder]) for row in result.rows]


def f2_rule(e1="1", e2="0.5", full="60", benchmark=TRIMMED_MEAN):
    return make_rule(benchmark, linear(full, e1, e2), rounding={"deviation": 2, "score": 2})


def test_lowest_price_ratio_without_discount():
    assert f1_weighted() == [("95.00", "28.50"), ("100.00", "30.00"), ("86.36", "25.91")]


def test_discount_of_a_dearer_bidder_moves_only_its_own_score():
    scores = f1_weighted(C={"claims": ["small_firm"]})

    assert scores == [("95.00", "28.50"), ("100.00", "30.00"), ("95.96", "28.79")]


def test_discount_that_makes_a_bidder_lowest_moves_the_base_for_all():
    scores = f1_weighted(A={"claims": ["small_firm"]})

    assert scores == [("100.00", "30.00"), ("94.74", "28.42"), ("81.82", "24.55")]


@pytest.mark.parametrize("price_score", ["rounded", "exact"])
def test_total_of_price_technical_and_service(price_score):
    parts = [
        {"kind": "price", "weight": "0.3"},
        {"kind": "marks", "name": "technical", "weight": "0.5"},
        {"kind": "marks", "name": "service", "weight": "0.2"},
    ]
    ranking = {"parts": parts, "last": "equal", "price_score": price_score}
    marks = {"technical": ["80"], "service": ["90"]}
    bids = make_bids(*F1_PRICES, **{name: {"marks": marks} for name in "ABC"})

    result = result_of(make_rule(rounding={"score": 2, "total": 2}, ranking=ranking), bids)

    assert {row.bidder: str(row.total) for row in result.ranking}["C"] == "83.91"


def test_deviation_from_the_trimmed_mean():
    rule, bids = f2_rule(), make_bids(*F2_PRICES)

    assert str(result_of(rule, bids).benchmark)[:9] == "1023.3333"
    assert deviations_of(rule, bids) == ["-4.23", "-2.28", "-0.33", "2.61", "7.49"]
    assert scores_of(rule, bids) == ["57.89", "58.86", "59.84", "57.39", "52.51"]


def test_a_drawn_coefficient_changes_the_winner():
    benchmark = {"kind": "minus_percent", "value": TRIMMED_MEAN, "percent": {"drawn": "K"}}
    rule = f2_rule(benchmark=benchmark) | {
        "drawn": {"K": ["1.5", "1.25", "1", "0.75", "0.5", "0.25"]}
    }
    bids, opened = make_bids(*F2_PRICES), {"K": "1"}

    assert str(result_of(rule, bids, opened).benchmark) == "1013.1"
    assert deviations_of(rule, bids, opened) == ["-3.27", "-1.29", "0.68", "3.64", "8.58"]
    assert scores_of(rule, bids, opened) == ["58.37", "59.36", "59.32", "56.36", "51.42"]


def test_three_bids_are_not_trimmed():
    rule, bids = f2_rule("2", "1"), make_bids("980", "1000", "1100")

    assert str(result_of(rule, bids).benchmark)[:9] == "1026.6667"
    assert scores_of(rule, bids) == ["55.45", "57.40", "45.72"]


def test_score_does_not_fall_below_the_floor():
    rule = f2_rule("0.5", "0.25", "30")

    scores = scores_of(rule, make_bids("980", "1000", "1020", "1050", "2100"))

    assert scores == ["28.94", "29.43", "29.92", "28.70", "0.00"]


@pytest.mark.parametrize(
    ("trimming", "base"),
    [
        pytest.param([{"up_to": 4}, {"highest": 1, "lowest": 1}], "1030", id="fewer than five"),
        pytest.param([{"up_to": 3}, {"highest": 1, "lowest": 1}], "1025", id="three or fewer"),
    ],
)
def test_four_bids_are_trimmed_or_not_by_the_document(trimming, base):
    benchmark = {"kind": "mean", "trimming": trimming}

    assert benchmark_of(benchmark, "1000", "1020", "1030", "1070") == base


@pytest.mark.parametrize(("weight", "base"), [("0.3", "1058.3333"), ("0.4", "1070.0000")])
def test_composite_of_ceiling_and_mean(weight, base):
    benchmark = {
        "kind": "composite",
        "first": {"kind": "times", "value": {"kind": "ceiling"}, "factor": "0.95"},
        "second": TRIMMED_MEAN,
        "weight": weight,
        "rounding": 4,
    }

    assert benchmark_of(benchmark, *F2_PRICES, ceiling="1200") == base


def test_lowest_evaluated_price_wins_and_the_technical_failure_is_out():
    rule = lowest_rule(evaluated_price={"items": [{"name": "late payment", "amount": "15"}]})
    bids = make_bids(
        "1000", "1010", "995", A={"items": ["late payment"]}, C={"excluded": "技术标不合格"}
    )

    result = result_of(rule, bids)

    order = [(row.bidder, row.rank) for row in result.ranking]
    assert order == [("B", 1), ("A", 2)]
    assert [str(row.evaluated_price) for row in result.rows] == ["1015", "1010", "995"]
    assert [row.why for row in result.rows] == ["", "", "技术标不合格"]


def test_equal_evaluated_prices_rank_equal_under_the_lowest_price_method():
    rule = lowest_rule("lowest_price", regime="GOVPROC", evaluated_price=SMALL_FIRM)
    bids = make_bids("900", "1000", "950", B={"claims": ["small_firm"]})

    ranking = result_of(rule, bids).ranking

    assert [(row.bidder, row.rank, row.tie) for row in ranking] == [
        ("A", 1, "equal"),
        ("B", 1, "equal"),
        ("C", 3, ""),
    ]


def low_price_rule():
    return json.loads((EXAMPLES / "low-price-triggers.json").read_text("utf-8"))["rule"]


def test_price_below_half_the_second_and_45_percent_of_the_ceiling_must_be_explained():
    row = rows_of(low_price_rule(), make_bids("100", "96", "90", "44"))["D"]

    assert row.valid
    assert row.why == (
        "低于次低报价的 50%（报价 44 低于 45），须作出说明；"
        "低于最高限价的 45%（报价 44 低于 49.5），须作出说明"
    )


def test_price_of_46_triggers_the_ceiling_only():
    rows = rows_of(low_price_rule(), make_bids("100", "96", "90", "46"))

    assert rows["D"].why == "低于最高限价的 45%（报价 46 低于 49.5），须作出说明"
    assert [rows[name].why for name in "ABC"] == ["", "", ""]


def test_trimmed_bids_are_still_scored():
    assert None not in scores_of(f2_rule(), make_bids(*F2_PRICES))


def test_an_excluded_bid_never_sets_the_benchmark():
    bids = make_bids("100", "80", "120", B={"excluded": "资格不合格"})

    rows = rows_of(make_rule(LOWEST), bids)

    assert str(rows["A"].score) == "100.00"
    assert (rows["B"].valid, rows["B"].score, rows["B"].deviation) == (False, None, None)
    assert str(rows["C"].score) == "83.33"


def test_the_stored_rules_of_the_platform_keep_their_results():
    for name, scores in {
        "govproc-lowest-ratio": ["95.00", "100.00", "95.96"],
        "construction-trimmed-mean": ["58.37", "59.36", "59.32", "56.36", "51.42"],
    }.items():
        stored = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
        opened = stored.get("opened", {})
        assert scores_of(stored["rule"], stored["bids"], opened) == scores
