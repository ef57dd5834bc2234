"""What can be locked (subject), whose time it runs by (clock), and the numbers of streams and
channels (counter). Storage owns these three tables and asks nobody above.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, real_now

REAL_CLOCK = "real"
# Lock order of design.md §3. A new kind of subject gets its place here.
RANKS: Mapping[str, int] = {
    "platform": 5,
    "organisation": 10,
    "person": 20,
    # Papers are signed in real time; where a lot is locked too, its clock decides.
    "paper": 25,
    "tender": 30,
    "lot": 40,
}
_FIRST_PROCEDURE_RANK = RANKS["tender"]


class Clock(Base):
    """A clock's shift against real time in microseconds; `real` has none. Moved only forward."""

    __tablename__ = "clock"
    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    shift: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class Subject(Base):
    """A name that transactions lock, with the clock it runs by and its last instant.

    While it is held, none of its due work is done (storage.due).
    """

    __tablename__ = "subject"
    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    rank: Mapped[int]
    clock: Mapped[str] = mapped_column(sa.String(80), default=REAL_CLOCK)
    last_at: Mapped[datetime | None]
    is_held: Mapped[bool] = mapped_column(default=False)


class Counter(Base):
    """The last number given in a stream or channel."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    value: Mapped[int] = mapped_column(sa.BigInteger)


def lock_subjects(
    db: Session, names: Iterable[str], *, new_clock: tuple[str, datetime] | None
) -> datetime:
    """Lock these subjects in order, creating missing ones, and return the legal instant."""
    ordered = sorted(set(names), key=lambda name: (rank_of(name), name))
    clock = _start_clock(db, new_clock) if new_clock else REAL_CLOCK
    _create_missing(db, ordered, clock)
    rows = db.scalars(
        sa.select(Subject)
        .where(Subject.name.in_(ordered))
        .order_by(Subject.rank, Subject.name)
        .with_for_update(key_share=True)
    ).all()
    db.info["real_now"] = real = real_now(db)
    return _tick(db, rows, real)


def rank_of(name: str) -> int:
    """Place of a subject in the lock order, by the kind before the colon."""
    return RANKS[name.partition(":")[0]]


def shift_of(db: Session, clock: str) -> timedelta:
    """How far this clock runs before (or, negative, behind) real time."""
    microseconds = db.scalar(sa.select(Clock.shift).where(Clock.name == clock)) or 0
    return timedelta(microseconds=microseconds)


def clock_of(db: Session, subject: str) -> str:
    """Name of the clock that a subject runs by."""
    return db.scalar(sa.select(Subject.clock).where(Subject.name == subject)) or REAL_CLOCK


def legal_now(db: Session, subject: str) -> datetime:
    """A subject's legal instant as a reader sees it; the door's own `now` decides, not this."""
    query = sa.select(Clock.shift).join(Subject, Subject.clock == Clock.name)
    shift = db.scalar(query.where(Subject.name == subject)) or 0
    return real_now(db) + timedelta(microseconds=shift)


def move_clock(db: Session, clock: str, by: timedelta) -> None:
    """Move a rehearsal clock forward. The real clock and backward moves are programming faults."""
    if clock == REAL_CLOCK or by < timedelta(0):
        raise ValueError("only a rehearsal clock moves, and only forward")
    microseconds = by // timedelta(microseconds=1)
    db.execute(sa.update(Clock).where(Clock.name == clock).values(shift=Clock.shift + microseconds))


def count_up(db: Session, amounts: Mapping[str, int]) -> dict[str, int]:
    """Raise counters by these amounts, in the order of their names; return the new values."""
    ordered = sorted(amounts)
    if not ordered:
        return {}
    insert = insert_or_update(db)(Counter).values(
        [{"name": n, "value": amounts[n]} for n in ordered]
    )
    counted = insert.on_conflict_do_update(
        index_elements=[Counter.name], set_={"value": Counter.value + insert.excluded.value}
    ).returning(Counter.name, Counter.value)
    return dict(db.execute(counted).all())


def values_of(db: Session, names: Sequence[str]) -> dict[str, int]:
    """The values of these counters, without those that never counted."""
    if not names:
        return {}
    query = sa.select(Counter.name, Counter.value).where(Counter.name.in_(names))
    return dict(db.execute(query).all())


def insert_or_update(db: Session) -> type[postgresql.Insert] | type[sqlite.Insert]:
    """The INSERT of this engine that may say what to do on a conflict."""
    return sqlite.Insert if db.get_bind().dialect.name == "sqlite" else postgresql.Insert


def _start_clock(db: Session, new_clock: tuple[str, datetime]) -> str:
    name, start = new_clock
    shift = (start - real_now(db)) // timedelta(microseconds=1)
    db.execute(sa.insert(Clock).values(name=name, shift=shift))
    return name


def _create_missing(db: Session, ordered: Sequence[str], clock: str) -> None:
    if not ordered:
        return
    known = set(db.scalars(sa.select(Subject.name).where(Subject.name.in_(ordered))))
    missing = [
        {
            "name": name,
            "rank": rank_of(name),
            "clock": clock if rank_of(name) >= _FIRST_PROCEDURE_RANK else REAL_CLOCK,
            "is_held": False,
        }
        for name in ordered
        if name not in known
    ]
    if missing:
        db.execute(insert_or_update(db)(Subject).values(missing).on_conflict_do_nothing())


def _tick(db: Session, rows: Sequence[Subject], real: datetime) -> datetime:
    legal_clock = rows[-1].clock if rows else REAL_CLOCK
    shift = shift_of(db, legal_clock) if legal_clock != REAL_CLOCK else timedelta(0)
    now = real + shift
    for row in rows:
        if row.clock == legal_clock and row.last_at is not None:
            now = max(now, row.last_at)
    for row in rows:
        row.last_at = now if row.clock == legal_clock else max(real, row.last_at or real)
    return now
