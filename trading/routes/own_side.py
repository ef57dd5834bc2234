"""What a bidder has on a lot, for every page that shows it to that bidder and to nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from identity import queries as identity
from identity.guard import viewer
from identity.models.credentials import SigningKey
from identity.states import KeyPurpose
from trading import queries
from trading.models.awarding import Award, AwardCandidate, BidRejection
from trading.models.bidding import Bid
from trading.models.guarantee import GuaranteeOrder
from trading.models.opening import OpenedBid, Release
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at
from trading.rules.opening import is_corrected
from trading.states import BidState, LotState


@dataclass(frozen=True)
class OwnSide:
    """What a bidder has on a lot; `standing` is the submission that counts.

    `key` and `orders` are there on pages that show them.
    """

    bids: Sequence[Bid]
    standing: Bid | None
    release: Release | None
    must_correct: bool
    opened: OpenedBid | None
    line: AwardCandidate | None
    rejection: BidRejection | None
    award: Award | None
    key: SigningKey | None = None
    orders: Sequence[GuaranteeOrder] = ()


def lot_shown(db: Session, code: str) -> tuple[Lot, Stage]:
    """A lot whose notice is out, with its stage. Raises NotFound."""
    found = queries.lot_by_code(db, code)
    stage = queries.stage_of(db, found)
    if not may_know_at(Audience.PUBLIC, Matter.NOTICE, stage):
        raise queries.no_lot(code)
    return found, stage


def must_correct(lot: Lot, release: Release | None) -> bool:
    """Whether the release was found wrong and the right one has not come yet."""
    if lot.state is not LotState.UNSEALING or release is None or release.correct_until is None:
        return False
    return not is_corrected(release.received_at, release.correct_until, lot.correction_minutes)


def own_side(db: Session, lot: Lot) -> OwnSide:
    """What the one who looks has on this lot, without key and orders."""
    own = queries.own_bids(db, lot, viewer().organisation)
    bids = [each.bid for each in own]
    counts = next((each for each in own if each.bid.state is BidState.SUBMITTED), None)
    if counts is None:
        return OwnSide(bids, None, None, False, None, None, None, None)
    return OwnSide(
        bids=bids,
        standing=counts.bid,
        release=counts.release,
        must_correct=must_correct(lot, counts.release),
        opened=counts.opened,
        line=counts.line,
        rejection=counts.rejection,
        award=counts.award,
    )


def with_key(db: Session, own: OwnSide) -> OwnSide:
    """The same with the key by which the one who looks signs."""
    return replace(own, key=identity.valid_key(db, viewer().code, KeyPurpose.STATEMENT))


def with_orders(db: Session, own: OwnSide, lot: Lot) -> OwnSide:
    """The same with the guarantees that were ordered for the lot."""
    return replace(own, orders=queries.guarantees_of(db, lot.id, viewer().organisation))
