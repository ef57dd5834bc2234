"""Tenders, their lots and their notices."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from identity.models.organisations import Organisation
from storage.base import Base
from storage.columns import Fen, digest_column, enum_column
from storage.subjects import Clock
from trading.states import Category, LotState, Regime


class Tender(Base):
    """One tender. `clock` is `real`, or its own name when it is a rehearsal (演练)."""

    __tablename__ = "tender"
    __table_args__ = (sa.CheckConstraint("is_rehearsal = (clock <> 'real')", name="clock"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    regime: Mapped[Regime] = mapped_column(enum_column(Regime))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    name: Mapped[str] = mapped_column(sa.String(200))
    is_rehearsal: Mapped[bool]
    clock: Mapped[str] = mapped_column(sa.String(80))
    procuring_entity_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    registered_at: Mapped[datetime]
    procuring_entity: Mapped[Organisation] = relationship(
        foreign_keys=[procuring_entity_id], lazy="joined"
    )
    agency: Mapped[Organisation] = relationship(foreign_keys=[agency_id], lazy="joined")
    lots: Mapped[list["Lot"]] = relationship(back_populates="tender", order_by="Lot.code")
    clock_shift: Mapped[int | None] = column_property(
        sa.select(Clock.shift).where(Clock.name == clock).correlate_except(Clock).scalar_subquery()
    )

    @property
    def sides(self) -> frozenset[str]:
        """Credit codes of those who run it: agency and procuring entity."""
        return frozenset({self.agency.credit_code, self.procuring_entity.credit_code})

    @property
    def ahead(self) -> timedelta:
        """How far its clock ran before (or, negative, behind) real time when it was read."""
        return timedelta(microseconds=self.clock_shift or 0)

    def now(self, real: datetime) -> datetime:
        """What its clock shows a reader at this real time; the doors' own `now` decides."""
        return real + self.ahead


class Lot(Base):
    """One lot: the smallest unit that is tendered, opened, evaluated and awarded."""

    __tablename__ = "lot"
    __table_args__ = (
        sa.CheckConstraint(
            "deadline IS NOT NULL OR "
            "state IN ('registered', 'terminated', 'suspended', 'archived')",
            name="announced_with_a_deadline",
        ),
        sa.CheckConstraint(
            "(sealed_count IS NULL) = (sealed_root IS NULL)", name="count_and_root_together"
        ),
        sa.CheckConstraint(
            "(state = 'suspended') = (resume_to IS NOT NULL)", name="suspended_knows_its_way_back"
        ),
        sa.CheckConstraint(
            "(state = 'suspended') = (suspended_at IS NOT NULL)", name="suspended_since"
        ),
        sa.CheckConstraint(
            "(state = 'archived') = (ended_as IS NOT NULL)", name="archived_knows_its_end"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(16), unique=True)
    tender_id: Mapped[int] = mapped_column(sa.ForeignKey("tender.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[LotState] = mapped_column(enum_column(LotState))
    resume_to: Mapped[str | None] = mapped_column(sa.String(40))
    suspended_at: Mapped[datetime | None]
    ended_as: Mapped[str | None] = mapped_column(sa.String(40))
    estimate_fen: Mapped[int] = mapped_column(Fen)
    ceiling_fen: Mapped[int] = mapped_column(Fen)
    guarantee_fen: Mapped[int] = mapped_column(Fen)
    validity_days: Mapped[int]
    window_minutes: Mapped[int]
    correction_minutes: Mapped[int]
    method: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    deadline: Mapped[datetime | None]
    sealed_count: Mapped[int | None]
    sealed_root: Mapped[bytes | None] = mapped_column(digest_column())
    closed_at: Mapped[datetime | None]
    window_ends_at: Mapped[datetime | None]
    tender: Mapped[Tender] = relationship(back_populates="lots", lazy="joined")

    @property
    def stage(self) -> LotState:
        """What decides who may know what: where a suspended lot stood, what an archived one ended
        as, and registered for as long as it was never announced.
        """
        if self.deadline is None:
            return LotState.REGISTERED
        return LotState(self.resume_to or self.ended_as or self.state)


class TenderNotice(Base):
    """One published version of a notice, in the words that were published."""

    __tablename__ = "tender_notice"
    tender_id: Mapped[int] = mapped_column(sa.ForeignKey("tender.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published_at: Mapped[datetime]
    text: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
