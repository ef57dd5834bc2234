"""Pages of those who run a tender: their tenders, a new one, its notice, a rehearsal's clock."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity.forms import confirmed, form_of
from identity.guard import requires, viewer
from identity.routes.paging import page_of, window
from identity.states import Permission
from kernel.errors import Gathering
from kernel.periods import instant_of, legal_date, minute_text
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from trading import queries
from trading.actions import rehearsal, tendering
from trading.labels import NOTICE_FIELDS
from trading.routes.registration import subjects_of
from trading.rules.limits import limits_for
from trading.rules.tendering import earliest_deadline
from trading.states import LotState

pages = Blueprint("agency", __name__, url_prefix="/run")


@pages.get("/tenders")
@requires(Permission.RUN_TENDER)
def tenders() -> ResponseReturnValue:
    """What my organisation runs or buys by, newest first."""
    with snapshot() as db:
        found = page_of(queries.tenders_run_by(db, viewer().organisation, **window()))
        return render_template("trading/agency/tenders.html", page=found)


@pages.get("/tenders/<code>")
@requires(Permission.RUN_TENDER)
def tender(code: str) -> ResponseReturnValue:
    """One tender with its lots, its notice and, in a rehearsal, its clock."""
    with snapshot() as db:
        found = tendering.tender_run_by(db, viewer(), code)
        now = legal_now(db, f"tender:{found.code}")
        due = rehearsal.next_due(db, found.clock) if found.is_rehearsal else None
        return render_template(
            "trading/agency/tender.html",
            tender=found,
            notice=queries.latest_notice(db, found.id),
            now=now,
            now_minute=minute_text(now),
            due=due,
            due_minute=minute_text(due.due_at) if due else "",
            is_agency=viewer().organisation == found.agency.credit_code,
            may_publish=all(lot.state is LotState.REGISTERED for lot in found.lots),
        )


@pages.post("/tenders/<code>/clock")
@requires(Permission.MOVE_REHEARSAL)
@form_of(tender)
def move_clock(code: str) -> ResponseReturnValue:
    """Move a rehearsal's clock forward, at most to its next due moment."""
    to = instant_of(request.form.get("to", ""), field="to")
    with transaction(lock=subjects_of(code)) as (db, now):
        found = tendering.tender_run_by(db, viewer(), code)
        rehearsal.move_rehearsal(db, viewer(), found, to=to, now=now)
    return redirect(url_for("agency.tender", code=code))


@pages.get("/tenders/<code>/notice")
@requires(Permission.RUN_TENDER)
def notice(code: str) -> ResponseReturnValue:
    """The form of the notice: the fields of the regime, and the earliest lawful deadline."""
    with snapshot() as db:
        found = tendering.tender_run_by(db, viewer(), code)
        now = legal_now(db, f"tender:{found.code}")
        earliest = earliest_deadline(found.regime, now)
        return render_template(
            "trading/agency/notice.html",
            tender=found,
            limits=limits_for(found.regime, legal_date(now)),
            now=now,
            earliest=earliest,
            earliest_minute=minute_text(earliest),
            documents=queries.documents_of(db, found.id),
        )


@pages.post("/tenders/<code>/notice")
@requires(Permission.RUN_TENDER)
@form_of(notice)
def publish_notice(code: str) -> ResponseReturnValue:
    """Publish it; the lots receive bids from now on."""
    form, gathering = request.form, Gathering()
    deadline = gathering.read(instant_of, form.get("deadline", ""), field="deadline")
    text = {name: form[name] for name in NOTICE_FIELDS if name in form}
    with gathering.each():
        confirmed(form)
    with transaction(lock=subjects_of(code)) as (db, now):
        found = tendering.tender_run_by(db, viewer(), code)
        # Where the deadline cannot be read all is refused below; the rest is told with it.
        until = deadline or earliest_deadline(found.regime, now)
        with gathering.each():
            tendering.publish_tender(db, viewer(), code, notice=text, deadline=until, now=now)
        gathering.refuse()
    return redirect(url_for("agency.tender", code=code))
