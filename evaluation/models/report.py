"""The report of a meeting: which paper it is signed on, and the archive that came out of it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.models.meeting import Meeting
from identity.models.papers import Paper
from storage.base import Base


class Report(Base):
    """One report. `sha256` is that of the signed and sealed archive, once it is complete."""

    __tablename__ = "evaluation_report"
    __table_args__ = (
        sa.CheckConstraint("(sha256 IS NULL) = (archived_at IS NULL)", name="archived_with_hash"),
    )
    meeting_code: Mapped[str] = mapped_column(sa.ForeignKey("meeting.code"), primary_key=True)
    paper_code: Mapped[str] = mapped_column(sa.ForeignKey("paper.code"), unique=True)
    begun_at: Mapped[datetime]
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    archived_at: Mapped[datetime | None]
    meeting: Mapped[Meeting] = relationship(lazy="joined")
    paper: Mapped[Paper] = relationship(lazy="joined")
