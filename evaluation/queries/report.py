"""Reads of rankings and reports."""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from evaluation.models.meeting import Meeting
from evaluation.models.report import Report
from evaluation.models.scoring import Ranking
from identity.models.papers import Paper, Turn
from kernel.errors import NotFound


def ranking_of(db: Session, meeting_code: str) -> Ranking | None:
    """The stored ranking of a meeting."""
    return db.get(Ranking, meeting_code)


def report_on(db: Session, paper_code: str) -> Report:
    """The report that is signed on this paper. Raises NotFound."""
    found = db.scalar(sa.select(Report).where(Report.paper_code == paper_code))
    if found is None:
        raise NotFound(
            "report.not_found", "没有编号为“%(value)s”的评标报告。", value=paper_code[:40]
        )
    return found


def report_of_lot(db: Session, lot_id: int) -> Report | None:
    """The report of a lot's meeting, once it is begun."""
    query = sa.select(Report).join(Meeting, Meeting.code == Report.meeting_code)
    turns = joinedload(Report.paper).joinedload(Paper.turns).lazyload(Turn.person)
    return db.scalars(query.where(Meeting.lot_id == lot_id).options(turns)).unique().one_or_none()


def evaluation_of(db: Session, meeting_code: str) -> dict[str, Any] | None:
    """The stored ranking as it was written: method, bids, sheets, result."""
    ranking = ranking_of(db, meeting_code)
    return None if ranking is None else dict(json.loads(ranking.text))
