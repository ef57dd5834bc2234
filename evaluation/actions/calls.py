"""Answers to calls: accepted, refused, or passed over when none came in time.

Each is decided under the lot's lock. Whoever does not come is followed by the next in drawn order
for the same seat (`evaluation.rules.draw.successor`), so nobody chooses who sits instead. When
nobody is left, the seat is vacant and is drawn for again (`evaluation.actions.supplement`).
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions.draw import call_expert, record_step, refuse_closed, tell
from evaluation.models.draw import Call, Draw
from evaluation.rules import draw as rules
from evaluation.states import CALL, CallEvent, CallState, ExpertState
from evidence.actions.streams import advance
from identity.rules.permissions import Viewer
from kernel.errors import NotFound, Refusal, refuse_if
from kernel.text import clean_line
from trading.actions.closing import ACTOR
from trading.actions.tendering import refuse_other_agency


def accept_call(db: Session, who: Viewer, code: str, *, now: datetime) -> Call:
    """A called expert accepts, for as long as nobody else is called; not one suspended since."""
    draw, call = _call_to(db, who, code)
    if queries.expert_by_code(db, call.expert_code).state is not ExpertState.ACTIVE:
        raise Refusal("call.expert_suspended", "您已被暂停参加评标，只能谢绝本次抽取。")
    _move(db, draw, call, CallEvent.ACCEPTED, who, {}, now)
    call.answered_at = now
    return call


def refuse_call(db: Session, who: Viewer, code: str, *, reason: str, now: datetime) -> Call:
    """A called expert refuses, or does not come after all; the next in drawn order is called.

    Until the committee is convened. When nobody is left to follow, the seat is vacant.
    """
    draw, call = _call_to(db, who, code)
    data = {"reason": clean_line(reason, field="reason")}
    _move(db, draw, call, CallEvent.REFUSED, who, data, now)
    call.answered_at = now
    _call_successor(db, draw, call, now)
    return call


def pass_over_call(db: Session, who: Viewer, code: str, *, seat: int, now: datetime) -> Call:
    """The agency passes over who has not answered in time; the next in drawn order is called.

    `seat` counts from 0. When nobody is left to follow, it is vacant. Raises Refusal where nobody
    of that seat has still to answer, or the time to answer is not over.
    """
    draw = queries.draw_run_by(db, who, code)
    refuse_other_agency(who, draw.lot.tender)
    refuse_closed(draw.lot)
    call = _unanswered(db, draw, seat)
    refuse_if(rules.pass_over_problems(call.answer_until, now))
    _move(db, draw, call, CallEvent.LAPSED, who, {}, now)
    _call_successor(db, draw, call, now)
    return call


def _call_successor(db: Session, draw: Draw, call: Call, now: datetime) -> None:
    next_one = _successor(db, draw, call)
    if next_one is None:
        record_step(db, draw, "draw.seat_vacated", ACTOR, {"seat": call.seat}, now)
        return
    call_expert(db, draw, call.seat, next_one.expert, now)
    told = {"seat": call.seat, "expert": next_one.expert}
    record_step(db, draw, "draw.successor_called", ACTOR, told, now)


def _successor(db: Session, draw: Draw, call: Call) -> rules.Candidate | None:
    """Who is next in the order in which this call was drawn; nobody once a round followed."""
    if call.round != draw.round or draw.seed is None or draw.frozen is None:
        return None
    candidates, seats = rules.frozen_list(draw.frozen)
    called = {known.expert_code for known in queries.calls_of(db, draw.code)}
    return rules.successor(draw.seed, candidates, seats[call.seat], called)


def _call_to(db: Session, who: Viewer, code: str) -> tuple[Draw, Call]:
    for call in queries.calls_to(db, who.code):
        if call.draw_code == code:
            draw = queries.draw_by_code(db, code)
            refuse_closed(draw.lot)
            return draw, call
    raise NotFound("draw.not_called", "没有给您的这个抽取通知。")


def _unanswered(db: Session, draw: Draw, seat: int) -> Call:
    for call in queries.calls_of(db, draw.code):
        if call.seat == seat and call.state is CallState.CALLED:
            return call
    raise Refusal("call.none_waiting", "该席位没有等待答复的专家。")


def _move(
    db: Session,
    draw: Draw,
    call: Call,
    event: CallEvent,
    who: Viewer,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    stated = {"expert": call.expert_code, "seat": call.seat, **data}
    name = f"draw:{draw.code}"
    advance(db, call, CALL, event, stream=name, actor=who.code, subject=name, data=stated, now=now)
    tell(db, draw, f"call.{event.value}", now)
