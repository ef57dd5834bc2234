"""The witnesses' opening keys: registered and rehearsed in time, published when the window is over."""

from datetime import timedelta

import pyrage
import pytest

from kernel.errors import InvalidInput, NotYet, Refusal, TooLate
from storage import due
from storage.database import snapshot, transaction
from tests.factories.hall import START, resumed, suspended, terminated
from tests.factories.trading import move_to
from trading import queries
from trading.states import LotState


@pytest.mark.parametrize(
    "change",
    [{"window": 31}, {"rehearsal": False}, {"lot": "TD0000000000-01"}, {"tender": "TD0000000000"}],
)
def test_an_opening_key_that_differs_from_the_notice_is_refused(hall, change):
    with pytest.raises(Refusal) as refused:
        hall.register_key(**change)
    assert refused.value.code == "opening_key.differs_from_notice"


@pytest.mark.attack("states")
def test_a_key_is_not_rehearsed_after_the_deadline_though_nobody_has_closed_yet(hall):
    code, answer = hall.register_key()
    with snapshot() as db:
        deadline = queries.lot_by_code(db, hall.lot).deadline
    move_to(hall.lot, deadline)

    with pytest.raises(TooLate) as late:
        hall.rehearse(code, answer)

    assert (late.value.code, hall.state()) == ("opening_key.too_late", LotState.ANNOUNCED)
    with snapshot() as db:
        assert queries.opening_keys(db, queries.lot_by_code(db, hall.lot).id) == []


def test_an_opening_key_comes_before_the_deadline_and_is_rehearsed(hall):
    code, answer = hall.register_key()
    with pytest.raises(InvalidInput) as wrong:
        hall.rehearse(code, b"wrong")
    with snapshot() as db:
        lot = queries.lot_by_code(db, hall.lot)
        assert queries.opening_keys(db, lot.id) == []
    hall.rehearse(code, answer)
    hall.all_bid().close()
    hall.identity = pyrage.x25519.Identity.generate()
    with pytest.raises(Refusal) as late:
        hall.register_key()

    assert wrong.value.code == "opening_key.wrong_answer"
    assert late.value.code == "opening_key.too_late"


def test_the_private_half_is_published_after_the_window_and_must_fit(hall):
    hall.ready().all_bid().close()
    with pytest.raises(NotYet) as early:
        hall.publish()
    hall.end_window()
    with pytest.raises(InvalidInput) as wrong:
        hall.publish(str(pyrage.x25519.Identity.generate()))

    assert early.value.code == "opening_key.too_early"
    assert wrong.value.code == "opening_key.wrong_half"


def kept_half(hall):
    with snapshot() as db:
        lot = queries.lot_by_code(db, hall.lot)
        return [key.identity for key in queries.opening_keys(db, lot.id)]


@pytest.mark.parametrize("stop", [suspended, terminated], ids=["suspended", "terminated"])
@pytest.mark.parametrize("is_closed", [False, True], ids=["before the deadline", "in the window"])
def test_a_private_half_stays_shut_where_the_window_never_ended(hall, stop, is_closed):
    hall.ready().all_bid()
    if is_closed:
        hall.close()
        hall.release(hall.bidders[0])
    stop(hall)
    move_to(hall.lot, START + timedelta(days=60))

    with pytest.raises(NotYet) as early:
        hall.publish()

    assert early.value.code == "opening_key.too_early"
    assert kept_half(hall) == [None]


def test_a_private_half_published_while_the_lot_stands_still_is_used_after_the_resumption(hall):
    hall.ready().all_bid().close()
    hall.all_release().end_window()
    suspended(hall)
    hall.publish()
    with transaction() as (db, _):
        assert due.claim_due(db) == []

    resumed(hall)

    with transaction() as (db, _):
        assert "lot.check_releases" in {claim.kind for claim in due.claim_due(db)}
