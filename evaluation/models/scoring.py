"""Score sheets: the draft, every committed version, and the ranking made of them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.states import SheetState
from storage.base import Base
from storage.columns import digest_column, enum_column


class ScoreSheet(Base):
    """One expert's sheet in a meeting; `version` is the last committed one, 0 before."""

    __tablename__ = "score_sheet"
    __table_args__ = (
        sa.CheckConstraint("(state = 'draft') = (version = 0)", name="committed_has_a_version"),
    )
    meeting_code: Mapped[str] = mapped_column(sa.ForeignKey("meeting.code"), primary_key=True)
    expert_code: Mapped[str] = mapped_column(sa.ForeignKey("expert.code"), primary_key=True)
    state: Mapped[SheetState] = mapped_column(enum_column(SheetState))
    version: Mapped[int] = mapped_column(default=0)
    draft: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)


class SheetVersion(Base):
    """One committed version, as its expert signed it. Never changed."""

    __tablename__ = "score_sheet_version"
    __table_args__ = (
        sa.CheckConstraint("version = 1 OR reason <> ''", name="change_with_a_reason"),
        sa.ForeignKeyConstraint(
            ["meeting_code", "expert_code"],
            ["score_sheet.meeting_code", "score_sheet.expert_code"],
        ),
    )
    meeting_code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    expert_code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sheet: Mapped[str] = mapped_column(sa.Text)
    salt: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sheet_sha256: Mapped[str] = mapped_column(sa.String(64))
    statement: Mapped[str] = mapped_column(sa.Text)
    signature: Mapped[bytes] = mapped_column(sa.LargeBinary)
    key_code: Mapped[str] = mapped_column(sa.ForeignKey("signing_key.code"))
    reason: Mapped[str] = mapped_column(sa.String(500))
    committed_at: Mapped[datetime]


class Ranking(Base):
    """The canonical input and result of a meeting's ranking, with its SHA-256."""

    __tablename__ = "ranking"
    meeting_code: Mapped[str] = mapped_column(sa.ForeignKey("meeting.code"), primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    digest: Mapped[bytes] = mapped_column(digest_column())
    ranked_at: Mapped[datetime]
