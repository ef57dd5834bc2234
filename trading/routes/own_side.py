"""What a bidder has on a lot, for every page that shows it to that bidder and to nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from identity import queries as identity
from identity.guard import viewer
from identity.models.credentials import SigningKey
from identity.states import KeyPurpose
from kernel.errors import NotFound
from trading import queries
from trading.models.awarding import Award, AwardCandidate, BidRejection
from trading.models.bidding import Bid
from trading.models.guarantee import GuaranteeOrder
from trading.models.opening import OpenedBid, Release
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience, Matter, Stage, may_know, may_know_at
from trading.rules.opening import is_corrected
from trading.states import BidState, LotState


@dataclass(frozen=True)
class OwnSide:
    """What a bidder has on a lot; `standing` is the submission that counts."""

    key: SigningKey | None
    orders: Sequence[GuaranteeOrder]
    bids: Sequence[Bid]
    standing: Bid | None
    release: Release | None
    must_correct: bool
    opened: OpenedBid | None
    line: AwardCandidate | None
    rejection: BidRejection | None
    award: Award | None


def lot_shown(db: Session, code: str) -> tuple[Lot, Stage]:
    """A lot whose notice is out, with its stage. Raises NotFound."""
    found = queries.lot_by_code(db, code)
    stage = queries.stage_of(db, found)
    if not may_know_at(Audience.PUBLIC, Matter.NOTICE, stage):
        raise NotFound("lot.not_found", "没有编号为“%(value)s”的标段。", value=code[:40])
    return found, stage


def must_correct(lot: Lot, release: Release | None) -> bool:
    """Whether the release was found wrong and the right one has not come yet."""
    if lot.state is not LotState.UNSEALING or release is None or release.correct_until is None:
        return False
    return not is_corrected(release.received_at, release.correct_until, lot.correction_minutes)


def own_side(db: Session, lot: Lot) -> OwnSide:
    """What the one who looks has on this lot."""
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
        must_correct=must_correct(lot, release),
        opened=opened,
        line=line,
        rejection=rejection,
        award=queries.award_of(db, lot.id) if knows_result else None,
    )
