"""Pages of experts: calls, meetings, and the meeting room with the chair's desk on it.

Statements are signed in the browser and posted to the JSON doors; all else is plain forms.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions import calls as answers
from evaluation.actions import meeting as meetings
from evaluation.actions import ranking, report, scoring
from evaluation.forms import draft_of
from evaluation.labels import STEPS, step_of
from evaluation.models.meeting import Meeting
from evaluation.routes.desk import step_of_mine
from evaluation.routes.room import room_of
from evaluation.rules.disclosure import Audience
from evaluation.rules.ranking import REASONING_LIMIT
from identity import queries as identity
from identity.forms import confirmed, form_of
from identity.guard import requires, viewer
from identity.states import KeyPurpose, Permission
from kernel.errors import NotFound
from outbox import queries as outbox
from storage.base import real_now
from storage.database import snapshot, transaction
from trading.rules.disclosure import audience_of
from trading.states import DRAWING_STATES

pages = Blueprint("expert", __name__, url_prefix="/evaluation")


@pages.get("/desk")
@requires(Permission.SCORE)
def desk() -> ResponseReturnValue:
    """My calls, whose projects are not named, and my meetings."""
    who = viewer().code
    with snapshot() as db:
        return render_template(
            "evaluation/expert/desk.html",
            calls=queries.calls_to(db, who),
            seats=[(seat, step_of_mine(seat)) for seat in queries.seats_of_person(db, who)],
        )


@pages.get("/calls/<code>")
@requires(Permission.SCORE)
def call(code: str) -> ResponseReturnValue:
    """One call, to be answered; the project is not named."""
    with snapshot() as db:
        mine = [each for each in queries.calls_to(db, viewer().code) if each.draw_code == code]
        if not mine:
            raise NotFound("draw.not_called", "没有给您的这个抽取通知。")
        lot = queries.draw_by_code(db, code).lot
        return render_template(
            "evaluation/expert/call.html",
            call=mine[0],
            at=lot.tender.now(real_now(db)),
            is_open=lot.state in DRAWING_STATES,
        )


@pages.post("/calls/<code>/acceptance")
@requires(Permission.SCORE)
@form_of(call)
def accept_call(code: str) -> ResponseReturnValue:
    """Come."""
    with transaction(lock=lot_of_draw(code)) as (db, now):
        answers.accept_call(db, viewer(), code, now=now)
    return redirect(url_for("expert.desk"))


@pages.post("/calls/<code>/refusal")
@requires(Permission.SCORE)
@form_of(call)
def refuse_call(code: str) -> ResponseReturnValue:
    """Do not come, with the reason; the next one is called."""
    reason = request.form.get("reason", "")
    with transaction(lock=lot_of_draw(code)) as (db, now):
        answers.refuse_call(db, viewer(), code, reason=reason, now=now)
    return redirect(url_for("expert.desk"))


@pages.get("/meetings/<code>")
@requires(Permission.SCORE)
def meeting(code: str) -> ResponseReturnValue:
    """The meeting room: what I am to do now, how far the others are, and what may be seen."""
    who = viewer().code
    with snapshot() as db:
        room = room_of(db, who, code)
        return render_template(
            "evaluation/expert/meeting.html",
            room=room,
            meeting=room.meeting,
            steps=[name for name, _states in STEPS],
            step=step_of(room.meeting.state),
            key=identity.valid_key(db, who, KeyPurpose.STATEMENT) if room.signs_here else None,
            feeds=feeds_of(db, room.meeting),
            reasoning_limit=REASONING_LIMIT,
        )


@pages.post("/meetings/<code>/draft")
@requires(Permission.SCORE)
@form_of(meeting)
def save_draft(code: str) -> ResponseReturnValue:
    """Keep my sheet as far as it is filled in."""
    with transaction(lock=_lot_of(code)) as (db, now):
        items = queries.meeting_by_code(db, code).lot.method.get("items", [])
        draft = draft_of(request.form, items, queries.blind_codes(db, code))
        scoring.save_draft(db, viewer(), code, draft, now=now)
    return redirect(url_for("expert.meeting", code=code, _anchor="sheet"))


@pages.post("/meetings/<code>/vote")
@requires(Permission.SCORE)
@form_of(meeting)
def vote(code: str) -> ResponseReturnValue:
    """Vote for the chair."""
    with transaction(lock=_lot_of(code)) as (db, now):
        choice = request.form.get("choice", "")
        meetings.vote_chair(db, viewer(), code, choice=choice, now=now)
    return redirect(url_for("expert.meeting", code=code))


@pages.post("/meetings/<code>/reveal")
@requires(Permission.SCORE)
@form_of(meeting)
def reveal(code: str) -> ResponseReturnValue:
    """As chair, show all sheets to the committee."""
    confirmed(request.form)
    with transaction(lock=_lot_of(code)) as (db, now):
        scoring.reveal_sheets(db, viewer(), code, now=now)
    return redirect(url_for("expert.meeting", code=code))


@pages.post("/meetings/<code>/lock")
@requires(Permission.SCORE)
@form_of(meeting)
def lock(code: str) -> ResponseReturnValue:
    """As chair, lock the sheets."""
    confirmed(request.form)
    with transaction(lock=_lot_of(code)) as (db, now):
        scoring.lock_sheets(db, viewer(), code, now=now)
    return redirect(url_for("expert.meeting", code=code))


@pages.post("/meetings/<code>/ranking")
@requires(Permission.SCORE)
@form_of(meeting)
def rank(code: str) -> ResponseReturnValue:
    """As chair, have the ranking made."""
    confirmed(request.form)
    reasoning = request.form.get("reasoning", "")
    with transaction(lock=_lot_of(code)) as (db, now):
        ranking.rank_bids(db, viewer(), code, reasoning=reasoning, now=now)
    return redirect(url_for("expert.meeting", code=code))


@pages.post("/meetings/<code>/report")
@requires(Permission.SCORE)
@form_of(meeting)
def begin_report(code: str) -> ResponseReturnValue:
    """As chair, have the report made for all to sign."""
    confirmed(request.form)
    with transaction(lock=_lot_of(code)) as (db, now):
        report.begin_report(db, viewer(), code, now=now)
    return redirect(url_for("expert.meeting", code=code))


def feeds_of(db: Session, meeting: Meeting) -> list[tuple[str, int]]:
    """What the room watches, and up to where it shows it: the meeting, and its lot for orders."""
    lot = meeting.lot
    channels = [
        (f"meeting:{meeting.code}", Audience.EXPERT.value),
        (f"lot:{lot.code}", audience_of(viewer(), lot.tender.sides).value),
    ]
    heads = outbox.heads(db, channels)
    return [(topic, heads.get((topic, audience), 0)) for topic, audience in channels]


def lot_of_draw(draw: str) -> list[str]:
    """The subject to lock, read unlocked; the action reads again."""
    with snapshot() as db:
        return [f"lot:{queries.draw_by_code(db, draw).lot.code}"]


def _lot_of(meeting_code: str) -> list[str]:
    with snapshot() as db:
        return [f"lot:{queries.meeting_by_code(db, meeting_code).lot.code}"]
