"""Two of everything at the same instant: bidders and closers, workers, experts, the same request."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from evaluation.models.scoring import ScoreSheet
from evidence import queries as queries_of_log
from evidence.models.streams import Fact, HeldFact, PendingFact
from evidence.models.tree import Entry
from evidence.rules import tree
from evidence.rules.sealing import close_root
from identity.actions import papers
from identity.states import OrganisationKind, Role, TurnState
from kernel.errors import Busy
from storage.database import snapshot, transaction
from storage.due import DueWork
from storage.vault import Vault
from tests.factories.evaluation import Evaluation
from tests.factories.hall import Hall
from tests.factories.identity import make_organisation, make_person, valid_code, viewer
from tests.factories.papers import ask, do_duty, value_of
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from tests.identity.test_papers import begin, turn_of, workshop
from tests.trading.test_races import at_once
from trading import queries
from trading.actions.closing import close_lot
from trading.states import LotState
from webapp.settings import prepare_keys, settings_from
from webapp.worker import Worker

pytestmark = pytest.mark.attack("races")

__all__ = ["workshop"]

CAST = 20
START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "files")


@pytest.fixture
def worker(database_url, tmp_path):
    """Makes workers of this database, as many as are asked for."""
    given = {"ZHAOBIAO_VAR": str(tmp_path / "worker"), "DATABASE_URL": database_url}
    settings = settings_from(given)
    prepare_keys(settings)
    return lambda: Worker(settings)


def patient(act):
    """What a program does that is told to come again in a second."""
    while True:
        try:
            return act()
        except Busy:
            continue


def later(seconds, act):
    time.sleep(seconds)
    return patient(act)


def sweep_until(worker, is_done):
    while not is_done():
        patient(worker.sweep)
    while patient(worker.sweep):
        pass


def check_log():
    """Every fact that is not held stands in the tree once, without a gap, under a right root."""
    with snapshot() as db:
        entries = db.execute(sa.select(Entry.position, Entry.commitment).order_by(Entry.position))
        positions, leaves = zip(*entries.all(), strict=True)
        facts = db.scalars(sa.select(Fact.commitment)).all()
        head = queries_of_log.latest_head(db)
        assert db.scalar(sa.select(sa.func.count()).select_from(PendingFact)) == 0
        assert db.scalar(sa.select(sa.func.count()).select_from(HeldFact)) == 0
    assert list(positions) == list(range(len(leaves)))
    assert sorted(leaves) == sorted(facts)
    assert head.size == len(leaves)
    assert head.root == tree.root_of(leaves)


def lot_of(code):
    with snapshot() as db:
        return queries.lot_by_code(db, code)


def facts(stream, kind):
    with snapshot() as db:
        query = sa.select(sa.func.count()).select_from(Fact)
        return db.scalar(query.where(Fact.stream == stream, Fact.kind == kind))


def a_crowd(number):
    """The usual cast, and as many bidders more as there are to be."""
    make_cast(CAST)
    for n in range(CAST + 1, number + 1):
        code = valid_code(200 + n)
        make_organisation(code, f"临江建设{n}有限公司", OrganisationKind.BIDDER)
        make_person(f"bidder{n}", code, Role.BIDDER)


def prepared_bids(lot, vault, number):
    made = []
    for n in range(1, number + 1):
        bidder = Bidder(f"bidder{n}").enrol()
        seal, sealed = bidder.seal()
        upload, statement = bidder.upload(lot, sealed, vault), bidder.statement(lot, seal, sealed)
        made.append(partial(bidder.hand_in, lot, statement, upload, sealed))
    return made


def check_last_seconds(vault, worker, bidders, seconds):
    """All hand in spread over the last moments and a little after, while two workers close."""
    a_crowd(bidders)
    lot = make_open_lot(start=START)
    acts = prepared_bids(lot, vault, bidders)
    workers, deadline = [worker(), worker()], lot_of(lot).deadline
    chance = random.Random(11)
    waits = [chance.uniform(0, seconds * 1.2) for _ in acts]

    def is_closed():
        return lot_of(lot).state is not LotState.ANNOUNCED

    move_to(lot, deadline - timedelta(seconds=seconds))
    ends = at_once(
        [partial(later, wait, act) for wait, act in zip(waits, acts, strict=True)]
        + [partial(sweep_until, each, is_closed) for each in workers]
    )

    sweep_until(workers[0], is_closed)
    assert ends[bidders:] == ["done", "done"]
    assert set(ends[:bidders]) == {"done", "bid.too_late"}
    row = lot_of(lot)
    with snapshot() as db:
        bids = queries.standing_bids(db, row.id)
        commitments = queries.commitments_of(db, [bid.receipt for bid in bids])
    assert row.sealed_count == len(bids) == ends[:bidders].count("done")
    assert row.sealed_root == close_root(commitments)
    assert all(bid.submitted_at < deadline <= row.closed_at for bid in bids)
    check_log()


def test_whoever_bids_in_the_last_moments_is_in_the_log_and_under_the_root_or_was_refused(
    database, vault, worker, tried
):
    check_last_seconds(vault, worker, 24, 0.6)
    tried(24)


@pytest.mark.slow
def test_a_hundred_bidders_in_the_last_two_seconds(database, vault, worker, tried):
    check_last_seconds(vault, worker, 100, 2)
    tried(100)


def test_three_workers_do_due_work_once_and_leave_no_gap_in_the_log(database, vault, worker, tried):
    make_cast(3)
    lots = [make_open_lot(start=START) for _ in range(4)]
    for lot in lots:
        move_to(lot, lot_of(lot).deadline)
    stop = threading.Barrier(3)

    def work(each):
        stop.wait()
        sweep_until(each, lambda: all(lot_of(lot).state is LotState.FAILED for lot in lots))

    ends = at_once([partial(work, worker()) for _ in range(3)])

    assert ends == ["done"] * 3
    assert [facts(f"lot:{lot}", "lot.failed") for lot in lots] == [1] * 4
    with snapshot() as db:
        undone = sa.select(sa.func.count()).select_from(DueWork).where(DueWork.last_error != "")
        assert db.scalar(undone) == 0
    check_log()
    tried(12)


def test_of_many_closers_one_closes(database, vault):
    hall = Hall(vault, bidders=3).ready().all_bid()
    move_to(hall.lot, lot_of(hall.lot).deadline)
    closed = []

    def close():
        with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
            closed.append(close_lot(db, hall.lot, now=now))

    at_once([close] * 5)

    assert sorted(closed) == [False] * 4 + [True]
    assert facts(f"lot:{hall.lot}", "lot.closed") == 1


def test_the_same_statement_at_the_same_instant_is_one_bid_with_one_receipt(database, vault, tried):
    make_cast(1)
    lot = make_open_lot(start=START)
    (act,) = prepared_bids(lot, vault, 1)
    receipts = []

    ends = at_once([lambda: receipts.append(act()[0].receipt)] * 6)

    assert ends == ["done"] * 6
    assert len(set(receipts)) == 1
    with snapshot() as db:
        assert [b.receipt for b in queries.standing_bids(db, lot_of(lot).id)] == receipts[:1]
        assert db.scalar(sa.select(sa.func.count()).select_from(HeldFact)) == 1
    tried(6)


def test_the_last_sheets_at_once_are_all_committed(database, vault):
    made = Evaluation(vault).confirmed().drawn().accept_all().convene().scoring()
    *early, fourth, fifth = made.keys
    for code in early:
        made.hand_in(code)

    ends = at_once([partial(made.hand_in, code) for code in (fourth, fifth)])

    assert ends == ["done", "done"]
    with snapshot() as db:
        sheets = db.scalars(sa.select(ScoreSheet)).all()
    assert len(sheets) == len(made.keys)
    made.reveal_sheets().lock()
    assert made.rank()


def test_one_sheet_sent_twice_at_once_is_committed_once(database, vault):
    made = Evaluation(vault).confirmed().drawn().accept_all().convene().scoring()
    first = next(iter(made.keys))

    ends = at_once([partial(made.hand_in, first)] * 3)

    assert ends.count("done") == 1
    assert len(set(ends)) == 2
    assert facts(f"meeting:{made.meeting}", "score_sheet.committed") == 1


def test_two_experts_who_ask_to_sign_at_once_sign_one_after_the_other(workshop):
    paper = begin(workshop)
    subject = papers.subject_of(paper)

    ends = at_once([partial(ask, name, paper) for name in ("first", "second")])

    assert ends == ["done", "done"]
    do_duty(papers.PREPARE, subject, workshop)
    states = {name: turn_of(paper, name).state for name in ("first", "second")}
    assert sorted(states.values()) == sorted([TurnState.PREPARED, TurnState.ASKED])


def test_one_signature_given_twice_at_once_counts_once(workshop):
    paper = begin(workshop)
    ask("first", paper)
    do_duty(papers.PREPARE, papers.subject_of(paper), workshop)
    value = value_of("first", paper, workshop)

    def give():
        with transaction(lock=[papers.subject_of(paper)]) as (db, now):
            papers.give_signature(db, viewer("first"), paper, value, now=now)

    ends = at_once([give] * 3)

    assert sorted(ends) == sorted(["done", "paper.signed_already", "paper.signed_already"])
    assert turn_of(paper, "first").state is TurnState.SIGNED
