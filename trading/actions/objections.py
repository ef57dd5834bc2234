"""Questions on the documents and objections, raised by bidders and answered by the agency.

Each is a fact of its own stream, for it names who raised it; the answer is told to all who may
read it, without that name.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity import queries as identity
from identity.rules.permissions import Viewer
from kernel import codes
from kernel.errors import Refusal, refuse_if
from kernel.periods import legal_date
from kernel.text import filled_text
from outbox.actions.messages import publish
from outbox.rules.letters import LetterKind
from trading import queries
from trading.actions.letters import sides_of, write_about
from trading.actions.tendering import lot_known_to, refuse_other_agency, tell
from trading.models.objections import Enquiry, Objection
from trading.models.tendering import Lot
from trading.rules import objections as rules
from trading.rules.disclosure import Audience
from trading.rules.limits import limits_for
from trading.rules.objections import ObjectionTimes
from trading.states import ObjectionKind


def ask(db: Session, who: Viewer, lot_code: str, *, text: str, now: datetime) -> Enquiry:
    """A bidder asks about the documents of a lot's tender. The caller holds the lot."""
    lot = lot_known_to(db, who, lot_code)
    refuse_if(rules.enquiry_problems(lot.state, lot.deadline, now))
    enquiry = Enquiry(
        code=codes.new_code("EQ"),
        tender_id=lot.tender_id,
        asked_by=identity.organisation_by_code(db, who.organisation).id,
        text=filled_text(text, field="text", limit=rules.TEXT_LIMIT),
        asked_at=now,
    )
    db.add(enquiry)
    _record(db, who, f"enquiry:{enquiry.code}", "enquiry.asked", lot, {"text": enquiry.text}, now)
    write_about(db, lot, LetterKind.ENQUIRY_ASKED, sides_of(lot), now=now, enquiry=enquiry.code)
    return enquiry


def answer_enquiry(db: Session, who: Viewer, code: str, *, answer: str, now: datetime) -> Enquiry:
    """The agency answers once; question and answer are public at once, the asker is not named."""
    enquiry = queries.enquiry_by_code(db, code)
    tender = enquiry.tender
    if who.organisation not in tender.sides:
        raise queries.no_enquiry(code)
    refuse_other_agency(who, tender)
    _refuse_twice(enquiry.answer)
    enquiry.answer = filled_text(answer, field="answer", limit=rules.TEXT_LIMIT)
    enquiry.answered_at = now
    subject = f"tender:{tender.code}"
    data = {"enquiry": code, "question": enquiry.text, "answer": enquiry.answer}
    record(
        db,
        stream=subject,
        kind="enquiry.answered",
        actor=who.code,
        subject=subject,
        data=data,
        now=now,
    )
    for lot in tender.lots:
        tell(db, lot, "enquiry.answered", {"enquiry": code}, now)
    return enquiry


def raise_objection(
    db: Session, who: Viewer, lot_code: str, *, kind: ObjectionKind, text: str, now: datetime
) -> Objection:
    """A bidder objects in time. The caller holds the lot."""
    lot = lot_known_to(db, who, lot_code)
    organisation = identity.organisation_by_code(db, who.organisation)
    limits = limits_for(lot.tender.regime, legal_date(now))
    opened = {bid.bidder_id for bid in queries.standing_bids(db, lot.id)}
    refuse_if(
        rules.objection_problems(
            kind,
            objection_times(db, lot),
            limits,
            now,
            is_opened_bidder=organisation.id in opened,
        )
    )
    objection = Objection(
        code=codes.new_code("OB"),
        lot=lot,
        kind=kind,
        raised_by=organisation.id,
        text=filled_text(text, field="text", limit=rules.TEXT_LIMIT),
        raised_at=now,
        due_at=rules.answer_due(kind, now, limits),
    )
    db.add(objection)
    data = {"kind": kind.value, "text": objection.text}
    _record(db, who, f"objection:{objection.code}", "objection.raised", lot, data, now)
    told = {"lot": lot.code, "objection": objection.code, "kind": kind.value}
    audiences = {Audience.PARTY.value: told, Audience.REGULATOR.value: told}
    publish(db, f"lot:{lot.code}", "objection.raised", audiences, now)
    for each in (LetterKind.OBJECTION_RAISED, LetterKind.OBJECTION_WATCHED):
        write_about(db, lot, each, sides_of(lot), now=now, objection=objection.code)
    return objection


def answer_objection(
    db: Session, who: Viewer, code: str, *, answer: str, now: datetime
) -> Objection:
    """The agency answers once. The caller holds the lot."""
    objection = queries.objection_by_code(db, code)
    lot = objection.lot
    if who.organisation not in lot.tender.sides:
        raise queries.no_objection(code)
    refuse_other_agency(who, lot.tender)
    _refuse_twice(objection.answer)
    objection.answer = filled_text(answer, field="answer", limit=rules.TEXT_LIMIT)
    objection.answered_at = now
    data = {"objection": code, "kind": objection.kind.value, "answer": objection.answer}
    _record(db, who, f"objection:{code}", "objection.answered", lot, data, now)
    tell(db, lot, "objection.answered", {"objection": code}, now)
    return objection


def objection_times(db: Session, lot: Lot) -> ObjectionTimes:
    """What decides which objections to a lot are open."""
    published_at, publicity_until, noticed_at = queries.objection_moments(db, lot)
    return ObjectionTimes(
        state=lot.state,
        deadline=lot.deadline,
        published_at=published_at,
        publicity_until=publicity_until,
        noticed_at=noticed_at,
    )


def _record(
    db: Session,
    who: Viewer,
    stream: str,
    kind: str,
    lot: Lot,
    data: dict[str, str],
    now: datetime,
) -> None:
    record(
        db,
        stream=stream,
        kind=kind,
        actor=who.code,
        subject=f"lot:{lot.code}",
        data={"lot": lot.code, **data},
        now=now,
    )


def _refuse_twice(answer: str | None) -> None:
    if answer is not None:
        raise Refusal("objection.answered", "已经答复，不能更改；有新的说明请发布澄清。")
