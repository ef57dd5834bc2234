"""Due work is a row, written in the transaction that makes it due; a dead worker delays nothing.

A row holds the legal moment and the clock it counts by. Whoever claims it decides by the door's
`now` under the subject's lock, so an early alarm does nothing (design.md §3).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, real_now
from storage.subjects import REAL_CLOCK, Clock, Subject, clock_of, legal_now

# A worker renews its claims while it works, so a dead one delays its work by no more than this.
CLAIM = timedelta(seconds=10)
_BACK_OFF = timedelta(seconds=2)
_MOST_TRIES = 15
# Nobody claims for longer: a claim beyond is of a clock that has been set back since.
_LONGEST = max(CLAIM, _BACK_OFF * _MOST_TRIES)


class DueWork(Base):
    """One thing to do at one legal moment. Done rows stay, as an account of what was done."""

    __tablename__ = "due_work"
    __table_args__ = (
        sa.UniqueConstraint("kind", "subject", "due_at"),
        sa.Index(None, "done_at", "due_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(80))
    clock: Mapped[str] = mapped_column(sa.String(80), default=REAL_CLOCK)
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    held_from: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(300))


@dataclass(frozen=True)
class Claim:
    """One piece of work that this worker may try until its claim runs out."""

    id: int
    kind: str
    subject: str
    due_at: datetime


def schedule(db: Session, kind: str, subject: str, due_at: datetime) -> None:
    """Add work of this kind for a subject at a legal moment; the same row twice is one.

    What is added while the subject is held waits with the rest.
    """
    same = sa.select(DueWork.id).where(
        DueWork.kind == kind, DueWork.subject == subject, DueWork.due_at == due_at
    )
    if db.scalar(same) is None:
        held_from = legal_now(db, subject) if _is_held(db, subject) else None
        clock = clock_of(db, subject)
        row = DueWork(kind=kind, subject=subject, due_at=due_at, clock=clock, held_from=held_from)
        db.add(row)


def hold(db: Session, subject: str, now: datetime) -> None:
    """Stop the clock of all work of a subject, of what is not done and of what is yet to come."""
    undone = (DueWork.subject == subject, DueWork.done_at.is_(None))
    db.execute(sa.update(DueWork).where(*undone).values(held_from=now))
    _set_held(db, subject, is_held=True)


def let_go(db: Session, subject: str, now: datetime) -> None:
    """Let held work run on: what had not come when it was stopped comes later by that time."""
    query = sa.select(DueWork).where(DueWork.subject == subject, DueWork.held_from.is_not(None))
    for row in db.scalars(query):
        if row.held_from is not None and row.due_at > row.held_from:
            row.due_at += max(now - row.held_from, timedelta(0))
        row.held_from = None
    _set_held(db, subject, is_held=False)


def drop(db: Session, subject: str) -> None:
    """Forget all work of a subject that has not been done, held or claimed as it may be."""
    undone = DueWork.done_at.is_(None)
    db.execute(sa.delete(DueWork).where(DueWork.subject == subject, undone))
    _set_held(db, subject, is_held=False)


def cancel(db: Session, kind: str, subject: str) -> None:
    """Forget undone work of one kind: what it waited for has come about without it."""
    undone = DueWork.done_at.is_(None)
    db.execute(sa.delete(DueWork).where(DueWork.kind == kind, DueWork.subject == subject, undone))


def may_begin(db: Session, work_id: int) -> bool:
    """Whether claimed work is still to be done; asked under the subject's lock.

    Work that was added while another transaction held its subject bears no mark of it: the
    subject is asked too, and what must wait is claimed again later.
    """
    row = db.get(DueWork, work_id)
    if row is None or row.done_at is not None or row.held_from is not None:
        return False
    return not _is_held(db, row.subject)


def pending(db: Session, subject: str | None = None) -> Sequence[DueWork]:
    """Work that is not done, earliest first; of one subject or of all."""
    query = sa.select(DueWork).where(DueWork.done_at.is_(None)).order_by(DueWork.due_at, DueWork.id)
    return db.scalars(query.where(DueWork.subject == subject) if subject else query).all()


def claim_due(db: Session, limit: int = 20) -> list[Claim]:
    """Claim the work whose legal moment has come by its own clock; oldest first."""
    now = real_now(db)
    shifts = dict(db.execute(sa.select(Clock.name, Clock.shift)).all())
    until = DueWork.claimed_until
    free = sa.or_(until.is_(None), until <= now, until > now + _LONGEST)
    waiting = (DueWork.done_at.is_(None), DueWork.held_from.is_(None))
    query = sa.select(DueWork).where(*waiting, free).order_by(DueWork.due_at)
    claims = []
    for row in db.scalars(query.with_for_update(skip_locked=True)):
        if row.due_at <= now + timedelta(microseconds=shifts.get(row.clock, 0)):
            row.claimed_until, row.tries = now + CLAIM, row.tries + 1
            claims.append(Claim(row.id, row.kind, row.subject, row.due_at))
        if len(claims) == limit:
            break
    return claims


def renew(db: Session, work_ids: Collection[int]) -> None:
    """Keep work claimed that its worker is still busy with."""
    undone = (DueWork.id.in_(work_ids), DueWork.done_at.is_(None))
    db.execute(sa.update(DueWork).where(*undone).values(claimed_until=real_now(db) + CLAIM))


def finish(db: Session, work_id: int) -> None:
    """Mark work as done, in the transaction that did it."""
    db.execute(
        sa.update(DueWork)
        .where(DueWork.id == work_id)
        .values(done_at=real_now(db), last_error=None)
    )


def give_back(db: Session, work_id: int, error: str) -> None:
    """Let the work be claimed again soon; what went wrong is kept for the health page."""
    row = db.get(DueWork, work_id)
    if row is None:  # it was dropped while somebody tried it
        return
    row.claimed_until = real_now(db) + _BACK_OFF * min(row.tries, _MOST_TRIES)
    row.last_error = error[:300]


def late(db: Session, work: Sequence[DueWork], by: timedelta) -> list[DueWork]:
    """Of this undone work what is not held and has been due for longer than this, by its clock."""
    longest_ago = real_now(db) - by
    shifts = dict(db.execute(sa.select(Clock.name, Clock.shift)).all())
    return [
        row
        for row in work
        if row.held_from is None
        and row.due_at <= longest_ago + timedelta(microseconds=shifts.get(row.clock, 0))
    ]


def _is_held(db: Session, subject: str) -> bool:
    return bool(db.scalar(sa.select(Subject.is_held).where(Subject.name == subject)))


def _set_held(db: Session, subject: str, *, is_held: bool) -> None:
    db.execute(sa.update(Subject).where(Subject.name == subject).values(is_held=is_held))
