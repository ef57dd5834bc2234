"""Registering a tender (standing asked under lock: the negative-list check) and publishing it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from evidence.actions.streams import advance, record
from identity import queries as identity
from identity.actions.standing import refuse_restricted
from identity.models.organisations import Organisation
from identity.rules.permissions import Viewer
from identity.states import OrganisationKind, RestrictionKind
from kernel import codes
from kernel.errors import Gathering, InvalidInput, NotAllowed, NotFound, Refusal, refuse_if
from kernel.text import clean_line, clean_text
from outbox.actions.messages import publish, publish_wide
from outbox.rules.letters import LetterKind
from storage.base import real_now
from storage.due import schedule
from storage.subjects import REAL_CLOCK
from trading import queries
from trading.actions.letters import write_about
from trading.models.documents import TenderDocument
from trading.models.tendering import Lot, Tender, TenderNotice
from trading.rules import rehearsal
from trading.rules import tendering as rules
from trading.rules.disclosure import Audience, Matter, audience_of, audiences_for, may_know
from trading.states import LOT, Category, LotEvent, LotState, Regime

MethodCheck = Callable[[Mapping[str, Any], Regime, Category, datetime, int], object]
"""Raises Refusal for a method that does not fit; the last two are the day and the budget in fen."""


@dataclass(frozen=True)
class LotDraft:
    """A lot as its agency describes it; `method` is the frozen evaluation method."""

    name: str
    terms: rules.LotTerms
    method: Mapping[str, Any]


def lot_codes(tender: str, count: int) -> list[str]:
    """Public codes of a tender's lots."""
    return [f"{tender}-{number:02d}" for number in range(1, count + 1)]


def register_tender(
    db: Session,
    who: Viewer,
    *,
    code: str,
    regime: Regime,
    category: Category,
    name: str,
    procuring_entity: str,
    lots: Sequence[LotDraft],
    clock: str,
    check_method: MethodCheck,
    now: datetime,
) -> Tender:
    """Register a tender with its lots. The caller holds the agency, the tender and its lots.

    `check_method` is evaluation's: trading does not know how bids are evaluated, but freezes
    no method that would not do. Raises NotAllowed with the finding while the agency is
    restricted, Refusal for bad terms or a bad method.
    """
    agency = identity.organisation_by_code(db, who.organisation)
    refuse_restricted(db, agency.credit_code, agency.name, RestrictionKind.REGISTRATION)
    entity = _procuring_entity(db, procuring_entity)
    if clock != REAL_CLOCK:
        refuse_if(rehearsal.start_problems(now, regime, real_now(db)), InvalidInput)
    _refuse_lots(lots, regime, category, check_method, now)
    tender = Tender(
        code=code,
        regime=regime,
        category=category,
        name=clean_line(name, field="name"),
        is_rehearsal=clock != REAL_CLOCK,
        clock=clock,
        procuring_entity=entity,
        agency=agency,
        registered_at=now,
    )
    db.add(tender)
    _add_lots(db, tender, lots, who, now)
    return tender


def _refuse_lots(
    lots: Sequence[LotDraft],
    regime: Regime,
    category: Category,
    check_method: MethodCheck,
    now: datetime,
) -> None:
    """Refuse all lots at once, with everything that is wrong with their terms and methods."""
    gathering = Gathering()
    for number, draft in enumerate(lots, 1):
        gathering.note(rules.of_lot(number, rules.lot_problems(draft.terms, regime, now)))
        with gathering.each():
            check_method(draft.method, regime, category, now, draft.terms.estimate_fen)
    gathering.refuse()


def _record_registered(
    db: Session, tender: Tender, lots: Sequence[str], who: Viewer, now: datetime
) -> None:
    record(
        db,
        stream=f"tender:{tender.code}",
        kind="tender.registered",
        actor=who.code,
        subject=f"tender:{tender.code}",
        data={
            "regime": tender.regime.value,
            "category": tender.category.value,
            "name": tender.name,
            "agency": tender.agency.credit_code,
            "procuring_entity": tender.procuring_entity.credit_code,
            "rehearsal": tender.is_rehearsal,
            "lots": list(lots),
        },
        now=now,
    )


def publish_tender(
    db: Session,
    who: Viewer,
    tender_code: str,
    *,
    notice: Mapping[str, str],
    deadline: datetime,
    now: datetime,
) -> TenderNotice:
    """Publish the notice and open the lots for bids. Standing is asked again."""
    tender = tender_run_by(db, who, tender_code)
    agency = tender.agency
    refuse_restricted(db, agency.credit_code, agency.name, RestrictionKind.REGISTRATION)
    gathering = Gathering()
    read = {
        name: gathering.read(clean_text, value, field=name)
        for name, value in sorted(notice.items())
    }
    gathering.refuse()
    text = {name: value for name, value in read.items() if value is not None}
    refuse_if(rules.publication_problems(tender.regime, text, deadline, now))
    published = TenderNotice(tender_id=tender.id, version=1, published_at=now, text=text)
    db.add(published)
    for lot in tender.lots:
        _announce(db, lot, who, deadline, now)
    record(
        db,
        stream=f"tender:{tender.code}",
        kind="tender_notice.published",
        actor=who.code,
        subject=f"tender:{tender.code}",
        data={
            "version": 1,
            "deadline": deadline.isoformat(),
            "text": text,
            "documents": listed(queries.documents_of(db, tender.id)),
        },
        now=now,
    )
    return published


def listed(documents: Sequence[TenderDocument]) -> list[dict[str, str | int]]:
    """Files as a fact tells them: by name, size and digest."""
    return [{"name": each.name, "bytes": each.size, "sha256": each.sha256} for each in documents]


def tender_run_by(db: Session, who: Viewer, code: str) -> Tender:
    """The tender, if this person's organisation runs it or buys by it. Raises NotFound."""
    tender = queries.tender_by_code(db, code)
    if who.organisation in tender.sides:
        return tender
    raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=code[:40])


def lot_run_by(db: Session, who: Viewer, code: str) -> Lot:
    """The lot, if this person's organisation runs its tender or buys by it. Raises NotFound."""
    lot = queries.lot_by_code(db, code)
    tender_run_by(db, who, lot.tender.code)
    return lot


def lot_known_to(db: Session, who: Viewer, code: str) -> Lot:
    """The lot, if this person may know that there is one. Raises NotFound before its notice."""
    lot = queries.lot_by_code(db, code)
    if may_know(audience_of(who, lot.tender.sides), Matter.NOTICE, lot.stage):
        return lot
    raise queries.no_lot(code)


def tell(
    db: Session,
    lot: Lot,
    kind: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    apart: Mapping[Matter, Mapping[str, Any]] | None = None,
) -> None:
    """Publish a lot's news to everybody who may know its notice, and to the wall.

    `apart`: by matter, what only those get who may know that matter now.
    """
    by_audience = {}
    for audience in audiences_for(Matter.NOTICE, lot.stage):
        news = {"lot": lot.code, "state": lot.state.value, **data}
        for matter, more in (apart or {}).items():
            news |= more if may_know(audience, matter, lot.stage) else {}
        by_audience[audience.value] = news
    publish(db, f"lot:{lot.code}", kind, by_audience, now)
    regulators = Audience.REGULATOR.value
    publish_wide(db, "wall", kind, {regulators: by_audience[regulators]}, now)


def move_lot(
    db: Session,
    lot: Lot,
    event: LotEvent,
    *,
    actor: str,
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    """Move a lot by the table and record it in the lot's own stream."""
    name = f"lot:{lot.code}"
    advance(db, lot, LOT, event, stream=name, actor=actor, subject=name, data=data, now=now)


def new_tender_code() -> str:
    """A fresh public code."""
    return codes.new_code("TD")


def _procuring_entity(db: Session, credit_code: str) -> Organisation:
    field = "procuring_entity"
    code = codes.credit_code(credit_code, field=field)
    entity = identity.organisation_by_code(db, code, field=field)
    if not entity.is_a(OrganisationKind.PROCURING_ENTITY):
        raise Refusal(
            "tender.not_a_procuring_entity",
            "“%(name)s”没有登记为招标人或采购人。",
            "招标投标法 第8条",
            field=field,
            name=entity.name,
        )
    return entity


def _add_lots(
    db: Session, tender: Tender, lots: Sequence[LotDraft], who: Viewer, now: datetime
) -> None:
    numbered = lot_codes(tender.code, len(lots))
    for code, draft in zip(numbered, lots, strict=True):
        _add_lot(db, tender, code, draft, who, now)
    _record_registered(db, tender, numbered, who, now)


def _add_lot(
    db: Session, tender: Tender, code: str, draft: LotDraft, who: Viewer, now: datetime
) -> None:
    terms = draft.terms
    lot = Lot(
        code=code,
        tender=tender,
        name=clean_line(draft.name, field="lots.name"),
        state=LotState.REGISTERED,
        estimate_fen=terms.estimate_fen,
        ceiling_fen=terms.ceiling_fen,
        guarantee_fen=terms.guarantee_fen,
        validity_days=terms.validity_days,
        window_minutes=terms.window_minutes,
        correction_minutes=terms.correction_minutes,
        method=dict(draft.method),
    )
    db.add(lot)
    record(
        db,
        stream=f"lot:{code}",
        kind="lot.registered",
        actor=who.code,
        subject=f"lot:{code}",
        data={
            "name": lot.name,
            "estimate_fen": terms.estimate_fen,
            "ceiling_fen": terms.ceiling_fen,
            "guarantee_fen": terms.guarantee_fen,
            "validity_days": terms.validity_days,
            "window_minutes": terms.window_minutes,
            "correction_minutes": terms.correction_minutes,
            "method": lot.method,
        },
        now=now,
    )


def _announce(db: Session, lot: Lot, who: Viewer, deadline: datetime, now: datetime) -> None:
    lot.deadline = deadline
    data = {"deadline": deadline.isoformat()}
    move_lot(db, lot, LotEvent.PUBLISHED, actor=who.code, data=data, now=now)
    schedule(db, "lot.close", f"lot:{lot.code}", deadline)
    tell(db, lot, "lot.published", {"deadline": deadline.isoformat()}, now)
    write_about(db, lot, LetterKind.OPENING_KEY_NEEDED, now=now, **data)


def refuse_other_agency(who: Viewer, tender: Tender) -> None:
    """Only the agency itself may do what follows; the procuring entity may not."""
    if who.organisation != tender.agency.credit_code:
        raise NotAllowed("tender.agency_only", "只有代理机构可以进行此操作。")
