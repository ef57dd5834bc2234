"""Who belongs to which audience of a meeting: its experts, the side that buys, regulators."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evaluation.models.meeting import Meeting, Member
from evaluation.models.pool import Expert
from evaluation.queries.progress import no_meeting
from evaluation.rules.disclosure import Audience
from identity.models.accounts import Person
from identity.rules.permissions import Viewer
from identity.states import Permission


def audience_of(db: Session, viewer: Viewer, code: str) -> Audience:
    """The audience that this viewer belongs to for a meeting. Raises NotFound for others."""
    (found,) = audiences_of(db, [viewer], code)
    if found is None:
        raise no_meeting(code)
    return found


def audiences_of(db: Session, viewers: Sequence[Viewer], code: str) -> list[Audience | None]:
    """The audience of each viewer for a meeting, in their order; None for others.

    Raises NotFound when there is no such meeting.
    """
    meeting = db.get(Meeting, code)
    if meeting is None:
        raise no_meeting(code)
    tender = meeting.lot.tender
    sides = {tender.agency.credit_code, tender.procuring_entity.credit_code}
    found = [_by_office(viewer, sides) for viewer in viewers]
    if all(found):
        return found
    members = set(db.scalars(_people_of(code)))
    return [
        audience or (Audience.EXPERT if viewer.code in members else None)
        for viewer, audience in zip(viewers, found, strict=True)
    ]


def _by_office(viewer: Viewer, sides: Collection[str]) -> Audience | None:
    if viewer.may(Permission.SUPERVISE):
        return Audience.REGULATOR
    if viewer.may(Permission.RUN_TENDER) and viewer.organisation in sides:
        return Audience.AGENCY
    return None


def _people_of(meeting_code: str) -> sa.Select[str]:
    """The persons' codes of a meeting's members."""
    query = sa.select(Person.code).join(Expert, Expert.person_id == Person.id)
    seats = query.join(Member, Member.expert_code == Expert.code)
    return seats.where(Member.meeting_code == meeting_code)
