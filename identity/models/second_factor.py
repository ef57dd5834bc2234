"""The second factor of a person: a secret shared with an authenticator, and recovery codes."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.columns import digest_column


class SecondFactor(Base):
    """One person's shared secret, locked by a key of the platform that is not in the database.

    It is asked for once it is confirmed. `last_step` is the last time step of which a code was
    taken: none is taken twice.
    """

    __tablename__ = "second_factor"
    __table_args__ = (
        sa.CheckConstraint("confirmed_at IS NULL OR last_step > 0", name="confirmed_by_a_code"),
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    locked_secret: Mapped[str] = mapped_column(sa.String(200))
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    wrong: Mapped[int] = mapped_column(default=0)
    wrong_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One recovery code; only its digest is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (sa.CheckConstraint("length(digest) = 32", name="digest_length"),)
    digest: Mapped[bytes] = mapped_column(digest_column(), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
