"""Organisations that ask to be registered, with their first person; never deleted."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from identity.states import ApplicationState, OrganisationKind
from storage.base import Base
from storage.columns import enum_column


class Application(Base):
    """One application. Its password is that of the first person, once confirmed."""

    __tablename__ = "application"
    __table_args__ = (
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided_at"),
        sa.CheckConstraint("(state = 'pending') = (decided_by IS NULL)", name="decided_by"),
        sa.CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="refused_for"),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    state: Mapped[ApplicationState] = mapped_column(enum_column(ApplicationState), index=True)
    kind: Mapped[OrganisationKind] = mapped_column(enum_column(OrganisationKind))
    credit_code: Mapped[str] = mapped_column(sa.String(18))
    name: Mapped[str] = mapped_column(sa.String(200))
    contact: Mapped[str] = mapped_column(sa.String(100))
    person_name: Mapped[str] = mapped_column(sa.String(80))
    username: Mapped[str] = mapped_column(sa.String(40))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    applied_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(sa.String(12))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
