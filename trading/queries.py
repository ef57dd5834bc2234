"""Reads of tenders, lots, uploads and bids. Whoever asks for a bid says for whom."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from evidence.models.streams import Fact
from identity.models.organisations import Organisation
from kernel.errors import NotFound
from trading.models.bidding import Bid, Upload
from trading.models.tendering import Lot, Tender, TenderNotice
from trading.states import BidState, LotState


def tender_by_code(db: Session, code: str) -> Tender:
    """The tender with its lots. Raises NotFound."""
    query = (
        sa.select(Tender)
        .where(Tender.code == code)
        .options(
            selectinload(Tender.lots),
            selectinload(Tender.agency),
            selectinload(Tender.procuring_entity),
        )
    )
    found = db.scalar(query)
    if found is None:
        raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=code[:40])
    return found


def lot_by_code(db: Session, code: str) -> Lot:
    """The lot, with its tender. Raises NotFound."""
    found = db.scalar(sa.select(Lot).where(Lot.code == code))
    if found is None:
        raise NotFound("lot.not_found", "没有编号为“%(value)s”的标段。", value=code[:40])
    return found


def latest_notice(db: Session, tender_id: int) -> TenderNotice | None:
    """The newest published notice of a tender."""
    query = sa.select(TenderNotice).where(TenderNotice.tender_id == tender_id)
    return db.scalar(query.order_by(TenderNotice.version.desc()).limit(1))


def public_tenders(db: Session, limit: int, before: int | None = None) -> Sequence[Tender]:
    """Published tenders, newest first; `before` is the row after which to go on."""
    published = sa.exists().where(Lot.tender_id == Tender.id, Lot.state != LotState.REGISTERED)
    query = sa.select(Tender).where(published).options(selectinload(Tender.lots))
    if before is not None:
        query = query.where(Tender.id < before)
    return db.scalars(query.order_by(Tender.id.desc()).limit(limit)).all()


def tenders_of_agency(db: Session, organisation_id: int) -> Sequence[Tender]:
    """Everything an agency runs, newest first."""
    query = sa.select(Tender).where(Tender.agency_id == organisation_id)
    return db.scalars(query.options(selectinload(Tender.lots)).order_by(Tender.id.desc())).all()


def upload_of(db: Session, code: str, bidder: str) -> Upload:
    """This bidder's upload. Raises NotFound, also when it is somebody else's."""
    query = (
        sa.select(Upload)
        .join(Organisation, Organisation.id == Upload.bidder_id)
        .where(Upload.code == code, Organisation.credit_code == bidder)
    )
    found = db.scalar(query)
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


def bid_by_receipt(db: Session, receipt: str, bidder: str) -> Bid:
    """This bidder's submission. Raises NotFound, also when it is somebody else's."""
    query = (
        sa.select(Bid)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .where(Bid.receipt == receipt, Organisation.credit_code == bidder)
    )
    found = db.scalar(query)
    if found is None:
        raise NotFound("receipt.not_found", "没有编号为“%(value)s”的回执。", value=receipt[:40])
    return found


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


def unfinished_uploads(db: Session, bidder_id: int) -> int:
    """How many uploads of this bidder are still on their way."""
    query = sa.select(sa.func.count()).select_from(Upload)
    unfinished = query.where(Upload.bidder_id == bidder_id, Upload.received < Upload.size)
    return db.scalar(unfinished) or 0


def bids_of(db: Session, lot_id: int, bidder: str) -> Sequence[Bid]:
    """All submissions of this bidder on a lot, oldest first."""
    query = (
        sa.select(Bid)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .where(Bid.lot_id == lot_id, Organisation.credit_code == bidder)
    )
    return db.scalars(query.order_by(Bid.submitted_at, Bid.id)).all()
