"""What is public of a tender now, as the open data rules take it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evidence.models.streams import Fact
from identity.models.organisations import Organisation
from kernel.errors import NotFound
from trading.models.tendering import Lot, TenderNotice
from trading.queries.awarding import award_of, result_of
from trading.queries.opening import opened_bids
from trading.queries.tendering import stage_of, tender_by_code
from trading.rules import ocds
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at


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
        awards=_public_awards(db, lot, stage),
    )


def _public_bids(db: Session, lot: Lot) -> tuple[ocds.OpenedBid, ...]:
    return tuple(
        ocds.OpenedBid(_organisation(each.bid.bidder), each.outcome, each.price_fen)
        for each in opened_bids(db, lot.id)
    )


def _public_awards(db: Session, lot: Lot, stage: Stage) -> tuple[ocds.Award, ...]:
    made = award_of(db, lot.id)
    if made is None or not may_know_at(Audience.PUBLIC, Matter.AWARD, stage):
        return ()
    line, _ = result_of(db, made.bid_id)
    if line is None:
        raise RuntimeError("who wins was ranked")
    supplier = _organisation(made.bid.bidder)
    code = f"{lot.code}-A1"
    return (ocds.Award(code, lot.code, supplier, line.price_fen, made.noticed_at),)


def _organisation(organisation: Organisation) -> ocds.Organisation:
    return ocds.Organisation(organisation.credit_code, organisation.name)


def _changed_at(db: Session, lots: Sequence[Lot]) -> datetime | None:
    """When a lot last moved. Bids have subjects of their own and move nothing here."""
    subjects = [f"lot:{lot.code}" for lot in lots]
    query = sa.select(Fact.at).where(Fact.subject.in_(subjects), Fact.kind.startswith("lot."))
    return db.scalar(query.order_by(Fact.at.desc()).limit(1))
