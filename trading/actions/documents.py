"""Bidding documents: added before the notice, published with it, amended while bids are taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity.rules.permissions import Viewer
from kernel import codes
from kernel.errors import Refusal, TooLate, refuse_if
from kernel.periods import legal_date
from kernel.text import clean_line, filled_text
from outbox.rules.letters import LetterKind
from storage.due import cancel, schedule
from trading import queries
from trading.actions.letters import concerned_bidders, write_about
from trading.actions.tendering import listed, refuse_other_agency, tell, tender_run_by
from trading.models.documents import Amendment, TenderDocument
from trading.models.tendering import Lot, Tender
from trading.rules import documents as rules
from trading.rules.limits import limits_for
from trading.states import LotState

CLOSE = "lot.close"


@dataclass(frozen=True)
class StoredFile:
    """A file that lies in the vault already."""

    name: str
    sha256: str
    size: int


def add_document(
    db: Session, who: Viewer, tender_code: str, file: StoredFile, *, now: datetime
) -> TenderDocument:
    """Add a file to a tender that is not announced yet. The caller holds the tender."""
    tender = _unpublished(db, who, tender_code)
    return _add(db, tender, 0, file, now)


def remove_document(db: Session, who: Viewer, tender_code: str, code: str) -> None:
    """Take a file out again; only before the notice."""
    tender = _unpublished(db, who, tender_code)
    db.delete(queries.document_of(db, tender.id, code))


def publish_amendment(
    db: Session,
    who: Viewer,
    tender_code: str,
    *,
    text: str,
    files: Sequence[StoredFile],
    deadline: datetime,
    affects_bids: bool,
    now: datetime,
) -> Amendment:
    """Publish text and files at once to everybody, and move the deadline of every lot with it.

    The caller holds the tender and its lots. Raises TooLate, Refusal with the earliest deadline.
    """
    tender = tender_run_by(db, who, tender_code)
    refuse_other_agency(who, tender)
    limits = limits_for(tender.regime, legal_date(now))
    refuse_if(rules.state_problems([lot.state for lot in tender.lots], limits.amendment_source))
    before = max(lot.deadline for lot in tender.lots if lot.deadline is not None)
    problems = rules.amendment_problems(
        tender.regime, before, deadline, now, affects_bids=affects_bids
    )
    refuse_if(problems, TooLate if now >= before else Refusal)
    number = len(queries.amendments_of(db, tender.id)) + 1
    amendment = Amendment(
        tender_id=tender.id,
        number=number,
        text=filled_text(text, field="text"),
        affects_bids=affects_bids,
        deadline_before=before,
        deadline=deadline,
        published_at=now,
    )
    db.add(amendment)
    added = [_add(db, tender, number, file, now) for file in files]
    for lot in tender.lots:
        _move_deadline(db, lot, deadline, number, now)
    _record(db, who, tender, amendment, added, now)
    return amendment


def _unpublished(db: Session, who: Viewer, code: str) -> Tender:
    tender = tender_run_by(db, who, code)
    refuse_other_agency(who, tender)
    if any(lot.state is not LotState.REGISTERED for lot in tender.lots):
        message = "公告发布后不能增减招标文件，只能以澄清或修改的方式发布。"
        raise TooLate("document.published", message, "招标投标法 第23条")
    return tender


def _add(
    db: Session, tender: Tender, number: int, file: StoredFile, now: datetime
) -> TenderDocument:
    name = clean_line(file.name, field="file")
    known = queries.documents_of(db, tender.id)
    refuse_if(rules.file_problems(name, len(known)))
    if any(each.name == name and each.amendment == number for each in known):
        raise Refusal("document.twice", "已有同名文件，请先删除或改名。", field="file")
    document = TenderDocument(
        code=codes.new_code("DC"),
        tender_id=tender.id,
        amendment=number,
        name=name,
        size=file.size,
        sha256=file.sha256,
        added_at=now,
    )
    db.add(document)
    db.flush()  # the next file of the same form is compared with it
    return document


def _move_deadline(db: Session, lot: Lot, deadline: datetime, number: int, now: datetime) -> None:
    subject = f"lot:{lot.code}"
    if deadline != lot.deadline:
        lot.deadline = deadline
        cancel(db, CLOSE, subject)
        schedule(db, CLOSE, subject, deadline)
        to, until = concerned_bidders(db, lot), deadline.isoformat()
        write_about(db, lot, LetterKind.DEADLINE_MOVED, to, now=now, deadline=until)
    news = {"amendment": number, "deadline": deadline.isoformat()}
    tell(db, lot, "amendment.published", news, now)


def _record(
    db: Session,
    who: Viewer,
    tender: Tender,
    amendment: Amendment,
    added: Sequence[TenderDocument],
    now: datetime,
) -> None:
    record(
        db,
        stream=f"tender:{tender.code}",
        kind="amendment.published",
        actor=who.code,
        subject=f"tender:{tender.code}",
        data={
            "number": amendment.number,
            "text": amendment.text,
            "affects_bids": amendment.affects_bids,
            "deadline": amendment.deadline.isoformat(),
            "documents": listed(added),
        },
        now=now,
    )
