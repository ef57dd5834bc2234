"""Who may watch a lot, and as whom: the party of its tender, regulators, or the public."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from identity.rules.permissions import Viewer
from kernel.errors import NotFound
from trading import queries
from trading.rules.disclosure import Audience, Matter, audience_of, may_know


def audiences_for(db: Session, viewers: Sequence[Viewer], code: str) -> list[Audience | None]:
    """Each viewer's audience on the channel of a lot, in their order; None: not theirs to know.

    Raises NotFound when there is no such lot.
    """
    lot = queries.lot_by_code(db, code)
    sides, stage = lot.tender.sides, lot.stage
    found = [audience_of(viewer, sides) for viewer in viewers]
    return [each if may_know(each, Matter.NOTICE, stage) else None for each in found]


def no_channel(code: str) -> NotFound:
    """What is said to whom a lot's channel is not there: the same as of a lot that is not."""
    return queries.no_lot(code)
