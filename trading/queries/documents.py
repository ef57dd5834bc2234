"""Reads of bidding documents and amendments."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kernel.errors import NotFound
from trading.models.documents import Amendment, TenderDocument


def documents_of(db: Session, tender_id: int) -> Sequence[TenderDocument]:
    """The files of a tender: those of the notice first, then amendment by amendment."""
    query = sa.select(TenderDocument).where(TenderDocument.tender_id == tender_id)
    return db.scalars(query.order_by(TenderDocument.amendment, TenderDocument.name)).all()


def document_of(db: Session, tender_id: int, code: str) -> TenderDocument:
    """The file of this tender with this code. Raises NotFound."""
    found = db.get(TenderDocument, code)
    if found is None or found.tender_id != tender_id:
        raise NotFound("document.not_found", "没有编号为“%(value)s”的文件。", value=code[:40])
    return found


def amendments_of(db: Session, tender_id: int) -> Sequence[Amendment]:
    """The amendments of a tender in their order."""
    query = sa.select(Amendment).where(Amendment.tender_id == tender_id)
    return db.scalars(query.order_by(Amendment.number)).all()
