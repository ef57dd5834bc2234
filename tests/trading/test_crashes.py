"""A process that dies at any statement of a legal act leaves all of it or nothing, and the next
start carries on. The child is ended by the operating system before its n-th statement or commit.
"""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.actions.tree import append_pending
from evidence.models.streams import HeldFact, PendingFact
from identity.actions import papers
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.crashes import act_of, try_every_statement
from tests.factories.awarding import Awarding
from tests.factories.hall import Hall, terminated
from tests.factories.identity import viewer
from tests.factories.papers import do_duty, sign
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from tests.trading.test_guarantee import Bank
from trading import queries
from trading.actions import guarantee
from trading.actions.closing import close_lot
from trading.states import GuaranteeState, LotState

pytestmark = pytest.mark.attack("crashes")

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "files")


def test_a_submission_is_whole_or_absent(database, database_url, vault, tried):
    make_cast(1)
    lot = make_open_lot(start=START)
    bidder = Bidder("bidder1").enrol()
    seal, sealed = bidder.seal()
    upload, statement = bidder.upload(lot, sealed, vault), bidder.statement(lot, seal, sealed)

    deaths = try_every_statement(
        database, database_url, lambda: bidder.hand_in(lot, statement, upload, sealed)
    )

    assert deaths > 10
    tried(deaths)
    with snapshot() as db:
        assert len(queries.standing_bids(db, queries.lot_by_code(db, lot).id)) == 1


def test_a_close_is_whole_or_absent(database, database_url, vault, tried):
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

    deaths = try_every_statement(database, database_url, close)
    tried(deaths)
    assert deaths > 10
    with snapshot() as db:
        assert queries.lot_by_code(db, lot).sealed_count == 3


def test_an_opening_is_whole_or_absent(database, database_url, vault, tried):
    hall = Hall(vault, bidders=3).ready().all_bid().close()
    hall.all_release().end_window().publish()
    hall.do("lot.check_releases")

    deaths = try_every_statement(database, database_url, lambda: hall.do("lot.open"))
    tried(deaths)
    assert deaths > 10
    assert len(hall.outcomes()) == 3


def test_the_sequencer_appends_whole_or_not_at_all(database, database_url, vault, tried):
    make_cast(1)
    make_open_lot(start=START)

    def append():
        with transaction() as (db, _):
            append_pending(db, "test.invalid/log", KEY)

    deaths = try_every_statement(database, database_url, append)
    tried(deaths)
    assert deaths > 5
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(PendingFact)) == 0


def only_order(bank):
    with snapshot() as db:
        (order,) = queries.guarantees_of(
            db, queries.lot_by_code(db, bank.lot).id, viewer("bidder1").organisation
        )
        return order


def test_a_guarantee_is_ordered_approved_and_issued_whole_or_not_at_all(
    database, database_url, vault, tried
):
    bank = Bank(vault)

    def deaths(act):
        number = try_every_statement(database, database_url, act)
        tried(number)
        return number

    assert deaths(lambda: bank.order("bidder1")) > 10
    code = only_order(bank).code
    assert deaths(lambda: bank.approve(code)) > 10
    paper = only_order(bank).paper_code
    do_duty(guarantee.DRAW, papers.subject_of(paper), bank.workshop)
    sign("banker", paper, bank.workshop)
    assert deaths(act_of(guarantee.ISSUED, f"lot:{bank.lot}", bank.workshop)) > 5
    assert only_order(bank).state is GuaranteeState.ISSUED


def test_a_termination_is_whole_or_absent(database, database_url, vault, tried):
    hall = Hall(vault, bidders=3).ready().all_bid()

    deaths = try_every_statement(database, database_url, lambda: terminated(hall))
    tried(deaths)
    assert deaths > 10

    assert hall.state() is LotState.TERMINATED
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(HeldFact)) == 0


def test_an_award_is_whole_or_absent(database, database_url, vault, tried):
    made = Awarding(vault).receive()
    made.publish()
    decided_at = made.report().publicity_until

    deaths = try_every_statement(database, database_url, lambda: made.decide(at=decided_at))
    tried(deaths)
    assert deaths > 10

    assert made.found().state is LotState.AWARDED
    assert made.award().bid.receipt == made.receipts[0]
