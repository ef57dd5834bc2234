"""Changing one's password: what somebody else set up for me is known to me alone from then on."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity.actions import accounts, sign_ins
from identity.forms import form_of
from identity.guard import own_sign_in, requires, viewer
from identity.routes.by_password import confirm_password
from identity.states import Permission
from storage.database import transaction

pages = Blueprint("password", __name__, url_prefix="/account/password")


@pages.get("")
@requires(Permission.SEE_ACCOUNT)
def form() -> ResponseReturnValue:
    """The form of a new password."""
    return render_template("identity/password.html")


@pages.post("")
@requires(Permission.SEE_ACCOUNT)
@form_of(form)
def change() -> ResponseReturnValue:
    """Change it against the old one; every other browser and program of mine is out."""
    confirm_password(viewer().code, request.form.get("old", ""), field="old")
    password_hash = accounts.hash_password(request.form.get("password", ""))
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        sign_ins.change_password(db, viewer(), password_hash, kept=own_sign_in(), now=now)
    return redirect(url_for("account.account"))
