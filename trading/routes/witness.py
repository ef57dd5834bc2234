"""The page of a witness: lots that need an opening key, own keys, and how to run the program."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from identity.guard import requires, viewer
from identity.routes.paging import page_of, window
from identity.states import Permission
from storage.database import snapshot
from trading import queries
from trading.states import OPENING_STATES

pages = Blueprint("witness", __name__, url_prefix="/witness")


@pages.get("")
@requires(Permission.WITNESS_OPENING)
def lots() -> ResponseReturnValue:
    """Lots between notice and price table, with this witness's own keys."""
    with snapshot() as db:
        found = page_of(queries.lots_in(db, OPENING_STATES, **window()))
        ids = [lot.id for lot in found.rows]
        keys = queries.opening_keys_of(db, ids, viewer().organisation)
        return render_template(
            "trading/witness/lots.html",
            page=found,
            keys={lot_id: [key for key in keys if key.lot_id == lot_id] for lot_id in ids},
        )
