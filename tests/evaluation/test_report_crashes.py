"""The archive's hash, the end of the meeting and the ranking handed over are one whole."""

import sqlalchemy as sa

from evaluation.actions import report
from identity.models.papers import Paper, Turn
from identity.states import PaperState, TurnState
from storage.base import real_now
from storage.database import transaction
from storage.vault import Vault
from tests.crashes import try_every_statement
from tests.factories.evaluation import Evaluation
from trading.states import LotState


def complete(paper):
    """The paper as the seal leaves it; what stands in the file is judged elsewhere."""
    with transaction() as (db, _):
        now = real_now(db)
        turns = sa.update(Turn).where(Turn.paper_code == paper)
        db.execute(turns.values(state=TurnState.DONE, asked_at=now, signed_at=now))
        whole = {"state": PaperState.COMPLETE, "file": "ab" * 32, "completed_at": now}
        db.execute(sa.update(Paper).where(Paper.code == paper).values(**whole))


def test_taking_the_archive_is_whole_or_absent(database, database_url, tmp_path):
    made = Evaluation(Vault(tmp_path / "files")).confirmed().drawn().accept_all().convene()
    made.scoring().scored().rank()
    chair = made.experts[made.chair]
    complete(made.do(report.begin_report, chair, made.meeting).paper_code)

    def take():
        with transaction(lock=[f"lot:{made.lot}"]) as (db, now):
            report.take_archived(db, made.lot, now=now)

    assert try_every_statement(database, database_url, take) > 20

    assert made.lot_state() is LotState.REPORTED
