"""Pages of a bidder: open lots, and of one lot the notice, own guarantees, bids, opening, result.

Nothing here is about anybody else's bid before it is public. What needs a key that never leaves
the bidder's machine is done on the pages of `sealing` or by the command-line client.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from identity import queries as identity
from identity.guard import requires, viewer
from identity.routes.paging import page_of, window
from identity.states import OrganisationKind, Permission
from storage.database import snapshot
from storage.subjects import legal_now
from trading import queries
from trading.routes.lot_view import lot_view
from trading.routes.own_side import lot_shown, own_side
from trading.rules.disclosure import Audience

pages = Blueprint("bidder", __name__, url_prefix="/bids")


@pages.get("")
@requires(Permission.BID)
def lots() -> ResponseReturnValue:
    """Lots that receive bids, the nearest deadline first."""
    with snapshot() as db:
        found = page_of(queries.announced_lots(db, **window()))
        return render_template("trading/bidder/lots.html", page=found)


@pages.get("/mine")
@requires(Permission.BID)
def mine() -> ResponseReturnValue:
    """My standing submissions on all lots, newest first."""
    with snapshot() as db:
        found = page_of(queries.bids_by(db, viewer().organisation, **window()))
        return render_template("trading/bidder/mine.html", page=found)


@pages.get("/lots/<code>")
@requires(Permission.BID)
def lot(code: str) -> ResponseReturnValue:
    """One lot as its bidder sees it."""
    with snapshot() as db:
        found, stage = lot_shown(db, code)
        return render_template(
            "trading/bidder/lot.html",
            lot=found,
            tender=found.tender,
            view=lot_view(db, found, stage, Audience.PUBLIC),
            own=own_side(db, found),
            issuers=identity.organisations_of_kind(db, OrganisationKind.ISSUER),
            now=legal_now(db, f"lot:{found.code}"),
        )
