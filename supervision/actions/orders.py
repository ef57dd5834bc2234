"""A regulator orders a lot to be suspended or resumed, with article and ground."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from evaluation.actions.draw import move_draw
from identity.rules.permissions import Viewer
from kernel import codes
from kernel.text import clean_line, filled_text
from outbox.rules.letters import LetterKind
from supervision.models.orders import Order
from supervision.states import OrderKind
from trading import queries as trading
from trading.actions.letters import sides_of, write_about
from trading.actions.suspension import resume_lot, suspend_lot
from trading.models.tendering import Lot


def issue_order(
    db: Session,
    who: Viewer,
    lot_code: str,
    *,
    kind: OrderKind,
    article: str,
    ground: str,
    now: datetime,
) -> Order:
    """Record the order and carry it out at once. The caller holds the lot.

    Source: 招标投标法实施条例 第62条 (written ground). Raises Refusal if the state forbids it.
    """
    code = codes.new_code("OR")
    data = {
        "order": code,
        "article": clean_line(article, field="article"),
        "ground": filled_text(ground, field="ground", limit=2000),
    }
    carry_out = _resume if kind is OrderKind.RESUME else suspend_lot
    lot = carry_out(db, lot_code, actor=who.code, data=data, now=now)
    order = Order(
        code=code,
        lot_id=lot.id,
        kind=kind,
        article=data["article"],
        ground=data["ground"],
        issued_by=who.code,
        issued_at=now,
    )
    db.add(order)
    write_about(db, lot, LetterKind.ORDER_ISSUED, sides_of(lot), now=now, **data)
    return order


def _resume(
    db: Session, lot_code: str, *, actor: str, data: Mapping[str, str], now: datetime
) -> Lot:
    """Resume the lot, and the clocks that evaluation keeps for it."""
    stopped_at = trading.lot_by_code(db, lot_code).suspended_at
    lot = resume_lot(db, lot_code, actor=actor, data=data, now=now)
    if stopped_at is not None:
        move_draw(db, lot, stopped_at, now)
    return lot
