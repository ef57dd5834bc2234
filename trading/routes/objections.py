"""Questions on the documents and objections: a bidder's page and the agency's page of answers."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity.forms import chosen, form_of
from identity.guard import requires, viewer
from identity.states import Permission
from kernel.periods import legal_date
from storage.base import real_now
from storage.database import snapshot, transaction
from trading import queries
from trading.actions import objections as actions
from trading.actions.tendering import tender_run_by
from trading.routes.own_side import lot_shown
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at
from trading.rules.limits import limits_for
from trading.rules.objections import enquiry_problems, open_objections
from trading.states import ObjectionKind

pages = Blueprint("objections", __name__)


@pages.get("/bids/lots/<code>/questions")
@requires(Permission.BID)
def questions(code: str) -> ResponseReturnValue:
    """My questions and objections on a lot, what I may raise now, and all answers."""
    with snapshot() as db:
        lot, _stage = lot_shown(db, code)
        now, me = lot.tender.now(real_now(db)), viewer().organisation
        limits = limits_for(lot.tender.regime, legal_date(now))
        return render_template(
            "trading/bidder/questions.html",
            lot=lot,
            tender=lot.tender,
            now=now,
            enquiries=queries.enquiries_by(db, lot.tender_id, me),
            objections=queries.objections_by(db, lot.id, me),
            may_ask=not enquiry_problems(lot.state, lot.deadline, now),
            kinds=open_objections(actions.objection_times(db, lot), limits, now),
        )


@pages.post("/bids/lots/<code>/enquiries")
@requires(Permission.BID)
@form_of(questions)
def ask(code: str) -> ResponseReturnValue:
    """Ask about the documents."""
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        actions.ask(db, viewer(), code, text=request.form.get("text", ""), now=now)
    return redirect(url_for("objections.questions", code=code))


@pages.post("/bids/lots/<code>/objections")
@requires(Permission.BID)
@form_of(questions)
def raise_objection(code: str) -> ResponseReturnValue:
    """Object to documents, opening or result."""
    form = request.form
    kind = chosen(ObjectionKind, form.get("kind", ""), field="kind")
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        actions.raise_objection(db, viewer(), code, kind=kind, text=form.get("ground", ""), now=now)
    return redirect(url_for("objections.questions", code=code))


@pages.get("/run/tenders/<code>/questions")
@requires(Permission.RUN_TENDER)
def answers(code: str) -> ResponseReturnValue:
    """Everything that was asked and objected, for those who run the tender."""
    with snapshot() as db:
        tender = tender_run_by(db, viewer(), code)
        stages = queries.stages_of(db, tender.lots)
        return render_template(
            "trading/agency/questions.html",
            tender=tender,
            now=tender.now(real_now(db)),
            enquiries=queries.enquiries_on(db, tender.id),
            objections=queries.objections_on(db, [lot.id for lot in tender.lots]),
            named={lot for lot, stage in stages.items() if _is_opened(stage)},
            is_agency=viewer().organisation == tender.agency.credit_code,
        )


@pages.post("/run/enquiries/<code>/answer")
@requires(Permission.REGISTER_TENDER)
def answer_enquiry(code: str) -> ResponseReturnValue:
    """Answer a question; both are public at once."""
    with snapshot() as db:
        tender = queries.enquiry_by_code(db, code).tender.code
    with transaction(lock=[f"tender:{tender}"]) as (db, now):
        actions.answer_enquiry(db, viewer(), code, answer=request.form.get("answer", ""), now=now)
    return redirect(url_for("objections.answers", code=tender, _anchor=code))


@pages.post("/run/objections/<code>/answer")
@requires(Permission.REGISTER_TENDER)
def answer_objection(code: str) -> ResponseReturnValue:
    """Answer an objection; what waited for it may go on."""
    with snapshot() as db:
        lot = queries.objection_by_code(db, code).lot
        lot_code, tender = lot.code, lot.tender.code
    with transaction(lock=[f"lot:{lot_code}"]) as (db, now):
        actions.answer_objection(db, viewer(), code, answer=request.form.get("answer", ""), now=now)
    return redirect(url_for("objections.answers", code=tender, _anchor=code))


def _is_opened(stage: Stage) -> bool:
    return may_know_at(Audience.PARTY, Matter.OPENING_TABLE, stage)
