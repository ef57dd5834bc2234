"""JSON endpoints for whoever checks that what was sealed stayed sealed: the set, and one's own bid.

The commitments of the close are salted digests: they tell nobody's name, and that there are so
many is public with the root. Who keeps a receipt finds its commitment among them.
"""

from typing import Any

from flask import Response, current_app
from flask_openapi3 import APIBlueprint, Tag

from identity.forms import CodePath, sends_file
from identity.guard import open_to_all, requires, viewer
from identity.states import Permission
from kernel.errors import NotFound
from storage.database import snapshot
from trading import queries
from trading.actions.tendering import lot_known_to
from trading.forms import EnvelopePath
from trading.rules.disclosure import Audience, Matter, may_know_at

api = APIBlueprint("sealed_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="opening")])


@api.get("/lots/<code>/sealed-set")
@open_to_all
def show_sealed_set(path: CodePath) -> Any:
    """Count, root and commitments of the bids that were fixed at the deadline."""
    with snapshot() as db:
        lot = lot_known_to(db, viewer(), path.code)
        known = may_know_at(Audience.PUBLIC, Matter.SEALED_SET, queries.stage_of(db, lot))
        if lot.sealed_root is None or not known:
            raise NotFound("sealed_set.not_yet", "该标段尚未截止投标。", "招标投标法 第36条")
        receipts = [bid.receipt for bid in queries.standing_bids(db, lot.id)]
        return {
            "lot": lot.code,
            "count": lot.sealed_count,
            "root": lot.sealed_root.hex(),
            "commitments": sorted(each.hex() for each in queries.commitments_of(db, receipts)),
        }


@api.get("/bids/<code>/envelopes/<name>", responses=sends_file("application/octet-stream"))
@requires(Permission.BID)
def show_envelope(path: EnvelopePath) -> Response:
    """My own sealed envelope as it is kept here: the age file that I uploaded, byte for byte."""
    who = viewer()
    with snapshot() as db:
        bid = queries.bid_by_receipt(db, path.code, who.organisation)
        if path.name not in bid.uploads:
            raise queries.no_receipt(path.code)
        parts = queries.upload_of(db, bid.uploads[path.name], who.organisation).parts
    return Response(
        current_app.extensions["vault"].chunks(parts),
        mimetype="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{bid.receipt}.age"'},
    )
