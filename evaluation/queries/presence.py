"""Seats by their connection: one's own, those not seen for a while, those to tell of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evaluation.models.meeting import Meeting, Member
from evaluation.models.pool import Expert
from evaluation.models.presence import Presence
from evaluation.rules.presence import LOST_AFTER, RUNNING, TOLD_AFTER
from identity.models.accounts import Person
from trading.models.tendering import Lot
from trading.states import LotState


@dataclass(frozen=True)
class OwnPresence:
    """A person's seat in a meeting, and when it was seen, if ever."""

    person: str
    meeting: Meeting
    member: Member
    presence: Presence | None

    @property
    def key(self) -> tuple[str, str]:
        """(meeting, expert), as the seat is kept."""
        return self.meeting.code, self.member.expert_code

    @property
    def is_here(self) -> bool:
        """Whether the seat is kept as connected."""
        return self.presence is not None and self.presence.lost_at is None


@dataclass(frozen=True)
class LostSeat:
    """A seat of a running evaluation whose expert has been away for a while."""

    lot: Lot
    seat: int
    lost_at: datetime


def own_seat(db: Session, meeting_code: str, person_code: str) -> OwnPresence | None:
    """The seat of this person in a running meeting; None where they do not sit."""
    return next(iter(own_seats(db, [(meeting_code, person_code)])), None)


def own_seats(db: Session, watching: Collection[tuple[str, str]]) -> list[OwnPresence]:
    """The same for several (meeting, person); those who do not sit are left out."""
    query = (
        sa.select(Person.code, Meeting, Member, Presence)
        .join(Member, Member.meeting_code == Meeting.code)
        .join(Expert, Expert.code == Member.expert_code)
        .join(Person, Person.id == Expert.person_id)
        .outerjoin(Presence, of_member())
        .where(sa.tuple_(Meeting.code, Person.code).in_(watching))
        .where(Meeting.state.in_(RUNNING))
    )
    return [OwnPresence(*row) for row in db.execute(query)]


def unseen_meetings(db: Session, now: datetime) -> Sequence[tuple[str, str]]:
    """(meeting, lot) codes of running meetings with a seat that has not been seen for too long."""
    query = (
        sa.select(Meeting.code, Lot.code)
        .join(Lot, Lot.id == Meeting.lot_id)
        .join(Presence, Presence.meeting_code == Meeting.code)
        .where(Presence.lost_at.is_(None), Presence.seen_at <= now - LOST_AFTER)
        .where(Meeting.state.in_(RUNNING))
        .distinct()
    )
    return [(meeting, lot) for meeting, lot in db.execute(query)]


def lost_seats(db: Session, now: datetime) -> Sequence[LostSeat]:
    """Seats of running evaluations that regulators are told of, the longest lost first."""
    query = (
        sa.select(Lot, Member.seat, Presence.lost_at)
        .join(Meeting, Meeting.lot_id == Lot.id)
        .join(Member, Member.meeting_code == Meeting.code)
        .join(Presence, of_member())
        .where(Lot.state == LotState.EVALUATING, Meeting.state.in_(RUNNING))
        .where(Presence.lost_at <= now - TOLD_AFTER)
        .order_by(Presence.lost_at)
    )
    return [LostSeat(lot, seat, lost) for lot, seat, lost in db.execute(query) if lost]


def of_member() -> sa.ColumnElement[bool]:
    """The presence that belongs to a member of the statement."""
    return sa.and_(
        Presence.meeting_code == Member.meeting_code, Presence.expert_code == Member.expert_code
    )
