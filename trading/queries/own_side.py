"""What a bidder has on a lot, read together; for that bidder and nobody else."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from identity.models.organisations import Organisation
from trading.models.awarding import Award, AwardCandidate, BidRejection
from trading.models.bidding import Bid
from trading.models.opening import OpenedBid, Release
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience, Matter, may_know


@dataclass(frozen=True)
class OwnBid:
    """One submission with its release and what its opening brought.

    How it was ranked or why rejected, and who won the lot, once its bidder may know.
    """

    bid: Bid
    release: Release | None
    opened: OpenedBid | None
    line: AwardCandidate | None
    rejection: BidRejection | None
    award: Award | None


def own_bids(db: Session, lot: Lot, bidder: str) -> list[OwnBid]:
    """All submissions of this bidder on a lot, oldest first, in one statement."""
    knows_result = may_know(Audience.BIDDER, Matter.OWN_RESULT, lot.stage)
    asked = {"lot": lot.id, "bidder": bidder, "knows_result": knows_result}
    return [OwnBid(*row) for row in db.execute(_own(), asked)]


@cache  # put together once
def _own() -> sa.Select[*tuple[Any, ...]]:
    knows_result = sa.bindparam("knows_result", type_=sa.Boolean)
    return (
        sa.select(Bid, Release, OpenedBid, AwardCandidate, BidRejection, Award)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .outerjoin(Release, Release.bid_id == Bid.id)
        .outerjoin(OpenedBid, OpenedBid.bid_id == Bid.id)
        .outerjoin(AwardCandidate, sa.and_(AwardCandidate.bid_id == Bid.id, knows_result))
        .outerjoin(BidRejection, sa.and_(BidRejection.bid_id == Bid.id, knows_result))
        .outerjoin(Award, sa.and_(Award.lot_id == Bid.lot_id, knows_result))
        .where(Bid.lot_id == sa.bindparam("lot"))
        .where(Organisation.credit_code == sa.bindparam("bidder"))
        .options(contains_eager(Bid.bidder))
        .options(contains_eager(OpenedBid.bid).contains_eager(Bid.bidder))
        .options(contains_eager(AwardCandidate.bid).contains_eager(Bid.bidder))
        .options(contains_eager(BidRejection.bid).contains_eager(Bid.bidder))
        .order_by(Bid.submitted_at, Bid.id)
    )
