from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from identity.states import OrganisationKind, Role
from kernel.errors import Refusal
from storage import due
from storage.database import snapshot, transaction
from storage.vault import Vault
from supervision.actions.orders import issue_order
from supervision.models.orders import Order
from supervision.states import OrderKind
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from trading import queries
from trading.actions.closing import close_lot
from trading.rules import suspension
from trading.states import LotState

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def lot(database):
    make_cast(3)
    make_organisation(CODES[50], "监管局", OrganisationKind.REGULATOR)
    make_person("regulator", CODES[50], Role.REGULATOR)
    return make_open_lot(start=START)


def order(lot, kind, *, article="招标投标法实施条例 第62条", ground="投诉处理"):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        made = issue_order(
            db, viewer("regulator"), lot, kind=kind, article=article, ground=ground, now=now
        )
        return made.code, now


def found(lot):
    with snapshot() as db:
        return queries.lot_by_code(db, lot)


def close(lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        return close_lot(db, lot, now=now)


def test_a_suspended_lot_stands_still_even_past_its_deadline(lot, tmp_path):
    deadline = found(lot).deadline
    order(lot, OrderKind.SUSPEND)
    move_to(lot, deadline + HOUR)

    with pytest.raises(Refusal):
        Bidder("bidder1").enrol().submit(lot, Vault(tmp_path))

    assert close(lot) is False
    assert found(lot).state is LotState.SUSPENDED
    with transaction() as (db, _):
        assert due.claim_due(db) == []


def test_resuming_moves_the_deadline_by_the_time_it_stood_still(lot):
    deadline = found(lot).deadline
    _, stopped = order(lot, OrderKind.SUSPEND)
    move_to(lot, deadline + HOUR)

    _, resumed = order(lot, OrderKind.RESUME)

    after = found(lot)
    assert (after.state, after.resume_to) == (LotState.ANNOUNCED, None)
    assert after.deadline == deadline + (resumed - stopped)
    with snapshot() as db:
        waiting = [(work.kind, work.due_at) for work in due.pending(db, f"lot:{lot}")]
    assert waiting == [("lot.close", after.deadline)]


def test_an_order_is_kept_with_article_and_ground_and_is_a_fact(lot):
    code, _ = order(lot, OrderKind.SUSPEND)

    with snapshot() as db:
        kept = db.get_one(Order, code)
        assert (kept.kind, kept.article, kept.ground) == (
            OrderKind.SUSPEND,
            "招标投标法实施条例 第62条",
            "投诉处理",
        )
        fact = db.scalar(sa.select(Fact).where(Fact.kind == "lot.suspended"))
    assert code in fact.body


@pytest.mark.parametrize("kinds", [[OrderKind.RESUME], [OrderKind.SUSPEND, OrderKind.SUSPEND]])
def test_an_order_that_the_state_forbids_is_refused_and_leaves_no_trace(lot, kinds):
    for kind in kinds[:-1]:
        order(lot, kind)
    with snapshot() as db:
        before = db.scalar(sa.select(sa.func.count()).select_from(Order))

    with pytest.raises(Refusal) as refused:
        order(lot, kinds[-1])

    assert refused.value.code in ("lot.not_suspended", "lot.not_to_be_suspended")
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Order)) == before


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        (None, None),
        (START - HOUR, START - HOUR),
        (START, START),
        (START + timedelta(microseconds=1), START + timedelta(hours=2, microseconds=1)),
    ],
)
def test_only_moments_that_had_not_come_are_moved(moment, wanted):
    assert suspension.moved(moment, START, START + 2 * HOUR) == wanted


def test_work_claimed_before_a_suspension_is_neither_done_nor_lost(lot):
    move_to(lot, found(lot).deadline)
    with transaction() as (db, _):
        claim = due.claim_due(db)[0]
    order(lot, OrderKind.SUSPEND)

    with transaction(lock=[f"lot:{lot}"]) as (db, _):
        assert not due.may_begin(db, claim.id)
    order(lot, OrderKind.RESUME)

    with transaction(lock=[f"lot:{lot}"]) as (db, _):
        assert due.may_begin(db, claim.id)
    assert close(lot) is True
