"""Documents that people sign in turn, and each person's turn: three steps, each kept in a row.

Between the steps stand digests, byte range, attributes and signature; never a PIN or an open key.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.accounts import Person
from identity.states import PaperState, TurnState
from storage.base import Base
from storage.columns import enum_column


class Paper(Base):
    """One document on its way. `file` is the SHA-256 of its newest whole revision.

    `owner` is the subject that it belongs to; once complete, `done_kind` falls due for it.
    """

    __tablename__ = "paper"
    __table_args__ = (
        sa.CheckConstraint("(state = 'drawing') = (file IS NULL)", name="drawn_with_a_file"),
        sa.CheckConstraint(
            "(state = 'complete') = (completed_at IS NOT NULL)", name="complete_since"
        ),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    owner: Mapped[str] = mapped_column(sa.String(80), index=True)
    done_kind: Mapped[str] = mapped_column(sa.String(60))
    is_sealed: Mapped[bool]
    state: Mapped[PaperState] = mapped_column(enum_column(PaperState))
    file: Mapped[str | None] = mapped_column(sa.String(64))
    made_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    turns: Mapped[list["Turn"]] = relationship(
        back_populates="paper", order_by="Turn.place", lazy="selectin"
    )


class Turn(Base):
    """One person's signature on a paper. Those who asked queue; one turn is open at a time."""

    __tablename__ = "paper_turn"
    __table_args__ = (
        sa.UniqueConstraint("paper_code", "field", name="uq_paper_turn_paper_code_field"),
        sa.UniqueConstraint("paper_code", "person_id", name="uq_paper_turn_paper_code_person_id"),
        sa.CheckConstraint(
            "(state IN ('prepared', 'signed')) = (prepared IS NOT NULL)", name="prepared_rows"
        ),
        sa.CheckConstraint("(state = 'signed') = (value IS NOT NULL)", name="signed_with_a_value"),
        sa.CheckConstraint("(state = 'waiting') = (asked_at IS NULL)", name="asked_at"),
        sa.CheckConstraint("(state = 'prepared') = (until IS NOT NULL)", name="prepared_until"),
        sa.CheckConstraint(
            "(state IN ('signed', 'done')) = (signed_at IS NOT NULL)", name="signed_at"
        ),
        sa.Index(
            "uq_paper_turn_open",
            "paper_code",
            unique=True,
            sqlite_where=sa.text("state IN ('prepared', 'signed')"),
            postgresql_where=sa.text("state IN ('prepared', 'signed')"),
        ),
    )
    paper_code: Mapped[str] = mapped_column(sa.ForeignKey("paper.code"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(sa.String(40))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    state: Mapped[TurnState] = mapped_column(enum_column(TurnState))
    key_code: Mapped[str | None] = mapped_column(sa.ForeignKey("signing_key.code"))
    prepared: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    value: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    asked_at: Mapped[datetime | None]
    until: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    finding: Mapped[str] = mapped_column(sa.String(300), default="")
    paper: Mapped[Paper] = relationship(back_populates="turns")
    person: Mapped[Person] = relationship(lazy="joined")
