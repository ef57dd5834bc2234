"""Pages for everybody: signing in and out, one's own account."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from identity import queries
from identity.actions import accounts
from identity.guard import open_to_all, requires, sign_in, sign_out, viewer
from identity.states import KeyPurpose, Permission
from kernel.errors import Refusal
from storage.database import snapshot

pages = Blueprint("account", __name__)


@pages.get("/sign-in")
@open_to_all
def sign_in_page() -> ResponseReturnValue:
    """The sign-in form."""
    return render_template("identity/sign_in.html", problem="", username="")


@pages.post("/sign-in")
@open_to_all
def sign_in_now() -> ResponseReturnValue:
    """Sign in, or say once more what was wrong."""
    username = request.form.get("username", "")
    try:
        code = accounts.authenticate(username, request.form.get("password", ""))
    except Refusal as refusal:
        problem = gettext(refusal.problems[0].message)
        page = render_template("identity/sign_in.html", problem=problem, username=username)
        return page, 403
    with snapshot() as db:
        person = queries.person_by_code(db, code)
        if person is not None:
            sign_in(person)
    return redirect(url_for("desk.desk"))


@pages.post("/sign-out")
@open_to_all
def sign_out_now() -> ResponseReturnValue:
    """End this session."""
    sign_out()
    return redirect(url_for("account.sign_in_page"))


@pages.get("/account")
@requires(Permission.SEE_ACCOUNT)
def account() -> ResponseReturnValue:
    """Who I am, and my keys."""
    with snapshot() as db:
        keys = queries.keys_of(db, viewer().code)
        current = queries.valid_key(db, viewer().code, KeyPurpose.STATEMENT)
    code = current.code if current else ""
    return render_template("identity/account.html", keys=keys, current=code)
