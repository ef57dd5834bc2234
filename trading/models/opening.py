"""Opening keys of witnesses, releases of bidders, and what came out of each bid."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from identity.models.organisations import Organisation
from storage.base import Base
from storage.columns import Fen, enum_column
from trading.models.bidding import Bid
from trading.rules.opening import Outcome


class OpeningKey(Base):
    """The public half of a witness's opening key; the private half once it is published."""

    __tablename__ = "opening_key"
    __table_args__ = (
        sa.CheckConstraint(
            "(identity IS NULL) = (published_at IS NULL)", name="published_with_its_identity"
        ),
        sa.CheckConstraint(
            "published_at IS NULL OR rehearsed_at IS NOT NULL", name="only_rehearsed_keys_open"
        ),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    witness: Mapped[str] = mapped_column(sa.String(18))
    recipient: Mapped[str] = mapped_column(sa.String(80), unique=True)
    statement: Mapped[str] = mapped_column(sa.Text)
    signature: Mapped[bytes] = mapped_column(sa.LargeBinary)
    key_code: Mapped[str] = mapped_column(sa.ForeignKey("signing_key.code"))
    challenge_sha256: Mapped[str] = mapped_column(sa.String(64))
    registered_at: Mapped[datetime]
    rehearsed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    identity: Mapped[str | None] = mapped_column(sa.String(80))
    witness_name: Mapped[str] = column_property(
        sa.select(Organisation.name)
        .where(Organisation.credit_code == sa.literal_column("opening_key.witness"))
        .scalar_subquery()
    )


class Release(Base):
    """What a bidder released for its bid: its key, encrypted to every opening key."""

    __tablename__ = "bid_release"
    bid_id: Mapped[int] = mapped_column(sa.ForeignKey("bid.id"), primary_key=True)
    blob: Mapped[bytes] = mapped_column(sa.LargeBinary)
    statement: Mapped[str] = mapped_column(sa.Text)
    signature: Mapped[bytes] = mapped_column(sa.LargeBinary)
    key_code: Mapped[str] = mapped_column(sa.ForeignKey("signing_key.code"))
    received_at: Mapped[datetime]
    correct_until: Mapped[datetime | None]
    bid: Mapped[Bid] = relationship()


class OpenedBid(Base):
    """How a bid's opening ended; prices and files only where it was opened."""

    __tablename__ = "opened_bid"
    __table_args__ = (
        sa.CheckConstraint(
            "(outcome = 'opened') = (price_fen IS NOT NULL)", name="opened_with_a_price"
        ),
    )
    bid_id: Mapped[int] = mapped_column(sa.ForeignKey("bid.id"), primary_key=True)
    outcome: Mapped[Outcome] = mapped_column(enum_column(Outcome))
    finding: Mapped[str] = mapped_column(sa.String(300))
    price_fen: Mapped[int | None] = mapped_column(Fen)
    period_days: Mapped[int | None]
    quality: Mapped[str | None] = mapped_column(sa.String(100))
    files: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    guarantee: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    opened_at: Mapped[datetime]
    bid: Mapped[Bid] = relationship(lazy="joined")
