"""Suspending a lot stops every clock of it; resuming moves what had not come by as much."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from kernel.errors import refuse_if
from outbox.rules.letters import LetterKind
from storage import due
from trading import queries
from trading.actions.letters import concerned_bidders, write_about
from trading.actions.tendering import move_lot, tell
from trading.models.tendering import Lot
from trading.rules import suspension as rules
from trading.states import LotEvent, LotState


def suspend_lot(
    db: Session, lot_code: str, *, actor: str, data: Mapping[str, str], now: datetime
) -> Lot:
    """Suspend; `data` says by which order and on what ground. The caller holds the lot."""
    lot, subject = queries.lot_by_code(db, lot_code), f"lot:{lot_code}"
    refuse_if(rules.suspension_problems(lot.state))
    lot.resume_to, lot.suspended_at = lot.state.value, now
    move_lot(db, lot, LotEvent.SUSPENDED, actor=actor, data=data, now=now)
    due.hold(db, subject, now)
    tell(db, lot, "lot.suspended", data, now)
    _write(db, lot, LetterKind.LOT_SUSPENDED, data, now)
    return lot


def resume_lot(
    db: Session, lot_code: str, *, actor: str, data: Mapping[str, str], now: datetime
) -> Lot:
    """Go back to where the lot stood, with its moments moved. The caller holds the lot."""
    lot, subject = queries.lot_by_code(db, lot_code), f"lot:{lot_code}"
    refuse_if(rules.resumption_problems(lot.state))
    assert lot.suspended_at is not None and lot.resume_to  # noqa: S101, PT018 (a CHECK)
    stopped_at = lot.suspended_at
    lot.deadline = rules.moved(lot.deadline, stopped_at, now)
    lot.window_ends_at = rules.moved(lot.window_ends_at, stopped_at, now)
    for release in queries.releases_of(db, lot.id):
        release.correct_until = rules.moved(release.correct_until, stopped_at, now)
    report = queries.report_of(db, lot.id)
    if report is not None:
        report.publicity_until = rules.moved_end(report.publicity_until, stopped_at, now)
        report.step_due = rules.moved_end(report.step_due, stopped_at, now) or report.step_due
    lot.state = LotState(lot.resume_to)
    lot.resume_to = lot.suspended_at = None
    db.flush()  # before anything is read: the table's CHECKs see the whole move
    due.let_go(db, subject, now)
    moments = {"deadline": lot.deadline.isoformat() if lot.deadline else ""}
    news = {"to": lot.state.value, **moments, **data}
    record(db, stream=subject, kind="lot.resumed", actor=actor, subject=subject, data=news, now=now)
    tell(db, lot, "lot.resumed", news, now)
    _write(db, lot, LetterKind.LOT_RESUMED, data, now)
    return lot


def _write(db: Session, lot: Lot, kind: LetterKind, data: Mapping[str, str], now: datetime) -> None:
    to, ground = concerned_bidders(db, lot), data.get("ground", "")
    write_about(db, lot, kind, to, now=now, ground=ground)
