"""Reads of uploads and bids. Whoever asks for a bid says for whom."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from evidence.models.streams import Fact
from identity.models.organisations import Organisation
from kernel.errors import NotFound
from trading.models.bidding import Bid, Upload
from trading.states import BidState


def upload_of(db: Session, code: str, bidder: str) -> Upload:
    """This bidder's upload and its lot. Raises NotFound, also when it is somebody else's."""
    query = (
        sa.select(Upload)
        .join(Organisation, Organisation.id == Upload.bidder_id)
        .where(Upload.code == code, Organisation.credit_code == bidder)
    )
    found = db.scalar(query.options(joinedload(Upload.lot)))
    if found is None:
        raise NotFound("upload.not_found", "没有这个上传任务。")
    return found


def standing_bid(db: Session, lot_id: int, bidder_id: int) -> Bid | None:
    """The submission of this bidder that stands now."""
    query = sa.select(Bid).where(
        Bid.lot_id == lot_id, Bid.bidder_id == bidder_id, Bid.state == BidState.SUBMITTED
    )
    return db.scalar(query)


def standing_bids(db: Session, lot_id: int) -> Sequence[Bid]:
    """All standing submissions of a lot. For the close and what follows it only."""
    query = sa.select(Bid).where(Bid.lot_id == lot_id, Bid.state == BidState.SUBMITTED)
    return db.scalars(query.order_by(Bid.receipt)).all()


def is_sealed_by_another(db: Session, lot_id: int, bidder_id: int, seal: str) -> bool:
    """Whether another bidder ever submitted under this seal on the lot."""
    query = sa.select(Bid.id).where(
        Bid.lot_id == lot_id, Bid.bidder_id != bidder_id, Bid.statement.contains(seal)
    )
    return db.scalar(query.limit(1)) is not None


def bidders_of(db: Session, lot_id: int) -> dict[str, bool]:
    """Credit codes of all who ever submitted, and whether a submission stands.

    Never told to anybody before the opening.
    """
    query = (
        sa.select(Organisation.credit_code, Bid.state)
        .join(Bid, Bid.bidder_id == Organisation.id)
        .where(Bid.lot_id == lot_id)
    )
    found: dict[str, bool] = {}
    for code, state in db.execute(query):
        found[code] = found.get(code, False) or state is BidState.SUBMITTED
    return found


def bid_by_receipt(db: Session, receipt: str, bidder: str) -> Bid:
    """This bidder's submission. Raises NotFound, also when it is somebody else's."""
    query = (
        sa.select(Bid)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .where(Bid.receipt == receipt, Organisation.credit_code == bidder)
    )
    found = db.scalar(query)
    if found is None:
        raise no_receipt(receipt)
    return found


def no_receipt(receipt: str) -> NotFound:
    """What is said of a receipt that is not there for this bidder."""
    return NotFound("receipt.not_found", "没有编号为“%(value)s”的回执。", value=receipt[:40])


def bid_with_nonce(db: Session, bidder_id: int, nonce: str) -> Bid | None:
    """The submission that this nonce was used for: a repeated request finds itself."""
    return db.scalar(sa.select(Bid).where(Bid.bidder_id == bidder_id, Bid.nonce == nonce))


def submission_fact(db: Session, receipt: str) -> Fact | None:
    """The fact of a submission."""
    query = sa.select(Fact).where(Fact.subject == f"bid:{receipt}", Fact.kind == "bid.submitted")
    return db.scalar(query)


def commitments_of(db: Session, receipts: Sequence[str]) -> list[bytes]:
    """Commitments of these submissions' facts."""
    subjects = [f"bid:{receipt}" for receipt in receipts]
    query = sa.select(Fact.commitment).where(
        Fact.subject.in_(subjects), Fact.kind == "bid.submitted"
    )
    return list(db.scalars(query))


def unfinished_uploads(db: Session, lot_id: int, bidder_id: int, since: datetime) -> int:
    """How many uploads of this bidder on a lot, begun since then, are still on their way."""
    query = sa.select(sa.func.count()).select_from(Upload)
    own = query.where(Upload.lot_id == lot_id, Upload.bidder_id == bidder_id)
    unfinished = own.where(Upload.received < Upload.size, Upload.made_at > since)
    return db.scalar(unfinished) or 0


def unnamed_bytes(db: Session, lot_id: int, bidder_id: int) -> int:
    """How much this bidder has uploaded for a lot, as far as it came, that no bid names."""
    bids = sa.select(Bid.uploads).where(Bid.lot_id == lot_id, Bid.bidder_id == bidder_id)
    named = {code for uploads in db.scalars(bids) for code in uploads.values()}
    total = sa.select(sa.func.sum(Upload.received))
    own = total.where(Upload.lot_id == lot_id, Upload.bidder_id == bidder_id)
    return db.scalar(own.where(Upload.code.not_in(named))) or 0


def bids_of(db: Session, lot_id: int, bidder: str) -> Sequence[Bid]:
    """All submissions of this bidder on a lot, oldest first."""
    query = (
        sa.select(Bid)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .where(Bid.lot_id == lot_id, Organisation.credit_code == bidder)
    )
    return db.scalars(query.order_by(Bid.submitted_at, Bid.id)).all()


def bids_by(db: Session, bidder: str, *, limit: int, offset: int = 0) -> Sequence[Bid]:
    """This bidder's standing submissions on all lots, newest first."""
    query = (
        sa.select(Bid)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .where(Organisation.credit_code == bidder, Bid.state == BidState.SUBMITTED)
        .options(joinedload(Bid.lot))
    )
    newest = query.order_by(Bid.submitted_at.desc(), Bid.id.desc())
    return db.scalars(newest.limit(limit).offset(offset)).all()
