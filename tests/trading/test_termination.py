import json

import pytest
import sqlalchemy as sa

from evidence import queries as evidence
from evidence.models.streams import Fact, PendingFact
from identity.states import OrganisationKind, Role
from kernel.errors import NotFound, TransitionRefused
from outbox.models.messages import Message
from storage import due
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.awarding import RECEIVED, Awarding, refused
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.trading import Bidder, make_cast, make_open_lot, make_tender
from tests.trading.test_suspension import START
from trading import queries
from trading.actions import awarding
from trading.actions.suspension import suspend_lot
from trading.actions.tendering import move_lot
from trading.actions.termination import terminate_lot
from trading.rules import termination as rules
from trading.states import LOT, LotEvent, LotState, Regime

GROUND = "资金来源取消，项目不再实施"


@pytest.fixture
def lot(database):
    make_cast(3)
    make_person("officer", CODES[1], Role.PROCURING_OFFICER)
    return make_open_lot(start=START)


def terminate(lot, username="agent", *, ground=GROUND):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        terminate_lot(db, viewer(username), lot, ground=ground, now=now)


def suspend(lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        suspend_lot(db, lot, actor="regulator", data={}, now=now)


def found(lot):
    with snapshot() as db:
        return queries.lot_by_code(db, lot)


def waiting_for_the_tree(db, commitment):
    return db.scalar(sa.select(PendingFact).where(PendingFact.commitment == commitment))


@pytest.mark.parametrize("ground", ["", " \n"])
@pytest.mark.parametrize("regime", list(Regime))
def test_a_termination_needs_a_ground(regime, ground):
    (problem,) = rules.ground_problems(regime, ground)

    assert problem.code == "termination.ground_missing"
    assert rules.ground_problems(regime, GROUND) == []


@pytest.mark.parametrize("username", ["agent", "officer"])
def test_who_runs_a_tender_terminates_its_lot_and_everybody_is_told_why(lot, username):
    terminate(lot, username)

    with snapshot() as db:
        kept = queries.termination_of(db, queries.lot_by_code(db, lot).id)
        fact = db.scalars(sa.select(Fact).where(Fact.kind == "lot.terminated")).one()
        query = sa.select(Message).where(Message.kind == "lot.terminated")
        told = {each.audience: json.loads(each.data) for each in db.scalars(query)}
    assert found(lot).state is LotState.TERMINATED
    assert (kept.ground, kept.terminated_by) == (GROUND, viewer(username).code)
    assert json.loads(fact.body)["data"] == {
        "from": "announced",
        "to": "terminated",
        "ground": GROUND,
    }
    news = {"lot": lot, "state": "terminated", "ground": GROUND}
    assert told == {"public": news, "party": news, "regulator": news}


@pytest.mark.parametrize("is_suspended", [False, True], ids=["running", "suspended"])
def test_held_facts_join_the_tree_when_a_lot_is_terminated(lot, tmp_path, is_suspended):
    vault = Vault(tmp_path)
    _, first = Bidder("bidder1").enrol().submit(lot, vault)
    _, second = Bidder("bidder2").enrol().submit(lot, vault)
    if is_suspended:
        suspend(lot)
    with snapshot() as db:
        assert evidence.held_count(db, f"lot:{lot}") == 2
        assert waiting_for_the_tree(db, first.commitment) is None
    terminate(lot)

    with snapshot() as db:
        assert evidence.held_count(db, f"lot:{lot}") == 0
        for commitment in (first.commitment, second.commitment):
            place = waiting_for_the_tree(db, commitment).place
            assert place == f"~{commitment.hex()}"
    after = found(lot)
    assert (after.state, after.resume_to, after.suspended_at) == (LotState.TERMINATED, None, None)
    assert (after.sealed_count, after.sealed_root) == (None, None)


def test_a_terminated_lot_has_nothing_due_and_its_deadline_does_nothing(lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, _):
        row = due.pending(db, f"lot:{lot}")[0].id
    terminate(lot)

    with transaction(lock=[f"lot:{lot}"]) as (db, _):
        assert due.pending(db, f"lot:{lot}") == []
        assert due.may_begin(db, row) is False
        due.give_back(db, row, "it was too late")


def test_a_termination_without_a_ground_leaves_no_trace(lot):
    with refused(lot, "termination.ground_missing"):
        terminate(lot, ground=" ")


def test_another_agency_terminates_nothing(lot):
    make_organisation(CODES[45], "外地代理有限公司", OrganisationKind.AGENCY)
    make_person("stranger", CODES[45], Role.AGENT)
    with refused(lot, "tender.not_found", NotFound):
        terminate(lot, "stranger")


def test_nothing_is_terminated_twice(lot):
    terminate(lot)
    with refused(lot, "lot.transition_refused", TransitionRefused):
        terminate(lot)


def test_a_lot_that_was_never_announced_ends_without_the_public(database):
    make_cast(0)
    lot = f"{make_tender()}-01"
    terminate(lot)

    with snapshot() as db:
        query = sa.select(Message.audience).where(Message.kind == "lot.terminated")
        assert set(db.scalars(query)) == {"party", "regulator"}
        assert queries.public_tenders(db, 10) == []
    assert found(lot).stage is LotState.REGISTERED


@pytest.mark.parametrize("state", list(LotState))
def test_a_lot_is_terminated_from_every_state_of_the_table_and_from_no_other(lot, state):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        row = queries.lot_by_code(db, lot)
        row.state = state
        row.ended_as = "failed" if state is LotState.ARCHIVED else None
        if state is LotState.SUSPENDED:
            row.resume_to, row.suspended_at = "announced", now
    if LOT.allows(state, LotEvent.TERMINATED):
        terminate(lot)
        assert found(lot).state is LotState.TERMINATED
    else:
        with refused(lot, "lot.transition_refused", TransitionRefused):
            terminate(lot)


def test_terminated_and_failed_lots_are_archived_too(lot):
    other = make_open_lot(start=START)
    terminate(lot)
    with transaction(lock=[f"lot:{other}"]) as (db, now):
        failed = queries.lot_by_code(db, other)
        failed.sealed_count, failed.sealed_root = 0, b"0" * 32
        move_lot(db, failed, LotEvent.FAILED, actor="platform", data={}, now=now)
    for code in (lot, other):
        with transaction(lock=[f"lot:{code}"]) as (db, now):
            awarding.archive_lot(db, viewer("agent"), code, now=now)

    assert [found(code).ended_as for code in (lot, other)] == ["terminated", "failed"]
    assert [found(code).state for code in (lot, other)] == [LotState.ARCHIVED] * 2


def test_a_procurement_terminated_after_the_report_is_not_awarded_by_silence(database, tmp_path):
    bought = Awarding(Vault(tmp_path), regime=Regime.GOVPROC).receive()
    due_at = bought.report().step_due
    bought.do(terminate_lot, "officer", at=RECEIVED, ground=GROUND)

    assert bought.silence(at=due_at) is False
    assert (bought.found().state, bought.award()) == (LotState.TERMINATED, None)
