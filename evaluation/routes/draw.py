"""Pages of a draw: for agency and procuring entity, host and witness, and regulators.

Calls are shown by seat. Regulators get the frozen list and see the draw made again from it.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions import calls as answers
from evaluation.actions import draw as drawing
from evaluation.actions import meeting as meetings
from evaluation.actions.supplement import supplement_draw
from evaluation.models.draw import Call, Draw, DrawNonce
from evaluation.routes.expert import lot_of_draw
from evaluation.rules import draw as rules
from evaluation.rules.disclosure import DrawMatter, Observer, may_see
from evaluation.rules.draw import Party
from evaluation.rules.supplement import supplement_problems, vacant_seats
from evaluation.states import CallState, DrawState
from identity.forms import confirmed, form_of
from identity.guard import requires, viewer
from identity.rules.permissions import Viewer
from identity.states import Permission
from kernel.errors import Problem
from outbox import queries as outbox
from storage.base import real_now
from storage.database import snapshot, transaction
from trading import queries as trading
from trading.actions.tendering import lot_run_by
from trading.models.tendering import Lot
from trading.rules.disclosure import audience_of
from trading.states import DRAWING_STATES

pages = Blueprint("draw", __name__, url_prefix="/evaluation")


@dataclass(frozen=True)
class Replay:
    """A round made again from the frozen list and the revealed nonces, beside what was done."""

    round: int
    seed: str
    experts: Mapping[int, str]
    agrees: bool


@dataclass(frozen=True)
class Nonce:
    """How far one party is with its nonce of the present round."""

    party: Party
    commitment: str
    nonce: str


@dataclass(frozen=True)
class Steps:
    """What the next step still waits for: problems of the freeze, seats that have not accepted.

    `overdue` are the seats, from 0, whose experts did not answer in time and may be passed over,
    `vacant` those to which nobody comes, `supplement` why they cannot be drawn for yet.
    """

    freeze: Sequence[Problem] = ()
    accepted: int = 0
    seats: int = 0
    overdue: Collection[int] = ()
    vacant: Collection[int] = ()
    supplement: Sequence[Problem] = ()


@pages.get("/draws")
@requires(Permission.SEE_ACCOUNT)
def draws() -> ResponseReturnValue:
    """Open draws that I may follow."""
    with snapshot() as db:
        draws = queries.open_draws(db)
        mine = drawing.parties_in(db, viewer(), draws)
        found = [draw for draw in draws if _known_observer(viewer(), draw.lot) or mine[draw.code]]
        return render_template("evaluation/draws.html", draws=found)


@pages.get("/lots/<code>/draw")
@requires(Permission.SEE_ACCOUNT)
def lot(code: str) -> ResponseReturnValue:
    """The draw of a lot, whether it is open yet or not."""
    with snapshot() as db:
        found, draw, meeting = queries.lot_with_draw(db, code)
        observer, mine = _observed(db, viewer(), found, draw)
        if observer is None:
            raise queries.no_draw(code)
        by_round = queries.nonces_by_round(db, draw.code) if draw else {}
        nonces = by_round.get(draw.round, []) if draw else []
        calls = queries.calls_of(db, draw.code) if draw else []
        topic, channel = f"lot:{code}", audience_of(viewer(), found.tender.sides).value
        now = found.tender.now(real_now(db))
        return render_template(
            "evaluation/draw.html",
            lot=found,
            draw=draw,
            is_agency=viewer().organisation == found.tender.agency.credit_code
            and viewer().may(Permission.REGISTER_TENDER),
            is_regulator=observer is Observer.REGULATOR,
            # Host and witness are the public on the lot's channel, which hears of no draw.
            is_outsider=observer is Observer.PARTY,
            parties=[_nonce(nonces, party) for party in Party] if draw else [],
            mine=mine,
            frozen_sha256=_digest(draw),
            calls=calls,
            steps=_steps(found, draw, nonces, calls, now),
            replays=_replays(db, draw, by_round, calls)
            if draw and may_see(observer, DrawMatter.REPLAY)
            else (),
            meeting=meeting,
            seats=queries.progress_of(db, meeting) if meeting is not None else (),
            now=now,
            feeds=[(topic, outbox.head(db, topic, channel))],
        )


@pages.post("/lots/<code>/draw")
@requires(Permission.RUN_TENDER)
@form_of(lot)
def open_draw(code: str) -> ResponseReturnValue:
    """As agency, open the draw."""
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        drawing.open_draw(db, viewer(), code, now=now)
    return redirect(url_for("draw.lot", code=code))


@pages.post("/lots/<code>/draw/freeze")
@requires(Permission.RUN_TENDER)
@form_of(lot)
def freeze(code: str) -> ResponseReturnValue:
    """As agency, freeze the list of those who may be drawn."""
    confirmed(request.form)
    draw = _code_of(code, run_by=viewer())
    with transaction(lock=lot_of_draw(draw)) as (db, now):
        drawing.freeze_draw(db, viewer(), draw, now=now)
    return redirect(url_for("draw.lot", code=code))


@pages.post("/lots/<code>/draw/repetition")
@requires(Permission.SUPERVISE)
@form_of(lot)
def repeat(code: str) -> ResponseReturnValue:
    """As regulator, let a draw that waits be repeated."""
    draw, ground = _code_of(code), request.form.get("ground", "")
    with transaction(lock=lot_of_draw(draw)) as (db, now):
        drawing.repeat_draw(db, viewer(), draw, ground=ground, now=now)
    return redirect(url_for("draw.lot", code=code))


@pages.post("/lots/<code>/draw/seats/<int:seat>/successor")
@requires(Permission.RUN_TENDER)
@form_of(lot)
def pass_over(code: str, seat: int) -> ResponseReturnValue:
    """As agency, pass over who has not answered in time: the next expert is called."""
    confirmed(request.form)
    draw = _code_of(code, run_by=viewer())
    with transaction(lock=lot_of_draw(draw)) as (db, now):
        answers.pass_over_call(db, viewer(), draw, seat=seat, now=now)
    return redirect(url_for("draw.lot", code=code))


@pages.post("/lots/<code>/draw/supplement")
@requires(Permission.RUN_TENDER)
@form_of(lot)
def supplement(code: str) -> ResponseReturnValue:
    """As agency, have the vacant seats drawn for again."""
    confirmed(request.form)
    draw = _code_of(code, run_by=viewer())
    with transaction(lock=lot_of_draw(draw)) as (db, now):
        supplement_draw(db, viewer(), draw, now=now)
    return redirect(url_for("draw.lot", code=code))


@pages.post("/lots/<code>/meeting")
@requires(Permission.RUN_TENDER)
@form_of(lot)
def convene(code: str) -> ResponseReturnValue:
    """As agency, convene the committee: the evaluation begins."""
    confirmed(request.form)
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        meetings.convene_meeting(db, viewer(), code, now=now)
    return redirect(url_for("draw.lot", code=code))


def _replays(
    db: Session,
    draw: Draw,
    nonces: Mapping[int, Sequence[DrawNonce]],
    calls: Sequence[Call],
) -> list[Replay]:
    """Of every round in which experts were drawn, seed and first calls made once more."""
    return [_replay(made, calls) for made in queries.drawn_rounds(db, draw, nonces)]


def _replay(made: queries.DrawnRound, calls: Sequence[Call]) -> Replay:
    brought = [each.nonce for each in made.nonces if each.nonce is not None]
    seed, experts = rules.replay(made.frozen, brought)
    agrees = seed == made.seed and experts == _first_called(calls, made.number)
    return Replay(made.number, seed.hex(), experts, agrees)


def _first_called(calls: Sequence[Call], number: int) -> dict[int, str]:
    """Whom the platform called first in a round, by seat; later ones are successors."""
    first: dict[int, str] = {}
    for call in calls:
        if call.round == number:
            first.setdefault(call.seat, call.expert_code)
    return first


def _observed(
    db: Session, who: Viewer, lot: Lot, draw: Draw | None
) -> tuple[Observer | None, Sequence[Party]]:
    """As whom this viewer follows the draw of a lot, and for which parties they act in it."""
    known = _known_observer(who, lot)
    is_open = draw is not None and draw.state in (DrawState.COMMITTING, DrawState.REVEALING)
    if draw is None or (known is not None and not is_open):
        return known, []
    mine = drawing.parties_of(db, who, draw)
    return known or (Observer.PARTY if mine else None), mine


def _known_observer(who: Viewer, lot: Lot) -> Observer | None:
    """The observer whom the lot alone makes one."""
    if who.may(Permission.SUPERVISE):
        return Observer.REGULATOR
    is_side = who.may(Permission.RUN_TENDER) and who.organisation in lot.tender.sides
    return Observer.AGENCY if is_side else None


def _steps(
    lot: Lot,
    draw: Draw | None,
    nonces: Sequence[DrawNonce],
    calls: Sequence[Call],
    now: datetime,
) -> Steps:
    """What keeps the list from being frozen, and the committee from being convened."""
    if draw is None:
        return Steps()
    is_committing = draw.state is DrawState.COMMITTING
    accepted = sum(call.state is CallState.ACCEPTED for call in calls)
    waiting = calls if lot.state in DRAWING_STATES else ()
    overdue = {call.seat for call in waiting if _is_overdue(call, now)}
    seats, answers = len(queries.method_of(lot).seats), drawing.answers_in(calls)
    return Steps(
        freeze=rules.freeze_problems([each.party for each in nonces]) if is_committing else (),
        accepted=accepted,
        seats=seats,
        overdue=overdue,
        vacant=vacant_seats(seats, answers),
        supplement=supplement_problems(seats, answers),
    )


def _is_overdue(call: Call, now: datetime) -> bool:
    is_open = call.state is CallState.CALLED
    return is_open and not rules.pass_over_problems(call.answer_until, now)


def _nonce(nonces: Sequence[DrawNonce], party: Party) -> Nonce:
    known = {each.party: each for each in nonces}
    if party not in known:
        return Nonce(party, "", "")
    revealed = known[party].nonce
    return Nonce(party, known[party].commitment.hex(), revealed.hex() if revealed else "")


def _digest(draw: Draw | None) -> str:
    if draw is None or draw.frozen is None:
        return ""
    return hashlib.sha256(draw.frozen.encode()).hexdigest()


def _code_of(lot_code: str, *, run_by: Viewer | None = None) -> str:
    """The draw of a lot; with `run_by`, for those alone who run its tender. Raises NotFound."""
    with snapshot() as db:
        found = lot_run_by(db, run_by, lot_code) if run_by else trading.lot_by_code(db, lot_code)
        draw = queries.draw_of_lot(db, found.id)
    if draw is None:
        raise queries.no_draw(lot_code)
    return draw.code
