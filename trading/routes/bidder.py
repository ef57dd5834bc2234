"""Pages of a bidder: open lots, and of one lot the notice, own guarantees, bids, opening, result.

Nothing here is about anybody else's bid before it is public. What needs a key that never leaves
the bidder's machine is done by the command-line client, whose exact commands the pages give.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from identity import queries as identity
from identity.guard import requires, viewer
from identity.models.credentials import SigningKey
from identity.routes.paging import page_of, window
from identity.states import KeyPurpose, OrganisationKind, Permission
from kernel.errors import NotFound
from storage.database import snapshot
from storage.subjects import legal_now
from trading import queries
from trading.models.awarding import Award, AwardCandidate, BidRejection
from trading.models.bidding import Bid
from trading.models.guarantee import GuaranteeOrder
from trading.models.opening import OpenedBid, Release
from trading.models.tendering import Lot
from trading.routes.lot_view import lot_view
from trading.rules.disclosure import Audience, Matter, may_know, may_know_at
from trading.states import BidState

pages = Blueprint("bidder", __name__, url_prefix="/bids")


@dataclass(frozen=True)
class OwnSide:
    """What a bidder has on a lot; `standing` is the submission that counts."""

    key: SigningKey | None
    orders: Sequence[GuaranteeOrder]
    bids: Sequence[Bid]
    standing: Bid | None
    release: Release | None
    opened: OpenedBid | None
    line: AwardCandidate | None
    rejection: BidRejection | None
    award: Award | None


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
        found = queries.lot_by_code(db, code)
        stage = queries.stage_of(db, found)
        if not may_know_at(Audience.PUBLIC, Matter.NOTICE, stage):
            raise NotFound("lot.not_found", "没有编号为“%(value)s”的标段。", value=code[:40])
        return render_template(
            "trading/bidder/lot.html",
            lot=found,
            tender=found.tender,
            view=lot_view(db, found, stage, Audience.PUBLIC),
            own=_own_side(db, found),
            issuers=identity.organisations_of_kind(db, OrganisationKind.ISSUER),
            now=legal_now(db, f"lot:{found.code}"),
        )


def _own_side(db: Session, lot: Lot) -> OwnSide:
    bids = queries.bids_of(db, lot.id, viewer().organisation)
    standing = next((bid for bid in bids if bid.state is BidState.SUBMITTED), None)
    release, opened = queries.opening_of(db, standing.id) if standing else (None, None)
    knows_result = standing and may_know(Audience.BIDDER, Matter.OWN_RESULT, lot.stage)
    line, rejection = (
        queries.result_of(db, standing.id) if standing and knows_result else (None, None)
    )
    return OwnSide(
        key=identity.valid_key(db, viewer().code, KeyPurpose.STATEMENT),
        orders=queries.guarantees_of(db, lot.id, viewer().organisation),
        bids=bids,
        standing=standing,
        release=release,
        opened=opened,
        line=line,
        rejection=rejection,
        award=queries.award_of(db, lot.id) if knows_result else None,
    )
