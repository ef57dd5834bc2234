"""My second factor: enrolling an authenticator, recovery codes, switching off."""

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries
from identity.actions import second_factor as actions
from identity.forms import confirmed, form_of
from identity.guard import requires, viewer
from identity.routes.by_code import box, prove
from identity.routes.by_password import confirm_password
from identity.states import Permission
from storage.database import snapshot, transaction

pages = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")


@pages.get("")
@requires(Permission.SEE_ACCOUNT)
def overview() -> ResponseReturnValue:
    """Whether codes are asked for, or the secret of the enrolment that was begun."""
    with snapshot() as db:
        factor = queries.second_factor_of(db, viewer().code)
        left = queries.recovery_codes_left(db, viewer().code)
    if factor is None or factor.confirmed_at is not None:
        return render_template("identity/second_factor.html", factor=factor, left=left)
    secret = actions.secret_of(factor, box())
    picture = segno.make(actions.address_of(factor, viewer(), box()), error="m")
    return render_template(
        "identity/second_factor_new.html",
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=picture.svg_data_uri(scale=5, border=4, light="#fff", nl=False),
    )


@pages.post("")
@requires(Permission.SEE_ACCOUNT)
@form_of(overview)
def begin() -> ResponseReturnValue:
    """Have a secret made, against my password."""
    confirm_password(viewer().code, request.form.get("password", ""))
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        actions.begin(db, viewer(), box(), now=now)
    return redirect(url_for("second_factor.overview"))


@pages.post("/confirm")
@requires(Permission.SEE_ACCOUNT)
@form_of(overview)
def confirm() -> ResponseReturnValue:
    """Show that the authenticator has it; recovery codes are in this answer and nowhere else."""
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        codes = actions.confirm(db, viewer(), request.form.get("code", ""), box(), now=now)
    return render_template("identity/recovery_codes.html", codes=codes)


@pages.post("/recovery-codes")
@requires(Permission.SEE_ACCOUNT)
@form_of(overview)
def renew_codes() -> ResponseReturnValue:
    """New recovery codes, against a code; shown in this answer and nowhere else."""
    prove(viewer().code, request.form.get("code", ""))
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        codes = actions.renew_codes(db, viewer(), now=now)
    return render_template("identity/recovery_codes.html", codes=codes)


@pages.post("/end")
@requires(Permission.SEE_ACCOUNT)
@form_of(overview)
def end() -> ResponseReturnValue:
    """Switch it off, against a code."""
    confirmed(request.form)
    prove(viewer().code, request.form.get("code", ""))
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        actions.end(db, viewer(), now=now)
    return redirect(url_for("second_factor.overview"))
