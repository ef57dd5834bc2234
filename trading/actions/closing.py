"""The closing second: the held facts join the tree, count and root are fixed, under three fails.

Idempotent: whoever comes too early or second does nothing.
Source: 招标投标法 第34条; 实施条例 第44条; 财政部令第87号 第41条.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from evidence.actions.streams import release_held
from evidence.rules.sealing import close_root
from kernel.periods import legal_date
from outbox.rules.letters import LetterKind
from storage.due import schedule
from trading import queries
from trading.actions.letters import (
    concerned_bidders,
    sides_of,
    standing_bidders,
    write_about,
)
from trading.actions.tendering import move_lot, tell
from trading.models.tendering import Lot
from trading.rules.limits import limits_for
from trading.states import LotEvent, LotState

ACTOR = "platform"


def close_lot(db: Session, lot_code: str, *, now: datetime) -> bool:
    """Close if the deadline has come; return whether that was done. The caller holds the lot."""
    lot = queries.lot_by_code(db, lot_code)
    if lot.state is not LotState.ANNOUNCED or lot.deadline is None or now < lot.deadline:
        return False
    release_held(db, f"lot:{lot.code}")
    receipts = [bid.receipt for bid in queries.standing_bids(db, lot.id)]
    commitments = queries.commitments_of(db, receipts)
    lot.sealed_count, lot.sealed_root = len(commitments), close_root(commitments)
    lot.closed_at = now
    limits = limits_for(lot.tender.regime, legal_date(now))
    if len(commitments) < limits.minimum_bidders:
        _move(db, lot, LotEvent.FAILED, now, reason=limits.minimum_bidders_source)
        to = [*concerned_bidders(db, lot), *sides_of(lot)]
        write_about(db, lot, LetterKind.LOT_FAILED, to, now=now)
    else:
        _move(db, lot, LotEvent.CLOSED, now, reason="")
        lot.window_ends_at = lot.deadline + timedelta(minutes=lot.window_minutes)
        schedule(db, "lot.end_window", f"lot:{lot.code}", lot.window_ends_at)
        to, until = standing_bidders(db, lot), lot.window_ends_at.isoformat()
        write_about(db, lot, LetterKind.RELEASE_NEEDED, to, now=now, until=until)
    return True


def _move(db: Session, lot: Lot, event: LotEvent, now: datetime, *, reason: str) -> None:
    assert lot.sealed_root is not None  # noqa: S101 (set by the only caller)
    sealed = {"count": lot.sealed_count, "root": lot.sealed_root.hex(), "source": reason}
    move_lot(db, lot, event, actor=ACTOR, data=sealed, now=now)
    tell(db, lot, f"lot.{event.value}", sealed, now)
