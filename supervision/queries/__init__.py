"""Reads for regulators, agencies and the public: the wall, orders, findings on agencies."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from identity.models.organisations import Organisation, OrganisationKindRow
from identity.states import OrganisationKind
from kernel.errors import NotFound
from kernel.text import name_key
from supervision.models.alerts import Attempt
from supervision.models.conduct import Finding
from supervision.models.orders import Order
from supervision.queries.watching import ENDED
from supervision.queries.watching import LotWatched as LotWatched
from supervision.queries.watching import OnItsWay as OnItsWay
from supervision.queries.watching import lot_watched as lot_watched
from supervision.queries.watching import opened_with_codes as opened_with_codes
from supervision.queries.watching import running_lots as running_lots
from supervision.rules.conduct import Deduction
from supervision.rules.conduct_disclosure import Matter, states_for
from supervision.states import FindingState
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience

_OUT = (FindingState.DISMISSED, FindingState.CANCELLED)
# A finding out of a rehearsal counts only for organisations in training (design.md §3).
_COUNTS = sa.or_(Finding.is_rehearsal.is_(False), Organisation.is_training.is_(True))
PAGE = 50


def attempts_on(db: Session, lot_id: int) -> Sequence[Attempt]:
    """Forbidden steps that were tried on a lot, newest first."""
    query = sa.select(Attempt).where(Attempt.lot_id == lot_id)
    return db.scalars(query.order_by(Attempt.attempted_at.desc()).limit(PAGE)).all()


def latest_attempts(db: Session, limit: int) -> Sequence[Attempt]:
    """The last forbidden steps on running lots, newest first."""
    query = sa.select(Attempt).join(Attempt.lot).where(Lot.state.not_in(ENDED))
    query = query.options(joinedload(Attempt.lot).joinedload(Lot.tender))
    return db.scalars(query.order_by(Attempt.attempted_at.desc()).limit(limit)).all()


def latest_orders(db: Session, limit: int) -> Sequence[Order]:
    """The last orders on any lot, newest first."""
    query = sa.select(Order).options(joinedload(Order.lot).joinedload(Lot.tender))
    return db.scalars(query.order_by(Order.issued_at.desc()).limit(limit)).all()


def finding_by_code(db: Session, code: str) -> Finding:
    """The finding with this public code. Raises NotFound."""
    found = db.get(Finding, code)
    if found is None:
        raise _not_found(code)
    return found


def finding_of_agency(db: Session, code: str, agency: str) -> Finding:
    """The finding, if it is on this agency and the agency may know it. Raises NotFound."""
    query = _told_to(agency).where(Finding.code == code)
    found = db.scalar(query)
    if found is None:
        raise _not_found(code)
    return found


def findings_of_agency(db: Session, agency: str) -> Sequence[Finding]:
    """What this agency may know of the findings on it, newest first."""
    return db.scalars(_told_to(agency).order_by(Finding.recorded_at.desc(), Finding.code)).all()


def findings(
    db: Session,
    *,
    states: Collection[FindingState],
    agency: str = "",
    after: Finding | None = None,
) -> Sequence[Finding]:
    """Findings in these states for regulators, newest first; one more than PAGE tells of others.

    `agency` is a credit code or a part of a name; `after` is the last one of the page before.
    """
    query = sa.select(Finding).join(Finding.agency).where(Finding.state.in_(states))
    if key := name_key(agency):
        named = Organisation.name_key.contains(key, autoescape=True)
        query = query.where(sa.or_(named, Organisation.credit_code == agency.strip().upper()))
    if after is not None:
        older = Finding.recorded_at < after.recorded_at
        next_to = sa.and_(Finding.recorded_at == after.recorded_at, Finding.code > after.code)
        query = query.where(sa.or_(older, next_to))
    query = query.order_by(Finding.recorded_at.desc(), Finding.code)
    return db.scalars(query.limit(PAGE + 1)).all()


def public_conduct(db: Session, now: datetime) -> Sequence[Finding]:
    """Decided findings that count, while their record period runs; the newest decision first."""
    query = (
        sa.select(Finding)
        .join(Finding.agency)
        .where(Finding.state.in_(states_for(Audience.PUBLIC, Matter.CONDUCT_NOTICE)), _COUNTS)
        .where(Finding.starts_at <= now, Finding.ends_at > now)
    )
    return db.scalars(query.order_by(Finding.decided_at.desc(), Finding.code)).all()


def running_record(db: Session, agency_id: int, now: datetime) -> Sequence[Finding]:
    """Decided findings on an agency that count now, in the order of their decisions."""
    query = _decided_on(agency_id).where(Finding.starts_at <= now, Finding.ends_at > now)
    return db.scalars(query.order_by(Finding.decided_at, Finding.code)).all()


def deductions_of(db: Session, agency_id: int) -> list[Deduction]:
    """Every decided finding on an agency that counts, as the arithmetic takes it."""
    return [deduction_of(row) for row in db.scalars(_decided_on(agency_id))]


def deduction_of(row: Finding) -> Deduction:
    """A decided finding as the arithmetic sees it."""
    assert row.starts_at is not None and row.ends_at is not None  # noqa: S101, PT018 (a CHECK)
    return Deduction(row.points, row.severity, row.starts_at, row.ends_at)


def same_finding(
    db: Session, agency_id: int, item: str, lot_id: int | None, occurred_on: date
) -> str | None:
    """Code of a finding on the same act that was neither dismissed nor cancelled."""
    query = sa.select(Finding.code).where(
        Finding.agency_id == agency_id,
        Finding.item == item,
        Finding.lot_id.is_(None) if lot_id is None else Finding.lot_id == lot_id,
        Finding.occurred_on == occurred_on,
        Finding.state.not_in(_OUT),
    )
    return db.scalar(query.limit(1))


def unanswered_findings(db: Session, agency: str, now: datetime) -> Sequence[Finding]:
    """Findings on this agency whose defence period ended without a word."""
    query = (
        sa.select(Finding)
        .join(Finding.agency)
        .where(Organisation.credit_code == agency, Finding.state == FindingState.NOTICED)
        .where(Finding.defence_until <= now)
    )
    return db.scalars(query.order_by(Finding.code)).all()


def agencies(db: Session) -> Sequence[Organisation]:
    """Every agency, by name, for a regulator to choose from."""
    query = (
        sa.select(Organisation)
        .join(OrganisationKindRow)
        .where(OrganisationKindRow.kind == OrganisationKind.AGENCY)
    )
    return db.scalars(query.order_by(Organisation.name, Organisation.credit_code)).all()


def _decided_on(agency_id: int) -> sa.Select[Finding]:
    query = sa.select(Finding).join(Finding.agency).where(Finding.agency_id == agency_id, _COUNTS)
    return query.where(Finding.state == FindingState.DECIDED)


def _told_to(agency: str) -> sa.Select[Finding]:
    return (
        sa.select(Finding)
        .join(Finding.agency)
        .where(Organisation.credit_code == agency)
        .where(Finding.state.in_(states_for(Audience.PARTY, Matter.FINDING)))
    )


def _not_found(code: str) -> NotFound:
    return NotFound("finding.not_found", "没有编号为“%(value)s”的认定。", value=code[:40])
