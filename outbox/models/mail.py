"""E-mail that tells of letters: to which address, if its owner wants it, and what became of it."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outbox.models.letters import Letter
from storage.base import Base
from storage.columns import enum_column


class MailState(StrEnum):
    """What became of an e-mail."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


class MailAddress(Base):
    """Where one person wants e-mail, once they have shown by a code that they read it there."""

    __tablename__ = "mail_address"
    __table_args__ = (
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (code IS NOT NULL)", name="code_until_confirmed"
        ),
    )
    person: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(8))
    is_on: Mapped[bool]
    code: Mapped[str | None] = mapped_column(sa.String(12))
    wrong_codes: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class Mail(Base):
    """One e-mail, made only when it is sent; without a letter it carries the code of an address.

    Its code is also its Message-ID: what is sent twice because a worker died is one message.
    """

    __tablename__ = "mail"
    __table_args__ = (
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at_a_moment"),
        sa.Index(None, "state", "next_at"),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    person: Mapped[str] = mapped_column(sa.ForeignKey("mail_address.person"), index=True)
    letter_code: Mapped[str | None] = mapped_column(sa.ForeignKey("letter.code"))
    state: Mapped[MailState] = mapped_column(enum_column(MailState), default=MailState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(sa.String(300))
    sent_at: Mapped[datetime | None]
    letter: Mapped[Letter | None] = relationship(lazy="joined")
    owner: Mapped[MailAddress] = relationship(lazy="joined")
