"""Steps that somebody tried and the law forbade. Never changed, never deleted."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base
from trading.models.tendering import Lot


class Attempt(Base):
    """One refused attempt: who, on which lot, what the refusal said and its article."""

    __tablename__ = "refused_attempt"
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    person: Mapped[str] = mapped_column(sa.String(12))
    organisation: Mapped[str] = mapped_column(sa.String(200))
    refusal: Mapped[str] = mapped_column(sa.String(80))
    message: Mapped[str] = mapped_column(sa.String(500))
    source: Mapped[str] = mapped_column(sa.String(200))
    attempted_at: Mapped[datetime] = mapped_column(index=True)
    lot: Mapped[Lot] = relationship()
