"""One tender of the city on its way: what is planned of it, where it stands, its own clock.

A plan's road is a list of steps; each step looks at what is there before it does anything, so a
play that was killed goes on where it stood and nothing is done twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from demo.stage import Stage
from kernel.errors import NotFound, NotYet
from storage.database import snapshot
from storage.subjects import legal_now
from trading import queries
from trading.actions import tendering
from trading.actions.rehearsal import move_rehearsal
from trading.models.tendering import Lot
from trading.states import Category, LotState, Regime

Step = Callable[["Play"], bool]
"""Does what is to be done; False while due work has to come first."""


@dataclass(frozen=True)
class Plan:
    """What is played of one tender. Money in units of 10,000 yuan; people by user name."""

    key: str
    name: str
    scope: str
    regime: Regime
    category: Category
    agency: str
    buyer: str
    estimate: int
    days_ago: int
    road: Sequence[Step]
    bidders: Sequence[str] = ()
    speciality: str = ""
    lots: int = 1
    guarantee: bool = False
    window_minutes: int = 30
    correction_minutes: int = 5
    silent: Sequence[str] = ()
    """Bidders who do not release."""
    wrong: Sequence[str] = ()
    """Bidders who release a key that does not fit."""
    is_rejected: bool = False
    """The committee rejects every bid."""


@dataclass
class Play:
    """A plan on a stage. `done` counts the finished steps of the road."""

    stage: Stage
    plan: Plan
    tender: str = ""
    done: int = 0
    members: Sequence[str] = ()
    """Codes of the committee in seat order, once it is convened."""

    @classmethod
    def of(cls, stage: Stage, plan: Plan) -> "Play":
        """The play of this plan where it stopped, or a new one."""
        if stage.notes.has(plan.key):
            note = stage.notes.recall(plan.key)
            if _is_known(note["tender"]):
                return cls(stage, plan, note["tender"], note["done"])
        play = cls(stage, plan, tendering.new_tender_code())
        play._remember()
        return play

    @property
    def lot(self) -> str:
        """Code of the first lot, the one that is played."""
        return tendering.lot_codes(self.tender, 1)[0]

    @property
    def lock(self) -> list[str]:
        """What an act on the lot locks."""
        return [f"lot:{self.lot}"]

    @property
    def is_over(self) -> bool:
        """Whether the whole road was walked."""
        return self.done >= len(self.plan.road)

    def walk(self) -> bool:
        """Take the next step; whether it is done. The note of it outlives a kill."""
        if not self.plan.road[self.done](self):
            return False
        self.done += 1
        self._remember()
        return True

    def act(self, action: Callable[..., Any], username: str, *subject: Any, **more: Any) -> Any:
        """One action of one person on the lot."""
        return self.stage.act(action, username, *subject, lock=self.lock, **more)

    def found(self) -> Lot:
        """The lot as it stands."""
        with snapshot() as db:
            lot = queries.lot_by_code(db, self.lot)
            db.expunge_all()
        return lot

    def is_in(self, *states: LotState) -> bool:
        """Whether the lot is in one of these states."""
        return self.found().state in states

    def now(self) -> datetime:
        """The tender's own time."""
        with snapshot() as db:
            return legal_now(db, f"lot:{self.lot}")

    def clock_to(self, to: datetime) -> bool:
        """Let the rehearsal's clock come to this instant; False while something is due before."""
        if self.now() >= to:
            return True
        lock = [f"tender:{self.tender}", *self.lock]
        who = self.stage.who(self.plan.agency)

        def move(db: Any, now: datetime) -> datetime:
            tender = queries.tender_by_code(db, self.tender)
            return move_rehearsal(db, who, tender, to=max(to, now), now=now)

        try:
            return bool(self.stage.do(lock, move) >= to)
        except NotYet:
            return False

    def later(self, minutes: int) -> None:
        """Let some time go by, as far as nothing is due; only for the look of the record."""
        self.clock_to(self.now() + timedelta(minutes=minutes))

    def _remember(self) -> None:
        self.stage.notes.remember(self.plan.key, {"tender": self.tender, "done": self.done})


def _is_known(tender: str) -> bool:
    try:
        with snapshot() as db:
            queries.tender_by_code(db, tender)
    except NotFound:
        return False
    return True
