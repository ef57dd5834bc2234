"""Where the clock of a rehearsal (演练) may start and how far it may run: within the law it plays.

Source: design.md §3 (starts at any instant up to now, is moved only forward).
"""

from datetime import datetime, timedelta

from kernel.errors import Problem
from kernel.periods import legal_date
from trading.rules.limits import first_day
from trading.states import Regime

FARTHEST = timedelta(days=3660)
"""How far before real time a rehearsal may run: a contract's life, and no end of the calendar."""


def start_problems(start: datetime, regime: Regime, real: datetime) -> list[Problem]:
    """Why a rehearsal cannot start at this instant; both ends are allowed."""
    if legal_date(start) >= first_day(regime) and start <= real:
        return []
    return [
        Problem(
            "rehearsal.start",
            "演练的起始时间应在 %(first)s 至当前时间之间。",
            field="rehearsal_from",
            values={"first": first_day(regime).isoformat()},
        )
    ]


def move_problems(to: datetime, now: datetime, real: datetime) -> list[Problem]:
    """Why a rehearsal's clock cannot be moved there: back, or farther than anything lasts."""
    if to < now:
        return [Problem("rehearsal.backwards", "演练时钟只能向前拨。", field="to")]
    if to > real + FARTHEST:
        return [Problem("rehearsal.too_far", "演练时钟最多拨到十年以后。", field="to")]
    return []
