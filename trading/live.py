"""Who may watch a lot, and as whom: the party of its tender, regulators, or the public."""

from sqlalchemy.orm import Session

from identity.rules.permissions import Viewer
from identity.states import Permission
from kernel.errors import NotFound
from trading import queries
from trading.rules.disclosure import Audience, Matter, may_know


def audience_for(db: Session, viewer: Viewer, code: str) -> Audience:
    """The audience that this viewer belongs to on the channel of a lot. Raises NotFound."""
    lot = queries.lot_by_code(db, code)
    if viewer.may(Permission.SUPERVISE):
        return Audience.REGULATOR
    tender = lot.tender
    sides = {tender.agency.credit_code, tender.procuring_entity.credit_code}
    if viewer.may(Permission.RUN_TENDER) and viewer.organisation in sides:
        return Audience.PARTY
    if may_know(Audience.PUBLIC, Matter.NOTICE, lot.state):
        return Audience.PUBLIC
    raise NotFound("lot.not_found", "没有编号为“%(value)s”的标段。", value=code[:40])
