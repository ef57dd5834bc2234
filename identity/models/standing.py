"""Restrictions on organisations: kind, from, until, ground, finding. Never deleted."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from identity.states import RestrictionKind
from storage.base import Base
from storage.columns import enum_column


class Restriction(Base):
    """One restriction, in force from `starts_at` up to, not including, `ends_at` or its lifting.

    Rows are never deleted: what was lifted stays, with who lifted it and on what ground.

    The organisation is named by code, name or both, since an imported list may hold bodies
    that are not registered here.
    """

    __tablename__ = "restriction"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
        sa.CheckConstraint(
            "credit_code IS NOT NULL OR name_key IS NOT NULL", name="names_somebody"
        ),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) "
            "AND (lifted_at IS NULL) = (lift_ground IS NULL)",
            name="lifted_by_somebody_with_a_ground",
        ),
        sa.CheckConstraint("lifted_at < ends_at", name="lifted_before_it_ends"),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    credit_code: Mapped[str | None] = mapped_column(sa.String(18), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_key: Mapped[str | None] = mapped_column(sa.String(200), index=True)
    kind: Mapped[RestrictionKind] = mapped_column(enum_column(RestrictionKind))
    ground: Mapped[str] = mapped_column(sa.String(500))
    finding: Mapped[str] = mapped_column(sa.String(80), index=True)
    origin: Mapped[str] = mapped_column(sa.String(80))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(sa.String(120))
    lift_ground: Mapped[str | None] = mapped_column(sa.String(500))
