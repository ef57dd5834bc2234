"""Questions and objections: in time, answered once, what waits for them waits, nobody is named."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from identity.states import OrganisationKind, Role
from kernel.errors import NotAllowed, NotYet, Refusal
from outbox.models.messages import Message
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.awarding import RECEIVED, Awarding, refused
from tests.factories.hall import Hall
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.pages import Reader
from tests.factories.trading import make_cast, make_open_lot, move_to
from trading import queries
from trading.actions import objections as actions
from trading.actions import opening
from trading.models.objections import Objection
from trading.rules.limits import limits_for
from trading.rules.objections import ObjectionTimes, answer_due, enquiry_problems, open_objections
from trading.states import LotState, ObjectionKind, Regime

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
WORKS = limits_for(Regime.CONSTRUCTION, START.date())
BOUGHT = limits_for(Regime.GOVPROC, START.date())


@pytest.fixture
def lot(database):
    make_cast()
    make_person("officer", CODES[1], Role.PROCURING_OFFICER)
    return make_open_lot(start=START)


def do(lot, action, username, *args, **kwargs):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        return action(db, viewer(username), *args, now=now, **kwargs).code


def objections():
    with snapshot() as db:
        return db.scalars(sa.select(Objection)).all()


def kinds(times, limits, now):
    return set(open_objections(times, limits, now))


def test_documents_are_objected_to_until_ten_days_before_the_deadline():
    times = ObjectionTimes(LotState.ANNOUNCED, deadline=START + timedelta(days=10))
    assert kinds(times, WORKS, START - INSTANT) == {ObjectionKind.DOCUMENTS}
    assert kinds(times, WORKS, START) == set()


def test_in_procurement_documents_are_objected_to_for_seven_working_days():
    # Published on Tuesday the 1st: seven working days end with Thursday the 10th.
    times = ObjectionTimes(LotState.ANNOUNCED, START + timedelta(days=25), published_at=START)
    end = datetime(2026, 9, 10, 16, 0, tzinfo=UTC)
    assert kinds(times, BOUGHT, end - INSTANT) == {ObjectionKind.DOCUMENTS}
    assert kinds(times, BOUGHT, end) == set()


def test_an_opening_is_objected_to_only_while_its_record_is_not_confirmed():
    assert kinds(ObjectionTimes(LotState.OPENED), WORKS, START) == {ObjectionKind.OPENING}
    assert kinds(ObjectionTimes(LotState.CONFIRMED), WORKS, START) == set()


def test_a_result_is_objected_to_during_its_publicity():
    times = ObjectionTimes(LotState.CANDIDATES_PUBLISHED, publicity_until=START)
    assert kinds(times, WORKS, START - INSTANT) == {ObjectionKind.RESULT}
    assert kinds(times, WORKS, START) == set()


def test_in_procurement_a_result_is_objected_to_for_seven_working_days_after_the_notice():
    times = ObjectionTimes(LotState.AWARDED, noticed_at=START)
    end = datetime(2026, 9, 10, 16, 0, tzinfo=UTC)
    assert kinds(times, BOUGHT, end - INSTANT) == {ObjectionKind.RESULT}
    assert kinds(times, BOUGHT, end) == set()
    assert kinds(times, WORKS, START) == set()


def test_an_answer_is_due_in_three_days_but_at_an_opening_on_the_spot():
    due = answer_due(ObjectionKind.RESULT, START, WORKS)
    assert due == datetime(2026, 9, 4, 16, 0, tzinfo=UTC)
    assert answer_due(ObjectionKind.OPENING, START, WORKS) is None


@pytest.mark.parametrize(
    ("state", "left", "refusals"),
    [
        (LotState.ANNOUNCED, INSTANT, 0),
        (LotState.ANNOUNCED, timedelta(0), 1),
        (LotState.SUSPENDED, INSTANT, 1),
    ],
)
def test_questions_are_taken_while_bids_are(state, left, refusals):
    assert len(enquiry_problems(state, START + left, START)) == refusals


def test_a_question_is_public_with_its_answer_and_nobody_learns_who_asked(app, lot):
    tender = lot.rpartition("-")[0]
    bidder, agent = Reader(app.test_client(), "bidder1"), Reader(app.test_client(), "agent")
    bidder.sent(f"/bids/lots/{lot}/enquiries", text="监测费用是否计入措施项目？")
    pages = {who: Reader(app.test_client(), who) for who in (None, "bidder2", "officer")}
    assert "监测费用" not in pages[None].get(f"/tenders/{tender}")
    assert "监测费用" not in pages["bidder2"].get(f"/bids/lots/{lot}/questions")
    asked = agent.get(f"/run/tenders/{tender}/questions")
    code = asked.partition('id="EQ')[2][:10]
    agent.sent(f"/run/enquiries/EQ{code}/answer", answer="计入。")

    shown = [pages[None].get(f"/tenders/{tender}"), agent.get(f"/run/tenders/{tender}/questions")]
    shown.append(pages["officer"].get(f"/run/tenders/{tender}/questions"))
    name = viewer("bidder1").organisation_name
    assert all("监测费用" in page and "计入。" in page for page in shown)
    assert not any(name in page for page in [*shown, asked])
    assert "计入。" in bidder.get(f"/bids/lots/{lot}/questions")


def test_an_answer_is_given_once_and_by_the_agency_only(lot):
    code = do(lot, actions.ask, "bidder1", lot, text="问题")
    with transaction(lock=[f"tender:{lot.rpartition('-')[0]}"]) as (db, now):
        with pytest.raises(NotAllowed):
            actions.answer_enquiry(db, viewer("officer"), code, answer="答复", now=now)
        actions.answer_enquiry(db, viewer("agent"), code, answer="答复", now=now)
        with pytest.raises(Refusal) as twice:
            actions.answer_enquiry(db, viewer("agent"), code, answer="另一个", now=now)
    assert twice.value.code == "objection.answered"


def test_an_objection_out_of_time_is_refused_with_its_article(lot):
    with pytest.raises(Refusal) as refusal:
        do(lot, actions.raise_objection, "bidder1", lot, kind=ObjectionKind.RESULT, text="x")
    assert refusal.value.code == "objection.not_open"
    assert "第54条" in refusal.value.problems[0].source
    assert objections() == []


def test_who_objects_before_the_opening_is_told_to_nobody(app, lot):
    do(lot, actions.raise_objection, "bidder1", lot, kind=ObjectionKind.DOCUMENTS, text="条款不明")
    page = Reader(app.test_client(), "agent").get(
        f"/run/tenders/{lot.rpartition('-')[0]}/questions"
    )
    with snapshot() as db:
        messages = db.scalars(sa.select(Message).where(Message.kind == "objection.raised")).all()

    me = viewer("bidder1")
    assert "条款不明" in page
    assert me.organisation_name not in page
    assert {each.audience for each in messages} == {"party", "regulator"}
    assert not any(me.organisation in each.data or me.code in each.data for each in messages)


def test_the_opening_record_waits_for_the_answer_on_the_spot(database, tmp_path):
    hall = Hall(Vault(tmp_path / "files")).ready().all_bid().close()
    hall.all_release().end_window().publish().open()
    lot, kind = hall.lot, ObjectionKind.OPENING
    code = do(lot, actions.raise_objection, "bidder1", lot, kind=kind, text="唱标有误")
    with pytest.raises(Refusal) as waiting:
        do(lot, opening.confirm_opening, "agent", lot)
    do(lot, actions.answer_objection, "agent", code, answer="已核对，无误。")
    do(lot, opening.confirm_opening, "agent", lot)

    assert waiting.value.code == "objection.unanswered"
    with snapshot() as db:
        assert queries.lot_by_code(db, lot).state is LotState.CONFIRMED


def test_only_who_was_opened_objects_to_the_opening(database, tmp_path):
    hall = Hall(Vault(tmp_path / "files")).ready().all_bid().close()
    hall.all_release().end_window().publish().open()
    make_organisation(CODES[19], "临江旁观有限公司", OrganisationKind.BIDDER)
    make_person("outsider", CODES[19], Role.BIDDER)
    with pytest.raises(Refusal) as refusal:
        do(
            hall.lot,
            actions.raise_objection,
            "outsider",
            hall.lot,
            kind=ObjectionKind.OPENING,
            text="x",
        )
    assert refusal.value.code == "objection.not_a_bidder"


def test_the_award_waits_for_the_answer_to_an_objection(database, tmp_path):
    made = Awarding(Vault(tmp_path / "files")).receive()
    made.publish()
    publicity_ends = datetime(2026, 9, 28, 16, 0, tzinfo=UTC)
    with transaction(lock=[f"lot:{made.lot}"]) as (db, _now):
        code = actions.raise_objection(
            db,
            viewer("bidder1"),
            made.lot,
            kind=ObjectionKind.RESULT,
            text="评分有误",
            now=RECEIVED + INSTANT,
        ).code
    with refused(made.lot, "objection.unanswered", NotYet):
        made.decide(at=publicity_ends)
    with transaction(lock=[f"lot:{made.lot}"]) as (db, _now):
        actions.answer_objection(db, viewer("agent"), code, answer="复核无误", now=publicity_ends)
    made.decide(at=publicity_ends)

    assert made.found().state is LotState.AWARDED


def test_an_agency_sees_on_its_desk_what_it_has_to_answer(app, lot):
    move_to(lot, START + timedelta(hours=1))
    do(lot, actions.ask, "bidder1", lot, text="问题")
    do(lot, actions.raise_objection, "bidder2", lot, kind=ObjectionKind.DOCUMENTS, text="条款")

    desk = Reader(app.test_client(), "agent").get("/desk")
    assert "答复提问" in desk
    assert "对招标文件的异议" in desk
