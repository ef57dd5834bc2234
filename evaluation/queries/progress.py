"""How far the seats of a committee are, and one's own seat: a single statement for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, lazyload

from evaluation.models.meeting import ChairVote, Meeting, Member
from evaluation.models.pool import Expert
from evaluation.models.presence import Presence
from evaluation.models.report import Report
from evaluation.models.scoring import ScoreSheet
from evaluation.queries.presence import of_member
from evaluation.rules.presence import Connection, connection
from evaluation.states import MeetingState, SheetState
from identity.models.accounts import Person
from identity.models.papers import Turn
from identity.states import TurnState
from kernel.errors import NotFound

_HAS_REPORT = Meeting.state.in_((MeetingState.REPORTING, MeetingState.REPORTED))
_SHEET = sa.and_(
    ScoreSheet.meeting_code == Member.meeting_code, ScoreSheet.expert_code == Member.expert_code
)


@dataclass(frozen=True)
class SeatProgress:
    """How far one seat of a committee is: nothing of what its expert thinks."""

    seat: int
    expert: str
    has_signed: bool
    has_voted: bool
    sheet: SheetState
    version: int
    report: TurnState | None
    city: str
    specialities: tuple[str, ...]
    connection: Connection
    lost_at: datetime | None
    """Both for regulators alone."""


@dataclass(frozen=True)
class OwnPlace:
    """One's own seat and sheet in a meeting, and its report while there can be one."""

    meeting: Meeting
    member: Member
    sheet: ScoreSheet
    report: Report | None


def no_meeting(code: str) -> NotFound:
    """What is said of a meeting that is not there for this viewer."""
    return NotFound("meeting.not_found", "没有编号为“%(value)s”的评标会。", value=code[:40])


def place_of(db: Session, meeting_code: str, person_code: str) -> OwnPlace:
    """This person's place in a meeting. Raises NotFound, also for a meeting of others."""
    asked = {"meeting": meeting_code, "person": person_code}
    row = db.execute(_place(), asked).one_or_none()
    if row is None:
        raise no_meeting(meeting_code)
    return OwnPlace(*row)


def progress_of(db: Session, meeting: Meeting) -> list[SeatProgress]:
    """How far every seat is, in seat order; who they are as persons is not read."""
    return [_progress(*row) for row in db.execute(_seats(), {"meeting": meeting.code})]


# Both statements are put together once: every move in a room asks them again.
@cache
def _place() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Meeting, Member, ScoreSheet, Report)
        .join(Member, Member.meeting_code == Meeting.code)
        .join(ScoreSheet, _SHEET)
        .join(Expert, Expert.code == Member.expert_code)
        .join(Person, Person.id == Expert.person_id)
        .outerjoin(Report, sa.and_(Report.meeting_code == Meeting.code, _HAS_REPORT))
        .where(Meeting.code == sa.bindparam("meeting"), Person.code == sa.bindparam("person"))
        .options(*_expert_alone(), lazyload(Report.meeting), lazyload(Report.paper))
    )


@cache
def _seats() -> sa.Select[*tuple[Any, ...]]:
    voted = sa.exists().where(
        ChairVote.meeting_code == Meeting.code,
        ChairVote.ballot == Meeting.ballot,
        ChairVote.voter == Member.expert_code,
    )
    has_voted = sa.or_(Meeting.chair.is_not(None), voted)
    return (
        sa.select(Member, ScoreSheet.state, ScoreSheet.version, has_voted, Turn.state, Presence)
        .join(Meeting, Meeting.code == Member.meeting_code)
        .join(ScoreSheet, _SHEET)
        .join(Expert, Expert.code == Member.expert_code)
        .outerjoin(Report, sa.and_(Report.meeting_code == Meeting.code, _HAS_REPORT))
        .outerjoin(
            Turn,
            sa.and_(Turn.paper_code == Report.paper_code, Turn.person_id == Expert.person_id),
        )
        .outerjoin(Presence, of_member())
        .where(Member.meeting_code == sa.bindparam("meeting"))
        .options(*_expert_alone())
        .order_by(Member.seat)
    )


def _progress(
    member: Member,
    sheet: SheetState,
    version: int,
    has_voted: bool,
    report: TurnState | None,
    presence: Presence | None,
) -> SeatProgress:
    lost_at = presence.lost_at if presence else None
    return SeatProgress(
        seat=member.seat,
        expert=member.expert_code,
        has_signed=member.statement is not None,
        has_voted=has_voted,
        sheet=sheet,
        version=version,
        report=report,
        city=member.expert.city,
        specialities=tuple(member.expert.specialities),
        connection=connection(presence.seen_at if presence else None, lost_at),
        lost_at=lost_at,
    )


def _expert_alone() -> Sequence[sa.orm.interfaces.LoaderOption]:
    """The expert of the statement, without the person that an expert otherwise comes with."""
    return [contains_eager(Member.expert).lazyload(Expert.person)]
