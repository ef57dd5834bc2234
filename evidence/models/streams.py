"""Facts in streams, which of them are held back, and which wait to join the tree."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.columns import digest_column


class Fact(Base):
    """One recorded act. `body` is its canonical text; nothing in this row ever changes."""

    __tablename__ = "fact"
    __table_args__ = (sa.Index(None, "subject", "kind"),)
    stream: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(120))
    actor: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(sa.Text)
    salt: Mapped[bytes] = mapped_column(digest_column())
    commitment: Mapped[bytes] = mapped_column(digest_column(), unique=True)


class HeldFact(Base):
    """A fact that joins the tree only when its holder (a lot) closes."""

    __tablename__ = "evidence_held"
    commitment: Mapped[bytes] = mapped_column(digest_column(), primary_key=True)
    holder: Mapped[str] = mapped_column(sa.String(120), index=True)


class PendingFact(Base):
    """A fact that the sequencer has not yet put into the tree; `place` gives the order."""

    __tablename__ = "evidence_pending"
    commitment: Mapped[bytes] = mapped_column(digest_column(), primary_key=True)
    place: Mapped[str] = mapped_column(sa.String(200), index=True)
