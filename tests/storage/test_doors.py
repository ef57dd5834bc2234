import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from evidence.actions.streams import record
from evidence.models.streams import Fact
from kernel.errors import Busy
from outbox.models.messages import Message
from storage import append_only, due, subjects
from storage.base import real_now
from storage.subjects import Clock, Counter, Subject


def contend(url, what, *, processes, threads, rounds):
    command = [sys.executable, "-m", "tests.storage.contender", url, str(threads), str(rounds)]
    running = [
        subprocess.Popen([*command, what], stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    return sum(int(process.communicate(timeout=240)[0]) for process in running)


@pytest.mark.attack("races")
def test_sixteen_threads_in_two_processes_lose_no_update(database, database_url):
    with database.transaction() as (db, _):
        db.add(Clock(name="shared", shift=0))

    done = contend(database_url, "add", processes=2, threads=16, rounds=10)

    with database.snapshot() as db:
        assert (done, db.get_one(Clock, "shared").shift) == (320, 320)


@pytest.mark.attack("races")
def test_writers_with_random_locks_and_channels_never_deadlock(database, database_url):
    done = contend(database_url, "mixed", processes=2, threads=6, rounds=15)

    with database.snapshot() as db:
        facts = db.execute(
            sa.select(Fact.stream, sa.func.count(), sa.func.max(Fact.seq)).group_by(Fact.stream)
        ).all()
        messages = db.execute(
            sa.select(sa.func.count(), sa.func.max(Message.seq)).group_by(
                Message.topic, Message.audience
            )
        ).all()
        if not database.is_sqlite:
            assert (
                db.scalar(
                    sa.text(
                        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
                    )
                )
                == 0
            )
    assert done == 180
    assert sum(count for _, count, _ in facts) == 180 * 3
    assert all(count == last for _, count, last in facts)
    assert sum(count for count, _ in messages) == 180 * 6
    assert all(count == last for count, last in messages)


def test_a_failed_transaction_leaves_nothing(database):
    with (
        pytest.raises(RuntimeError, match="in the middle"),
        database.transaction(lock=["lot:L"]) as (db, now),
    ):
        record(db, stream="s", kind="a.b", actor="x", subject="x", data={}, now=now)
        db.add(Clock(name="c", shift=1))
        db.flush()
        raise RuntimeError("in the middle")

    with database.snapshot() as db:
        for table in (Fact, Clock, Subject, Counter):
            assert db.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_a_snapshot_cannot_write(database):
    with pytest.raises(sa.exc.DBAPIError), database.snapshot() as db:
        db.add(Clock(name="c", shift=1))
        db.flush()


def test_now_never_goes_back_for_a_subject(database):
    with database.transaction(lock=["lot:L"]) as (db, first):
        db.get_one(Subject, "lot:L").last_at = future = first + timedelta(hours=1)

    with database.transaction(lock=["lot:L"]) as (db, second):
        assert second == future


def test_a_rehearsal_runs_by_its_own_clock_and_organisations_by_real_time(database):
    start = datetime(2026, 9, 1, tzinfo=UTC)
    names = ["tender:T", "organisation:O"]
    with database.transaction(lock=names, new_clock=("tender:T", start)) as (db, now):
        assert start <= now < start + timedelta(minutes=1)
        assert db.get_one(Subject, "organisation:O").last_at == real_now(db)

    with database.transaction(lock=["tender:T"]) as (db, _):
        subjects.move_clock(db, "tender:T", timedelta(days=2))
    with database.transaction(lock=["tender:T"]) as (db, later):
        assert start + timedelta(days=2) <= later < start + timedelta(days=2, minutes=1)


def test_the_real_clock_cannot_be_moved_nor_any_clock_back(database):
    with database.transaction() as (db, _):
        for clock, by in ((subjects.REAL_CLOCK, timedelta(1)), ("tender:T", timedelta(-1))):
            with pytest.raises(ValueError, match="only a rehearsal clock"):
                subjects.move_clock(db, clock, by)


@pytest.mark.attack("outages")
def test_sqlite_says_busy_when_the_lock_is_not_to_be_had(sqlite_database, monkeypatch):
    monkeypatch.setattr("storage.database.BUSY_SECONDS", 0.05)

    with sqlite_database.transaction(), pytest.raises(Busy) as refused:
        with sqlite_database.transaction():
            pass

    assert refused.value.code == "storage.busy"


@pytest.mark.attack("log")
def test_append_only_tables_refuse_change_on_both_engines(database):
    with database.transaction(lock=["lot:L"]) as (db, now):
        record(db, stream="s", kind="a.b", actor="x", subject="x", data={}, now=now)
        db.add(Message(topic="t", audience="a", seq=1, at=now, kind="a.b", data="{}"))

    for statement in (
        "UPDATE fact SET kind = 'x.y'",
        "DELETE FROM fact",
        "DELETE FROM outbox_message",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="append only"):
            with database.transaction() as (db, _):
                db.execute(sa.text(statement))

    with database.transaction() as (db, _):
        assert append_only.protected_tables(db.connection()) == set(append_only.APPEND_ONLY)


def test_due_work_is_claimed_at_its_legal_moment_by_its_own_clock(database):
    start = datetime(2026, 9, 1, tzinfo=UTC)
    with database.transaction(lock=["tender:T"], new_clock=("tender:T", start)) as (db, now):
        due.schedule(db, "lot.close", "tender:T", now + timedelta(days=1))
        due.schedule(db, "lot.close", "tender:T", now + timedelta(days=1))

    with database.transaction() as (db, _):
        assert due.claim_due(db) == []
    with database.transaction(lock=["tender:T"]) as (db, _):
        subjects.move_clock(db, "tender:T", timedelta(days=1))
    with database.transaction() as (db, _):
        claims = due.claim_due(db)
    with database.transaction() as (db, _):
        assert due.claim_due(db) == []
        due.finish(db, claims[0].id)

    assert [(claim.kind, claim.subject) for claim in claims] == [("lot.close", "tender:T")]
    with database.snapshot() as db:
        assert due.pending(db) == []


@pytest.mark.attack("outages")
def test_work_of_a_dead_worker_is_claimed_again(database):
    with database.transaction(lock=["tender:T"]) as (db, now):
        due.schedule(db, "lot.close", "tender:T", now)
    with database.transaction() as (db, _):
        assert len(due.claim_due(db)) == 1
        db.execute(sa.update(due.DueWork).values(claimed_until=real_now(db)))

    with database.transaction() as (db, _):
        assert len(due.claim_due(db)) == 1
        assert db.scalar(sa.select(due.DueWork.tries)) == 2


def test_dropped_work_is_neither_begun_nor_claimed_again_and_other_work_stays(database):
    with database.transaction(lock=["tender:S", "tender:T"]) as (db, now):
        due.schedule(db, "lot.close", "tender:T", now)
        due.schedule(db, "lot.open", "tender:T", now + timedelta(days=1))
        due.schedule(db, "lot.close", "tender:S", now)
        due.schedule(db, "lot.open", "tender:T", now - timedelta(days=1))
    with database.transaction() as (db, _):
        claims = {
            claim.kind: claim.id for claim in due.claim_due(db) if claim.subject == "tender:T"
        }
        due.finish(db, claims["lot.open"])
    with database.transaction(lock=["tender:T"]) as (db, now):
        due.hold(db, "tender:T", now)
        due.drop(db, "tender:T")

    with database.transaction() as (db, _):
        assert due.may_begin(db, claims["lot.close"]) is False
        due.give_back(db, claims["lot.close"], "tried too late")
        assert [work.subject for work in due.pending(db)] == ["tender:S"]
        assert db.get(due.DueWork, claims["lot.open"]).done_at is not None


def test_work_that_falls_due_while_its_subject_is_held_waits_for_the_release(database):
    with database.transaction(lock=["tender:T"]) as (db, stopped):
        due.hold(db, "tender:T", stopped)
    with database.transaction(lock=["tender:T"]) as (db, added):
        due.schedule(db, "at.once", "tender:T", added)
        due.schedule(db, "in.an.hour", "tender:T", added + timedelta(hours=1))
    with database.transaction() as (db, _):
        assert due.claim_due(db) == []

    with database.transaction(lock=["tender:T"]) as (db, released):
        due.let_go(db, "tender:T", released)
        due.schedule(db, "after.it", "tender:T", released)

    with database.snapshot() as db:
        waiting = {work.kind: work.due_at - released for work in due.pending(db)}
        assert waiting["at.once"] <= timedelta(0)
        assert waiting["in.an.hour"] == timedelta(hours=1)
    with database.transaction() as (db, _):
        assert {claim.kind for claim in due.claim_due(db)} == {"at.once", "after.it"}


def test_work_that_slipped_past_a_hold_is_not_begun(database):
    with database.transaction(lock=["tender:T"]) as (db, now):
        due.schedule(db, "lot.close", "tender:T", now)
        due.hold(db, "tender:T", now)
        db.execute(sa.update(due.DueWork).values(held_from=None))
    with database.transaction() as (db, _):
        claim = due.claim_due(db)[0]

    with database.transaction(lock=["tender:T"]) as (db, now):
        assert due.may_begin(db, claim.id) is False
        due.let_go(db, "tender:T", now)
        assert due.may_begin(db, claim.id) is True


@pytest.mark.attack("outages")
def test_a_fault_of_the_database_does_not_tell_what_was_to_be_stored(database):
    with database.transaction(lock=["tender:T"]):
        pass

    with pytest.raises(sa.exc.IntegrityError) as fault, database.transaction() as (db, _):
        row = {"name": "tender:T", "rank": 30, "clock": "CANARY", "is_held": False}
        db.execute(sa.insert(subjects.Subject), [row])

    assert "CANARY" not in str(fault.value)
