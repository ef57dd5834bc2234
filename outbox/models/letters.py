"""Letters to people: kind and values, worded when they are shown. Only their reader sees them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from outbox.rules.letters import LetterKind
from storage.base import Base

# Kinds are added often and never taken away: no CHECK to be changed with each of them.
_KIND = sa.Enum(
    LetterKind,
    native_enum=False,
    create_constraint=False,
    validate_strings=True,
    length=40,
    values_callable=lambda kinds: [kind.value for kind in kinds],
)


class Letter(Base):
    """One letter to one person (their public code) about a subject such as `lot:TD…-01`.

    `at` is the legal moment of what is told, `written_at` real time, by which letters are sorted.
    """

    __tablename__ = "letter"
    __table_args__ = (
        sa.UniqueConstraint("reader", "kind", "subject", "at"),
        sa.Index(None, "reader", "written_at"),
        sa.Index(
            "ix_letter_unread",
            "reader",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        ),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    reader: Mapped[str] = mapped_column(sa.String(12))
    kind: Mapped[LetterKind] = mapped_column(_KIND)
    subject: Mapped[str] = mapped_column(sa.String(80))
    data: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    at: Mapped[datetime]
    written_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    @property
    def concerns(self) -> str:
        """What it is about in one line: tender and lot by name, else the code of its subject."""
        named = [str(self.data[key]) for key in ("name", "lot_name") if self.data.get(key)]
        return " · ".join(named) or self.subject.partition(":")[2]
