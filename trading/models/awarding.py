"""What the report said of every bid, how long the candidates are published, and who won."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base
from storage.columns import Fen, Score, enum_column
from trading.models.bidding import Bid
from trading.rules.awarding import is_late
from trading.states import PassingOver


class LotReport(Base):
    """The report that came for a lot; `step_due` and `publicity_until` are exclusive ends.

    `step_due` is by when the candidates are published or, without publicity, the award is decided.
    """

    __tablename__ = "lot_report"
    __table_args__ = (
        sa.CheckConstraint(
            "(publicity_from IS NULL) = (publicity_until IS NULL)", name="publicity_has_both_ends"
        ),
        sa.CheckConstraint("publicity_until > publicity_from", name="publicity_lasts"),
    )
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), primary_key=True)
    report: Mapped[str] = mapped_column(sa.String(40))
    archive_sha256: Mapped[str] = mapped_column(sa.String(64))
    received_at: Mapped[datetime]
    step_due: Mapped[datetime]
    publicity_from: Mapped[datetime | None]
    publicity_until: Mapped[datetime | None]

    @property
    def is_late(self) -> bool:
        """Whether the candidates were published after the time for it."""
        return self.publicity_from is not None and is_late(self.step_due, self.publicity_from)


class AwardCandidate(Base):
    """One ranked bid of the report; the first few of them are candidates."""

    __tablename__ = "award_candidate"
    __table_args__ = (sa.CheckConstraint("rank >= 1", name="rank"),)
    bid_id: Mapped[int] = mapped_column(sa.ForeignKey("bid.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    rank: Mapped[int]
    tied: Mapped[bool]
    price_fen: Mapped[int] = mapped_column(Fen)
    technical: Mapped[Decimal] = mapped_column(Score)
    price_score: Mapped[Decimal] = mapped_column(Score)
    total: Mapped[Decimal] = mapped_column(Score)
    is_candidate: Mapped[bool]
    bid: Mapped[Bid] = relationship(lazy="joined")


class BidRejection(Base):
    """A bid that the committee rejected (否决投标), and why."""

    __tablename__ = "bid_rejection"
    bid_id: Mapped[int] = mapped_column(sa.ForeignKey("bid.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    why: Mapped[str] = mapped_column(sa.Text)
    bid: Mapped[Bid] = relationship(lazy="joined")


class Award(Base):
    """Who won a lot. Nobody in `decided_by` means that the law decided, as nobody had in time.

    `notice` is the award notice in the words that were sent.
    """

    __tablename__ = "award"
    __table_args__ = (
        sa.CheckConstraint("passing_over IS NULL OR ground <> ''", name="passing_over_with_ground"),
        sa.CheckConstraint(
            "decided_by IS NOT NULL OR passing_over IS NULL", name="silence_passes_nobody_over"
        ),
    )
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), primary_key=True)
    bid_id: Mapped[int] = mapped_column(sa.ForeignKey("bid.id"), unique=True)
    decided_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(sa.String(12))
    passing_over: Mapped[PassingOver | None] = mapped_column(enum_column(PassingOver))
    ground: Mapped[str] = mapped_column(sa.Text)
    notice: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    noticed_at: Mapped[datetime]
    result_until: Mapped[datetime | None]
    bid: Mapped[Bid] = relationship(lazy="joined")
