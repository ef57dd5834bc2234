"""Pages for everybody: signing in and out, what happened since, one's own account."""

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from identity import queries
from identity.actions import sign_ins
from identity.forms import form_of
from identity.guard import (
    begin_half,
    begin_session,
    half_begun,
    open_to_all,
    own_sign_in,
    requires,
    sign_out,
    viewer,
)
from identity.models.sign_ins import SignIn
from identity.routes import changes
from identity.routes.by_code import needs_code, prove
from identity.routes.by_password import authenticated
from identity.rules.permissions import Viewer
from identity.rules.sign_ins import own_path
from identity.states import Permission
from storage.base import real_now
from storage.database import snapshot, transaction

pages = Blueprint("account", __name__)


@pages.get("/sign-in")
@open_to_all
def sign_in_page() -> ResponseReturnValue:
    """The sign-in form; `next` is where to go on to."""
    with snapshot() as db:
        training = queries.has_training(db)
    return render_template(
        "identity/sign_in.html", next=own_path(request.values.get("next", "")), training=training
    )


@pages.post("/sign-in")
@open_to_all
@form_of(sign_in_page)
def sign_in_now() -> ResponseReturnValue:
    """Sign in, or say once more what was wrong."""
    form = request.form
    person = authenticated(form.get("username", ""), form.get("password", ""))
    onward = own_path(form.get("next", ""))
    if not needs_code(person):
        return signed_in(person, onward)
    begin_half(person, onward, _now())
    return redirect(url_for("account.code_page"))


@pages.get("/sign-in/code")
@open_to_all
def code_page() -> ResponseReturnValue:
    """The second step: the code of the authenticator, or a recovery code."""
    if half_begun(_now()) is None:
        return redirect(url_for("account.sign_in_page"))
    return render_template("identity/sign_in_code.html")


@pages.post("/sign-in/code")
@open_to_all
@form_of(code_page)
def give_code() -> ResponseReturnValue:
    """Sign in by a right code; too late, one starts with the password again."""
    begun = half_begun(_now())
    if begun is None:
        return redirect(url_for("account.sign_in_page"))
    person, onward = begun
    prove(person, request.form.get("code", ""))
    return signed_in(person, onward)


def signed_in(person_code: str, onward: str) -> ResponseReturnValue:
    """Begin a fresh session and lead on: to what happened since, if anything did."""
    with transaction(lock=[f"person:{person_code}"]) as (db, now):
        person = queries.person_with_code(db, person_code)
        agent = request.user_agent.string
        made = sign_ins.open_sign_in(db, person, user_agent=agent, now=now)
    begin_session(made)
    with snapshot() as db:
        return redirect(led_on(db, made, onward))


def led_on(db: Session, sign_in: SignIn, onward: str) -> str:
    """Where somebody goes from signing in: first to what they have to be told or asked."""
    if changes.of(db, sign_in):
        return url_for("account.since", next=onward or None)
    return _asked(db, queries.viewer_of(sign_in.person), onward)


@pages.get("/account/since")
@requires(Permission.SEE_ACCOUNT)
def since() -> ResponseReturnValue:
    """What happened since my last visit, and the way on."""
    with snapshot() as db:
        mine = queries.valid_sign_in(db, own_sign_in(), real_now(db))
        told = changes.of(db, mine) if mine else None
        onward = _asked(db, viewer(), own_path(request.args.get("next", "")))
    return render_template("identity/since.html", told=told, next=onward)


def _asked(db: Session, who: Viewer, onward: str) -> str:
    """What a role asks to be undertaken, as long as something is, and then the wanted page."""
    if queries.undertakings_to_give(db, who):
        return url_for("undertakings.undertakings", next=onward or None)
    return onward or url_for("desk.desk")


@pages.post("/sign-out")
@open_to_all
def sign_out_now() -> ResponseReturnValue:
    """End this session."""
    if viewer().is_signed_in and own_sign_in():
        with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
            sign_ins.end_sign_in(db, viewer(), own_sign_in(), now=now)
    sign_out()
    return redirect(url_for("account.sign_in_page"))


@pages.get("/account")
@requires(Permission.SEE_ACCOUNT)
def account() -> ResponseReturnValue:
    """Who I am, and the doors to what is mine."""
    with snapshot() as db:
        mine = queries.valid_sign_in(db, own_sign_in(), real_now(db))
        told = changes.of(db, mine) if mine else None
    return render_template("identity/account.html", told=told)


def _now() -> datetime:
    with snapshot() as db:
        return real_now(db)
