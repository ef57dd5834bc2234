"""Reads of score sheets and their versions."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evaluation.models.meeting import Member
from evaluation.models.scoring import ScoreSheet, SheetVersion


def sheets_of(db: Session, meeting_code: str) -> Sequence[ScoreSheet]:
    """The sheets of the committee in seat order."""
    query = (
        sa.select(ScoreSheet)
        .join(Member, _member_of(ScoreSheet))
        .where(ScoreSheet.meeting_code == meeting_code)
    )
    return db.scalars(query.order_by(Member.seat)).all()


def versions_of(db: Session, meeting_code: str, expert_code: str) -> Sequence[SheetVersion]:
    """Every committed version of one expert's sheet, oldest first."""
    query = sa.select(SheetVersion).where(
        SheetVersion.meeting_code == meeting_code, SheetVersion.expert_code == expert_code
    )
    return db.scalars(query.order_by(SheetVersion.version)).all()


def versions_by_seat(db: Session, meeting_code: str) -> dict[str, list[SheetVersion]]:
    """Every committed version by its expert, in seat order, each oldest first."""
    query = (
        sa.select(SheetVersion)
        .join(Member, _member_of(SheetVersion))
        .where(SheetVersion.meeting_code == meeting_code)
        .order_by(Member.seat, SheetVersion.version)
    )
    by_expert = itertools.groupby(db.scalars(query), key=lambda version: version.expert_code)
    return {expert: list(own) for expert, own in by_expert}


def last_versions(db: Session, meeting_code: str) -> list[SheetVersion]:
    """The version of each sheet that counts, in seat order. All have committed."""
    return [own[-1] for own in versions_by_seat(db, meeting_code).values()]


def sheet_of(version: SheetVersion) -> dict[str, Any]:
    """What stands in a committed version: checks and marks by blind code and item."""
    return dict(json.loads(version.sheet))


def _member_of(kind: type[ScoreSheet | SheetVersion]) -> sa.ColumnElement[bool]:
    """Whose sheet it is."""
    return sa.and_(Member.meeting_code == kind.meeting_code, Member.expert_code == kind.expert_code)
