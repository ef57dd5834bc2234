"""Orders of regulators, with their ground. Never changed, never deleted."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base
from storage.columns import enum_column
from supervision.states import OrderKind
from trading.models.tendering import Lot


class Order(Base):
    """One order about one lot."""

    __tablename__ = "supervision_order"
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    kind: Mapped[OrderKind] = mapped_column(enum_column(OrderKind))
    article: Mapped[str] = mapped_column(sa.String(200))
    ground: Mapped[str] = mapped_column(sa.Text)
    issued_by: Mapped[str] = mapped_column(sa.String(12))
    issued_at: Mapped[datetime]
    lot: Mapped[Lot] = relationship()
