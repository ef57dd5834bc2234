from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.factories.awarding import ARCHIVE, RECEIVED, ranked
from trading.rules import archive, awarding, suspension
from trading.rules.archive import Paper
from trading.rules.awarding import RejectedBid, ReportResult
from trading.rules.limits import limits_for
from trading.states import LotState, PassingOver, Regime

INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
CONSTRUCTION = limits_for(Regime.CONSTRUCTION, date(2026, 9, 22))
GOVPROC = limits_for(Regime.GOVPROC, date(2026, 9, 22))
# Published on 22 September the three days would end on a holiday: the last day is Monday 28.
PUBLICITY_ENDS = datetime(2026, 9, 28, 16, 0, tzinfo=UTC)
# The fifth working day after 22 September is Wednesday 30.
DECISION_ENDS = datetime(2026, 9, 30, 16, 0, tzinfo=UTC)
# The working day after 30 September is 8 October: the National Day holiday ends on the 7th.
RESULT_ENDS = datetime(2026, 10, 8, 16, 0, tzinfo=UTC)


def utc(*moment):
    return datetime(*moment, tzinfo=UTC)


def codes(problems):
    return [problem.code for problem in problems]


REPORT = ReportResult(
    "ER0000000001",
    ARCHIVE,
    (ranked("RC1", 100, 1), ranked("RC2", 200, 2)),
    (RejectedBid("RC3", "没有资质"),),
)
OPENED = {"RC1": 100, "RC2": 200, "RC3": 300}


def test_a_report_that_ranks_or_rejects_every_opened_bid_is_received():
    assert awarding.report_problems(REPORT, OPENED, CONSTRUCTION) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"archive_sha256": "AB" * 32}, "report.archive_digest", id="digest"),
        pytest.param({"rejected": ()}, "report.not_the_opened_bids", id="a bid left out"),
        pytest.param(
            {"rejected": (RejectedBid("RC2", "否决"), RejectedBid("RC3", "否决"))},
            "report.not_the_opened_bids",
            id="ranked and rejected",
        ),
        pytest.param(
            {"rejected": (RejectedBid("RC3", "否决"), RejectedBid("RC4", "否决"))},
            "report.not_the_opened_bids",
            id="a bid that was never opened",
        ),
        pytest.param(
            {"ranking": (), "rejected": tuple(RejectedBid(each, "否决") for each in OPENED)},
            "report.nobody_ranked",
            id="all rejected",
        ),
        pytest.param({"rejected": (RejectedBid("RC3", " "),)}, "report.no_reason", id="no reason"),
        pytest.param(
            {"ranking": (ranked("RC1", 99, 1), ranked("RC2", 200, 2))},
            "report.price_differs",
            id="price",
        ),
        pytest.param(
            {"ranking": (ranked("RC1", 100, 1), ranked("RC2", 200, 3))}, "report.ranks", id="gap"
        ),
        pytest.param(
            {"ranking": (ranked("RC1", 100, 2), ranked("RC2", 200, 1))}, "report.ranks", id="order"
        ),
        pytest.param(
            {"ranking": (ranked("RC1", 100, 1), ranked("RC2", 200, 1))},
            "report.ranks",
            id="equals without their mark",
        ),
        pytest.param(
            {"ranking": (ranked("RC1", 100, 1, tied=True), ranked("RC2", 200, 2))},
            "report.ranks",
            id="a mark without equals",
        ),
    ],
)
def test_a_report_that_contradicts_the_opening_or_itself_is_refused(changes, code):
    problems = awarding.report_problems(replace(REPORT, **changes), OPENED, CONSTRUCTION)

    assert code in codes(problems)


@pytest.mark.parametrize("total", ["-0.01", "90.001", "NaN", "Infinity"])
def test_points_have_two_decimals_and_are_not_below_zero(total):
    lines = (replace(REPORT.ranking[0], total=Decimal(total)), REPORT.ranking[1])

    problems = awarding.report_problems(replace(REPORT, ranking=lines), OPENED, CONSTRUCTION)

    assert codes(problems) == ["report.scores"]


@pytest.mark.parametrize(
    ("ranks", "limits", "few"),
    [
        pytest.param([1], CONSTRUCTION, 1, id="one"),
        pytest.param([1, 2, 3], CONSTRUCTION, 3, id="three"),
        pytest.param([1, 2, 3, 4], CONSTRUCTION, 3, id="at most three"),
        pytest.param([1, 1, 3, 4], CONSTRUCTION, 3, id="equals at the top"),
        pytest.param([1, 2, 3, 3], CONSTRUCTION, 2, id="equals are never parted"),
        pytest.param([1, 1, 1, 1], CONSTRUCTION, 0, id="four equals"),
        pytest.param([1, 2, 3, 4], GOVPROC, 4, id="procurement names no number"),
    ],
)
def test_at_most_three_ranked_candidates(ranks, limits, few):
    assert awarding.candidates_of(ranks, limits) == few


def test_four_equals_at_the_top_are_the_committees_to_rank():
    lines = tuple(ranked(f"RC{n}", 100 * n, 1, tied=True) for n in range(1, 5))
    opened = {line.receipt: line.price_fen for line in lines}
    equals = replace(REPORT, ranking=lines, rejected=())

    assert codes(awarding.report_problems(equals, opened, CONSTRUCTION)) == [
        "report.too_many_equals"
    ]
    assert awarding.report_problems(equals, opened, GOVPROC) == []


@pytest.mark.parametrize(
    ("published", "ends"),
    [
        pytest.param(utc(2026, 9, 14, 8), utc(2026, 9, 17, 16), id="three days"),
        pytest.param(utc(2026, 9, 14, 16), utc(2026, 9, 18, 16), id="after midnight in China"),
        pytest.param(utc(2026, 9, 11, 8), utc(2026, 9, 14, 16), id="weekend inside"),
        pytest.param(utc(2026, 9, 9, 8), utc(2026, 9, 14, 16), id="would end on Saturday"),
        pytest.param(utc(2026, 9, 17, 8), utc(2026, 9, 20, 16), id="a Sunday that is worked"),
        pytest.param(RECEIVED, PUBLICITY_ENDS, id="would end on a holiday"),
    ],
)
def test_publicity_lasts_three_days(published, ends):
    assert awarding.publicity_end(CONSTRUCTION, published) == ends
    assert awarding.publicity_end(GOVPROC, published) is None


def test_the_time_for_the_next_step_is_three_days_or_five_working_days():
    assert awarding.step_due(CONSTRUCTION, RECEIVED) == PUBLICITY_ENDS
    assert awarding.step_due(GOVPROC, RECEIVED) == DECISION_ENDS


@pytest.mark.parametrize(("at", "late"), [(-INSTANT, False), (0 * INSTANT, True), (INSTANT, True)])
def test_candidates_published_at_the_end_of_the_time_are_late(at, late):
    assert awarding.is_late(PUBLICITY_ENDS, PUBLICITY_ENDS + at) is late


@pytest.mark.parametrize(
    ("until", "at", "wanted"),
    [
        (None, RECEIVED, ["award.candidates_not_published"]),
        (PUBLICITY_ENDS, PUBLICITY_ENDS - INSTANT, ["award.publicity_not_over"]),
        (PUBLICITY_ENDS, PUBLICITY_ENDS, []),
        (PUBLICITY_ENDS, PUBLICITY_ENDS + INSTANT, []),
    ],
    ids=["unpublished", "before", "at", "after"],
)
def test_no_award_before_the_publicity_is_over(until, at, wanted):
    assert codes(awarding.early_problems(CONSTRUCTION, until, at)) == wanted
    assert awarding.early_problems(GOVPROC, None, at) == []


@pytest.mark.parametrize(
    ("ranks", "limits", "at", "decides"),
    [
        pytest.param({"A": 1, "B": 2}, GOVPROC, -INSTANT, False, id="before"),
        pytest.param({"A": 1, "B": 2}, GOVPROC, 0 * INSTANT, True, id="at"),
        pytest.param({"A": 1, "B": 2}, GOVPROC, INSTANT, True, id="after"),
        pytest.param({"A": 1, "B": 1}, GOVPROC, INSTANT, False, id="equals"),
        pytest.param({"A": 1, "B": 2}, CONSTRUCTION, INSTANT, False, id="construction"),
    ],
)
def test_silence_decides_only_in_procurement_and_never_among_equals(ranks, limits, at, decides):
    assert awarding.silence_decides(limits, ranks, DECISION_ENDS, DECISION_ENDS + at) is decides
    problems = awarding.late_problems(limits, ranks, DECISION_ENDS, DECISION_ENDS + at)
    assert codes(problems) == ["award.decided_by_silence"] * decides


RANKS = {"A": 1, "B": 2, "C": 3}
EQUALS = {"A": 1, "B": 1, "C": 3}


@pytest.mark.parametrize(
    ("ranks", "receipt", "reason", "ground", "wanted"),
    [
        pytest.param(RANKS, "A", None, "", [], id="the first"),
        pytest.param(RANKS, "Z", None, "", ["award.not_a_candidate"], id="nobody"),
        pytest.param(RANKS, "B", None, "放弃", ["award.not_the_first"], id="no reason"),
        pytest.param(RANKS, "C", PassingOver.GAVE_UP, "放弃", [], id="reason and ground"),
        pytest.param(
            RANKS, "B", PassingOver.GAVE_UP, " ", ["award.ground_missing"], id="no ground"
        ),
        pytest.param(
            RANKS, "A", PassingOver.GAVE_UP, "放弃", ["award.nobody_passed_over"], id="no need"
        ),
        pytest.param(EQUALS, "A", None, "", ["award.equals_need_a_ground"], id="equals"),
        pytest.param(EQUALS, "B", None, "抽签", [], id="equals with a ground"),
        pytest.param(EQUALS, "C", None, "抽签", ["award.not_the_first"], id="behind equals"),
    ],
)
@pytest.mark.parametrize("limits", [CONSTRUCTION, GOVPROC], ids=["construction", "govproc"])
def test_the_first_wins_and_the_next_only_for_a_listed_reason(
    limits, ranks, receipt, reason, ground, wanted
):
    problems = awarding.choice_problems(limits, ranks, receipt, reason=reason, ground=ground)

    assert codes(problems) == wanted


@pytest.mark.parametrize("reason", list(PassingOver))
def test_construction_knows_the_four_reasons_of_the_article_and_no_other(reason):
    problems = awarding.choice_problems(CONSTRUCTION, RANKS, "B", reason=reason, ground="事实")

    assert codes(problems) == ["award.not_the_first"] * (reason is PassingOver.OTHER_LAWFUL)


def test_who_is_passed_over_is_told_by_rank():
    assert awarding.passed_over(RANKS, "C") == ["A", "B"]
    assert awarding.first_of(EQUALS) == ["A", "B"]


@pytest.mark.parametrize(
    ("ended_as", "limits", "needed"),
    [
        (LotState.TERMINATED, CONSTRUCTION, {Paper.TERMINATION}),
        (LotState.FAILED, GOVPROC, {Paper.NOTICE, Paper.SEALED_SET}),
        (LotState.AWARDED, CONSTRUCTION, set(Paper) - {Paper.TERMINATION}),
        (LotState.AWARDED, GOVPROC, set(Paper) - {Paper.TERMINATION, Paper.CANDIDATES}),
    ],
)
def test_every_paper_of_the_file_is_needed_before_archiving(ended_as, limits, needed):
    assert archive.archive_problems(ended_as, needed, limits) == []
    for paper in needed:
        problems = archive.archive_problems(ended_as, needed - {paper}, limits)
        assert [(each.code, each.field) for each in problems] == [("archive.missing", paper)]


@pytest.mark.parametrize(
    ("at", "wanted"),
    [(-INSTANT, ["archive.result_still_shown"]), (0 * INSTANT, []), (INSTANT, [])],
    ids=["before", "at", "after"],
)
def test_a_result_is_shown_for_one_working_day_in_procurement(at, wanted):
    shown = awarding.result_end(GOVPROC, utc(2026, 9, 30, 2))

    assert shown == RESULT_ENDS
    assert awarding.result_end(CONSTRUCTION, utc(2026, 9, 30, 2)) is None
    assert codes(archive.result_problems(GOVPROC, shown, shown + at)) == wanted


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        (None, None),
        (RECEIVED, RECEIVED),
        (PUBLICITY_ENDS, utc(2026, 9, 29, 16)),
        (utc(2026, 9, 24, 16), PUBLICITY_ENDS),
    ],
    ids=["none", "already over", "the next day's end", "never on a day off"],
)
def test_the_end_of_a_period_is_moved_to_the_end_of_a_working_day(moment, wanted):
    assert suspension.moved_end(moment, RECEIVED, RECEIVED + HOUR) == wanted
    assert suspension.moved_end(moment, RECEIVED, RECEIVED) == moment
