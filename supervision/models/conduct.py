"""Findings on agencies' conduct. They are decided, dismissed or cancelled, and never deleted."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.organisations import Organisation
from storage.base import Base
from storage.columns import digest_column, enum_column
from supervision.rules.conduct import Hearing
from supervision.states import Consequence, FindingState, Severity
from trading.models.tendering import Lot


class Finding(Base):
    """One finding on one agency. Points and months are those of the item on the day of the act.

    `defence_until` is the first instant too late for a statement; `heard_at` tells when a
    statement or a waiver came. `starts_at` up to, not including, `ends_at` is the record period.
    """

    __tablename__ = "finding"
    __table_args__ = (
        sa.CheckConstraint("points > 0 AND months > 0", name="deducts_for_a_while"),
        sa.CheckConstraint(
            "state IN ('recorded', 'dismissed') OR noticed_at IS NOT NULL",
            name="goes_on_after_a_notice",
        ),
        sa.CheckConstraint(
            "state <> 'recorded' OR noticed_at IS NULL", name="recorded_is_not_noticed"
        ),
        sa.CheckConstraint(
            "(noticed_at IS NULL) = (noticed_by IS NULL) "
            "AND (noticed_at IS NULL) = (defence_until IS NULL)",
            name="noticed_with_a_defence_period",
        ),
        sa.CheckConstraint(
            "(heard_at IS NULL) = (heard_by IS NULL) "
            "AND (heard_at IS NOT NULL OR defence IS NULL) "
            "AND (state <> 'defended' OR defence IS NOT NULL)",
            name="defended_by_somebody_in_words",
        ),
        sa.CheckConstraint(
            "(state IN ('decided', 'dismissed', 'cancelled')) = (decided_at IS NOT NULL) "
            "AND (decided_at IS NULL) = (decided_by IS NULL) "
            "AND (decided_at IS NULL) = (ground IS NULL)",
            name="closed_by_somebody_with_a_ground",
        ),
        sa.CheckConstraint(
            "(state IN ('decided', 'cancelled')) = (article IS NOT NULL) "
            "AND (article IS NULL) = (starts_at IS NULL) "
            "AND (article IS NULL) = (ends_at IS NULL) "
            "AND (article IS NULL) = (consequence IS NULL) "
            "AND (article IS NULL) = (is_late IS NULL)",
            name="decided_with_a_record_period",
        ),
        sa.CheckConstraint("starts_at < ends_at", name="record_starts_before_it_ends"),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL) "
            "AND (cancelled_at IS NULL) = (cancelled_by IS NULL) "
            "AND (cancelled_at IS NULL) = (cancel_ground IS NULL)",
            name="cancelled_by_somebody_with_a_ground",
        ),
        sa.CheckConstraint("fact IS NULL OR length(fact) = 32", name="fact_length"),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    item: Mapped[str] = mapped_column(sa.String(4))
    severity: Mapped[Severity] = mapped_column(enum_column(Severity))
    points: Mapped[int]
    months: Mapped[int]
    occurred_on: Mapped[date]
    lot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    is_rehearsal: Mapped[bool]
    fact: Mapped[bytes | None] = mapped_column(digest_column())
    evidence: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[FindingState] = mapped_column(enum_column(FindingState))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(12))
    noticed_at: Mapped[datetime | None]
    noticed_by: Mapped[str | None] = mapped_column(sa.String(12))
    defence_until: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    heard_by: Mapped[str | None] = mapped_column(sa.String(12))
    defence: Mapped[str | None] = mapped_column(sa.Text)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(sa.String(12))
    is_late: Mapped[bool | None]
    article: Mapped[str | None] = mapped_column(sa.String(200))
    ground: Mapped[str | None] = mapped_column(sa.Text)
    consequence: Mapped[Consequence | None] = mapped_column(enum_column(Consequence))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(sa.String(12))
    cancel_ground: Mapped[str | None] = mapped_column(sa.Text)
    agency: Mapped[Organisation] = relationship(lazy="joined")
    lot: Mapped[Lot | None] = relationship(lazy="joined")

    @property
    def hearing(self) -> Hearing:
        """How far it is with being answered, as rules see it."""
        return Hearing(self.state, self.defence_until, self.heard_at)
