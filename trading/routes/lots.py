"""Pages of a lot for those who run its tender: where it stands, what is next, and each step."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from identity.forms import chosen, confirmed, form_of
from identity.guard import requires, viewer
from identity.states import Permission
from kernel.errors import Gathering
from kernel.periods import legal_date
from storage.base import real_now
from storage.database import snapshot, transaction
from trading import queries
from trading.actions import awarding, opening, termination
from trading.actions.tendering import lot_run_by
from trading.labels import steps_of
from trading.models.tendering import Lot
from trading.routes.lot_view import lot_view
from trading.rules.disclosure import audience_of
from trading.rules.limits import limits_for
from trading.rules.steps import next_step
from trading.states import LOT, LotEvent, LotState, PassingOver

pages = Blueprint("lots", __name__, url_prefix="/run/lots")


@pages.get("/<code>")
@requires(Permission.RUN_TENDER)
def lot(code: str) -> ResponseReturnValue:
    """One lot: the next step with its time, the way so far, and what may be known now."""
    with snapshot() as db:
        found = lot_run_by(db, viewer(), code)
        return render_template("trading/agency/lot.html", **_shown(db, found))


@pages.post("/<code>/opening-record")
@requires(Permission.RUN_TENDER)
@form_of(lot)
def confirm_opening(code: str) -> ResponseReturnValue:
    """Confirm the opening record."""
    confirmed(request.form)
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        opening.confirm_opening(db, viewer(), code, now=now)
    return redirect(url_for("lots.lot", code=code))


@pages.post("/<code>/candidates")
@requires(Permission.RUN_TENDER)
@form_of(lot)
def publish_candidates(code: str) -> ResponseReturnValue:
    """Publish the award candidates."""
    confirmed(request.form)
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        awarding.publish_candidates(db, viewer(), code, now=now)
    return redirect(url_for("lots.lot", code=code))


@pages.post("/<code>/archive")
@requires(Permission.RUN_TENDER)
@form_of(lot)
def archive(code: str) -> ResponseReturnValue:
    """Put a lot that has ended into the archive."""
    confirmed(request.form)
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        awarding.archive_lot(db, viewer(), code, now=now)
    return redirect(url_for("lots.lot", code=code))


@pages.get("/<code>/award")
@requires(Permission.RUN_TENDER)
def award(code: str) -> ResponseReturnValue:
    """The candidates, of whom the procuring entity chooses one."""
    with snapshot() as db:
        found = lot_run_by(db, viewer(), code)
        return render_template(
            "trading/agency/award.html", reasons=list(PassingOver), **_shown(db, found)
        )


@pages.post("/<code>/award")
@requires(Permission.RUN_TENDER)
@form_of(award)
def decide_award(code: str) -> ResponseReturnValue:
    """Decide who wins; the notice and every bidder's result leave at once."""
    form, reason, gathering = request.form, request.form.get("reason", ""), Gathering()
    with gathering.each():
        confirmed(form)
    why = gathering.read(chosen, PassingOver, reason, field="reason") if reason else None
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        with gathering.each():
            awarding.decide_award(
                db,
                viewer(),
                code,
                receipt=form.get("receipt", ""),
                ground=form.get("ground", ""),
                reason=why,
                now=now,
            )
        gathering.refuse()
    return redirect(url_for("lots.lot", code=code))


@pages.get("/<code>/termination")
@requires(Permission.RUN_TENDER)
def end(code: str) -> ResponseReturnValue:
    """The form by which a lot is terminated."""
    with snapshot() as db:
        found = lot_run_by(db, viewer(), code)
        return render_template("trading/agency/termination.html", **_shown(db, found))


@pages.post("/<code>/termination")
@requires(Permission.RUN_TENDER)
@form_of(end)
def terminate(code: str) -> ResponseReturnValue:
    """Terminate the lot; everybody is told the ground."""
    ground, gathering = request.form.get("ground", ""), Gathering()
    with gathering.each():
        confirmed(request.form)
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        with gathering.each():
            termination.terminate_lot(db, viewer(), code, ground=ground, now=now)
        gathering.refuse()
    return redirect(url_for("lots.lot", code=code))


def _shown(db: Session, found: Lot) -> dict[str, Any]:
    """What every page of a lot shows to those who run it."""
    now, tender = found.tender.now(real_now(db)), found.tender
    limits = limits_for(tender.regime, legal_date(now))
    publishes = limits.candidate_publicity is not None
    moments = queries.moments_of(db, [found])[found.id]
    stage, audience = queries.stage_at(found, moments), audience_of(viewer(), tender.sides)
    view = lot_view(db, found, stage, audience)
    times = queries.lot_times(found, view.report, view.award)
    return {
        "lot": found,
        "tender": tender,
        "view": view,
        "now": now,
        "limits": limits,
        "next": next_step(found.state, times, limits),
        "steps": steps_of(found, moments, publishes_candidates=publishes),
        "is_agency": viewer().organisation == tender.agency.credit_code,
        "is_entity": viewer().organisation == tender.procuring_entity.credit_code,
        "may": {event.value for event in LotEvent if LOT.allows(found.state, event)},
        "publishes_candidates": publishes,
        "has_committee": found.stage not in _BEFORE_THE_COMMITTEE,
    }


_BEFORE_THE_COMMITTEE = frozenset(
    {LotState.REGISTERED, LotState.ANNOUNCED, LotState.RELEASING, LotState.UNSEALING}
)
