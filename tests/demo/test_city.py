"""The made-up city is complete, is not doubled, survives a kill, and would convince a verifier."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from client.keys import KeyFolder
from demo.city import RESTRICTED
from demo.people import PASSWORD
from demo.play import Play
from demo.stage import Stage
from demo.tenders import PLANS
from evaluation.models.draw import Call, Draw
from evaluation.models.meeting import Meeting
from evaluation.models.pool import Expert
from evaluation.models.scoring import ScoreSheet
from evidence.models.streams import Fact
from identity.models.accounts import Person
from identity.models.organisations import Organisation, OrganisationKindRow
from identity.states import OrganisationKind
from kernel.errors import NotAllowed
from storage.base import Base
from storage.database import open_database, snapshot
from supervision.models.conduct import Finding
from supervision.models.orders import Order
from tests.factories.pages import Reader
from trading.models.bidding import Bid
from trading.models.guarantee import GuaranteeOrder
from trading.models.tendering import Lot, Tender
from trading.states import Category, LotState, Regime
from webapp import rehearsing
from webapp.factory import create_app
from webapp.settings import settings_from

pytestmark = pytest.mark.timeout(600)  # a minute where nobody else computes
ROOT = Path(__file__).parents[2]
KILLED_AFTER = 9
ARCHIVED = LotState.ARCHIVED

# Every life cycle of trading, evaluation and supervision, by the column that holds its state.
LIVES = (
    Lot.state,
    Bid.state,
    GuaranteeOrder.state,
    Draw.state,
    Call.state,
    Meeting.state,
    ScoreSheet.state,
    Expert.state,
    Finding.state,
    Order.kind,
)


class City:
    """An installation of its own on which the city was played, killed once on the way."""

    def __init__(self, folder):
        self.environment = {
            **os.environ,
            "ZHAOBIAO_VAR": str(folder / "var"),
            "ZHAOBIAO_WITNESS": str(folder / "witness"),
            "FLASK_APP": "wsgi",
        }
        self.environment.pop("DATABASE_URL", None)
        self.settings = settings_from(self.environment)

    def run(self, *command):
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def play_and_kill(self):
        process = subprocess.Popen(
            [sys.executable, "-m", "demo", "city"],
            cwd=ROOT,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process.stderr:
            for line in process.stderr:
                if f"{KILLED_AFTER}/{len(PLANS)}" in line:
                    break
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    played = City(tmp_path_factory.mktemp("city"))
    assert played.run("-m", "flask", "prepare").returncode == 0
    played.play_and_kill()
    again = played.run("-m", "demo", "city")
    assert again.returncode == 0, again.stderr
    database = open_database(played.settings.database_url)
    yield played
    database.dispose()


def rows(statement):
    with snapshot() as db:
        return db.execute(statement).all()


def counts():
    with snapshot() as db:
        return {
            table.name: db.scalar(sa.select(sa.func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("column", LIVES, ids=[str(column) for column in LIVES])
def test_every_state_occurs_after_a_kill_too(city, column):
    found = {value for (value,) in rows(sa.select(column).distinct())}
    assert set(column.type.python_type) - found == set()


def test_no_tender_is_made_twice_by_a_kill(city):
    made = [name for (name,) in rows(sa.select(Tender.name))]
    assert sorted(made) == sorted(plan.name for plan in PLANS)


def test_both_regimes_and_every_category_occur_and_all_are_rehearsals(city):
    found = rows(sa.select(Tender.regime, Tender.category, Tender.is_rehearsal))
    assert {row.regime for row in found} == set(Regime)
    assert {row.category for row in found} == set(Category)
    assert all(row.is_rehearsal for row in found)


def test_the_city_has_its_people(city):
    kinds = dict(
        rows(
            sa.select(OrganisationKindRow.kind, sa.func.count()).group_by(OrganisationKindRow.kind)
        )
    )
    assert kinds[OrganisationKind.AGENCY] == 12
    assert kinds[OrganisationKind.BIDDER] == 20
    assert kinds[OrganisationKind.ISSUER] == 3
    experts = rows(sa.select(Expert.city, sa.func.count()).group_by(Expert.city))
    assert len(experts) == 4
    assert sum(count for _, count in experts) == 60
    assert all(is_training for (is_training,) in rows(sa.select(Organisation.is_training)))


def test_playing_again_changes_nothing(city):
    before = counts()

    again = city.run("-m", "flask", "demo", "city")

    assert again.returncode == 0, again.stderr
    assert counts() == before


def test_the_evidence_of_an_archived_tender_verifies(city, tmp_path):
    tender = tender_of(city, "archived-works")
    out = tmp_path / "evidence.zip"
    bundle = city.run("-m", "flask", "supervision", "bundle", tender, "--out", str(out))
    assert bundle.returncode == 0, bundle.stderr

    checked = city.run("verifier/verify.py", str(out))

    assert json.loads(checked.stdout)["verdict"] == "valid", checked.stdout
    streams = {name for (name,) in rows(sa.select(Fact.stream).distinct())}
    assert f"lot:{tender}-01" in streams


def test_the_restricted_agency_is_refused_a_registration(city):
    plan = dataclasses.replace(PLANS[0], key="refused", agency=RESTRICTED)
    play, before = Play.of(Stage(city.settings), plan), counts()

    with pytest.raises(NotAllowed) as refusal:
        play.walk()

    assert refusal.value.code == "standing.restricted"
    assert counts() == before


def test_a_bidder_can_release_by_hand_with_what_the_play_kept(city):
    lot = f"{tender_of(city, 'window')}-01"
    assert rows(sa.select(Lot.state).where(Lot.code == lot)) == [(LotState.RELEASING,)]
    keys = KeyFolder(city.settings.var / "demo" / "keys" / "bidder1")
    kept = keys.recall(f"receipt-{lot}")
    assert keys.has_seal(kept["seals"]["bid"])
    standing = rows(sa.select(Bid.state).where(Bid.receipt == kept["receipt"]["code"]))
    assert [state.value for (state,) in standing] == ["submitted"]


def test_an_expert_whose_account_is_printed_has_a_sheet_to_fill(city):
    query = (
        sa.select(Person.username, ScoreSheet.state, Meeting.state)
        .join(Expert, Expert.person_id == Person.id)
        .join(ScoreSheet, ScoreSheet.expert_code == Expert.code)
        .join(Meeting, Meeting.code == ScoreSheet.meeting_code)
        .where(Person.username == "expert")
    )
    assert ("draft", "scoring") in {(row[1].value, row[2].value) for row in rows(query)}


def tender_of(city, key):
    return Stage(city.settings).notes.recall(key)["tender"]


def test_a_regulator_who_presses_the_button_has_a_tender_played_to_its_archive(city, monkeypatch):
    for name in ("ZHAOBIAO_VAR", "ZHAOBIAO_WITNESS"):
        monkeypatch.setenv(name, city.environment[name])
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(rehearsing, "PACE", 0.0)
    regulator = Reader(create_app(city.settings).test_client())
    regulator.send("/sign-in", at="/sign-in", username="regulator", password=PASSWORD)
    assert regulator.sent("/supervision/rehearsal") == "/supervision/lots"

    lot = awaited(lambda: show_of(city))
    assert awaited(lambda: rows(sa.select(Lot.state).where(Lot.code == lot)) == [(ARCHIVED,)])


def show_of(city):
    notes = Stage(city.settings).notes
    return f"{notes.recall('show-1')['tender']}-01" if notes.has("show-1") else None


def awaited(found, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.5)
    return None
