"""Seats come, stay and are lost; regulators alone are told. Times are real, as `seen` says.

Nothing of it is a fact of the meeting: a line that breaks decides nothing.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.models.meeting import Meeting
from evaluation.models.presence import Presence
from evaluation.rules import presence as rules
from evaluation.rules.disclosure import Audience
from outbox.actions.messages import publish, publish_wide


def note_arrival(
    db: Session, meeting_code: str, person_code: str, *, seen: datetime, now: datetime
) -> None:
    """This expert is connected. The caller holds the lot; others than members change nothing."""
    seat = queries.own_seat(db, meeting_code, person_code)
    if seat is None:
        return
    was_here = seat.is_here
    if seat.presence is None:
        meeting, expert = seat.key
        db.add(Presence(meeting_code=meeting, expert_code=expert, seen_at=seen))
    else:
        seat.presence.seen_at, seat.presence.lost_at = seen, None
    if not was_here:
        _tell(db, seat.meeting, "presence.came", now)


def note_stay(db: Session, seats: Collection[tuple[str, str]], *, seen: datetime) -> None:
    """These (meeting, expert) are connected still."""
    key = sa.tuple_(Presence.meeting_code, Presence.expert_code)
    query = sa.update(Presence).where(key.in_(seats), Presence.lost_at.is_(None))
    db.execute(query.values(seen_at=seen))


def note_losses(db: Session, meeting_code: str, *, seen: datetime, now: datetime) -> None:
    """Seats of a meeting that nobody has seen for too long are lost. The caller holds the lot."""
    query = sa.select(Presence).where(Presence.meeting_code == meeting_code)
    lost = [
        each
        for each in db.scalars(query.where(Presence.lost_at.is_(None)))
        if rules.is_lost(each.seen_at, seen)
    ]
    for each in lost:
        each.lost_at = each.seen_at
    if lost:
        _tell(db, queries.meeting_by_code(db, meeting_code), "presence.lost", now)


def _tell(db: Session, meeting: Meeting, kind: str, now: datetime) -> None:
    told = {Audience.REGULATOR.value: {"meeting": meeting.code}}
    publish(db, f"meeting:{meeting.code}", kind, told, now)
    publish_wide(db, "wall", kind, {Audience.REGULATOR.value: {"lot": meeting.lot.code}}, now)
