"""The opening record (开标记录): the paper it is drawn on, and the sealed file that came of it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.papers import Paper
from storage.base import Base
from trading.models.tendering import Lot


class OpeningRecord(Base):
    """One record of one lot. `sha256` is that of the sealed file, once it is there."""

    __tablename__ = "opening_record"
    __table_args__ = (
        sa.CheckConstraint("(sha256 IS NULL) = (sealed_at IS NULL)", name="sealed_with_hash"),
    )
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), primary_key=True)
    paper_code: Mapped[str] = mapped_column(sa.ForeignKey("paper.code"), unique=True)
    confirmed_by: Mapped[str] = mapped_column(sa.String(80))
    confirmed_at: Mapped[datetime]
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    sealed_at: Mapped[datetime | None]
    lot: Mapped[Lot] = relationship(lazy="joined")
    paper: Mapped[Paper] = relationship(lazy="joined")
