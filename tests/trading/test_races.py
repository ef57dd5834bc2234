"""Acts that meet: committed data, threads, both engines. Whoever holds the lot first decides."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from evidence.models.streams import HeldFact
from kernel.errors import Refusal
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.awarding import Awarding
from tests.factories.hall import Hall, suspended, terminated
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from tests.trading.test_guarantee import Bank
from trading import queries
from trading.actions import guarantee
from trading.actions.closing import close_lot
from trading.models.opening import Release
from trading.states import GuaranteeState, LotState

pytestmark = pytest.mark.attack("races")

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


def at_once(acts):
    """What each act refused (its code) or gave ("done"), all begun at the same moment."""
    gate, ends = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place, act):
        gate.wait()
        try:
            act()
            ends[place] = "done"
        except Refusal as refusal:
            ends[place] = refusal.code

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def held():
    with snapshot() as db:
        return db.scalar(sa.select(sa.func.count()).select_from(HeldFact))


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "files")


@pytest.mark.parametrize("lead_ms", [0, 40, 120, 300])
def test_bids_that_meet_the_close_are_all_in_it_or_all_refused(database, vault, lead_ms):
    make_cast(8)
    lot = make_open_lot(start=START)
    bidders = [Bidder(f"bidder{number}").enrol() for number in range(1, 9)]
    ready = []
    for bidder in bidders:
        seal, sealed = bidder.seal()
        ready.append((bidder, bidder.statement(lot, seal, sealed), bidder.upload(lot, sealed, vault), sealed))  # fmt: skip
    with snapshot() as db:
        deadline = queries.lot_by_code(db, lot).deadline

    def close():
        closed = False
        while not closed:
            with transaction(lock=[f"lot:{lot}"]) as (db, now):
                closed = close_lot(db, lot, now=now)

    move_to(lot, deadline - timedelta(milliseconds=lead_ms))
    ends = at_once([
        *(lambda b=b, s=s, u=u, c=c: b.hand_in(lot, s, u, c) for b, s, u, c in ready), close
    ])  # fmt: skip

    assert set(ends) <= {"done", "bid.too_late"}
    with snapshot() as db:
        row = queries.lot_by_code(db, lot)
        standing = queries.standing_bids(db, row.id)
        assert row.sealed_count == len(standing) == ends[:-1].count("done")
        assert all(bid.submitted_at < deadline <= row.closed_at for bid in standing)
    assert held() == 0


def test_a_bid_that_meets_a_termination_is_in_the_tree_or_refused(database, vault):
    hall = Hall(vault, bidders=4)
    ready = []
    for bidder in hall.bidders:
        seal, sealed = bidder.seal()
        ready.append((bidder, bidder.statement(hall.lot, seal, sealed), bidder.upload(hall.lot, sealed, vault), sealed))  # fmt: skip

    ends = at_once([
        *(lambda b=b, s=s, u=u, c=c: b.hand_in(hall.lot, s, u, c) for b, s, u, c in ready),
        lambda: terminated(hall),
    ])  # fmt: skip

    assert ends[-1] == "done"
    assert set(ends[:-1]) <= {"done", "bid.not_receiving"}
    assert (hall.state(), held()) == (LotState.TERMINATED, 0)


def test_two_releases_of_one_bid_leave_the_one_that_came_last(database, vault):
    hall = Hall(vault, bidders=3).ready().all_bid().close()
    bidder = hall.bidders[0]

    ends = at_once([lambda: hall.release(bidder)] * 2 + [lambda: hall.release(hall.bidders[1])])

    assert ends == ["done"] * 3
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Release)) == 2


def test_of_two_decisions_on_an_award_one_counts(database, vault):
    made = Awarding(vault).receive()
    made.publish()
    at = made.report().publicity_until

    ends = at_once([lambda: made.decide(at=at)] * 2)

    assert sorted(ends) == ["done", "lot.transition_refused"]
    assert made.award().bid.receipt == made.receipts[0]


def test_a_guarantee_issued_while_a_suspension_comes_is_held_back(database, vault):
    bank = Bank(vault)
    order = bank.signed(bank.order("bidder1"))
    before = held()

    def issue():
        with transaction(lock=[f"lot:{bank.lot}"]) as (db, now):
            digest = queries.guarantee_by_code(db, order).paper.file
            guarantee.issue_signed(db, bank.lot, {order: digest}, now=now)

    ends = at_once([issue, lambda: suspended(bank.hall)])

    assert ends == ["done", "done"]
    assert bank.known(order).state is GuaranteeState.ISSUED
    assert held() == before + 1
