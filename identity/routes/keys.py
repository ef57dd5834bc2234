"""My keys: which I have, what for, since when; making one in this browser, and revoking one."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries
from identity.actions import credentials
from identity.forms import confirmed, form_of
from identity.guard import requires, viewer
from identity.routes.by_password import confirm_password
from identity.rules.sign_ins import own_path
from identity.states import KeyPurpose, Permission
from storage.database import snapshot, transaction

pages = Blueprint("keys", __name__, url_prefix="/account/keys")


@pages.get("")
@requires(Permission.MANAGE_KEYS)
def keys() -> ResponseReturnValue:
    """All my keys, the newest first; `next` is the page that I came from."""
    with snapshot() as db:
        mine = queries.keys_of(db, viewer().code)
    valid = {each: queries.newest_valid(mine, each) for each in KeyPurpose}
    statement = valid[KeyPurpose.STATEMENT]
    return render_template(
        "identity/keys.html",
        keys=mine,
        current={each.code for each in valid.values() if each},
        statement=statement.code if statement else "",
        next=own_path(request.args.get("next", "")),
    )


@pages.get("/<code>")
@requires(Permission.MANAGE_KEYS)
def key(code: str) -> ResponseReturnValue:
    """One of my keys, and the form that revokes it."""
    with snapshot() as db:
        return render_template("identity/key.html", key=queries.key_of(db, viewer().code, code))


@pages.post("/<code>/revoke")
@requires(Permission.MANAGE_KEYS)
@form_of(key)
def revoke(code: str) -> ResponseReturnValue:
    """Revoke a key of mine, against my password: it signs nothing from now on."""
    confirmed(request.form)
    confirm_password(viewer().code, request.form.get("password", ""))
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        credentials.revoke_key(db, viewer(), code, now=now)
    return redirect(url_for("keys.keys"))
