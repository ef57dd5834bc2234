"""Reads of tenders, lots, uploads and bids. Whoever asks for a bid says for whom."""

import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from evidence import queries as evidence
from evidence.models.streams import Fact
from identity.models.organisations import Organisation
from kernel.errors import NotFound
from storage.due import DueWork
from trading.models.bidding import Bid, Upload
from trading.models.opening import OpenedBid, OpeningKey, Release
from trading.models.tendering import Lot, Tender, TenderNotice
from trading.rules import ocds
from trading.rules.bidding import parse_statement
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at
from trading.rules.opening import SealedBid
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


def stage_of(db: Session, lot: Lot) -> Stage:
    """How far a lot has come, as its state and the facts of its own stream tell."""
    resume_to = LotState(lot.resume_to) if lot.resume_to else None
    return Stage(lot.state, evidence.kinds_about(db, f"lot:{lot.code}"), resume_to)


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


def opening_key_with(db: Session, recipient: str) -> OpeningKey | None:
    """The opening key with this public half."""
    return db.scalar(sa.select(OpeningKey).where(OpeningKey.recipient == recipient))


def opening_key_of(db: Session, code: str, witness: str) -> tuple[OpeningKey, Lot]:
    """This witness's opening key and its lot. Raises NotFound."""
    query = (
        sa.select(OpeningKey, Lot)
        .join(Lot, Lot.id == OpeningKey.lot_id)
        .where(OpeningKey.code == code, OpeningKey.witness == witness)
    )
    row = db.execute(query).first()
    if row is None:
        raise NotFound("opening_key.not_found", "没有这个开标密钥。")
    return row[0], row[1]


def opening_keys(db: Session, lot_id: int) -> Sequence[OpeningKey]:
    """The rehearsed opening keys of a lot, in the order of their codes."""
    query = sa.select(OpeningKey).where(
        OpeningKey.lot_id == lot_id, OpeningKey.rehearsed_at.is_not(None)
    )
    return db.scalars(query.order_by(OpeningKey.code)).all()


def releases_of(db: Session, lot_id: int) -> Sequence[Release]:
    """All releases of a lot, for the worker only."""
    query = sa.select(Release).join(Bid, Bid.id == Release.bid_id).where(Bid.lot_id == lot_id)
    return db.scalars(query.options(selectinload(Release.bid)).order_by(Bid.receipt)).all()


def release_count(db: Session, lot_id: int) -> int:
    """How many bids of a lot have been released: for regulators during the window."""
    query = sa.select(sa.func.count()).select_from(Release).join(Bid, Bid.id == Release.bid_id)
    return db.scalar(query.where(Bid.lot_id == lot_id)) or 0


def correction_began(db: Session, lot_id: int) -> bool:
    """Whether the releases of a lot have been judged already."""
    judged = sa.exists().where(
        DueWork.kind == "lot.open", DueWork.subject == sa.literal("lot:") + Lot.code
    )
    return db.scalar(sa.select(Lot.id).where(Lot.id == lot_id, judged)) is not None


def opened_bids(db: Session, lot_id: int) -> Sequence[OpenedBid]:
    """What came out of every bid of a lot, lowest price first, unopened ones last."""
    query = sa.select(OpenedBid).join(Bid, Bid.id == OpenedBid.bid_id).where(Bid.lot_id == lot_id)
    order = (OpenedBid.price_fen.is_(None), OpenedBid.price_fen, Bid.receipt)
    return db.scalars(query.order_by(*order)).all()


def sealed_bids(db: Session, lot_id: int) -> list[SealedBid]:
    """The sealed set with everything that its opening needs."""
    releases = {release.bid_id: release.blob for release in releases_of(db, lot_id)}
    found = []
    for bid in standing_bids(db, lot_id):
        statement = parse_statement(json.loads(bid.statement))
        uploads = {name: db.get_one(Upload, code) for name, code in bid.uploads.items()}
        found.append(
            SealedBid(
                receipt=bid.receipt,
                envelopes=statement.envelopes,
                parts={name: tuple(upload.parts) for name, upload in uploads.items()},
                release=releases.get(bid.id),
            )
        )
    return found


def opening_of(db: Session, bid_id: int) -> tuple[Release | None, OpenedBid | None]:
    """Release and outcome of one bid."""
    return db.get(Release, bid_id), db.get(OpenedBid, bid_id)


def open_data(db: Session, code: str) -> ocds.PublicTender:
    """All that the public may know of a tender now, as open data. Raises NotFound before it."""
    tender = tender_by_code(db, code)
    announced_at = db.scalar(
        sa.select(sa.func.min(TenderNotice.published_at)).where(TenderNotice.tender_id == tender.id)
    )
    stages = {lot: stage_of(db, lot) for lot in tender.lots}
    shown = [lot for lot in stages if may_know_at(Audience.PUBLIC, Matter.NOTICE, stages[lot])]
    if announced_at is None or not shown:
        raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=code[:40])
    return ocds.PublicTender(
        code=tender.code,
        name=tender.name,
        regime=tender.regime,
        category=tender.category,
        is_rehearsal=tender.is_rehearsal,
        procuring_entity=_organisation(tender.procuring_entity),
        agency=_organisation(tender.agency),
        announced_at=announced_at,
        changed_at=_changed_at(db, shown) or announced_at,
        lots=tuple(_public_lot(db, lot, stages[lot]) for lot in shown),
    )


def _public_lot(db: Session, lot: Lot, stage: Stage) -> ocds.PublicLot:
    is_closed = may_know_at(Audience.PUBLIC, Matter.SEALED_SET, stage)
    is_open = may_know_at(Audience.PUBLIC, Matter.OPENING_TABLE, stage)
    return ocds.PublicLot(
        code=lot.code,
        name=lot.name,
        reached=stage.reached,
        ceiling_fen=lot.ceiling_fen,
        deadline=lot.deadline,
        sealed=lot.sealed_count if is_closed else None,
        bids=_public_bids(db, lot) if is_open else None,
    )


def _public_bids(db: Session, lot: Lot) -> tuple[ocds.OpenedBid, ...]:
    return tuple(
        ocds.OpenedBid(_organisation(each.bid.bidder), each.outcome, each.price_fen)
        for each in opened_bids(db, lot.id)
    )


def _organisation(organisation: Organisation) -> ocds.Organisation:
    return ocds.Organisation(organisation.credit_code, organisation.name)


def _changed_at(db: Session, lots: Sequence[Lot]) -> datetime | None:
    """When a lot last moved. Bids have subjects of their own and move nothing here."""
    subjects = [f"lot:{lot.code}" for lot in lots]
    query = sa.select(Fact.at).where(Fact.subject.in_(subjects), Fact.kind.startswith("lot."))
    return db.scalar(query.order_by(Fact.at.desc()).limit(1))
