"""Ordered guarantees. Before the opening a row is shown to its bidder and its issuer only, and to
the issuer without lot and tender.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.organisations import Organisation
from identity.models.papers import Paper
from storage.base import Base
from storage.columns import Fen, digest_column, enum_column
from trading.models.tendering import Lot
from trading.states import GuaranteeState


class GuaranteeOrder(Base):
    """One order; `order_code` hides what it backs, `sha256` is the issued and signed letter."""

    __tablename__ = "guarantee_order"
    __table_args__ = (
        sa.CheckConstraint(
            "(state IN ('issued', 'disclosed')) = (sha256 IS NOT NULL)", name="issued_with_a_file"
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'issued', 'disclosed') OR paper_code IS NOT NULL",
            name="approved_with_a_paper",
        ),
        sa.CheckConstraint("amount_fen >= required_fen", name="covers_what_is_required"),
        sa.Index(
            "uq_guarantee_order_standing",
            "lot_id",
            "bidder_id",
            unique=True,
            sqlite_where=sa.text("state NOT IN ('refused', 'lapsed')"),
            postgresql_where=sa.text("state NOT IN ('refused', 'lapsed')"),
        ),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    bidder_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    issuer_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    order_code: Mapped[bytes] = mapped_column(digest_column(), unique=True)
    required_fen: Mapped[int] = mapped_column(Fen)
    amount_fen: Mapped[int] = mapped_column(Fen)
    valid_until: Mapped[date]
    state: Mapped[GuaranteeState] = mapped_column(enum_column(GuaranteeState))
    ordered_at: Mapped[datetime]
    paper_code: Mapped[str | None] = mapped_column(sa.ForeignKey("paper.code"), unique=True)
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    lot: Mapped[Lot] = relationship(lazy="joined")
    bidder: Mapped[Organisation] = relationship(foreign_keys=[bidder_id], lazy="joined")
    issuer: Mapped[Organisation] = relationship(foreign_keys=[issuer_id], lazy="joined")
    paper: Mapped[Paper | None] = relationship()
