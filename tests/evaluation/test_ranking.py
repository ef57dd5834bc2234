import copy
from fractions import Fraction

import pytest
import sqlalchemy as sa

from evaluation.models.scoring import Ranking
from evaluation.rules.aggregation import mean_mark
from evaluation.rules.method import Aggregation
from evaluation.rules.ranking import TRIMMING, evaluate, fails, recomputed, result_json
from evaluation.rules.scoring import parse_sheet
from evidence import queries as evidence
from evidence.rules.streams import canonical
from kernel.errors import InvalidInput, Refusal
from storage.database import snapshot
from storage.vault import Vault
from tests.evaluation.test_method import CONSTRUCTION, GOVPROC, parsed
from tests.factories.evaluation import Evaluation
from trading.states import LotState, Regime

YUAN = 100


@pytest.fixture
def evaluation(database, tmp_path):
    made = Evaluation(Vault(tmp_path / "files")).confirmed().drawn().accept_all().convene()
    return made.scoring()


def sheets_for(method, bids, marks, *, failing=(), count=5):
    """Sheets in which everybody gives the same marks; `failing`: (expert, bid) votes against."""
    return [
        parse_sheet(
            {
                "checks": {
                    bid: {
                        check.code: {"pass": False, "ground": "无资质"}
                        if (number, bid) in failing
                        else {"pass": True}
                        for check in method.checks
                    }
                    for bid in bids
                },
                "marks": {bid: dict(marks[bid]) for bid in bids},
            },
            method,
            bids,
        )
        for number in range(count)
    ]


def ranks(result):
    return [(line.bid, str(line.total), line.rank, line.tied) for line in result.lines]


def test_the_trimmed_mean_price_of_construction_is_ranked_to_the_cent():
    """F2 of the rules of the field: 980, 1000, 1020, 1050 and 1100 (times 10,000 yuan)."""
    method = parsed("construction", CONSTRUCTION)
    prices = {
        b: p * 10_000 * YUAN for b, p in zip("ABCDE", (980, 1000, 1020, 1050, 1100), strict=True)
    }
    marks = {key: {"plan": "15", "team": "9.5", "record": "6"} for key in prices}

    result = evaluate(method, prices, sheets_for(method, "ABCDE", marks))

    assert [(line.bid, str(line.price_score)) for line in result.lines] == [
        ("C", "59.84"),
        ("B", "58.86"),
        ("A", "57.89"),
        ("D", "57.39"),
        ("E", "52.51"),
    ]
    assert ranks(result)[0] == ("C", "90.34", 1, False)


def test_the_lowest_price_ratio_of_government_procurement_is_weighted():
    """F1: 950,000 is the base; 95.00, 100.00 and 86.36 times 30 per cent."""
    method = parsed("govproc", GOVPROC)
    prices = {"A": 1_000_000 * YUAN, "B": 950_000 * YUAN, "C": 1_100_000 * YUAN}
    marks = {key: {"technical": "80", "service": "90", "record": "80"} for key in prices}

    result = evaluate(method, prices, sheets_for(method, "ABC", marks, count=7))

    assert [(x.bid, str(x.technical), str(x.price_score)) for x in result.lines] == [
        ("B", "58.00", "30.00"),
        ("A", "58.00", "28.50"),
        ("C", "58.00", "25.91"),
    ]


@pytest.mark.parametrize(
    ("way", "mean"), [(Aggregation.MEAN, "33.70"), (Aggregation.TRIMMED, "33.17")]
)
def test_experts_totals_are_aggregated_as_the_documents_say(way, mean):
    marks = [Fraction(m) for m in ("32", "33.5", "34", "30", "39")]
    assert format(float(mean_mark(marks, TRIMMING[way])), ".2f") == mean


def test_equal_totals_go_to_the_lower_price_and_else_share_the_rank():
    method = parsed("govproc", GOVPROC)
    prices = {"A": 1_000_000 * YUAN, "B": 1_000_000 * YUAN, "C": 2_000_000 * YUAN}
    same = {"technical": "80", "service": "80", "record": "80"}
    # 15 points less for the price of C are made good by 15 points more for quality.
    better = {"technical": "100", "service": "100", "record": "100"}
    marks = {"A": same | {"technical": "72.5"}, "B": same | {"technical": "72.5"}, "C": better}

    result = evaluate(method, prices, sheets_for(method, "ABC", marks))

    assert ranks(result) == [
        ("C", "85.00", 1, False),
        ("A", "83.00", 2, True),
        ("B", "83.00", 2, True),
    ]
    marks["C"] = better | {"technical": "95"}
    result = evaluate(method, prices, sheets_for(method, "ABC", marks))
    assert ranks(result) == [
        ("A", "83.00", 1, True),
        ("B", "83.00", 1, True),
        ("C", "83.00", 3, False),
    ]


@pytest.mark.parametrize(("against", "rejected"), [(2, False), (3, True)])
def test_a_bid_is_rejected_by_more_than_half_of_the_committee(against, rejected):
    method = parsed("construction", CONSTRUCTION)
    prices = {bid: (100 + place) * YUAN for place, bid in enumerate("ABCD")}
    marks = {key: {"plan": "1", "team": "1", "record": "1"} for key in prices}
    failing = {(number, "A") for number in range(against)}

    result = evaluate(method, prices, sheets_for(method, "ABCD", marks, failing=failing))

    assert ("A" in result.rejected) is rejected
    assert ("A" in {line.bid for line in result.lines}) is not rejected
    assert result.tallies[0].grounds == ("无资质",) * against


def test_the_order_of_bids_and_sheets_changes_nothing():
    method = parsed("construction", CONSTRUCTION)
    prices = {bid: (100 + place) * YUAN for place, bid in enumerate("ABCD")}
    marks = {bid: {"plan": str(n), "team": "1", "record": "1"} for n, bid in enumerate("ABCD")}
    sheets = sheets_for(method, "ABCD", marks)

    forward = evaluate(method, prices, sheets)
    backward = evaluate(method, dict(reversed(prices.items())), sheets)

    assert result_json(forward) == result_json(backward)


@pytest.mark.parametrize(
    ("regime", "valid", "expected"),
    [
        (Regime.CONSTRUCTION, 0, True),
        (Regime.CONSTRUCTION, 1, False),
        (Regime.GOVPROC, 2, True),
        (Regime.GOVPROC, 3, False),
    ],
)
def test_too_few_valid_bids_fail_by_regime(regime, valid, expected):
    assert fails(regime, valid, 3) is expected


def test_the_stored_ranking_can_be_made_again_from_itself_alone(evaluation):
    made = evaluation.scored(marks={0: "7.50", 1: "6.25"}).rank()

    assert evaluation.lot_state() is LotState.EVALUATING
    assert recomputed(made) == made["result"]
    assert len(made["result"]["ranking"]) == 4
    with snapshot() as db:
        stored = db.scalars(sa.select(Ranking)).one()
        fact = evidence.facts_about(db, f"meeting:{evaluation.meeting}", "evaluation.ranked")[0]
    assert stored.text.encode() == canonical(made)
    assert stored.digest.hex() in fact.body


def test_an_altered_mark_is_seen_when_the_ranking_is_made_again(evaluation):
    made = evaluation.scored().rank()
    altered = copy.deepcopy(made)
    altered["sheets"][0]["sheet"]["marks"][evaluation.bids[0]]["plan"] = "5.01"

    with pytest.raises(InvalidInput) as refused:
        recomputed(altered)

    assert refused.value.code == "sheet.digest"


def test_fewer_than_three_valid_bids_need_a_recorded_reasoning(evaluation):
    evaluation.scored(fail=(0, 1))
    with pytest.raises(Refusal) as refused:
        evaluation.rank()

    made = evaluation.rank(reasoning="剩余两家报价相差百分之五，仍有竞争性。")

    assert refused.value.code == "ranking.reasoning_missing"
    assert made["reasoning"].startswith("剩余两家")
    assert {bid["bid"] for bid in made["result"]["rejected"]} == set(evaluation.bids[:2])


def test_a_lot_fails_when_every_bid_is_rejected(evaluation):
    made = evaluation.scored(fail=(0, 1, 2, 3)).rank()

    assert made["result"]["ranking"] == []
    assert evaluation.lot_state() is LotState.FAILED


def test_nothing_is_ranked_before_the_lock_and_nothing_twice(evaluation):
    with pytest.raises(Refusal) as early:
        evaluation.rank()
    evaluation.scored().rank()
    with pytest.raises(Refusal) as twice:
        evaluation.rank()

    assert early.value.code == twice.value.code == "meeting.wrong_stage"


def test_a_procurement_of_seven_experts_is_ranked_and_too_few_valid_bids_end_it(database, tmp_path):
    evaluation = Evaluation(Vault(tmp_path / "files"), experts=9, regime=Regime.GOVPROC)
    evaluation.confirmed().drawn().accept_all().convene().scoring()
    evaluation.scored(fail=(0, 1))

    made = evaluation.rank(reasoning="政府采购不得继续")

    assert len(made["sheets"]) == 7
    assert len(made["result"]["ranking"]) == 2
    assert recomputed(made) == made["result"]
    assert evaluation.lot_state() is LotState.FAILED
