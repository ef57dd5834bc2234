"""The two doors to the database: `transaction()` is the only commit, `snapshot()` only reads.

What is locked is a subject (a name such as `lot:TD…-01`), never a business row. The door gives
the one instant of the transaction, read after the lock is held, and runs the numbering steps
last, so that no two transactions ever wait for each other in a circle (design.md §3).
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kernel.errors import Busy
from storage.subjects import lock_subjects

BUSY_SECONDS = 5
# SQLSTATEs that mean "nothing was done, try again": deadlock, lock not available, serialization,
# no connection left; and a server that is ending, was ended, or begins.
_BUSY_STATES = {"40P01", "55P03", "40001", "53300"}
_AWAY_STATES = {"57P01", "57P02", "57P03"}
_FULL_STATES = {"53100"}
_SQLITE_FULL = 13

Step = Callable[[Session, datetime], None]
_steps: list[tuple[int, Step]] = []


def before_commit(order: int, step: Step) -> None:
    """Register a numbering step; streams (10) come before channels (20). Once, at import."""
    _steps.append((order, step))
    _steps.sort(key=lambda pair: pair[0])


@dataclass
class _Attempt:
    """How far a transaction came."""

    is_committing: bool = False


class Database:
    """One database with its two doors. SQLite or PostgreSQL, by URL."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        """Opens no connection yet."""
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._one_writer = threading.Lock()
        self.writer = self._engine(pool_size, reads_only=False)
        self.reader = self._engine(pool_size, reads_only=True)

    @contextmanager
    def transaction(
        self, lock: Sequence[str] = (), *, new_clock: tuple[str, datetime] | None = None
    ) -> Iterator[tuple[Session, datetime]]:
        """Yield (db, now) with these subjects locked; commit at the end, all or nothing.

        `now` is the legal instant: real time plus the shift of the clock of the last subject in
        lock order, and never before that subject's last transaction. `new_clock` (name, start)
        puts the subjects that this transaction creates under a rehearsal clock.
        Raises Busy when a lock or the database could not be had; nothing was done then, unless
        its code is `storage.unsure`.
        """
        with (
            self._serialised(),
            self._busy_told() as attempt,
            Session(self.writer, expire_on_commit=False) as db,
            db.begin(),
        ):
            now = lock_subjects(db, lock, new_clock=new_clock)
            yield db, now
            db.flush()
            for _, step in _steps:
                step(db, now)
            attempt.is_committing = True

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Yield a session that only reads, all from one moment."""
        with self._busy_told(), Session(self.reader, expire_on_commit=False) as db, db.begin():
            db.info["reads_only"] = True
            yield db

    def dispose(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self.reader.dispose()

    @contextmanager
    def _serialised(self) -> Iterator[None]:
        """One writing thread of this process at a time on SQLite; not on PostgreSQL."""
        if not self.is_sqlite:
            yield
            return
        if not self._one_writer.acquire(timeout=BUSY_SECONDS):
            raise busy()
        try:
            yield
        finally:
            self._one_writer.release()

    @contextmanager
    def _busy_told(self) -> Iterator["_Attempt"]:
        attempt = _Attempt()
        try:
            yield attempt
        except sa.exc.DBAPIError as fault:
            refusal = _told(fault, attempt)
            if refusal is not None:
                raise refusal from fault
            raise

    def _engine(self, pool_size: int, *, reads_only: bool) -> sa.Engine:
        if self.is_sqlite:
            return self._sqlite_engine(pool_size, reads_only=reads_only)
        level = "REPEATABLE READ" if reads_only else "READ COMMITTED"
        engine = sa.create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size,
            isolation_level=level,
            hide_parameters=True,
        )
        return engine.execution_options(postgresql_readonly=True) if reads_only else engine

    def _sqlite_engine(self, pool_size: int, *, reads_only: bool) -> sa.Engine:
        engine = sa.create_engine(
            self.url,
            poolclass=sa.QueuePool,
            pool_size=pool_size,
            max_overflow=pool_size * 10,
            connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
            hide_parameters=True,  # a fault goes into logs, and what was to be stored must not
        )
        sa.event.listen(engine, "connect", _set_up_reader if reads_only else _set_up_writer)
        begin = "BEGIN" if reads_only else "BEGIN IMMEDIATE"
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine


_current: Database | None = None


def open_database(url: str) -> Database:
    """Make this the database of the program's doors and return it."""
    global _current
    if _current is not None:
        _current.dispose()
    _current = Database(url)
    return _current


def current_database() -> Database:
    """The open database."""
    if _current is None:
        raise RuntimeError("no database is open")
    return _current


def transaction(lock: Sequence[str] = (), *, new_clock: tuple[str, datetime] | None = None) -> Any:
    """The writing door of the open database; see Database.transaction."""
    return current_database().transaction(lock, new_clock=new_clock)


def snapshot() -> Any:
    """The reading door of the open database; see Database.snapshot."""
    return current_database().snapshot()


def _set_up_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_reader(connection: Any, _record: object) -> None:
    _set_up_writer(connection, _record)
    connection.execute("PRAGMA query_only=ON")


def _told(fault: sa.exc.DBAPIError, attempt: _Attempt) -> Busy | None:
    """What this fault of the database means for whoever asked; None: it is one of the program."""
    if _is_away(fault):
        return unsure() if attempt.is_committing else busy()
    if _is_full(fault):
        return full()
    return busy() if _is_busy(fault) else None


def _is_busy(fault: sa.exc.DBAPIError) -> bool:
    if _state(fault) in _BUSY_STATES:
        return True
    return isinstance(fault, sa.exc.OperationalError) and "database is locked" in str(fault.orig)


def _is_away(fault: sa.exc.DBAPIError) -> bool:
    """Whether the server ended, or its connection broke or could not be had."""
    state = _state(fault)
    if state in _AWAY_STATES or state.startswith("08") or fault.connection_invalidated:
        return True
    # Whoever cannot connect has no state to tell; SQLite has none at all, and is never away.
    is_sqlite = hasattr(fault.orig, "sqlite_errorcode")
    return isinstance(fault, sa.exc.OperationalError) and not state and not is_sqlite


def _is_full(fault: sa.exc.DBAPIError) -> bool:
    code = getattr(fault.orig, "sqlite_errorcode", None)
    return code == _SQLITE_FULL or _state(fault) in _FULL_STATES


def _state(fault: sa.exc.DBAPIError) -> str:
    return getattr(fault.orig, "sqlstate", None) or ""


def busy() -> Busy:
    """What is said when something could not be had now and nothing was done."""
    return Busy("storage.busy", "系统正忙，本次没有做任何改动，请一秒后重试。")


def full() -> Busy:
    """What is said when there is no room left and nothing was done."""
    return Busy("storage.full", "平台的存储空间已满，本次没有做任何改动，请稍后重试或联系平台。")


def unsure() -> Busy:
    """What is said when the database went away while it was told to keep what was done."""
    return Busy(
        "storage.unsure", "保存时与数据库的连接中断，本次是否已经生效尚不能确定，请核对后再重试。"
    )
