"""Rehearsals (演练): a tender's own clock, moved only forward and never past what is due.

The next due moment is executed before the clock can move on; each move is a fact.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity.rules.permissions import Viewer
from identity.states import Role
from kernel.errors import InvalidInput, NotFound, NotYet, Refusal, refuse_if
from storage.base import real_now
from storage.due import DueWork
from storage.subjects import REAL_CLOCK, move_clock
from trading.actions.guarantee import ISSUED
from trading.models.tendering import Tender
from trading.rules import rehearsal as rules

_CENTRE = frozenset({Role.HOST, Role.OPERATOR})


def move_rehearsal(
    db: Session, who: Viewer, tender: Tender, *, to: datetime, now: datetime
) -> datetime:
    """Move the tender's clock forward to an instant; return where it stands after.

    Whoever runs the tender may, and the trading centre. Raises NotFound for others, NotYet when
    due work must be done first, InvalidInput for a move back or past it.
    """
    if not who.roles & _CENTRE and who.organisation not in tender.sides:
        raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=tender.code)
    if tender.clock == REAL_CLOCK:
        raise Refusal("rehearsal.not_one", "只有演练项目可以拨快时钟。")
    refuse_if(rules.move_problems(to, now, real_now(db)), InvalidInput)
    waiting = next_due(db, tender.clock)
    if waiting is not None and waiting.due_at <= now:
        raise NotYet("rehearsal.work_due", "有到期事项正在办理，请稍后再拨时钟。")
    target = min(to, waiting.due_at) if waiting else to
    move_clock(db, tender.clock, target - now)
    record(
        db,
        stream=f"tender:{tender.code}",
        kind="rehearsal.moved",
        actor=who.code,
        subject=f"tender:{tender.code}",
        data={"from": now.isoformat(), "to": target.isoformat()},
        now=now,
    )
    return target


def next_due(db: Session, clock: str) -> DueWork | None:
    """The next work that must be waited for. Guarantees are not: an answer would tell of them."""
    query = sa.select(DueWork).where(
        DueWork.clock == clock,
        DueWork.done_at.is_(None),
        DueWork.held_from.is_(None),
        DueWork.kind != ISSUED,
    )
    return db.scalar(query.order_by(DueWork.due_at).limit(1))
