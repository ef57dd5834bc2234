"""Pages for everybody: signing in and out, one's own account, the negative-list check."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from identity import queries
from identity.actions import accounts
from identity.guard import open_to_all, requires, sign_in, sign_out, viewer
from identity.rules.standing import in_force
from identity.states import Permission
from kernel.codes import credit_code
from kernel.errors import Refusal
from storage.base import real_now
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
    return redirect(url_for("account.account"))


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
    return render_template("identity/account.html", keys=keys)


@pages.get("/negative-list")
@open_to_all
def negative_list() -> ResponseReturnValue:
    """Look an organisation up by code or name."""
    code, name = request.args.get("code", "").strip(), request.args.get("name", "").strip()[:200]
    asked, found, problem = bool(code or name), [], ""
    try:
        code = credit_code(code, field="code") if code else ""
    except Refusal as refusal:
        problem = gettext(refusal.problems[0].message) % refusal.problems[0].places
    if asked and not problem:
        with snapshot() as db:
            now = real_now(db)
            restrictions = queries.restrictions_on(db, code or None, name or None)
            found = [each for each in restrictions if in_force(each, now)]
    page = render_template(
        "identity/negative_list.html",
        asked=asked and not problem,
        found=found,
        problem=problem,
        code=code,
        name=name,
    )
    return page, 422 if problem else 200
