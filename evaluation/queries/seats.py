"""The meetings of one person, and how far that person is in each."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from evaluation.models.meeting import ChairVote, Meeting, Member
from evaluation.models.pool import Expert
from evaluation.models.report import Report
from evaluation.models.scoring import ScoreSheet
from identity.models.accounts import Person
from identity.models.papers import Turn
from identity.states import TurnState


@dataclass(frozen=True)
class OwnSeat:
    """One meeting of a person, and how far that person is in it."""

    meeting: Meeting
    expert: str
    has_signed: bool
    has_voted: bool
    version: int
    all_committed: bool
    is_to_sign: bool

    @property
    def is_chair(self) -> bool:
        """Whether this person is the chair."""
        return self.meeting.chair == self.expert


def seats_of_person(db: Session, person_code: str) -> list[OwnSeat]:
    """Meetings in which this person sits, newest first, with what they did in each."""
    vote = sa.exists().where(
        ChairVote.meeting_code == Meeting.code,
        ChairVote.ballot == Meeting.ballot,
        ChairVote.voter == Member.expert_code,
    )
    others = aliased(ScoreSheet)
    is_missing = sa.exists().where(others.meeting_code == Meeting.code, others.version == 0)
    turn = sa.exists().where(
        Report.meeting_code == Meeting.code,
        Turn.paper_code == Report.paper_code,
        Turn.person_id == Person.id,
        Turn.state.not_in((TurnState.SIGNED, TurnState.DONE)),
    )
    query = (
        sa.select(Meeting, Member.expert_code, Member.statement)
        .add_columns(ScoreSheet.version, vote, is_missing, turn)
        .join(Member, Member.meeting_code == Meeting.code)
        .join(
            ScoreSheet,
            sa.and_(
                ScoreSheet.meeting_code == Member.meeting_code,
                ScoreSheet.expert_code == Member.expert_code,
            ),
        )
        .join(Expert, Expert.code == Member.expert_code)
        .join(Person, Person.id == Expert.person_id)
        .where(Person.code == person_code)
        .order_by(Meeting.convened_at.desc(), Meeting.code)
    )
    return [
        OwnSeat(meeting, expert, statement is not None, has_voted, version, not missing, to_sign)
        for meeting, expert, statement, version, has_voted, missing, to_sign in db.execute(query)
    ]
