"""What falls due when in an evaluation, and which action it calls. The worker sweeps these."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions import report
from evaluation.actions.draw import settle_draw
from evaluation.actions.report_pages import report_pages
from evaluation.rules.report import signature_fields
from evidence.actions import signing
from evidence.actions.papers import write_pdfa
from evidence.actions.workshop import Workshop
from identity.actions import papers
from storage.base import real_now
from storage.database import snapshot
from storage.duties import Duty
from trading import queries as trading


def _settle(db: Session, lot_code: str, now: datetime, _: Any) -> None:
    draw = queries.draw_of_lot(db, trading.lot_by_code(db, lot_code).id)
    if draw is not None:
        settle_draw(db, draw, now=now)


def _drawn(code: str, workshop: Workshop) -> str | None:
    """The report as PDF/A with its figures inside, its fields laid out, certified by us."""
    with snapshot() as db:
        draft, real = report.draft_of(db, code), real_now(db)
    evaluation = json.loads(draft.evaluation)
    drawn = write_pdfa(
        report_pages(draft.basics, evaluation, draft.sha256),
        title=f"评标报告 {evaluation['lot']}",
        subject=draft.tender_code,
        attachment=("evaluation.json", draft.evaluation.encode()),
        font_folder=workshop.font_folder,
        now=draft.now,
        rehearsal=draft.is_rehearsal,
    )
    names = [row[1] for row in draft.basics.experts]
    certified = signing.certify(
        signing.lay_out_fields(drawn, signature_fields(names)),
        workshop.authority,
        workshop.timestamper,
        context=workshop.authority.validation_context(real),
    )
    return workshop.keep(certified)


def _take_drawn(db: Session, code: str, _now: datetime, file: Any) -> None:
    papers.take_drawn(db, code, file)


def _checked(code: str, workshop: Workshop) -> str | None:
    """The finished archive, after our own verifier has found nothing against it."""
    with snapshot() as db:
        sha256, real = report.waiting_archive(db, code), real_now(db)
    if sha256 is None:
        return None
    pdf = workshop.vault.read(sha256)
    if problem := report.archive_problem(pdf, workshop.authority.trust_pem, real):
        raise RuntimeError(f"the archive {sha256} would not verify: {problem}")
    return sha256


def _take_archived(db: Session, code: str, now: datetime, sha256: Any) -> None:
    if sha256 is not None:
        report.take_archived(db, code, now=now)


DUTIES: Mapping[str, Duty] = {
    "draw.settle": Duty(_settle),
    report.DRAW: Duty(_take_drawn, _drawn),
    report.ARCHIVE: Duty(_take_archived, _checked),
}
