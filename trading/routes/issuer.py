"""Pages of an issuer: orders to it (who asks, how much, how long; never for what), yes or no."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity.forms import confirmed, form_of
from identity.guard import requires, viewer
from identity.routes.paging import page_of, window
from identity.states import Permission
from storage.database import snapshot, transaction
from trading import queries
from trading.actions import guarantee
from trading.routes.guarantee_api import lot_of_order
from trading.states import GUARANTEE, GuaranteeEvent

pages = Blueprint("issuer", __name__, url_prefix="/orders")


@pages.get("")
@requires(Permission.ISSUE_GUARANTEE)
def orders() -> ResponseReturnValue:
    """Orders to my institution, newest first."""
    with snapshot() as db:
        found = page_of(queries.guarantees_by_issuer(db, viewer().organisation, **window()))
        return render_template("trading/issuer/orders.html", page=found)


@pages.get("/<code>")
@requires(Permission.ISSUE_GUARANTEE)
def order(code: str) -> ResponseReturnValue:
    """One order: approve and sign, or refuse with a reason."""
    with snapshot() as db:
        found = queries.guarantee_for_issuer(db, code, viewer().organisation)
        return render_template(
            "trading/issuer/order.html",
            order=found,
            may_judge=GUARANTEE.allows(found.state, GuaranteeEvent.APPROVED),
        )


@pages.post("/<code>/approval")
@requires(Permission.ISSUE_GUARANTEE)
@form_of(order)
def approve(code: str) -> ResponseReturnValue:
    """Approve; the letter is drawn and waits for my signature."""
    confirmed(request.form)
    with transaction(lock=lot_of_order(code)) as (db, now):
        paper = guarantee.approve_order(db, viewer(), code, now=now).paper_code
    return redirect(url_for("papers.paper", code=paper))


@pages.post("/<code>/refusal")
@requires(Permission.ISSUE_GUARANTEE)
@form_of(order)
def refuse(code: str) -> ResponseReturnValue:
    """Refuse, with a reason for the bidder."""
    reason = request.form.get("reason", "")
    with transaction(lock=lot_of_order(code)) as (db, now):
        guarantee.refuse_order(db, viewer(), code, reason=reason, now=now)
    return redirect(url_for("issuer.order", code=code))
