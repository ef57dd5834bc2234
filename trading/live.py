"""Who may watch a lot, and as whom: the party of its tender, regulators, or the public."""

from sqlalchemy.orm import Session

from identity.rules.permissions import Viewer
from kernel.errors import NotFound
from trading import queries
from trading.rules.disclosure import Audience, Matter, audience_of, may_know


def audience_for(db: Session, viewer: Viewer, code: str) -> Audience:
    """The audience that this viewer belongs to on the channel of a lot. Raises NotFound."""
    lot = queries.lot_by_code(db, code)
    audience = audience_of(viewer, lot.tender.sides)
    if may_know(audience, Matter.NOTICE, lot.stage):
        return audience
    raise NotFound("lot.not_found", "没有编号为“%(value)s”的标段。", value=code[:40])
