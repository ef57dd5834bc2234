"""A process that dies at any statement of a legal act leaves all of it or nothing, and the next
start carries on. The child is ended by the operating system before its n-th statement or commit.
"""

import os
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.actions.tree import append_pending
from evidence.models.streams import Fact, HeldFact, PendingFact
from evidence.models.tree import Entry, Head, Node
from outbox.models.messages import Message
from storage import database as doors
from storage.database import snapshot, transaction
from storage.due import DueWork
from storage.subjects import Counter
from storage.vault import Vault
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from tests.trading.test_opening import Hall
from trading import queries
from trading.actions.closing import close_lot
from trading.models.bidding import Bid
from trading.models.opening import OpenedBid, Release
from trading.models.tendering import Lot

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
TABLES = (Fact, HeldFact, PendingFact, Entry, Node, Head, Message, Bid, OpenedBid, Release, DueWork)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
DIED = 9


def everything():
    """How much is in every table, the counters, and the states of all lots."""
    with snapshot() as db:
        counts = [db.scalar(sa.select(sa.func.count()).select_from(table)) for table in TABLES]
        counters = sorted(db.execute(sa.select(Counter.name, Counter.value)).all())
        states = sorted(db.execute(sa.select(Lot.code, Lot.state)).all())
    return counts, [tuple(row) for row in counters], [tuple(row) for row in states]


def dies_before(statement, url, act):
    """Whether a child that is ended before this statement (or commit) got that far."""
    child = os.fork()
    if child == 0:
        left = [statement]

        def count(*_):
            left[0] -= 1
            if left[0] == 0:
                os._exit(DIED)

        doors._current = None
        database = doors.open_database(url)
        for event in ("before_cursor_execute", "commit"):
            sa.event.listen(database.writer, event, count)
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, DIED)
    return code == DIED


def try_every_statement(database, url, act):
    """End a child at every statement in turn; each time nothing may have happened."""
    before, statement = everything(), 1
    database.dispose()
    while dies_before(statement, url, act):
        assert everything() == before, f"half done before statement {statement}"
        database.dispose()
        statement += 1
    assert everything() != before
    return statement


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "files")


def test_a_submission_is_whole_or_absent(database, database_url, vault):
    make_cast(1)
    lot = make_open_lot(start=START)
    bidder = Bidder("bidder1").enrol()
    seal, sealed = bidder.seal()
    upload, statement = bidder.upload(lot, sealed, vault), bidder.statement(lot, seal, sealed)

    tried = try_every_statement(
        database, database_url, lambda: bidder.hand_in(lot, statement, upload, sealed)
    )

    assert tried > 10
    with snapshot() as db:
        assert len(queries.standing_bids(db, queries.lot_by_code(db, lot).id)) == 1


def test_a_close_is_whole_or_absent(database, database_url, vault):
    make_cast(3)
    lot = make_open_lot(start=START)
    for number in range(1, 4):
        Bidder(f"bidder{number}").enrol().submit(lot, vault)
    with snapshot() as db:
        deadline = queries.lot_by_code(db, lot).deadline
    move_to(lot, deadline)

    def close():
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            close_lot(db, lot, now=now)

    assert try_every_statement(database, database_url, close) > 10
    with snapshot() as db:
        assert queries.lot_by_code(db, lot).sealed_count == 3


def test_an_opening_is_whole_or_absent(database, database_url, vault):
    hall = Hall(vault, bidders=3).ready().all_bid().close()
    for bidder in hall.bidders:
        hall.release(bidder)
    hall.end_window().publish()
    hall.do("lot.check_releases")

    assert try_every_statement(database, database_url, lambda: hall.do("lot.open")) > 10
    assert len(hall.outcomes()) == 3


def test_the_sequencer_appends_whole_or_not_at_all(database, database_url, vault):
    make_cast(1)
    make_open_lot(start=START)

    def append():
        with transaction() as (db, _):
            append_pending(db, "test.invalid/log", KEY)

    assert try_every_statement(database, database_url, append) > 5
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(PendingFact)) == 0
