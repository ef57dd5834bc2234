"""Questions on the documents and objections, each with its one answer."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.organisations import Organisation
from storage.base import Base
from storage.columns import enum_column
from trading.models.tendering import Lot, Tender
from trading.states import ObjectionKind

_ANSWERED = "(answer IS NULL) = (answered_at IS NULL)"


class Enquiry(Base):
    """One question; who asked is shown to nobody but the asker."""

    __tablename__ = "enquiry"
    __table_args__ = (sa.CheckConstraint(_ANSWERED, name="answered_at_a_moment"),)
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    tender_id: Mapped[int] = mapped_column(sa.ForeignKey("tender.id"), index=True)
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    text: Mapped[str] = mapped_column(sa.Text)
    asked_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(sa.Text)
    answered_at: Mapped[datetime | None]
    tender: Mapped[Tender] = relationship()


class Objection(Base):
    """One objection to documents, opening or result; `due_at` is absent for answers on the spot."""

    __tablename__ = "objection"
    __table_args__ = (sa.CheckConstraint(_ANSWERED, name="answered_at_a_moment"),)
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    kind: Mapped[ObjectionKind] = mapped_column(enum_column(ObjectionKind))
    raised_by: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    text: Mapped[str] = mapped_column(sa.Text)
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(sa.Text)
    answered_at: Mapped[datetime | None]
    lot: Mapped[Lot] = relationship()
    objector: Mapped[Organisation] = relationship()
