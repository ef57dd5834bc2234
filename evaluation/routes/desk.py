"""What evaluation has for each desk: random numbers to bring, calls to answer."""

from flask import url_for
from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions.draw import parties_of
from evaluation.models.draw import Draw
from evaluation.rules.draw import PERMISSIONS, Party
from evaluation.states import CallState, DrawState
from identity.routes.desk import SHOWN, Task
from identity.rules.permissions import Viewer
from identity.states import Permission


def _(text: str) -> str:
    """Marks a text for the catalogue; the page translates it when it shows it."""
    return text


def tasks_of_draws(db: Session, who: Viewer) -> list[Task]:
    """Random numbers that my party has not committed to, or not revealed yet."""
    if not any(who.may(permission) for permission in PERMISSIONS.values()):
        return []
    draws = queries.open_draws(db)[:SHOWN]
    found = [(draw, party) for draw in draws for party in parties_of(db, who, draw)]
    tasks = [_draw_task(db, draw, party) for draw, party in found]
    return [task for task in tasks if task is not None]


def tasks_of_calls(db: Session, who: Viewer) -> list[Task]:
    """Calls that I have not answered; the project is not named."""
    if not who.may(Permission.SCORE):
        return []
    return [
        Task(
            title=_("答复评标通知"),
            about=call.draw_code,
            address=url_for("expert.call", code=call.draw_code),
            is_mine=True,
        )
        for call in queries.calls_to(db, who.code)
        if call.state is CallState.CALLED
    ]


def _draw_task(db: Session, draw: Draw, party: Party) -> Task | None:
    mine = next((n for n in queries.nonces_of(db, draw) if n.party is party), None)
    address, tender = url_for("draw.lot", code=draw.lot.code), draw.lot.tender
    if draw.state is DrawState.COMMITTING and mine is None:
        return Task(
            title=_("提交随机数承诺"),
            about=draw.code,
            address=address,
            is_mine=True,
            is_rehearsal=tender.is_rehearsal,
            clock=tender.clock,
        )
    if draw.state is DrawState.REVEALING and mine is not None and mine.nonce is None:
        return Task(
            title=_("公开随机数"),
            about=draw.code,
            address=address,
            is_mine=True,
            until=draw.reveal_until,
            otherwise=_("逾时未公开的，记名并弃用其随机数。"),
            is_rehearsal=tender.is_rehearsal,
            clock=tender.clock,
        )
    return None
