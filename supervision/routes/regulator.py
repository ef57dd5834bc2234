"""Pages of regulators: the wall, a lot, orders with ground."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity.forms import chosen, form_of
from identity.guard import requires, viewer
from identity.states import Permission
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from supervision import queries
from supervision.actions.orders import issue_order
from supervision.states import OrderKind
from trading import queries as trading
from trading.rules.disclosure import Audience, Matter, may_know

pages = Blueprint("regulator", __name__, url_prefix="/supervision")


@pages.get("/wall")
@requires(Permission.SUPERVISE)
def wall() -> ResponseReturnValue:
    """Every running lot."""
    with snapshot() as db:
        return render_template("supervision/regulator/wall.html", lots=queries.running_lots(db))


@pages.get("/lots/<code>")
@requires(Permission.SUPERVISE)
def lot(code: str) -> ResponseReturnValue:
    """One lot: where it stands, what was ordered, and what can be ordered."""
    with snapshot() as db:
        found = trading.lot_by_code(db, code)
        counted = may_know(Audience.REGULATOR, Matter.RELEASE_COUNT, found.state)
        return render_template(
            "supervision/regulator/lot.html",
            lot=found,
            orders=queries.orders_on(db, found.id),
            released=trading.release_count(db, found.id) if counted else None,
            now=legal_now(db, f"lot:{found.code}"),
        )


@pages.post("/lots/<code>/orders")
@requires(Permission.SUPERVISE)
@form_of(lot)
def order(code: str) -> ResponseReturnValue:
    """Suspend or resume, with article and ground."""
    kind = chosen(OrderKind, request.form.get("kind", ""), field="kind")
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        issue_order(
            db,
            viewer(),
            code,
            kind=kind,
            article=request.form.get("article", ""),
            ground=request.form.get("ground", ""),
            now=now,
        )
    return redirect(url_for("regulator.lot", code=code))
