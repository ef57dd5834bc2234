"""Letters of supervision: orders to the sides, alerts to regulators, findings to the agency."""

import pytest

from kernel.errors import Problem
from outbox.rules.letters import LetterKind
from storage.database import transaction
from supervision.actions.alerts import note_attempt
from supervision.actions.orders import issue_order
from supervision.states import OrderKind
from tests.factories.hall import START
from tests.factories.identity import viewer
from tests.factories.letters import inbox, letters_to, readers
from tests.factories.supervision import decide, make_authority, noticed
from tests.factories.trading import make_cast, make_open_lot
from trading import queries

K = LetterKind


@pytest.fixture
def lot(database):
    make_cast(1)
    make_authority()
    return make_open_lot(start=START)


def attempt(lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        found, problem = queries.lot_by_code(db, lot), Problem("x.y", "不行", "招标投标法 第1条")
        note_attempt(db, viewer("agent"), found, problem, "不行", now=now)


def test_an_order_is_told_to_the_sides_of_the_tender_and_to_no_bidder(lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        issue_order(
            db,
            viewer("regulator"),
            lot,
            kind=OrderKind.SUSPEND,
            article="实施条例 第62条",
            ground="核查举报",
            now=now,
        )
    assert inbox("agent") == [K.ORDER_ISSUED]
    assert letters_to("agent")[0].data["ground"] == "核查举报"
    assert inbox("bidder1") == []


def test_alerts_of_one_lot_make_one_letter_an_hour(lot):
    for _ in range(3):
        attempt(lot)
    assert inbox("regulator") == [K.ALERT_RAISED]
    assert readers(K.ALERT_RAISED) == ["regulator"]


def test_an_agency_is_told_of_notice_and_decision_of_a_finding(lot):
    code = noticed()
    assert inbox("agent") == [K.FINDING_NOTICED]

    decide(code)

    assert sorted(inbox("agent")) == [K.FINDING_DECIDED, K.FINDING_NOTICED]
    assert {letter.data["finding"] for letter in letters_to("agent")} == {code}
    assert inbox("bidder1") == []
