"""Evaluation meetings: members with their commitments, votes for the chair, blind codes."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.models.pool import Expert
from evaluation.states import MeetingState
from storage.base import Base
from storage.columns import enum_column
from trading.models.bidding import Bid
from trading.models.tendering import Lot


class Meeting(Base):
    """The evaluation meeting of one lot. `ballot` counts the elections of the chair from 1."""

    __tablename__ = "meeting"
    __table_args__ = (
        sa.CheckConstraint(
            "(chair IS NULL) = (state IN ('convened', 'electing'))", name="chair_once_elected"
        ),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), unique=True)
    state: Mapped[MeetingState] = mapped_column(enum_column(MeetingState))
    chair: Mapped[str | None] = mapped_column(sa.ForeignKey("expert.code"))
    ballot: Mapped[int] = mapped_column(default=1)
    convened_at: Mapped[datetime]
    lot: Mapped[Lot] = relationship(lazy="joined")


class Member(Base):
    """One seat of the committee, and the commitment that its expert signed."""

    __tablename__ = "meeting_member"
    __table_args__ = (
        sa.UniqueConstraint("meeting_code", "seat"),
        sa.CheckConstraint(
            "(statement IS NULL) = (signature IS NULL) AND "
            "(statement IS NULL) = (key_code IS NULL)",
            name="statement_with_signature",
        ),
    )
    meeting_code: Mapped[str] = mapped_column(sa.ForeignKey("meeting.code"), primary_key=True)
    expert_code: Mapped[str] = mapped_column(sa.ForeignKey("expert.code"), primary_key=True)
    seat: Mapped[int]
    statement: Mapped[str | None] = mapped_column(sa.Text)
    signature: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    key_code: Mapped[str | None] = mapped_column(sa.ForeignKey("signing_key.code"))
    expert: Mapped[Expert] = relationship(lazy="joined")


class ChairVote(Base):
    """One member's vote in one ballot."""

    __tablename__ = "chair_vote"
    meeting_code: Mapped[str] = mapped_column(sa.ForeignKey("meeting.code"), primary_key=True)
    ballot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    voter: Mapped[str] = mapped_column(sa.ForeignKey("expert.code"), primary_key=True)
    choice: Mapped[str] = mapped_column(sa.ForeignKey("expert.code"))


class BlindBid(Base):
    """Under which random code the committee sees a bid."""

    __tablename__ = "blind_bid"
    meeting_code: Mapped[str] = mapped_column(sa.ForeignKey("meeting.code"), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    bid_id: Mapped[int] = mapped_column(sa.ForeignKey("bid.id"), unique=True)
    bid: Mapped[Bid] = relationship(lazy="joined")
