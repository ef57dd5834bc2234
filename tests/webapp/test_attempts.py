"""Regulators hear of a forbidden step that was tried, though it was refused; never of a bidder's."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from identity.states import OrganisationKind, Role
from outbox.models.messages import Message
from storage.database import snapshot
from storage.vault import Vault
from supervision.models.alerts import Attempt
from tests.factories.awarding import RECEIVED, Awarding
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.pages import Reader
from tests.factories.trading import make_cast, make_open_lot, move_to
from tests.trading.test_pages import START
from trading import queries
from trading.states import LotState

pytestmark = pytest.mark.attack("states")


@pytest.fixture
def reported(app, settings):
    made = Awarding(Vault(settings.files))
    move_to(made.lot, RECEIVED)
    made.receive().publish()
    return made


def attempts():
    with snapshot() as db:
        return db.scalars(sa.select(Attempt)).all()


def test_an_award_before_its_time_is_refused_and_told_to_regulators_alone(app, reported):
    officer = Reader(app.test_client(), "officer")
    form = {"receipt": reported.receipts[0], "confirm": "yes"}
    answer = officer.send(f"/run/lots/{reported.lot}/award", **form)

    assert answer.status_code == 409
    with snapshot() as db:
        told = db.scalars(sa.select(Message).where(Message.kind == "alert.raised")).all()
        fact = json.loads(db.scalars(sa.select(Fact.body).where(Fact.kind == "alert.raised")).one())
        assert queries.lot_by_code(db, reported.lot).state is LotState.CANDIDATES_PUBLISHED
        assert queries.award_of(db, queries.lot_by_code(db, reported.lot).id) is None
    (attempt,) = attempts()
    assert (attempt.person, attempt.refusal) == (viewer("officer").code, "award.publicity_not_over")
    assert "第54条" in attempt.source
    assert fact["data"]["refusal"] == "award.publicity_not_over"
    assert {each.audience for each in told} == {"regulator"}


def test_the_page_of_the_lot_shows_it_to_regulators_and_to_nobody_else(app, reported):
    officer = Reader(app.test_client(), "officer")
    form = {"receipt": reported.receipts[0], "confirm": "yes"}
    officer.send(f"/run/lots/{reported.lot}/award", **form)
    make_organisation(CODES[24], "临江监督局", OrganisationKind.REGULATOR)
    make_person("watcher", CODES[24], Role.REGULATOR)

    words = "试图办理法律不允许的步骤"
    seen = Reader(app.test_client(), "watcher").get(f"/supervision/lots/{reported.lot}")
    assert words in seen
    assert words not in officer.get(f"/run/lots/{reported.lot}")
    assert words not in Reader(app.test_client()).get(f"/tenders/{reported.lot.rpartition('-')[0]}")


def test_what_a_bidder_tries_too_late_leaves_no_trace(app):
    make_cast()
    lot = make_open_lot(start=START)
    move_to(lot, START + timedelta(days=40))
    answer = Reader(app.test_client(), "bidder1").send(f"/bids/lots/{lot}/enquiries", text="问题")

    assert answer.status_code == 409
    assert attempts() == []


def test_a_form_that_is_filled_in_wrongly_is_no_attempt(app, reported):
    officer = Reader(app.test_client(), "officer")
    answer = officer.send(f"/run/lots/{reported.lot}/award", receipt=reported.receipts[0])

    assert answer.status_code == 422
    assert attempts() == []
