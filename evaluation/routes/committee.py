"""Pages on which a committee comes about: the draw step by step, a party's nonce, the meeting.

Names of experts are not shown to those who run the tender, only seats.
"""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions import draw as drawing
from evaluation.actions import meeting as meetings
from evaluation.models.draw import Draw, DrawNonce
from evaluation.rules.disclosure import Audience, Matter, may_know
from evaluation.rules.draw import LEAST_PARTIES, REVEAL_TIME, Party
from evaluation.states import DrawState
from identity.forms import confirmed, form_of
from identity.guard import requires, viewer
from identity.states import Permission
from kernel.errors import NotFound
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from trading.actions.tendering import lot_run_by
from trading.states import LotState

pages = Blueprint("committee", __name__)
_DRAWING = (LotState.OPENED, LotState.CONFIRMED)


@pages.get("/run/lots/<code>/committee")
@requires(Permission.RUN_TENDER)
def committee(code: str) -> ResponseReturnValue:
    """Draw, meeting and report of a lot, as far as those who run it may know, and the next step."""
    with snapshot() as db:
        lot = lot_run_by(db, viewer(), code)
        draw = queries.draw_of_lot(db, lot.id)
        meeting = queries.meeting_of_lot(db, lot.id)
        report = queries.report_of_lot(db, lot.id)
        is_agency = viewer().organisation == lot.tender.agency.credit_code
        knows_report = meeting and may_know(Audience.AGENCY, Matter.REPORT, meeting.state)
        return render_template(
            "evaluation/agency/committee.html",
            lot=lot,
            draw=draw,
            nonces=queries.nonces_of(db, draw) if draw else (),
            calls=queries.calls_of(db, draw.code) if draw else (),
            meeting=meeting,
            report=report,
            has_file=bool(knows_report and report and report.sha256),
            least_parties=LEAST_PARTIES,
            reveal_minutes=REVEAL_TIME // timedelta(minutes=1),
            is_agency=is_agency,
            may_open=is_agency and draw is None and lot.state in _DRAWING,
            may_freeze=is_agency and draw is not None and draw.state is DrawState.COMMITTING,
            may_convene=is_agency and _is_drawn(draw) and lot.state is LotState.CONFIRMED,
            brings_nonce=draw is not None and bool(drawing.parties_of(db, viewer(), draw)),
            now=legal_now(db, f"lot:{lot.code}"),
        )


@pages.post("/run/lots/<code>/draw")
@requires(Permission.RUN_TENDER)
@form_of(committee)
def open_draw(code: str) -> ResponseReturnValue:
    """Open the draw of experts."""
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        lot_run_by(db, viewer(), code)
        drawing.open_draw(db, viewer(), code, now=now)
    return redirect(url_for("committee.committee", code=code))


@pages.post("/run/lots/<code>/draw/freeze")
@requires(Permission.RUN_TENDER)
@form_of(committee)
def freeze_draw(code: str) -> ResponseReturnValue:
    """Freeze the list of those who may be drawn."""
    confirmed(request.form)
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        draw = queries.draw_of_lot(db, lot_run_by(db, viewer(), code).id)
        if draw is None:
            raise NotFound("draw.not_found", "没有编号为“%(value)s”的专家抽取。", value=code[:40])
        drawing.freeze_draw(db, viewer(), draw.code, now=now)
    return redirect(url_for("committee.committee", code=code))


@pages.post("/run/lots/<code>/meeting")
@requires(Permission.RUN_TENDER)
@form_of(committee)
def convene_meeting(code: str) -> ResponseReturnValue:
    """Convene the drawn committee; the evaluation begins."""
    confirmed(request.form)
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        lot_run_by(db, viewer(), code)
        meetings.convene_meeting(db, viewer(), code, now=now)
    return redirect(url_for("committee.committee", code=code))


@pages.get("/draws/<code>/nonce")
@requires(Permission.SEE_ACCOUNT)
def nonce(code: str) -> ResponseReturnValue:
    """Where my party's random number stands; it is made and kept in the browser that brings it."""
    with snapshot() as db:
        draw = queries.draw_by_code(db, code)
        parties = drawing.parties_of(db, viewer(), draw)
        if not parties:
            raise NotFound("draw.not_found", "没有编号为“%(value)s”的专家抽取。", value=code[:40])
        return render_template(
            "evaluation/agency/nonce.html",
            draw=draw,
            mine=_nonces_by_party(db, draw, parties),
            is_committing=draw.state is DrawState.COMMITTING,
            is_revealing=draw.state is DrawState.REVEALING,
            now=legal_now(db, f"lot:{draw.lot.code}"),
        )


def _nonces_by_party(
    db: Session, draw: Draw, parties: list[Party]
) -> list[tuple[Party, DrawNonce | None]]:
    known = {nonce.party: nonce for nonce in queries.nonces_of(db, draw)}
    return [(party, known.get(party)) for party in parties]


def _is_drawn(draw: Draw | None) -> bool:
    return draw is not None and draw.state is DrawState.DRAWN
