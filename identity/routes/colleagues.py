"""The people of my organisation: whom I, its administrator, let in, and whose access I end."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries
from identity.actions import accounts
from identity.actions import colleagues as actions
from identity.forms import chosen_all, form_of
from identity.guard import requires, viewer
from identity.rules.permissions import KIND_FOR_ROLE
from identity.states import Permission, Role
from kernel.text import clean_line
from storage.database import snapshot, transaction

pages = Blueprint("colleagues", __name__, url_prefix="/account/colleagues")


@pages.get("")
@requires(Permission.MANAGE_COLLEAGUES)
def colleagues() -> ResponseReturnValue:
    """Everybody of my organisation, and the form of a new one."""
    with snapshot() as db:
        mine = queries.organisation_by_code(db, viewer().organisation)
        return render_template(
            "identity/colleagues.html",
            people=queries.colleagues_of(db, viewer().organisation),
            roles=[role for role, kind in KIND_FOR_ROLE.items() if mine.is_a(kind)],
        )


@pages.post("")
@requires(Permission.MANAGE_COLLEAGUES)
@form_of(colleagues)
def register() -> ResponseReturnValue:
    """Let a colleague in."""
    form = request.form
    roles = chosen_all(Role, form.getlist("roles"), field="roles")
    name = clean_line(form.get("person_name", ""), field="person_name", limit=80)
    password_hash = accounts.hash_password(form.get("password", ""))
    with transaction(lock=[f"organisation:{viewer().organisation}"]) as (db, now):
        actions.register_colleague(
            db,
            viewer(),
            username=form.get("username", ""),
            name=name,
            roles=roles,
            password_hash=password_hash,
            now=now,
        )
    return redirect(url_for("colleagues.colleagues"))


@pages.post("/<code>/end")
@requires(Permission.MANAGE_COLLEAGUES)
def end(code: str) -> ResponseReturnValue:
    """End the access of a colleague."""
    locks = [f"organisation:{viewer().organisation}", f"person:{code}"]
    with transaction(lock=locks) as (db, now):
        actions.end_access(db, viewer(), code, now=now)
    return redirect(url_for("colleagues.colleagues"))
