"""The relay: a thread in every process that holds watchers. It tails the committed messages.

A wake-up (a new data_version on SQLite, NOTIFY on PostgreSQL) is only a hint; the table is the
truth. It keeps one position per watched channel and hands entries over in number order.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from kernel.errors import Busy
from outbox import queries
from outbox.actions.messages import WAKE_CHANNEL
from outbox.queries import FeedEntry
from storage.database import Database

Channel = tuple[str, str]
Deliver = Callable[[Channel, list[FeedEntry]], None]

POLL_SECONDS = 0.02
_RESYNC_SECONDS = 1.0
log = logging.getLogger("zhaobiao.relay")


class Relay:
    """Delivers new entries of the channels that somebody watches."""

    def __init__(self, database: Database, deliver: Deliver) -> None:
        """`deliver(channel, entries)` is called on the relay's thread, in order per channel."""
        self._database = database
        self._deliver = deliver
        self._positions: dict[Channel, int] = {}
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._in_step_at = time.monotonic()

    def follow(self, channel: Channel, after: int) -> None:
        """Deliver what comes after this number; a channel already followed keeps its position."""
        with self._guard:
            self._positions.setdefault(channel, after)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
                self._thread.start()

    def forget(self, channel: Channel) -> None:
        """Nobody watches this channel any more."""
        with self._guard:
            self._positions.pop(channel, None)

    def behind_seconds(self) -> float:
        """How long ago everything that was committed had been handed over; a second is usual."""
        return time.monotonic() - self._in_step_at

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._database.reader.connect() as connection:
                    self._tail(connection)
            except (sa.exc.DBAPIError, Busy):
                log.exception("relay lost the database and tries again")
                self._stop.wait(_RESYNC_SECONDS)

    def _tail(self, connection: sa.Connection) -> None:
        if self._database.is_sqlite:
            self._tail_sqlite(connection.connection.dbapi_connection)
        else:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(f"LISTEN {WAKE_CHANNEL}")
            self._tail_postgresql(connection.connection.dbapi_connection)

    def _tail_sqlite(self, raw: Any) -> None:
        while not self._stop.is_set():
            seen = raw.execute("PRAGMA data_version").fetchone()
            self._send_new()
            for _ in range(int(_RESYNC_SECONDS / POLL_SECONDS)):
                if self._stop.wait(POLL_SECONDS):
                    return
                if raw.execute("PRAGMA data_version").fetchone() != seen:
                    break

    def _tail_postgresql(self, raw: Any) -> None:
        while not self._stop.is_set():
            self._send_new()
            for _ in raw.notifies(timeout=_RESYNC_SECONDS, stop_after=1):
                break

    def _send_new(self) -> None:
        began = time.monotonic()
        with self._guard:
            positions = dict(self._positions)
        with self._database.snapshot() as db:
            last = queries.heads(db, list(positions))
            news = {
                channel: queries.entries_after(db, *channel, positions[channel])
                for channel, number in last.items()
                if number > positions[channel]
            }
        for channel, entries in news.items():
            self._hand_over(channel, entries)
            with self._guard:
                if channel in self._positions:
                    self._positions[channel] = entries[-1].seq
        if all(entries[-1].seq == last[channel] for channel, entries in news.items()):
            self._in_step_at = began

    def _hand_over(self, channel: Channel, entries: list[FeedEntry]) -> None:
        try:
            self._deliver(channel, entries)
        except Exception:  # a watcher's fault must not end the feed of all others
            log.exception("a delivery failed")
