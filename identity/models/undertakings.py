"""Who undertook what, when, and by which means; only ever added to."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from identity.states import Role, UndertakingMeans
from storage.base import Base
from storage.columns import enum_column


class Undertaking(Base):
    """One person's undertaking in one role, of one version of the text."""

    __tablename__ = "undertaking"
    __table_args__ = (
        sa.CheckConstraint("(means = 'key') = (key_code IS NOT NULL)", name="signed_by_a_key"),
        sa.CheckConstraint("(means = 'key') = (signature IS NOT NULL)", name="signed"),
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text_sha256: Mapped[str] = mapped_column(sa.String(64))
    means: Mapped[UndertakingMeans] = mapped_column(enum_column(UndertakingMeans))
    key_code: Mapped[str | None] = mapped_column(sa.ForeignKey("signing_key.code"))
    signature: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    given_at: Mapped[datetime]
