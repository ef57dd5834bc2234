"""The desk on which everybody lands after signing in: what am I to do now, and until when.

Each package says what it has for a viewer; webapp/factory.py lists whom to ask.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from identity import queries
from identity.guard import requires, viewer
from identity.rules.permissions import Viewer
from identity.states import Permission
from storage.base import real_now
from storage.database import snapshot

pages = Blueprint("desk", __name__)
SHOWN = 20
_CLOSE = timedelta(hours=1)


def _(text: str) -> str:
    """Marks a text for the catalogue; the page translates it when it shows it."""
    return text


@dataclass(frozen=True)
class Task:
    """One line of a desk: `title` and `otherwise` are texts of the catalogue, `about` is a name.

    Not before `begins` and before `until`, where there are such. `is_mine`: this viewer has to
    act; else they are only told. Its moments are of a clock that runs `ahead` of real time and
    shows `now`.
    """

    title: str
    about: str
    address: str
    is_mine: bool
    begins: datetime | None = None
    until: datetime | None = None
    otherwise: str = ""
    is_rehearsal: bool = False
    ahead: timedelta = timedelta(0)
    now: datetime | None = None

    @property
    def left(self) -> timedelta:
        """What is left by its own clock; without an end: for ever."""
        return self.until - self.now if self.until and self.now else timedelta.max

    @property
    def is_close(self) -> bool:
        """Whether it ends within the hour."""
        return self.left < _CLOSE


Tasks = Callable[[Session, Viewer], Sequence[Task]]


@pages.get("/desk")
@requires(Permission.SEE_ACCOUNT)
def desk() -> ResponseReturnValue:
    """My tasks, those with the nearest end first, and what is on its way without me."""
    asked: Sequence[Tasks] = current_app.extensions["desk"]
    with snapshot() as db:
        found = [task for tasks in asked for task in tasks(db, viewer())]
        real = real_now(db)
    found = [replace(task, now=real + task.ahead) for task in found]
    found.sort(key=lambda task: (task.left, task.about))
    return render_template(
        "identity/desk.html",
        mine=[task for task in found if task.is_mine],
        others=[task for task in found if not task.is_mine],
    )


def tasks_of_papers(db: Session, who: Viewer) -> list[Task]:
    """Documents that wait for my signature."""
    if not who.may(Permission.SIGN_PAPERS):
        return []
    return [
        Task(
            title=_("签署文件"),
            about=turn.paper_code,
            address=url_for("papers.paper", code=turn.paper_code),
            is_mine=True,
            until=turn.until,
            otherwise=_("逾时未签，签署版本失效，需重新申请。") if turn.until else "",
        )
        for turn in queries.turns_to_sign(db, who.code, SHOWN)
    ]


def tasks_of_applications(db: Session, who: Viewer) -> list[Task]:
    """Applications for registration that wait for the trading centre."""
    waiting = queries.pending_applications(db) if who.may(Permission.MANAGE_ORGANISATIONS) else 0
    if not waiting:
        return []
    return [
        Task(
            title=_("核对单位注册申请"),
            about=str(waiting),
            address=url_for("centre.applications"),
            is_mine=True,
        )
    ]
