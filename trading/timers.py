"""What falls due when in trading, and which action it calls. The worker sweeps these.

`blockers` answers "why did it not move" for the people concerned.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from trading.actions.closing import close_lot

Handler = Callable[[Session, str, datetime], object]


def _close(db: Session, subject: str, now: datetime) -> None:
    close_lot(db, subject.partition(":")[2], now=now)


HANDLERS: Mapping[str, Handler] = {"lot.close": _close}
