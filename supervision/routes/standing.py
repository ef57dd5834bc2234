"""Pages of regulators about standing: restrictions in force, lifting one, importing a list."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries as identity
from identity.actions.standing import import_list
from identity.forms import form_of
from identity.guard import requires, viewer
from identity.rules.negative_list import COLUMNS, MAX_ROWS, SAMPLE
from identity.rules.standing import lifting_problems
from identity.states import Permission, RestrictionKind
from kernel.errors import InvalidInput
from storage.base import real_now
from storage.database import snapshot, transaction
from supervision.actions import conduct_decisions
from supervision.routes.conduct_api import standing_locked

pages = Blueprint("standing", __name__, url_prefix="/supervision/restrictions")


@pages.get("")
@requires(Permission.SUPERVISE)
def restrictions() -> ResponseReturnValue:
    """Restrictions that hold now or will, the next to end first."""
    with snapshot() as db:
        now = real_now(db)
        found = identity.restrictions_not_over(db, now)
    return render_template("supervision/regulator/restrictions.html", restrictions=found, now=now)


@pages.get("/import")
@requires(Permission.SUPERVISE)
def import_page() -> ResponseReturnValue:
    """The form of a list to import, with a sample."""
    return render_template(
        "supervision/regulator/import_list.html",
        columns=COLUMNS,
        kinds=list(RestrictionKind),
        most=MAX_ROWS,
        sample=SAMPLE,
    )


@pages.post("/import")
@requires(Permission.SUPERVISE)
@form_of(import_page)
def import_now() -> ResponseReturnValue:
    """Import every row, or none and tell each line at fault."""
    text = _uploaded() or request.form.get("csv", "")
    with transaction() as (db, _now):
        import_list(db, text, origin=request.form.get("origin", ""), actor=viewer().code)
    return redirect(url_for("standing.restrictions"))


@pages.get("/<code>")
@requires(Permission.SUPERVISE)
def restriction(code: str) -> ResponseReturnValue:
    """One restriction, and the form that lifts it."""
    with snapshot() as db:
        found = identity.restriction_by_code(db, code)
        can_lift = not lifting_problems(identity.restriction_view(found), real_now(db))
    return render_template(
        "supervision/regulator/restriction.html", restriction=found, can_lift=can_lift
    )


@pages.post("/<code>/lifting")
@requires(Permission.SUPERVISE)
@form_of(restriction)
def lift(code: str) -> ResponseReturnValue:
    """Lift it, with article and ground."""
    article, ground = request.form.get("article", ""), request.form.get("ground", "")
    with standing_locked(code) as (db, now):
        conduct_decisions.lift_restriction(
            db, viewer(), code, article=article, ground=ground, now=now
        )
    return redirect(url_for("standing.restriction", code=code))


def _uploaded() -> str:
    """The text of the file that was chosen; empty if none was."""
    file = request.files.get("file")
    try:
        return file.read().decode("utf-8-sig") if file else ""
    except UnicodeDecodeError as fault:
        raise InvalidInput(
            "negative_list.encoding", "文件不是 UTF-8 编码，请另存为 UTF-8 的 CSV。", field="file"
        ) from fault
