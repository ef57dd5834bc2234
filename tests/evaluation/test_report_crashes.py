"""The archive's hash, the end of the meeting and the ranking handed over are one whole."""

import pytest
import sqlalchemy as sa

from evaluation.actions import report
from identity.models.papers import Paper, Turn
from identity.states import PaperState, TurnState
from storage.base import real_now
from storage.database import transaction
from storage.vault import Vault
from tests.crashes import try_every_statement
from tests.factories.evaluation import Evaluation
from tests.factories.hall import terminated
from trading.states import LotState

pytestmark = pytest.mark.attack("crashes")


def complete(paper):
    """The paper as the seal leaves it; what stands in the file is judged elsewhere."""
    with transaction() as (db, _):
        now = real_now(db)
        turns = sa.update(Turn).where(Turn.paper_code == paper)
        db.execute(turns.values(state=TurnState.DONE, asked_at=now, signed_at=now))
        whole = {"state": PaperState.COMPLETE, "file": "ab" * 32, "completed_at": now}
        db.execute(sa.update(Paper).where(Paper.code == paper).values(**whole))


@pytest.fixture
def made(database, tmp_path):
    """A lot whose report is complete and waits to be taken."""
    ranked = Evaluation(Vault(tmp_path / "files")).confirmed().drawn().accept_all().convene()
    ranked.scoring().scored().rank()
    chair = ranked.experts[ranked.chair]
    complete(ranked.do(report.begin_report, chair, ranked.meeting).paper_code)
    return ranked


def take(made):
    with transaction(lock=[f"lot:{made.lot}"]) as (db, now):
        return report.take_archived(db, made.lot, now=now)


def test_a_report_completed_after_the_termination_is_not_taken(made):
    terminated(made.hall)

    assert take(made) is None

    assert made.lot_state() is LotState.TERMINATED


def test_taking_the_archive_is_whole_or_absent(made, database, database_url, tried):
    deaths = try_every_statement(database, database_url, lambda: take(made))
    tried(deaths)
    assert deaths > 20

    assert made.lot_state() is LotState.REPORTED
