"""A finding on an agency from the record to the defence; conduct_decisions.py has what follows.

The caller holds the agency (`organisation:<credit code>`), so that points, standing and the
registration of a tender are never decided at the same time. All of it runs by real time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from evidence import queries as evidence_queries
from evidence.actions.streams import advance, record
from identity import queries as identity
from identity.actions.letters import write_letter
from identity.models.organisations import Organisation
from identity.rules.permissions import Viewer
from identity.states import OrganisationKind
from kernel import codes
from kernel.errors import InvalidInput, TooLate, refuse_if
from kernel.text import filled_text
from outbox.actions.messages import publish_wide
from outbox.rules.letters import LetterKind
from storage.due import schedule
from supervision import queries
from supervision.models.conduct import Finding
from supervision.rules import conduct as rules
from supervision.rules import conduct_catalogue as catalogue
from supervision.states import FINDING, FindingEvent, FindingState
from trading import queries as trading
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience

LONGEST = 5_000


@dataclass(frozen=True)
class Observation:
    """What was seen: which act, on which day, on what evidence. Lot and fact may be missing."""

    item: str
    occurred_on: date
    evidence: str
    lot: str = ""
    fact: bytes | None = None


def record_finding(
    db: Session, who: Viewer, agency_code: str, seen: Observation, *, now: datetime
) -> Finding:
    """Record an act of an agency with its evidence. Nobody outside is told before the notice.

    Raises NotFound for an unknown agency or lot, InvalidInput for what cannot be a finding.
    """
    agency = identity.organisation_by_code(db, codes.credit_code(agency_code, field="agency"))
    lot = trading.lot_by_code(db, seen.lot) if seen.lot else None
    _refuse_unfounded(db, agency, lot, seen, now)
    item = catalogue.item_of(seen.item, seen.occurred_on)
    assert item is not None  # noqa: S101 (refused just before)
    finding = Finding(
        code=codes.new_code("FD"),
        agency=agency,
        item=item.code,
        severity=item.severity,
        points=item.points,
        months=item.months,
        occurred_on=seen.occurred_on,
        lot=lot,
        is_rehearsal=lot is not None and lot.tender.is_rehearsal,
        fact=seen.fact,
        evidence=filled_text(seen.evidence, field="evidence", limit=LONGEST),
        state=FindingState.RECORDED,
        recorded_at=now,
        recorded_by=who.code,
    )
    db.add(finding)
    tell(db, finding, "finding.recorded", who.code, _content(finding), now)
    return finding


def send_notice(db: Session, who: Viewer, code: str, *, now: datetime) -> Finding:
    """Tell the agency (告知书): it may state its defence from now on, until the period ends."""
    finding = queries.finding_by_code(db, code)
    until = rules.defence_until(now)
    finding.noticed_at, finding.noticed_by, finding.defence_until = now, who.code, until
    data = {"defence_until": until.isoformat()}
    move_finding(db, finding, FindingEvent.NOTICED, actor=who.code, data=data, now=now)
    schedule(db, "finding.defence_over", f"organisation:{finding.agency.credit_code}", until)
    write_to_agency(db, finding, LetterKind.FINDING_NOTICED, now, until=until.isoformat())
    return finding


def state_defence(db: Session, who: Viewer, code: str, *, statement: str, now: datetime) -> Finding:
    """The agency says its word; once, and in time. Raises TooLate, NotFound for other agencies."""
    finding = _to_be_answered(db, who, code, now)
    finding.defence = filled_text(statement, field="statement", limit=LONGEST)
    finding.heard_at, finding.heard_by = now, who.code
    data = {"statement": finding.defence}
    move_finding(db, finding, FindingEvent.DEFENDED, actor=who.code, data=data, now=now)
    return finding


def waive_defence(db: Session, who: Viewer, code: str, *, now: datetime) -> Finding:
    """The agency accepts the finding without a statement, so that nobody need wait."""
    finding = _to_be_answered(db, who, code, now)
    finding.heard_at, finding.heard_by = now, who.code
    move_finding(db, finding, FindingEvent.WAIVED, actor=who.code, data={}, now=now)
    return finding


def end_defence(db: Session, agency_code: str, *, now: datetime) -> int:
    """Note for every finding on this agency that its defence period ended without a word."""
    unanswered = queries.unanswered_findings(db, agency_code, now)
    for finding in unanswered:
        move_finding(db, finding, FindingEvent.LAPSED, actor="system", data={}, now=now)
    return len(unanswered)


def move_finding(
    db: Session,
    finding: Finding,
    event: FindingEvent,
    *,
    actor: str,
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    """Move a finding by the table, record it in its agency's stream and tell the wall."""
    advance(
        db,
        finding,
        FINDING,
        event,
        stream=stream_of(finding),
        actor=actor,
        subject=f"finding:{finding.code}",
        now=now,
        data=data,
    )
    _tell_wall(db, finding, f"finding.{event.value}", now)


def tell(
    db: Session, finding: Finding, kind: str, actor: str, data: Mapping[str, Any], now: datetime
) -> None:
    """Record a fact about a finding that does not move it, and tell the wall."""
    subject = f"finding:{finding.code}"
    stream = stream_of(finding)
    record(db, stream=stream, kind=kind, actor=actor, subject=subject, data=data, now=now)
    _tell_wall(db, finding, kind, now)


def write_to_agency(
    db: Session, finding: Finding, kind: LetterKind, now: datetime, **data: str
) -> None:
    """A letter about a finding to the agency on which it was found."""
    named = {"finding": finding.code, "rehearsal": finding.is_rehearsal, **data}
    to = [finding.agency.credit_code]
    write_letter(db, kind, f"finding:{finding.code}", to=to, now=now, data=named)


def stream_of(finding: Finding) -> str:
    """The stream of everything that was found on one agency."""
    return f"conduct:{finding.agency.credit_code}"


def _refuse_unfounded(
    db: Session, agency: Organisation, lot: Lot | None, seen: Observation, now: datetime
) -> None:
    earlier = queries.same_finding(
        db, agency.id, seen.item, lot.id if lot else None, seen.occurred_on
    )
    problems = [
        *rules.accused_problems(
            is_agency=agency.is_a(OrganisationKind.AGENCY),
            agency=agency.credit_code,
            agency_of_lot=lot.tender.agency.credit_code if lot else None,
        ),
        *rules.occurrence_problems(seen.occurred_on, now),
        *catalogue.item_problems(seen.item, seen.occurred_on),
        *rules.fact_problems(is_known=seen.fact is None or _is_known(db, seen.fact)),
        *rules.repetition_problems(earlier),
    ]
    refuse_if(problems, InvalidInput)


def _is_known(db: Session, commitment: bytes) -> bool:
    """A held fact is as unknown as one that does not exist, or the answer would tell of a bid."""
    found = evidence_queries.fact_by_commitment(db, commitment)
    return found is not None and not evidence_queries.is_held(db, commitment)


def _to_be_answered(db: Session, who: Viewer, code: str, now: datetime) -> Finding:
    finding = queries.finding_of_agency(db, code, who.organisation)
    refuse_if(rules.defence_problems(finding.hearing, now), TooLate)
    return finding


def _content(finding: Finding) -> dict[str, Any]:
    return {
        "agency": finding.agency.credit_code,
        "item": finding.item,
        "severity": finding.severity.value,
        "points": finding.points,
        "months": finding.months,
        "occurred_on": finding.occurred_on.isoformat(),
        "lot": finding.lot.code if finding.lot else "",
        "fact": finding.fact.hex() if finding.fact else "",
        "evidence": finding.evidence,
        "rehearsal": finding.is_rehearsal,
    }


def _tell_wall(db: Session, finding: Finding, kind: str, now: datetime) -> None:
    news = {
        "finding": finding.code,
        "agency": finding.agency.credit_code,
        "item": finding.item,
        "state": finding.state.value,
    }
    publish_wide(db, "wall", kind, {Audience.REGULATOR.value: news}, now)
