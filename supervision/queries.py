"""Reads for regulators: the wall of running lots, the orders on a lot."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from supervision.models.orders import Order
from trading.models.tendering import Lot
from trading.states import LotState

_ENDED = (LotState.REGISTERED, LotState.ARCHIVED, LotState.FAILED, LotState.TERMINATED)
WALL = 200


def running_lots(db: Session) -> Sequence[Lot]:
    """Lots on their way, the most urgent deadline first; at most WALL."""
    query = sa.select(Lot).where(Lot.state.not_in(_ENDED)).order_by(Lot.deadline, Lot.code)
    return db.scalars(query.limit(WALL)).all()


def orders_on(db: Session, lot_id: int) -> Sequence[Order]:
    """Orders about a lot, newest first."""
    query = sa.select(Order).where(Order.lot_id == lot_id).order_by(Order.issued_at.desc())
    return db.scalars(query).all()
