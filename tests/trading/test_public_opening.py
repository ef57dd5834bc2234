"""Who bid is public with the opening table, stays so, and never becomes so by a lot's end."""

import pytest

from storage.database import transaction
from storage.vault import Vault
from tests.factories.dossier import move
from tests.factories.hall import Hall
from tests.factories.identity import CODES
from trading.actions.suspension import suspend_lot
from trading.states import LotEvent, LotState


@pytest.fixture
def hall(app, tmp_path):
    return Hall(Vault(tmp_path / "files")).ready().all_bid().close()


def opened(hall, releases):
    return hall.all_release(releases).end_window().publish().open()


def told(client, lot):
    """Status of the opening's address, and whether the tender's page names a bidder."""
    page = client.get(f"/tenders/{lot.rpartition('-')[0]}").get_data(as_text=True)
    return client.get(f"/api/v1/lots/{lot}/opening").status_code, "临江建设10有限公司" in page


@pytest.mark.parametrize("archived", [False, True], ids=["failed", "and archived"])
def test_a_lot_that_failed_before_its_opening_names_nobody(hall, client, archived):
    opened(hall, releases=2)
    assert hall.state() is LotState.FAILED
    if archived:
        move(hall.lot, LotEvent.ARCHIVED)

    assert told(client, hall.lot) == (404, False)


def test_a_table_that_was_shown_is_shown_while_the_lot_stands_still(hall, client):
    opened(hall, releases=4)
    before = told(client, hall.lot)
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        suspend_lot(db, hall.lot, actor="platform", data={"ground": "投诉"}, now=now)

    assert (before, told(client, hall.lot)) == ((200, True), (200, True))
    assert CODES[10] in client.get(f"/api/v1/lots/{hall.lot}/opening").get_data(as_text=True)
