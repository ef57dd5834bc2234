import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from identity.states import OrganisationKind, Role
from kernel.errors import NotAllowed, NotFound, NotYet, TooLate, TransitionRefused
from outbox.models.messages import Message
from storage import due
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.awarding import ARCHIVE, RECEIVED, Awarding, refused
from tests.factories.evaluation import Evaluation
from tests.factories.identity import CODES, make_organisation, make_person
from trading.actions.awarding import SILENCE, receive_report
from trading.actions.suspension import resume_lot, suspend_lot
from trading.models.tendering import Lot
from trading.rules.archive import Paper
from trading.rules.awarding import RankedBid, RejectedBid, ReportResult
from trading.states import LotState, PassingOver, Regime

INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
# Published on 22 September the three days would end on a holiday: the last day is Monday 28.
PUBLICITY_ENDS = datetime(2026, 9, 28, 16, 0, tzinfo=UTC)
# The fifth working day after 22 September is Wednesday 30.
DECISION_ENDS = datetime(2026, 9, 30, 16, 0, tzinfo=UTC)
# The working day after 30 September is 8 October: the National Day holiday ends on the 7th.
RESULT_ENDS = datetime(2026, 10, 8, 16, 0, tzinfo=UTC)


@pytest.fixture
def made(database, tmp_path):
    """A construction lot in evaluation."""
    return Awarding(Vault(tmp_path / "files"))


@pytest.fixture
def bought(database, tmp_path):
    """A government procurement in evaluation."""
    return Awarding(Vault(tmp_path / "files"), regime=Regime.GOVPROC)


def fact(lot, kind):
    with snapshot() as db:
        query = sa.select(Fact).where(Fact.stream == f"lot:{lot}", Fact.kind == kind)
        return json.loads(db.scalars(query).one().body)["data"]


def told(lot, kind):
    """audience → what it was told."""
    with snapshot() as db:
        query = sa.select(Message).where(Message.topic == f"lot:{lot}", Message.kind == kind)
        return {each.audience: json.loads(each.data) for each in db.scalars(query)}


def alarms(lot):
    with snapshot() as db:
        pending = due.pending(db, f"lot:{lot}")
        return [work.due_at for work in pending if work.kind == SILENCE]


def stop(made, at):
    with transaction(lock=[f"lot:{made.lot}"]) as (db, _):
        suspend_lot(db, made.lot, actor="regulator", data={}, now=at)


def go_on(made, at):
    with transaction(lock=[f"lot:{made.lot}"]) as (db, _):
        resume_lot(db, made.lot, actor="regulator", data={}, now=at)


def test_a_received_report_is_kept_with_every_figure(made):
    made.receive()

    first, *_, last = made.receipts
    recorded = fact(made.lot, "lot.report_received")
    assert (made.found().state, made.report().step_due) == (LotState.REPORTED, PUBLICITY_ENDS)
    assert (recorded["report"], recorded["archive_sha256"]) == ("ER0000000001", ARCHIVE)
    assert recorded["ranking"][0] == {
        "receipt": first,
        "bidder": CODES[10],
        "name": made.owners[first],
        "price": "31415926.53",
        "rank": 1,
        "tied": False,
        "technical": "50.00",
        "price_score": "40.00",
        "total": "90.00",
        "candidate": True,
    }
    assert [(each["receipt"], each["why"]) for each in recorded["rejected"]] == [(last, "没有资质")]
    assert alarms(made.lot) == []


def test_a_ranking_of_the_committee_becomes_a_report(database, tmp_path):
    evaluation = Evaluation(Vault(tmp_path)).confirmed().drawn().accept_all().convene().scoring()
    made = evaluation.scored(marks={0: "4.00", 1: "5.00"}, fail=(3,)).rank()
    bids = {each["bid"]: each for each in made["bids"]}
    lines = made["result"]["ranking"]
    result = ReportResult(
        made["meeting"],
        ARCHIVE,
        tuple(
            RankedBid(
                bids[line["bid"]]["receipt"],
                bids[line["bid"]]["price_fen"],
                *(Decimal(line[figure]) for figure in ("technical", "price_score", "total")),
                line["rank"],
                line["tied"],
            )
            for line in lines
        ),
        tuple(
            RejectedBid(bids[each["bid"]]["receipt"], each["why"])
            for each in made["result"]["rejected"]
        ),
    )
    with transaction(lock=[f"lot:{evaluation.lot}"]) as (db, now):
        receive_report(db, evaluation.lot, result, actor="platform", now=now)

    recorded = fact(evaluation.lot, "lot.report_received")
    assert evaluation.lot_state() is LotState.REPORTED
    assert [each["total"] for each in recorded["ranking"]] == [line["total"] for line in lines]
    assert [each["why"] for each in recorded["rejected"]] == [each.why for each in result.rejected]
    assert (len(recorded["ranking"]), len(recorded["rejected"])) == (3, 1)


def test_the_public_is_told_that_a_report_came_but_not_what_it_says(made):
    made.receive()

    by_audience = told(made.lot, "lot.report_received")
    assert set(by_audience) == {"public", "party", "regulator"}
    assert by_audience["public"] == {
        "lot": made.lot,
        "state": "reported",
        "report": "ER0000000001",
        "archive_sha256": ARCHIVE,
    }
    assert len(by_audience["party"]["ranking"]) == len(by_audience["regulator"]["ranking"]) == 3


def test_a_faulty_report_leaves_no_trace(made):
    with refused(made.lot, "report.not_the_opened_bids"):
        made.receive(made.result(rejected=0))


def test_a_second_report_is_refused(made):
    made.receive()
    with refused(made.lot, "lot.transition_refused", TransitionRefused):
        made.receive()


@pytest.mark.parametrize("username", ["agent", "officer"])
def test_agency_or_procuring_entity_publishes_the_candidates(made, username):
    made.receive().publish(username=username)

    report = made.report()
    assert made.found().state is LotState.CANDIDATES_PUBLISHED
    assert (report.publicity_from, report.publicity_until) == (RECEIVED, PUBLICITY_ENDS)
    assert report.is_late is False
    table = [
        {
            "rank": rank,
            "tied": False,
            "bidder": CODES[9 + rank],
            "name": made.owners[receipt],
            "price": price,
        }
        for rank, receipt, price in zip(
            (1, 2, 3), made.receipts, ("31415926.53", "31415927.53", "31415928.53"), strict=False
        )
    ]
    news = told(made.lot, "lot.candidates_published")
    assert fact(made.lot, "lot.candidates_published")["candidates"] == table
    assert [news[each]["candidates"] for each in ("public", "party", "regulator")] == [table] * 3


def test_candidates_published_too_late_are_published_and_told_as_late(made):
    made.receive().publish(at=PUBLICITY_ENDS)

    assert made.report().is_late is True
    assert fact(made.lot, "lot.candidates_published")["late"] is True
    assert told(made.lot, "lot.candidates_published")["public"]["late"] is True


def test_a_stranger_publishes_nothing(made):
    make_organisation(CODES[45], "外地代理有限公司", OrganisationKind.AGENCY)
    make_person("stranger", CODES[45], Role.AGENT)
    made.receive()
    with refused(made.lot, "tender.not_found", NotFound):
        made.publish(username="stranger")


def test_candidates_are_published_once_and_only_after_the_report(made):
    with refused(made.lot, "lot.transition_refused", TransitionRefused):
        made.publish()
    made.receive().publish()
    with refused(made.lot, "lot.transition_refused", TransitionRefused):
        made.publish()


def test_procurement_publishes_no_candidates(bought):
    bought.receive()
    with refused(bought.lot, "candidates.not_published_here"):
        bought.publish()


def test_an_award_waits_for_the_end_of_the_publicity(made):
    made.receive()
    with refused(made.lot, "award.candidates_not_published", NotYet):
        made.decide(at=PUBLICITY_ENDS)
    made.publish()
    with refused(made.lot, "award.publicity_not_over", NotYet):
        made.decide(at=PUBLICITY_ENDS - INSTANT)
    made.decide(at=PUBLICITY_ENDS)

    award = made.award()
    assert made.found().state is LotState.AWARDED
    assert (award.bid.receipt, award.decided_at) == (made.receipts[0], PUBLICITY_ENDS)
    assert (award.passing_over, award.result_until) == (None, None)
    assert award.notice["price_in_capitals"].startswith("叁仟壹佰肆拾壹万伍仟玖佰贰拾陆元")


def test_only_the_procuring_entity_decides(made):
    made.receive().publish()
    with refused(made.lot, "award.procuring_entity_only", NotAllowed):
        made.decide(at=PUBLICITY_ENDS, username="agent")


def test_the_next_wins_only_for_a_reason_and_only_the_party_learns_the_ground(made):
    made.receive().publish()
    with refused(made.lot, "award.not_the_first"):
        made.decide(1, at=PUBLICITY_ENDS, ground="更好")
    with refused(made.lot, "award.not_a_candidate"):
        made.decide(3, at=PUBLICITY_ENDS)
    made.decide(1, at=PUBLICITY_ENDS, reason=PassingOver.GAVE_UP, ground="书面放弃，见来函")

    news = told(made.lot, "lot.awarded")
    assert made.award().passing_over is PassingOver.GAVE_UP
    assert fact(made.lot, "award.reasoned") == {
        "passed_over": [made.receipts[0]],
        "ground": "书面放弃，见来函",
    }
    assert "ground" not in news["public"]
    assert "书面放弃" not in json.dumps(fact(made.lot, "lot.awarded"), ensure_ascii=False)
    assert news["public"]["passing_over"] == "gave_up"
    assert news["regulator"]["ground"] == news["party"]["ground"] == "书面放弃，见来函"


def test_winner_and_losers_are_told_at_the_same_instant(made):
    made.receive().publish()
    made.decide(at=PUBLICITY_ENDS)

    with snapshot() as db:
        query = sa.select(Fact).where(Fact.kind.in_(["bid.awarded", "bid.not_awarded"]))
        facts = {each.subject.partition(":")[2]: each for each in db.scalars(query)}
    bodies = {receipt: json.loads(each.body)["data"] for receipt, each in facts.items()}
    first, second, _, rejected = made.receipts
    assert set(facts) == set(made.receipts)
    assert {each.at for each in facts.values()} == {PUBLICITY_ENDS}
    assert facts[first].kind == "bid.awarded"
    assert bodies[first]["notice"] == made.award().notice
    assert (bodies[second]["rank"], bodies[second]["total"]) == (2, "90.00")
    assert (bodies[rejected]["rank"], bodies[rejected]["rejected"]) == (None, "没有资质")
    assert "notice" not in bodies[second]


def test_equals_are_decided_by_the_procuring_entity_with_a_ground(made):
    made.receive(made.result((1, 1, 3))).publish()
    with refused(made.lot, "award.equals_need_a_ground"):
        made.decide(1, at=PUBLICITY_ENDS)
    made.decide(1, at=PUBLICITY_ENDS, ground="按招标文件第五章抽签")

    assert (made.award().bid.receipt, made.award().passing_over) == (made.receipts[1], None)


def test_procurement_is_decided_without_publicity_until_silence_has_decided(bought):
    bought.receive()
    with refused(bought.lot, "award.decided_by_silence", TooLate):
        bought.decide(at=DECISION_ENDS)
    bought.decide(at=DECISION_ENDS - INSTANT)

    assert bought.award().result_until == RESULT_ENDS
    assert bought.silence(at=DECISION_ENDS) is False


def test_silence_for_five_working_days_awards_to_the_first(bought):
    bought.receive()

    assert alarms(bought.lot) == [DECISION_ENDS]
    assert bought.silence(at=DECISION_ENDS - INSTANT) is False
    assert bought.found().state is LotState.REPORTED
    assert bought.silence(at=DECISION_ENDS) is True

    award = bought.award()
    assert (award.bid.receipt, award.decided_by) == (bought.receipts[0], None)
    assert fact(bought.lot, "lot.awarded")["by_silence"] is True
    assert bought.silence(at=DECISION_ENDS) is False


def test_silence_says_nothing_among_equals_but_what_is_needed(bought):
    bought.receive(bought.result((1, 1, 3)))

    assert bought.silence(at=DECISION_ENDS) is False

    news = told(bought.lot, "award.choice_awaited")
    equals = sorted(bought.receipts[:2])
    assert (bought.found().state, set(news)) == (LotState.REPORTED, {"party", "regulator"})
    assert fact(bought.lot, "award.choice_awaited")["equals"] == equals
    assert news["party"]["needed"] == "award.equals_need_a_ground"
    bought.decide(at=DECISION_ENDS + HOUR, ground="随机抽取")
    assert bought.award().ground == "随机抽取"


def test_silence_never_awards_a_construction_lot(made):
    made.receive()

    assert made.silence(at=DECISION_ENDS) is False
    assert made.found().state is LotState.REPORTED


def test_a_suspension_puts_off_the_publicity_and_nothing_is_awarded_meanwhile(made):
    made.receive().publish()
    stop(made, RECEIVED + HOUR)
    with refused(made.lot, "lot.transition_refused", TransitionRefused):
        made.decide(at=PUBLICITY_ENDS)
    go_on(made, RECEIVED + 2 * HOUR)

    assert made.report().publicity_until == datetime(2026, 9, 29, 16, tzinfo=UTC)
    assert made.report().is_late is False
    with refused(made.lot, "award.publicity_not_over", NotYet):
        made.decide(at=PUBLICITY_ENDS)


def test_a_suspension_puts_off_the_silence_and_the_early_alarm_comes_again(bought):
    bought.receive()
    stop(bought, RECEIVED + HOUR)
    assert bought.silence(at=DECISION_ENDS) is False
    go_on(bought, RECEIVED + 2 * HOUR)

    put_off = RESULT_ENDS
    assert bought.report().step_due == put_off
    assert alarms(bought.lot) == [DECISION_ENDS + HOUR]
    assert bought.silence(at=DECISION_ENDS + HOUR) is False
    assert alarms(bought.lot)[-1] == put_off
    assert bought.silence(at=put_off) is True


def test_an_awarded_lot_is_archived_by_its_agency(made):
    made.receive().publish()
    with refused(made.lot, "lot.transition_refused", TransitionRefused):
        made.archive(at=PUBLICITY_ENDS)
    made.decide(at=PUBLICITY_ENDS)
    with refused(made.lot, "tender.agency_only", NotAllowed):
        made.archive(at=PUBLICITY_ENDS, username="officer")
    made.archive(at=PUBLICITY_ENDS)

    found = made.found()
    assert (found.state, found.ended_as, found.stage) == (
        LotState.ARCHIVED,
        "awarded",
        LotState.AWARDED,
    )
    assert fact(made.lot, "lot.archived")["papers"] == sorted(set(Paper) - {Paper.TERMINATION})


def test_a_procurement_is_archived_when_its_result_has_been_shown(bought):
    bought.receive().decide(at=datetime(2026, 9, 30, 2, tzinfo=UTC))
    with refused(bought.lot, "archive.result_still_shown", NotYet):
        bought.archive(at=RESULT_ENDS - INSTANT)
    bought.archive(at=RESULT_ENDS)

    assert bought.found().state is LotState.ARCHIVED


def test_the_file_of_an_archived_lot_is_complete(made):
    made.receive().publish()
    made.decide(at=PUBLICITY_ENDS)
    with transaction(lock=[f"lot:{made.lot}"]) as (db, _):
        db.execute(sa.update(Lot).values(sealed_count=None, sealed_root=None))
    with refused(made.lot, "archive.missing"):
        made.archive(at=PUBLICITY_ENDS)
