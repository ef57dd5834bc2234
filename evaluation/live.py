"""Who may follow a meeting, and as whom: its experts, the side that buys, regulators."""

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.rules.disclosure import Audience
from identity.rules.permissions import Viewer
from identity.states import Permission


def audience_for(db: Session, viewer: Viewer, code: str) -> Audience:
    """The audience that this viewer belongs to for a meeting. Raises NotFound for others."""
    meeting = queries.meeting_by_code(db, code)
    if viewer.may(Permission.SUPERVISE):
        return Audience.REGULATOR
    tender = meeting.lot.tender
    sides = {tender.agency.credit_code, tender.procuring_entity.credit_code}
    if viewer.may(Permission.RUN_TENDER) and viewer.organisation in sides:
        return Audience.AGENCY
    queries.member_of(db, code, viewer.code)
    return Audience.EXPERT
