"""The machine's clock is set to and fro around a deadline: nobody's time goes back, nothing opens
early, and nothing waits for a time that has been taken back."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from kernel.errors import Refusal
from storage import due
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.trading import Bidder, make_cast, make_tender, publish
from trading import queries
from trading.actions import closing
from trading.states import LotState

pytestmark = pytest.mark.attack("outages")

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
STEPS = {
    "a second on": SECOND,
    "a second back": -SECOND,
    "a day on": DAY,
    "a day back": -DAY,
    "an hour back, as summer time ends": -timedelta(hours=1),
    "a leap second told twice": -timedelta(microseconds=999_999),
}
PLACES = {"before": -SECOND, "just before": -timedelta(microseconds=1), "at": 0 * SECOND,
          "after": SECOND}  # fmt: skip
NEAREST = {"just before", "at"}
CASES = [
    pytest.param(
        place, step, id=f"{where}, {name}", marks=() if where in NEAREST else pytest.mark.slow
    )
    for where, place in PLACES.items()
    for name, step in STEPS.items()
]


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "files")


def real_lot():
    """A lot that runs by real time, and its deadline."""
    make_cast(2)
    tender = make_tender()
    return f"{tender}-01", publish(tender)


def now_of(lot):
    with transaction(lock=[f"lot:{lot}"]) as (_, now):
        return now


def is_closed(lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        closing.close_lot(db, lot, now=now)
    with snapshot() as db:
        return queries.lot_by_code(db, lot).state is not LotState.ANNOUNCED


def code_of(act):
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return "done"


@pytest.mark.parametrize(("place", "step"), CASES)
def test_a_clock_that_is_set_moves_no_deadline(sqlite_database, vault, place, step):
    """What counts is the latest instant that the lot has seen; what is closed stays closed."""
    lot, deadline = real_lot()
    handing_in = [prepared(f"bidder{number}", lot, vault) for number in (1, 2)]
    seen = []

    for instant, hand_in in zip(
        (deadline + place, deadline + place + step), handing_in, strict=True
    ):
        with time_machine.travel(instant, tick=False):
            seen.append(now_of(lot))
            late = max(instant, *seen) >= deadline
            assert (code_of(hand_in) == "done") == (not late)
            assert is_closed(lot) == late

    assert seen == [deadline + place, max(deadline + place, deadline + place + step)]


def prepared(username, lot, vault):
    """Handing in a bid that is ready and uploaded."""
    bidder = Bidder(username).enrol()
    seal, sealed = bidder.seal()
    statement, upload = bidder.statement(lot, seal, sealed), bidder.upload(lot, sealed, vault)
    return lambda: bidder.hand_in(lot, statement, upload, sealed)


@pytest.mark.parametrize("back", [SECOND, 10 * SECOND, DAY, 400 * DAY])
def test_work_that_was_claimed_before_the_clock_was_set_back_is_not_left_lying(
    sqlite_database, back
):
    start = datetime.now(UTC)
    with transaction(lock=["tender:T"]) as (db, now):
        due.schedule(db, "lot.close", "tender:T", now - 500 * DAY)
    with time_machine.travel(start, tick=False), transaction() as (db, _):
        (claim,) = due.claim_due(db)
        for _ in range(20):
            due.give_back(db, claim.id, "a fault")

    with time_machine.travel(start - back + timedelta(seconds=31), tick=False):
        with transaction() as (db, _):
            assert [each.id for each in due.claim_due(db)] == [claim.id]
