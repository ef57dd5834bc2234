"""Reads of reports, candidates, awards and terminations."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from trading.models.awarding import Award, AwardCandidate, BidRejection, LotReport
from trading.models.bidding import Bid
from trading.models.termination import Termination


def report_of(db: Session, lot_id: int) -> LotReport | None:
    """The report that came for a lot."""
    return db.get(LotReport, lot_id)


def ranked_bids(db: Session, lot_id: int) -> Sequence[AwardCandidate]:
    """Every ranked bid of a lot's report, best first, equals by receipt."""
    query = sa.select(AwardCandidate).join(Bid, Bid.id == AwardCandidate.bid_id)
    ranked = query.where(AwardCandidate.lot_id == lot_id)
    return db.scalars(ranked.order_by(AwardCandidate.rank, Bid.receipt)).all()


def candidates(db: Session, lot_id: int) -> list[AwardCandidate]:
    """The candidates among the ranked bids of a lot, best first."""
    return [each for each in ranked_bids(db, lot_id) if each.is_candidate]


def rejected_bids(db: Session, lot_id: int) -> Sequence[BidRejection]:
    """Every bid that the committee rejected, by receipt."""
    query = sa.select(BidRejection).join(Bid, Bid.id == BidRejection.bid_id)
    return db.scalars(query.where(BidRejection.lot_id == lot_id).order_by(Bid.receipt)).all()


def result_of(db: Session, bid_id: int) -> tuple[AwardCandidate | None, BidRejection | None]:
    """How one bid was ranked, or why it was rejected."""
    return db.get(AwardCandidate, bid_id), db.get(BidRejection, bid_id)


def award_of(db: Session, lot_id: int) -> Award | None:
    """Who won a lot."""
    return db.get(Award, lot_id)


def termination_of(db: Session, lot_id: int) -> Termination | None:
    """How and why a lot was terminated."""
    return db.get(Termination, lot_id)
