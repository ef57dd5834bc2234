"""Whether the expert of a seat is connected to the meeting, and when a lost connection is told.

Seen by the live socket or by polling, in real time also in a rehearsal: a connection is a fact of
the day, not of the lot's clock. No law names a limit: the figures are the platform's own
(domain.md 7.2, practice of electronic monitoring).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from evaluation.states import MeetingState

HEARTBEAT = timedelta(seconds=20)
"""How often a connected seat is noted anew."""
LOST_AFTER = 3 * HEARTBEAT
"""Not seen for so long: lost. Going from page to page takes less."""
TOLD_AFTER = timedelta(minutes=5)
"""Lost for so long: regulators get a card."""
RUNNING = frozenset(MeetingState) - {MeetingState.REPORTED, MeetingState.FAILED}
"""In these states of a meeting its seats are looked at."""


class Connection(StrEnum):
    """What regulators see of a seat's connection."""

    NEVER = "never"
    HERE = "here"
    LOST = "lost"


def connection(seen_at: datetime | None, lost_at: datetime | None) -> Connection:
    """How a seat stands that was seen last and lost at these instants."""
    if seen_at is None:
        return Connection.NEVER
    return Connection.HERE if lost_at is None else Connection.LOST


def is_stale(seen_at: datetime, now: datetime) -> bool:
    """Whether a connected seat is to be noted anew."""
    return now - seen_at >= HEARTBEAT


def is_lost(seen_at: datetime, now: datetime) -> bool:
    """Whether a seat that was seen then counts as lost; at the very limit it does."""
    return now - seen_at >= LOST_AFTER


def is_told(lost_at: datetime | None, now: datetime) -> bool:
    """Whether regulators get a card for a seat that is lost since then."""
    return lost_at is not None and now - lost_at >= TOLD_AFTER
