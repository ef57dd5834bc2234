"""The end of a lot before its award, with its ground."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Termination(Base):
    """One lot that was terminated."""

    __tablename__ = "termination"
    __table_args__ = (sa.CheckConstraint("ground <> ''", name="with_a_ground"),)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), primary_key=True)
    ground: Mapped[str] = mapped_column(sa.Text)
    terminated_by: Mapped[str] = mapped_column(sa.String(12))
    terminated_at: Mapped[datetime]
