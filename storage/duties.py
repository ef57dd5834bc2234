"""What a kind of due work does: heavy work between two doors, then an act under the lock.

Each package lists its own in timers.py; the worker merges the lists. `work` sees only a snapshot
and the workshop, and its result is judged again under the lock by `act`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

Work = Callable[[str, Any], Any]
Act = Callable[[Session, str, datetime, Any], object]
Locks = Callable[[str], Sequence[str]]


def no_more_locks(_code: str) -> Sequence[str]:
    """The subject of the work alone is locked."""
    return ()


@dataclass(frozen=True)
class Duty:
    """`work(code, workshop)` runs outside a transaction; `act(db, code, now, result)` inside.

    `locks(code)` names subjects to hold besides that of the work.
    """

    act: Act
    work: Work | None = None
    locks: Locks = no_more_locks
