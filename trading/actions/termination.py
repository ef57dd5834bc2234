"""Terminating a lot: what was held joins the tree, what was due is dropped, everybody is told why.

Source: 招标投标法实施条例 第31条; 财政部令第87号 第29条.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import release_held
from identity.rules.permissions import Viewer
from kernel.errors import refuse_if
from kernel.text import clean_text
from outbox.rules.letters import LetterKind
from storage import due
from trading.actions.letters import concerned_bidders, write_about
from trading.actions.tendering import lot_run_by, move_lot, tell
from trading.models.tendering import Lot
from trading.models.termination import Termination
from trading.rules import termination as rules
from trading.states import LotEvent


def terminate_lot(
    db: Session, who: Viewer, lot_code: str, *, ground: str, now: datetime
) -> Termination:
    """End a lot before its award, suspended or not. The caller holds the lot.

    Receipts stay good: their facts join the tree now, as they would have at the close.
    """
    lot, subject = lot_run_by(db, who, lot_code), f"lot:{lot_code}"
    stated = clean_text(ground, field="ground", limit=rules.GROUND_LIMIT).strip()
    refuse_if(rules.ground_problems(lot.tender.regime, stated))
    _end(db, lot, who, stated, now)
    release_held(db, subject)
    due.drop(db, subject)
    ended = Termination(lot_id=lot.id, ground=stated, terminated_by=who.code, terminated_at=now)
    db.add(ended)
    tell(db, lot, "lot.terminated", {"ground": stated}, now)
    to = concerned_bidders(db, lot)
    write_about(db, lot, LetterKind.LOT_TERMINATED, to, now=now, ground=stated)
    return ended


def _end(db: Session, lot: Lot, who: Viewer, ground: str, now: datetime) -> None:
    move_lot(db, lot, LotEvent.TERMINATED, actor=who.code, data={"ground": ground}, now=now)
    lot.resume_to = lot.suspended_at = None
    db.flush()  # before anything is read: the table's CHECKs see the whole move
