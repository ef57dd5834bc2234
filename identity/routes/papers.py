"""Pages of whoever signs documents: my key, what waits for me, read it, ask for my turn, sign."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries
from identity.actions import papers
from identity.forms import form_of
from identity.guard import requires, viewer
from identity.routes.by_pin import make_document_key, sign_paper
from identity.routes.paging import page_of, window
from identity.rules.credentials import PIN_LENGTH
from identity.rules.papers import WRONG_PINS
from identity.states import KeyPurpose, PaperState, Permission, TurnState
from storage.database import snapshot, transaction

pages = Blueprint("papers", __name__, url_prefix="/papers")
_MOVING = (TurnState.ASKED, TurnState.SIGNED)
_LOOK_AGAIN_SECONDS = "3"


@pages.get("")
@requires(Permission.SIGN_PAPERS)
def list_papers() -> ResponseReturnValue:
    """My document key, and every document that I am to sign or have signed."""
    with snapshot() as db:
        found = page_of(queries.turns_of(db, viewer().code, **window()))
        key = queries.valid_key(db, viewer().code, KeyPurpose.DOCUMENT)
        return render_template(
            "identity/papers/list.html",
            page=found,
            key=key,
            pin_length=PIN_LENGTH,
            wrong_pins=WRONG_PINS,
        )


@pages.post("/key")
@requires(Permission.SIGN_PAPERS)
@form_of(list_papers)
def make_key() -> ResponseReturnValue:
    """Have a key with a certificate made, locked by the PIN that I chose."""
    make_document_key(viewer(), request.form.get("pin", ""))
    return redirect(url_for("papers.list_papers"))


@pages.get("/<code>")
@requires(Permission.SIGN_PAPERS)
def paper(code: str) -> ResponseReturnValue:
    """One document: where my signature stands, and the one next step."""
    with snapshot() as db:
        turn = queries.turn_of(db, code, viewer().code)
        key = queries.valid_key(db, viewer().code, KeyPurpose.DOCUMENT)
        shown = render_template(
            "identity/papers/paper.html",
            turn=turn,
            paper=turn.paper,
            key=key,
            signed=sum(each.signed_at is not None for each in turn.paper.turns),
        )
        moves = turn.state in _MOVING or turn.paper.state is PaperState.DRAWING
    answer = make_response(shown)
    if moves:  # the worker is on it: the page looks again by itself, also without scripts
        answer.headers["Refresh"] = _LOOK_AGAIN_SECONDS
    return answer


@pages.post("/<code>/turn")
@requires(Permission.SIGN_PAPERS)
@form_of(paper)
def ask_turn(code: str) -> ResponseReturnValue:
    """Ask to sign now."""
    with transaction(lock=[papers.subject_of(code)]) as (db, now):
        papers.ask_turn(db, viewer(), code, now=now)
    return redirect(url_for("papers.paper", code=code))


@pages.post("/<code>/signature")
@requires(Permission.SIGN_PAPERS)
@form_of(paper)
def sign(code: str) -> ResponseReturnValue:
    """Sign the prepared revision by PIN."""
    sign_paper(viewer(), code, request.form.get("pin", ""))
    return redirect(url_for("papers.paper", code=code))
