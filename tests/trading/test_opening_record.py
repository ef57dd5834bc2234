import io
import json
import subprocess

import pikepdf
import pytest

from evidence.actions.pdf_signatures import examine
from evidence.models.streams import Fact
from identity.actions import papers
from kernel.errors import NotFound
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.evidence.signed_papers import authority
from tests.factories.hall import Hall
from tests.factories.identity import viewer
from tests.factories.papers import do_duty, workshop_over
from trading import queries
from trading.actions import opening, opening_record


class Recorded:
    """A confirmed opening and its record."""

    def __init__(self, vault):
        self.hall, self.workshop = Hall(vault), workshop_over(vault)
        self.lot = self.hall.lot
        self.hall.ready().all_bid().close()
        for bidder in self.hall.bidders[:3]:
            self.hall.release(bidder)
        self.hall.end_window().publish().open()

    def confirm(self):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            opening.confirm_opening(db, viewer("agent"), self.lot, now=now)
        return self

    def known(self):
        with snapshot() as db:
            return queries.opening_record_of(db, queries.lot_by_code(db, self.lot).id)

    def seal(self):
        subject = papers.subject_of(self.known().paper_code)
        do_duty(opening_record.DRAW, subject, self.workshop)
        do_duty(papers.SEAL, subject, self.workshop)
        do_duty(opening_record.SEALED, f"lot:{self.lot}", self.workshop)
        return self

    def facts(self):
        with snapshot() as db:
            found = db.query(Fact).filter_by(kind="opening_record.sealed")
            return [json.loads(fact.body)["data"] for fact in found]


@pytest.fixture
def recorded(database, tmp_path):
    return Recorded(Vault(tmp_path / "files"))


def test_a_confirmed_opening_is_recorded_sealed_and_logged(recorded):
    made = recorded.confirm().seal().known()

    pdf = recorded.workshop.vault.read(made.sha256)
    with snapshot() as db:
        found = examine(pdf, [authority().trust_pem], now=real_now(db))
    assert found.verdict.value == "valid"
    assert [each.field for each in found.findings] == ["certification", "seal", "timestamp"]
    assert recorded.facts() == [{"record": made.paper_code, "sha256": made.sha256}]


def test_the_record_says_what_the_table_says(recorded, tmp_path):
    made = recorded.confirm().seal().known()
    pdf = recorded.workshop.vault.read(made.sha256)
    (tmp_path / "record.pdf").write_bytes(pdf)
    text = subprocess.run(
        ["pdftotext", tmp_path / "record.pdf", "-"], capture_output=True, check=True
    )
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        data = json.loads(opened.attachments["opening.json"].get_file().read_bytes())

    with snapshot() as db:
        lot = queries.lot_by_code(db, recorded.lot)
        rows = [
            (e.bid.bidder.name, e.price_fen, e.outcome.value)
            for e in queries.opened_bids(db, lot.id)
        ]
        sealed = {"count": lot.sealed_count, "root": lot.sealed_root.hex()}
    assert [(r["name"], r["price_fen"], r["outcome"]) for r in data["table"]] == rows
    assert data["sealed"] == sealed
    assert len(rows) == 4
    for name, _, _ in rows:
        assert name in text.stdout.decode()


def test_there_is_no_record_before_the_confirmation(recorded):
    assert recorded.known() is None
    with pytest.raises(NotFound), snapshot() as db:
        queries.opening_record_on(db, "PA0000000000")


def test_sealing_and_taking_twice_is_doing_it_once(recorded):
    recorded.confirm().seal().seal()
    assert len(recorded.facts()) == 1
