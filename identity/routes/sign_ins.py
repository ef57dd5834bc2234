"""Where am I signed in: browsers and programs, and how to end them."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries
from identity.actions import sign_ins as actions
from identity.actions.accounts import token_digest
from identity.guard import comes_with_token, own_sign_in, requires, viewer
from identity.routes.paging import page_of, window
from identity.states import Permission
from kernel.errors import NotFound
from storage.base import real_now
from storage.database import snapshot, transaction

pages = Blueprint("sign_ins", __name__, url_prefix="/account/sign-ins")


@pages.get("")
@requires(Permission.SEE_ACCOUNT)
def sign_ins() -> ResponseReturnValue:
    """My browsers and programs; this one is marked."""
    with snapshot() as db:
        now = real_now(db)
        return render_template(
            "identity/sign_ins.html",
            browsers=queries.sign_ins_of(db, viewer().code, now),
            page=page_of(queries.tokens_of(db, viewer().code, now, **window())),
            own=own_sign_in(),
        )


@pages.post("/browsers/<code>/end")
@requires(Permission.SEE_ACCOUNT)
def end_browser(code: str) -> ResponseReturnValue:
    """End one of my browsers."""
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        actions.end_sign_in(db, viewer(), code, now=now)
    return redirect(url_for("sign_ins.sign_ins"))


@pages.post("/programs/<digest>/end")
@requires(Permission.SEE_ACCOUNT)
def end_program(digest: str) -> ResponseReturnValue:
    """End one of my programs."""
    try:
        wanted = bytes.fromhex(digest)
    except ValueError as fault:
        raise NotFound("account.no_such_sign_in", "没有这个登录。") from fault
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        actions.end_token(db, viewer(), wanted, now=now)
    return redirect(url_for("sign_ins.sign_ins"))


@pages.post("/others/end")
@requires(Permission.SEE_ACCOUNT)
def end_others() -> ResponseReturnValue:
    """End all but the one by which I ask."""
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        actions.end_others(db, viewer(), kept=_asking(), now=now)
    return redirect(url_for("sign_ins.sign_ins"))


def _asking() -> str | bytes:
    """The sign-in or the token's digest of this request."""
    if comes_with_token():
        return token_digest(request.headers["Authorization"].removeprefix("Bearer ").strip())
    return own_sign_in()
