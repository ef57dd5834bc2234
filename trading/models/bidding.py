"""Uploaded envelopes and submitted bids. Nothing here is shown to anybody but their bidder
before the opening.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.organisations import Organisation
from storage.base import Base
from storage.columns import enum_column
from trading.models.tendering import Lot
from trading.states import BidState


class Upload(Base):
    """An envelope on its way: the digests of the parts that have arrived, in order."""

    __tablename__ = "upload"
    __table_args__ = (sa.CheckConstraint("size > 0", name="size"),)
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    bidder_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    received: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    parts: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    made_at: Mapped[datetime]
    lot: Mapped[Lot] = relationship()


class Bid(Base):
    """One submission, as its bidder signed it."""

    __tablename__ = "bid"
    __table_args__ = (
        sa.UniqueConstraint("bidder_id", "nonce"),
        sa.Index(
            "uq_bid_standing",
            "lot_id",
            "bidder_id",
            unique=True,
            sqlite_where=sa.text("state = 'submitted'"),
            postgresql_where=sa.text("state = 'submitted'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    receipt: Mapped[str] = mapped_column(sa.String(12), unique=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    bidder_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    state: Mapped[BidState] = mapped_column(enum_column(BidState))
    statement: Mapped[str] = mapped_column(sa.Text)
    signature: Mapped[bytes] = mapped_column(sa.LargeBinary)
    key_code: Mapped[str] = mapped_column(sa.ForeignKey("signing_key.code"))
    nonce: Mapped[str] = mapped_column(sa.String(64))
    uploads: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    submitted_at: Mapped[datetime]
    lot: Mapped[Lot] = relationship()
    bidder: Mapped[Organisation] = relationship(lazy="joined")
