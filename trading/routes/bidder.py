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
from storage.base import real_now
from storage.database import snapshot
from trading import queries
from trading.routes.lot_view import lot_view
from trading.routes.own_side import lot_shown, own_side, with_key, with_orders
from trading.rules.disclosure import Audience
from trading.states import OPENING_STATES, LotState

pages = Blueprint("bidder", __name__, url_prefix="/bids")
_ISSUER = OrganisationKind.ISSUER


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
        own = own_side(db, found)
        if found.state in OPENING_STATES:  # where the page says how to go on without it
            own = with_key(db, own)
        is_open = found.state is LotState.ANNOUNCED
        return render_template(
            "trading/bidder/lot.html",
            lot=found,
            tender=found.tender,
            view=lot_view(db, found, stage, Audience.PUBLIC),
            own=with_orders(db, own, found),
            issuers=identity.organisations_of_kind(db, _ISSUER) if is_open else (),
            now=found.tender.now(real_now(db)),
        )
