"""Pages on which a bidder seals, submits, replaces and withdraws a bid, and releases its key.

The server only shows where things stand: packing, sealing, keys and signatures are the browser's
(static/js/seal), which speaks to the same JSON endpoints as every other program.
"""

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from evidence.actions.receipts import receipt_of, with_proof
from identity import queries as identity
from identity.guard import requires, viewer
from identity.states import OrganisationKind, Permission
from outbox import queries as outbox
from storage.base import real_now
from storage.database import snapshot
from trading import queries
from trading.models.bidding import Bid
from trading.routes.lot_view import lot_view
from trading.routes.own_side import lot_shown, own_side, with_key, with_orders
from trading.rules.bidding import Envelope, parse_statement, reception_problems
from trading.rules.disclosure import Audience, audience_of
from trading.states import OPENING_STATES, GuaranteeState

pages = Blueprint("sealing", __name__, url_prefix="/bids/lots")
_GUARANTEED = (GuaranteeState.ORDERED, GuaranteeState.APPROVED, GuaranteeState.ISSUED)


@pages.get("/<code>/seal")
@requires(Permission.BID)
def seal(code: str) -> ResponseReturnValue:
    """Seal and submit a bid, or replace the one that stands."""
    with snapshot() as db:
        lot, _stage = lot_shown(db, code)
        now = lot.tender.now(real_now(db))
        own = with_orders(db, with_key(db, own_side(db, lot)), lot)
        assert lot.deadline is not None  # noqa: S101 (its notice is out)
        return render_template(
            "trading/bidder/seal.html",
            lot=lot,
            tender=lot.tender,
            own=own,
            order=next((each for each in own.orders if each.state in _GUARANTEED), None),
            issuers=identity.organisations_of_kind(db, OrganisationKind.ISSUER),
            barred=reception_problems(lot.state, lot.deadline, now),
            now=now,
        )


@pages.get("/<code>/receipts/<receipt>")
@requires(Permission.BID)
def show_receipt(code: str, receipt: str) -> ResponseReturnValue:
    """One receipt as a card that its page checks, keeps and prints."""
    with snapshot() as db:
        lot, _stage = lot_shown(db, code)
        own = with_key(db, own_side(db, lot))
        bid = next((each for each in own.bids if each.receipt == receipt), None)
        if bid is None:
            raise queries.no_receipt(receipt)
        now = lot.tender.now(real_now(db))
        assert lot.deadline is not None  # noqa: S101 (its notice is out)
        return render_template(
            "trading/bidder/receipt.html",
            lot=lot,
            tender=lot.tender,
            bid=bid,
            own=own,
            receipt=_receipt(db, bid),
            envelopes=_envelopes(bid),
            barred=reception_problems(lot.state, lot.deadline, now),
            now=now,
        )


@pages.get("/<code>/opening")
@requires(Permission.BID)
def opening(code: str) -> ResponseReturnValue:
    """The opening of one's own bid: release its key, then wait for all to open together."""
    with snapshot() as db:
        lot, stage = lot_shown(db, code)
        own = own_side(db, lot)
        if lot.state in OPENING_STATES:
            own = with_key(db, own)
        topic, audience = f"lot:{lot.code}", audience_of(viewer(), lot.tender.sides)
        return render_template(
            "trading/bidder/opening.html",
            lot=lot,
            tender=lot.tender,
            own=own,
            envelopes=_envelopes(own.standing) if own.standing else (),
            view=lot_view(db, lot, stage, Audience.PUBLIC),
            feeds=[(topic, outbox.head(db, topic, audience.value))],
            now=lot.tender.now(real_now(db)),
        )


def _envelopes(bid: Bid) -> Sequence[Envelope]:
    return parse_statement(json.loads(bid.statement)).envelopes


def _receipt(db: Session, bid: Bid) -> dict[str, Any]:
    fact = queries.submission_fact(db, bid.receipt)
    assert fact is not None  # noqa: S101 (a bid and its fact are one transaction)
    return with_proof(db, receipt_of(fact, bid.receipt, current_app.extensions["receipt_key"]()))
