"""Reads of enquiries and objections. Who asked or objected is given to the asker only, or later."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from identity.models.organisations import Organisation
from kernel.errors import NotFound
from trading.models.awarding import Award, LotReport
from trading.models.objections import Enquiry, Objection
from trading.models.tendering import Lot, Tender, TenderNotice
from trading.states import ObjectionKind


def enquiry_by_code(db: Session, code: str) -> Enquiry:
    """The enquiry. Raises NotFound."""
    found = db.get(Enquiry, code)
    if found is None:
        raise no_enquiry(code)
    return found


def no_enquiry(code: str) -> NotFound:
    """What is said of a question that is not there for this viewer."""
    return NotFound("enquiry.not_found", "没有编号为“%(value)s”的提问。", value=code[:40])


def objection_by_code(db: Session, code: str) -> Objection:
    """The objection. Raises NotFound."""
    found = db.get(Objection, code)
    if found is None:
        raise no_objection(code)
    return found


def no_objection(code: str) -> NotFound:
    """What is said of an objection that is not there for this viewer."""
    return NotFound("objection.not_found", "没有编号为“%(value)s”的异议。", value=code[:40])


def enquiries_on(db: Session, tender_id: int) -> Sequence[Enquiry]:
    """Every question on a tender, oldest first."""
    query = sa.select(Enquiry).where(Enquiry.tender_id == tender_id)
    return db.scalars(query.order_by(Enquiry.asked_at, Enquiry.code)).all()


def enquiries_by(db: Session, tender_id: int, bidder: str) -> Sequence[Enquiry]:
    """What this bidder asked on a tender, oldest first."""
    query = sa.select(Enquiry).join(Organisation, Organisation.id == Enquiry.asked_by)
    mine = query.where(Enquiry.tender_id == tender_id, Organisation.credit_code == bidder)
    return db.scalars(mine.order_by(Enquiry.asked_at, Enquiry.code)).all()


def answered_enquiries(db: Session, tender_id: int) -> Sequence[Enquiry]:
    """What the public may read: questions with their answers, the newest answer first."""
    query = sa.select(Enquiry).where(
        Enquiry.tender_id == tender_id, Enquiry.answered_at.is_not(None)
    )
    return db.scalars(query.order_by(Enquiry.answered_at.desc())).all()


def objections_on(db: Session, lot_ids: Sequence[int]) -> Sequence[Objection]:
    """Every objection on these lots, oldest first."""
    query = sa.select(Objection).where(Objection.lot_id.in_(lot_ids))
    query = query.options(joinedload(Objection.objector), joinedload(Objection.lot))
    return db.scalars(query.order_by(Objection.raised_at, Objection.code)).all()


def objections_by(db: Session, lot_id: int, bidder: str) -> Sequence[Objection]:
    """What this bidder objected to on a lot, oldest first."""
    query = sa.select(Objection).join(Objection.objector)
    mine = query.where(Objection.lot_id == lot_id, Organisation.credit_code == bidder)
    return db.scalars(mine.order_by(Objection.raised_at, Objection.code)).all()


def objection_moments(
    db: Session, lot: Lot
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """Until when each kind of objection reckons: the newest notice, the end of the publicity of
    candidates, the award notice.
    """
    notice = sa.select(TenderNotice.published_at).where(TenderNotice.tender_id == lot.tender_id)
    report = sa.select(LotReport.publicity_until).where(LotReport.lot_id == lot.id)
    award = sa.select(Award.noticed_at).where(Award.lot_id == lot.id)
    newest = notice.order_by(TenderNotice.version.desc()).limit(1)
    asked = (newest, report, award)
    row = db.execute(sa.select(*(each.scalar_subquery() for each in asked))).one()
    return row[0], row[1], row[2]


def unanswered_objections(db: Session, lot_id: int, kind: ObjectionKind) -> int:
    """How many objections of this kind on a lot wait for their answer."""
    query = sa.select(sa.func.count()).select_from(Objection)
    waiting = (Objection.lot_id == lot_id, Objection.kind == kind, Objection.answer.is_(None))
    return db.scalar(query.where(*waiting)) or 0


def waiting_for(db: Session, agency: str, limit: int) -> tuple[list[Enquiry], list[Objection]]:
    """What this agency has not answered, oldest first."""
    run_by = Tender.agency_id.in_(
        sa.select(Organisation.id).where(Organisation.credit_code == agency)
    )
    asked = sa.select(Enquiry).join(Enquiry.tender).where(run_by, Enquiry.answer.is_(None))
    asked = asked.options(contains_eager(Enquiry.tender))
    raised = sa.select(Objection).join(Objection.lot).join(Lot.tender)
    raised = raised.options(contains_eager(Objection.lot).contains_eager(Lot.tender))
    raised = raised.where(run_by, Objection.answer.is_(None))
    enquiries = db.scalars(asked.order_by(Enquiry.asked_at).limit(limit)).all()
    objections = db.scalars(raised.order_by(Objection.raised_at).limit(limit)).all()
    return list(enquiries), list(objections)
