"""Reads of tenders, lots and notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from evidence import queries as evidence
from identity.models.organisations import Organisation
from kernel.errors import NotFound
from trading.models.tendering import Lot, Tender, TenderNotice
from trading.rules.disclosure import Stage
from trading.states import LotState, Regime


def tender_by_code(db: Session, code: str) -> Tender:
    """The tender with its lots. Raises NotFound."""
    found = db.scalars(_tender(), {"code": code}).unique().one_or_none()
    if found is None:
        raise _no_tender(code)
    return found


def lot_by_code(db: Session, code: str) -> Lot:
    """The lot, with its tender. Raises NotFound."""
    found = db.scalar(_lot(), {"code": code})
    if found is None:
        raise no_lot(code)
    return found


def no_lot(code: str) -> NotFound:
    """What is said of a lot that is not there."""
    return NotFound("lot.not_found", "没有编号为“%(value)s”的标段。", value=code[:40])


def stage_of(db: Session, lot: Lot) -> Stage:
    """How far a lot has come, as its state and the facts about it tell."""
    return stages_of(db, [lot])[lot.id]


def stages_of(db: Session, lots: Sequence[Lot]) -> dict[int, Stage]:
    """How far each of these lots has come, by its id, in one statement."""
    moments = moments_of(db, [lot for lot in lots if lot.deadline is not None])
    return {lot.id: stage_at(lot, moments.get(lot.id, {})) for lot in lots}


def stage_at(lot: Lot, moments: Mapping[str, datetime]) -> Stage:
    """How far a lot has come whose facts are known already."""
    if lot.deadline is None:  # never announced: nothing of it is public, whatever became of it
        return Stage(LotState.REGISTERED)
    resume_to = LotState(lot.resume_to) if lot.resume_to else None
    return Stage(lot.state, frozenset(moments), resume_to)


def latest_notice(db: Session, tender_id: int) -> TenderNotice | None:
    """The newest published notice of a tender."""
    query = sa.select(TenderNotice).where(TenderNotice.tender_id == tender_id)
    return db.scalar(query.order_by(TenderNotice.version.desc()).limit(1))


def tender_shown(db: Session, code: str) -> tuple[Tender, TenderNotice | None]:
    """The tender with its lots and its newest published notice, in one. Raises NotFound."""
    row = db.execute(_shown(), {"code": code}).unique().one_or_none()
    if row is None:
        raise _no_tender(code)
    return row[0], row[1]


# Three statements that nearly every page of a procedure asks are put together once.
@cache
def _tender() -> sa.Select[Tender]:
    query = sa.select(Tender).where(Tender.code == sa.bindparam("code"))
    return query.options(joinedload(Tender.lots))


@cache
def _lot() -> sa.Select[Lot]:
    return sa.select(Lot).where(Lot.code == sa.bindparam("code"))


@cache
def _shown() -> sa.Select[Tender, TenderNotice]:
    newest = sa.select(sa.func.max(TenderNotice.version)).where(TenderNotice.tender_id == Tender.id)
    is_newest = TenderNotice.version == newest.correlate(Tender).scalar_subquery()
    return (
        sa.select(Tender, TenderNotice)
        .outerjoin(TenderNotice, sa.and_(TenderNotice.tender_id == Tender.id, is_newest))
        .where(Tender.code == sa.bindparam("code"))
        .options(joinedload(Tender.lots))
    )


def _no_tender(code: str) -> NotFound:
    return NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=code[:40])


@dataclass(frozen=True)
class Sought:
    """What a reader of the portal looks for; empty parts ask for nothing.

    `words` is part of a tender's name or code, or of the name of its buyer or agency.
    """

    words: str = ""
    regime: Regime | None = None
    state: LotState | None = None


def public_tenders(
    db: Session, limit: int, before: int | None = None, sought: Sought = Sought()
) -> Sequence[Tender]:
    """Published tenders that fit, newest first; `before` is the row after which to go on."""
    published = sa.and_(Lot.tender_id == Tender.id, Lot.deadline.is_not(None))
    if sought.state is not None:
        published = sa.and_(published, Lot.state == sought.state)
    query = sa.select(Tender).where(sa.exists().where(published), *_fits(sought))
    query = query.options(selectinload(Tender.lots))
    if before is not None:
        query = query.where(Tender.id < before)
    return db.scalars(query.order_by(Tender.id.desc()).limit(limit)).all()


def _fits(sought: Sought) -> list[sa.ColumnElement[bool]]:
    fits: list[sa.ColumnElement[bool]] = []
    if sought.regime is not None:
        fits.append(Tender.regime == sought.regime)
    if words := sought.words.strip():
        sides = sa.select(Organisation.id).where(Organisation.name.contains(words, autoescape=True))
        named = Tender.name.contains(words, autoescape=True)
        coded = Tender.code.contains(words.upper(), autoescape=True)
        by_side = sa.or_(Tender.agency_id.in_(sides), Tender.procuring_entity_id.in_(sides))
        fits.append(sa.or_(named, coded, by_side))
    return fits


def tenders_of_agency(db: Session, organisation_id: int) -> Sequence[Tender]:
    """Everything an agency runs, newest first."""
    query = sa.select(Tender).where(Tender.agency_id == organisation_id)
    return db.scalars(query.options(selectinload(Tender.lots)).order_by(Tender.id.desc())).all()


def newest_tenders(db: Session, limit: int) -> Sequence[str]:
    """Codes of the newest tenders, newest first."""
    return db.scalars(sa.select(Tender.code).order_by(Tender.id.desc()).limit(limit)).all()


def tenders_run_by(
    db: Session, organisation: str, *, limit: int, offset: int = 0
) -> Sequence[Tender]:
    """What this organisation runs as agency or buys by as procuring entity, newest first."""
    query = sa.select(Tender).where(_is_side(organisation))
    newest = query.options(selectinload(Tender.lots)).order_by(Tender.id.desc())
    return db.scalars(newest.limit(limit).offset(offset)).all()


def unfinished_lots_run_by(db: Session, organisation: str, limit: int) -> Sequence[Lot]:
    """Lots that this organisation runs or buys by and that are not archived, newest first."""
    query = sa.select(Lot).join(Tender, Tender.id == Lot.tender_id).where(_is_side(organisation))
    unfinished = query.where(Lot.state != LotState.ARCHIVED)
    return db.scalars(unfinished.order_by(Lot.id.desc()).limit(limit)).all()


def lots_in(
    db: Session, states: Sequence[LotState], limit: int | None = None, offset: int = 0
) -> Sequence[Lot]:
    """Lots in these states, by code; all of them without a limit."""
    query = sa.select(Lot).where(Lot.state.in_(states)).order_by(Lot.code)
    return db.scalars(query.limit(limit).offset(offset)).all()


def announced_lots(db: Session, *, limit: int, offset: int = 0) -> Sequence[Lot]:
    """Lots that receive bids, the nearest deadline first."""
    query = sa.select(Lot).where(Lot.state == LotState.ANNOUNCED)
    return db.scalars(query.order_by(Lot.deadline, Lot.code).limit(limit).offset(offset)).all()


def moments_of(db: Session, lots: Sequence[Lot]) -> dict[int, dict[str, datetime]]:
    """When each kind of fact about a lot was recorded first, in legal time, by the lot's id."""
    known = evidence.moments_about(db, [f"lot:{lot.code}" for lot in lots])
    return {lot.id: known.get(f"lot:{lot.code}", {}) for lot in lots}


def _is_side(organisation: str) -> sa.ColumnElement[bool]:
    """Whether an organisation is one of the two sides of a tender."""
    mine = sa.select(Organisation.id).where(Organisation.credit_code == organisation)
    found = mine.scalar_subquery()
    return sa.or_(Tender.agency_id == found, Tender.procuring_entity_id == found)
