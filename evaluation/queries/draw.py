"""Reads of draws, their nonces and calls. Whoever is called learns a code, not the project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, lazyload

from evaluation.models.draw import Call, Draw, DrawNonce, EarlierRound
from evaluation.models.meeting import Meeting
from evaluation.models.pool import Expert
from evaluation.rules.draw import Party
from evaluation.states import CallState, DrawState
from identity.models.accounts import Person
from identity.models.organisations import Organisation
from identity.rules.permissions import Viewer
from kernel.errors import NotFound
from trading import queries as trading
from trading.models.tendering import Lot, Tender
from trading.states import DRAWING_STATES


@dataclass(frozen=True)
class DrawnRound:
    """A round in which experts were drawn: its frozen list, its seed and its nonces by party."""

    number: int
    frozen: str
    seed: bytes
    nonces: Sequence[DrawNonce]


@dataclass(frozen=True)
class DrawToActOn:
    """A draw at which somebody may have to act.

    `is_waiting` that an expert has still to answer, the first of them until `until`: None for
    calls of before there was such a time. If experts are drawn and nobody has still to answer,
    a seat has nobody left to come.
    """

    draw: Draw
    is_waiting: bool
    until: datetime | None


_IS_OPEN = Draw.state.in_((DrawState.COMMITTING, DrawState.REVEALING))
# Who is called, without the person behind it and its roles.
_WITHOUT_PERSON = joinedload(Call.expert).lazyload(Expert.person)


def draw_by_code(db: Session, code: str) -> Draw:
    """The draw with this public code. Raises NotFound."""
    found = db.get(Draw, code)
    if found is None:
        raise no_draw(code)
    return found


def draw_run_by(db: Session, who: Viewer, code: str) -> Draw:
    """The draw, for those who run its tender. Raises NotFound, which never names the tender.

    Who is called knows a draw's code, and not for which project it is.
    """
    found = draw_by_code(db, code)
    if who.organisation not in found.lot.tender.sides:
        raise no_draw(code)
    return found


def no_draw(code: str) -> NotFound:
    """What is said of a draw that is not there for this viewer."""
    return NotFound("draw.not_found", "没有编号为“%(value)s”的专家抽取。", value=code[:40])


def lot_with_draw(db: Session, code: str) -> tuple[Lot, Draw | None, Meeting | None]:
    """A lot with its draw and its meeting, in one statement. Raises NotFound."""
    query = (
        sa.select(Lot, Draw, Meeting)
        .outerjoin(Draw, Draw.lot_id == Lot.id)
        .outerjoin(Meeting, Meeting.lot_id == Lot.id)
        .where(Lot.code == code)
        .options(lazyload(Draw.lot), lazyload(Meeting.lot))
    )
    row = db.execute(query).one_or_none()
    if row is None:
        raise trading.no_lot(code)
    return row[0], row[1], row[2]


def draw_of_lot(db: Session, lot_id: int) -> Draw | None:
    """The draw of a lot."""
    return db.scalar(sa.select(Draw).where(Draw.lot_id == lot_id))


def open_draws(db: Session) -> Sequence[Draw]:
    """Draws that wait for their parties, oldest first."""
    return db.scalars(sa.select(Draw).where(_IS_OPEN).order_by(Draw.opened_at, Draw.code)).all()


def last_drawn_round(db: Session, draw_code: str) -> int:
    """The last of the earlier rounds in which experts were drawn; 0 if there is none."""
    query = sa.select(sa.func.max(EarlierRound.round)).where(EarlierRound.draw_code == draw_code)
    return db.scalar(query) or 0


def drawn_rounds(
    db: Session, draw: Draw, nonces: Mapping[int, Sequence[DrawNonce]]
) -> list[DrawnRound]:
    """Every round of the draw in which experts were drawn, in order, with what makes it again.

    `nonces` are those of every round, as `nonces_by_round` finds them.
    """
    of_draw = EarlierRound.draw_code == draw.code
    earlier = db.scalars(sa.select(EarlierRound).where(of_draw).order_by(EarlierRound.round))
    found = [(each.round, each.frozen, each.seed) for each in earlier]
    if draw.frozen is not None and draw.seed is not None:
        found.append((draw.round, draw.frozen, draw.seed))
    return [DrawnRound(number, frozen, seed, nonces[number]) for number, frozen, seed in found]


def drawn_round(db: Session, draw: Draw, number: int) -> DrawnRound:
    """The round of this number, if experts were drawn in it. Raises NotFound."""
    for found in drawn_rounds(db, draw, nonces_by_round(db, draw.code)):
        if found.number == number:
            return found
    raise NotFound("draw.no_such_round", "第 %(round)s 轮没有抽取结果。", round=number)


def nonces_by_round(db: Session, draw_code: str) -> dict[int, list[DrawNonce]]:
    """Commitments of every round of a draw, by party."""
    query = sa.select(DrawNonce).where(DrawNonce.draw_code == draw_code)
    found: dict[int, list[DrawNonce]] = {}
    for nonce in db.scalars(query.order_by(DrawNonce.round, DrawNonce.party)):
        found.setdefault(nonce.round, []).append(nonce)
    return found


def nonces_of(db: Session, draw: Draw) -> Sequence[DrawNonce]:
    """Commitments of the present round, by party."""
    query = sa.select(DrawNonce).where(
        DrawNonce.draw_code == draw.code, DrawNonce.round == draw.round
    )
    return db.scalars(query.order_by(DrawNonce.party)).all()


def nonces_in(db: Session, draws: Sequence[Draw]) -> dict[tuple[str, Party], DrawNonce]:
    """Commitments of the present rounds of several draws, by draw and party, in one statement."""
    query = (
        sa.select(DrawNonce)
        .join(Draw, sa.and_(Draw.code == DrawNonce.draw_code, Draw.round == DrawNonce.round))
        .where(Draw.code.in_([draw.code for draw in draws]))
    )
    return {(each.draw_code, each.party): each for each in db.scalars(query)}


def calls_of(db: Session, draw_code: str) -> Sequence[Call]:
    """Everybody called, by seat, in the order of the calls."""
    query = sa.select(Call).where(Call.draw_code == draw_code).options(_WITHOUT_PERSON)
    return db.scalars(query.order_by(Call.seat, Call.called_at, Call.expert_code)).all()


def accepted_calls(db: Session, draw_code: str) -> list[Call]:
    """Who accepted, in seat order."""
    return [call for call in calls_of(db, draw_code) if call.state is CallState.ACCEPTED]


def calls_to(db: Session, person_code: str) -> Sequence[Call]:
    """Calls to this person, newest first."""
    query = (
        sa.select(Call)
        .join(Expert, Expert.code == Call.expert_code)
        .join(Person, Person.id == Expert.person_id)
        .where(Person.code == person_code)
        .options(_WITHOUT_PERSON)
    )
    return db.scalars(query.order_by(Call.called_at.desc(), Call.draw_code)).all()


def draws_to_act_on(db: Session, agency: str) -> Sequence[DrawToActOn]:
    """Open draws of anybody; and of this agency those that wait for an answer, or for experts.

    Oldest first.
    """
    waiting = sa.select(Call.draw_code, sa.func.min(Call.answer_until).label("until"))
    until = waiting.where(Call.state == CallState.CALLED).group_by(Call.draw_code).subquery()
    is_waiting, is_vacant = until.c.draw_code.is_not(None), Draw.code.in_(_with_vacant_seats())
    is_theirs = sa.and_(Organisation.credit_code == agency, Lot.state.in_(DRAWING_STATES))
    query = sa.select(Draw, is_waiting, until.c.until).outerjoin(
        until, until.c.draw_code == Draw.code
    )
    query = query.join(Draw.lot).join(Lot.tender).join(Tender.agency)
    query = query.where(sa.or_(_IS_OPEN, sa.and_(sa.or_(is_waiting, is_vacant), is_theirs)))
    query = query.options(contains_eager(Draw.lot).contains_eager(Lot.tender))
    found = db.execute(query.order_by(Draw.opened_at, Draw.code))
    return [DrawToActOn(*row) for row in found]


def _with_vacant_seats() -> sa.Select[str]:
    """Draws with a seat for which somebody was called and nobody comes or may still answer."""
    holds = sa.case((Call.state == CallState.REFUSED, 0), else_=1)
    seats = sa.select(Call.draw_code).group_by(Call.draw_code, Call.seat)
    return seats.having(sa.func.sum(holds) == 0)


def waiting_draws(db: Session) -> Sequence[Draw]:
    """Draws that only a regulator can let go on."""
    query = sa.select(Draw).where(Draw.state == DrawState.WAITING)
    query = query.options(joinedload(Draw.lot).joinedload(Lot.tender))
    return db.scalars(query.order_by(Draw.opened_at)).all()
