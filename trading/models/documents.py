"""Bidding documents by their digest, and the amendments that brought later ones."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class TenderDocument(Base):
    """One file of a tender. `amendment` 0 came with the notice; before it, it may be taken out."""

    __tablename__ = "tender_document"
    __table_args__ = (sa.UniqueConstraint("tender_id", "amendment", "name"),)
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    tender_id: Mapped[int] = mapped_column(sa.ForeignKey("tender.id"), index=True)
    amendment: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(sa.String(200))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    added_at: Mapped[datetime]


class Amendment(Base):
    """One published amendment of a tender's documents, numbered from 1."""

    __tablename__ = "amendment"
    __table_args__ = (
        sa.UniqueConstraint("tender_id", "number"),
        sa.CheckConstraint("deadline >= deadline_before", name="never_earlier"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    tender_id: Mapped[int] = mapped_column(sa.ForeignKey("tender.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    affects_bids: Mapped[bool]
    deadline_before: Mapped[datetime]
    deadline: Mapped[datetime]
    published_at: Mapped[datetime]
