"""Reads of opening keys, releases and what was opened."""

import json
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, lazyload, selectinload

from kernel.errors import NotFound
from storage.due import DueWork
from trading.models.bidding import Bid, Upload
from trading.models.opening import OpenedBid, OpeningKey, Release
from trading.models.opening_record import OpeningRecord
from trading.models.tendering import Lot
from trading.queries.bidding import standing_bids
from trading.rules.bidding import parse_statement
from trading.rules.opening import SealedBid


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


def opening_keys_of(db: Session, lot_ids: Sequence[int], witness: str) -> Sequence[OpeningKey]:
    """This witness's opening keys for these lots, rehearsed or not."""
    query = sa.select(OpeningKey).where(
        OpeningKey.lot_id.in_(lot_ids), OpeningKey.witness == witness
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


def opened_bid_with(db: Session, receipt: str) -> OpenedBid | None:
    """What came out of the bid with this receipt, whoever asks: the door decides who may know."""
    query = sa.select(OpenedBid).join(Bid, Bid.id == OpenedBid.bid_id)
    return db.scalar(query.where(Bid.receipt == receipt))


def opened_prices(db: Session, lot_id: int) -> dict[str, int]:
    """Receipt → price in fen of every bid of a lot that was opened."""
    opened = opened_bids(db, lot_id)
    return {each.bid.receipt: each.price_fen for each in opened if each.price_fen is not None}


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


def opening_record_on(db: Session, paper_code: str) -> OpeningRecord:
    """The record that is drawn on this paper. Raises NotFound."""
    found = db.scalar(sa.select(OpeningRecord).where(OpeningRecord.paper_code == paper_code))
    if found is None:
        raise NotFound("opening_record.not_found", "没有这份开标记录。")
    return found


def opening_record_of(db: Session, lot_id: int) -> OpeningRecord | None:
    """The record of a lot, once its opening is confirmed."""
    return db.get(OpeningRecord, lot_id)


def opening_of(db: Session, bid_id: int) -> tuple[Release | None, OpenedBid | None]:
    """Release and outcome of one bid."""
    return db.get(Release, bid_id), db.get(OpenedBid, bid_id)


def releases_among(db: Session, bid_ids: Sequence[int]) -> dict[int, Release]:
    """The releases of these bids in one statement; unreleased ones are absent."""
    query = sa.select(Release).where(Release.bid_id.in_(bid_ids)).options(lazyload(Release.bid))
    return {release.bid_id: release for release in db.scalars(query)}
