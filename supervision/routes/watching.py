"""What the wall, the list and a lot's page show of a lot on its way: what is next and how urgent.

Only what trading and evaluation let regulators know; nothing here counts or names what is sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluation.models.meeting import Meeting
from kernel.periods import legal_date
from supervision.queries import OnItsWay
from supervision.rules.alerts import level_of
from supervision.states import AlertLevel
from trading import queries as trading
from trading.models.tendering import Lot
from trading.rules.steps import NextStep
from trading.states import LotState, Regime


@dataclass(frozen=True)
class Watched:
    """One lot with its next step, by its own clock; `head` counts the messages about it."""

    lot: Lot
    next: NextStep
    now: datetime
    head: int
    meeting: Meeting | None

    @property
    def level(self) -> AlertLevel | None:
        """How urgent its next limit is; only the time for bids is known to have begun when."""
        begun = self.lot.tender.registered_at if self.lot.state is LotState.ANNOUNCED else None
        return level_of(begun, self.next.until, self.now)

    @property
    def left(self) -> timedelta:
        """What is left until its next limit; without one: for ever."""
        return self.next.until - self.now if self.next.until else timedelta.max

    @property
    def is_meeting(self) -> bool:
        """Whether its committee sits now."""
        return self.meeting is not None and self.lot.state is LotState.EVALUATING

    @property
    def opens_today(self) -> bool:
        """Whether its deadline falls on the present day of its clock."""
        deadline = self.lot.deadline
        return deadline is not None and legal_date(deadline) == legal_date(self.now)


@dataclass(frozen=True)
class Figures:
    """What the head of the wall counts."""

    lots: int
    works: int
    openings: int
    meetings: int
    suspended: int
    red: int
    yellow: int


def by_urgency(lots: Sequence[OnItsWay], real: datetime) -> list[Watched]:
    """These lots, the nearest limit first, those that are suspended before them."""
    rows = [watched(each, each.lot.tender.now(real)) for each in lots]
    return sorted(rows, key=_urgency)


def watched(on_its_way: OnItsWay, now: datetime) -> Watched:
    """One lot with its next step, when its own clock shows `now`."""
    lot = on_its_way.lot
    step = trading.step_of(lot, on_its_way.report, on_its_way.award)
    return Watched(lot, step, now, on_its_way.head, on_its_way.meeting)


def figures(rows: Sequence[Watched], attempts: int, lost: int) -> Figures:
    """The figures of the wall; a refused attempt counts as a red card, a lost seat as yellow."""
    levels = [row.level for row in rows]
    return Figures(
        lots=len(rows),
        works=sum(row.lot.tender.regime is Regime.CONSTRUCTION for row in rows),
        openings=sum(row.opens_today for row in rows),
        meetings=sum(row.is_meeting for row in rows),
        suspended=sum(row.lot.state is LotState.SUSPENDED for row in rows),
        red=levels.count(AlertLevel.RED) + attempts,
        yellow=levels.count(AlertLevel.YELLOW) + lost,
    )


def _urgency(row: Watched) -> tuple[bool, timedelta, str]:
    return row.lot.state is not LotState.SUSPENDED, row.left, row.lot.code
