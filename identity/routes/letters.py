"""The inbox of everybody: letters newest first, opened one by one or marked as read together."""

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from identity.guard import requires, viewer
from identity.routes.paging import asked_page, page_of
from identity.states import Permission
from outbox import queries
from outbox.actions import letters
from storage.database import snapshot, transaction

pages = Blueprint("letters", __name__, url_prefix="/inbox")
PAGE = 50


@pages.get("")
@requires(Permission.SEE_ACCOUNT)
def inbox() -> ResponseReturnValue:
    """My letters, fifty a page."""
    offset = (asked_page() - 1) * PAGE
    with snapshot() as db:
        found = queries.letters_of(db, viewer().code, limit=PAGE + 1, offset=offset)
    return render_template("identity/inbox.html", page=page_of(found, PAGE))


@pages.get("/<code>")
@requires(Permission.SEE_ACCOUNT)
def letter(code: str) -> ResponseReturnValue:
    """One letter of mine; opened, it is read."""
    with snapshot() as db:
        found = queries.letter_of(db, viewer().code, code)
    if found.read_at is None:
        with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
            letters.read_letter(db, viewer().code, code, now=now)
            g.unread = queries.unread_count(db, viewer().code)
    return render_template("identity/letter.html", letter=found)


@pages.post("/read")
@requires(Permission.SEE_ACCOUNT)
def read_all() -> ResponseReturnValue:
    """All that lies there now is read."""
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        letters.read_all(db, viewer().code, now=now)
    return redirect(url_for("letters.inbox"))
