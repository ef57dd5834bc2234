"""What evaluation has for each desk: random numbers, calls to answer, sheets to fill in."""

from collections.abc import Sequence
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions.draw import parties_in
from evaluation.models.draw import Draw, DrawNonce
from evaluation.rules.draw import PERMISSIONS, pass_over_problems
from evaluation.states import CallState, DrawState, MeetingState
from identity.routes.desk import SHOWN, Task
from identity.rules.permissions import Viewer
from identity.states import Permission
from storage.base import real_now
from trading.states import LotState


def _(text: str) -> str:
    """Marks a text for the catalogue; the page translates it when it shows it."""
    return text


def tasks_of_draws(db: Session, who: Viewer) -> list[Task]:
    """Random numbers to commit to or to reveal; for the agency, seats to which nobody comes."""
    if not any(who.may(permission) for permission in PERMISSIONS.values()):
        return []
    found = queries.draws_to_act_on(db, who.organisation)
    drawn = [each for each in found if each.draw.state is DrawState.DRAWN][:SHOWN]
    draws = [each.draw for each in found if each.draw.state is not DrawState.DRAWN][:SHOWN]
    mine, nonces = parties_in(db, who, draws), queries.nonces_in(db, draws)
    tasks = [
        _draw_task(draw, nonces.get((draw.code, party)))
        for draw in draws
        for party in mine[draw.code]
    ]
    return [task for task in tasks if task is not None] + _without_experts(db, who, drawn)


def tasks_of_waiting_draws(db: Session, who: Viewer) -> list[Task]:
    """Draws that failed twice and that only a regulator can let go on."""
    if not who.may(Permission.SUPERVISE):
        return []
    return [
        _stuck_task(draw, _("处理停下的专家抽取"), _("处理之前，评标不能开始。"))
        for draw in queries.waiting_draws(db)[:SHOWN]
    ]


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


def tasks_of_meetings(db: Session, who: Viewer) -> list[Task]:
    """My meetings that wait for a step of mine: to sign, to vote, to score, to answer."""
    if not who.may(Permission.SCORE):
        return []
    waiting = [(seat, step_of_mine(seat)) for seat in queries.seats_of_person(db, who.code)]
    return [
        Task(
            title=step,
            about=f"{seat.meeting.lot.tender.name} · {seat.meeting.lot.name}",
            address=url_for("expert.meeting", code=seat.meeting.code),
            is_mine=True,
            is_rehearsal=seat.meeting.lot.tender.is_rehearsal,
            ahead=seat.meeting.lot.tender.ahead,
        )
        for seat, step in waiting[:SHOWN]
        if step and not seat.is_to_sign  # a report to sign is a paper, told as such
    ]


def step_of_mine(seat: queries.OwnSeat) -> str:
    """What a member has to do in a meeting now; empty where they wait for others."""
    if seat.meeting.lot.state is not LotState.EVALUATING:
        return ""
    steps = {
        MeetingState.CONVENED: "" if seat.has_signed else _("签署评标承诺书"),
        MeetingState.ELECTING: "" if seat.has_voted else _("推选评标委员会主任"),
        MeetingState.SCORING: "" if seat.version else _("评分并提交评分表"),
        MeetingState.REVEALED: _("核对各位专家的评分"),
        MeetingState.REPORTING: _("阅读并签署评标报告") if seat.is_to_sign else "",
    }
    return steps.get(seat.meeting.state, "") or _chairs_step(seat)


def _chairs_step(seat: queries.OwnSeat) -> str:
    steps = {
        MeetingState.SCORING: _("公开全部评分表") if seat.all_committed else "",
        MeetingState.LOCKED: _("汇总排序"),
        MeetingState.RANKED: _("编制评标报告"),
    }
    return steps.get(seat.meeting.state, "") if seat.is_chair else ""


def _without_experts(db: Session, who: Viewer, drawn: Sequence[queries.DrawToActOn]) -> list[Task]:
    """Draws in which an expert did not answer in time, or nobody is left, for who may go on."""
    if not who.may(Permission.REGISTER_TENDER):
        return []
    real = real_now(db)
    tasks = [_without_expert(each, each.draw.lot.tender.now(real)) for each in drawn]
    return [task for task in tasks if task is not None]


def _without_expert(found: queries.DrawToActOn, now: datetime) -> Task | None:
    if not found.is_waiting:
        otherwise = _("有席位空缺；补充抽取之前，评标不能开始。")
        return _stuck_task(found.draw, _("补充抽取专家"), otherwise)
    if pass_over_problems(found.until, now):
        return None
    otherwise = _("专家逾期未答复；全部席位确认之前，评标不能开始。")
    return _stuck_task(found.draw, _("通知下一位专家"), otherwise)


def _stuck_task(draw: Draw, title: str, otherwise: str) -> Task:
    """A draw that does not go on before this viewer acts; without an end of its own."""
    tender = draw.lot.tender
    return Task(
        title=title,
        about=f"{tender.name} · {draw.lot.name}",
        address=url_for("draw.lot", code=draw.lot.code),
        is_mine=True,
        otherwise=otherwise,
        is_rehearsal=tender.is_rehearsal,
        ahead=tender.ahead,
    )


def _draw_task(draw: Draw, mine: DrawNonce | None) -> Task | None:
    address, tender = url_for("draw.lot", code=draw.lot.code), draw.lot.tender
    if draw.state is DrawState.COMMITTING and mine is None:
        return Task(
            title=_("提交随机数承诺"),
            about=draw.code,
            address=address,
            is_mine=True,
            is_rehearsal=tender.is_rehearsal,
            ahead=tender.ahead,
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
            ahead=tender.ahead,
        )
    return None
