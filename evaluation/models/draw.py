"""Draws of experts: commitments of the parties, the frozen list, who was called and answered."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.models.pool import Expert
from evaluation.rules.draw import Party
from evaluation.states import CallState, DrawState
from storage.base import Base
from storage.columns import digest_column, enum_column
from trading.models.tendering import Lot


class Draw(Base):
    """The draw of one lot. `frozen` is the canonical list of the present round, `seed` its seed."""

    __tablename__ = "draw"
    __table_args__ = (
        sa.CheckConstraint("(state = 'drawn') = (seed IS NOT NULL)", name="drawn_with_a_seed"),
        sa.CheckConstraint(
            "(state = 'committing') = (frozen IS NULL)", name="frozen_after_the_commitments"
        ),
        sa.CheckConstraint(
            "(frozen IS NULL) = (reveal_until IS NULL)", name="frozen_with_a_time_to_reveal"
        ),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), unique=True)
    state: Mapped[DrawState] = mapped_column(enum_column(DrawState))
    round: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    frozen: Mapped[str | None] = mapped_column(sa.Text)
    reveal_until: Mapped[datetime | None]
    seed: Mapped[bytes | None] = mapped_column(digest_column())
    lot: Mapped[Lot] = relationship(lazy="joined")


class DrawNonce(Base):
    """One party's commitment in one round, and its nonce once it is revealed."""

    __tablename__ = "draw_nonce"
    __table_args__ = (
        sa.CheckConstraint("(nonce IS NULL) = (revealed_at IS NULL)", name="revealed_with_nonce"),
    )
    draw_code: Mapped[str] = mapped_column(sa.ForeignKey("draw.code"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party: Mapped[Party] = mapped_column(enum_column(Party), primary_key=True)
    person: Mapped[str] = mapped_column(sa.String(12))
    commitment: Mapped[bytes] = mapped_column(digest_column())
    committed_at: Mapped[datetime]
    nonce: Mapped[bytes | None] = mapped_column(digest_column())
    revealed_at: Mapped[datetime | None]


class EarlierRound(Base):
    """A round that was drawn before seats had to be drawn for again: its list and its seed."""

    __tablename__ = "draw_earlier_round"
    draw_code: Mapped[str] = mapped_column(sa.ForeignKey("draw.code"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    frozen: Mapped[str] = mapped_column(sa.Text)
    seed: Mapped[bytes] = mapped_column(digest_column())


class Call(Base):
    """One drawn expert, in which round, for which seat (from 0), and the answer, if there was one.

    `answer_until` is None for calls of the time before there was such a limit.
    """

    __tablename__ = "draw_call"
    draw_code: Mapped[str] = mapped_column(sa.ForeignKey("draw.code"), primary_key=True)
    expert_code: Mapped[str] = mapped_column(sa.ForeignKey("expert.code"), primary_key=True)
    seat: Mapped[int]
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    state: Mapped[CallState] = mapped_column(enum_column(CallState))
    called_at: Mapped[datetime]
    answer_until: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    expert: Mapped[Expert] = relationship(lazy="joined")
