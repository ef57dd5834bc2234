"""The log: leaves, complete subtrees, signed heads. All three are only added to."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.columns import digest_column


class Entry(Base):
    """Leaf number `position` of the log: a fact's commitment."""

    __tablename__ = "evidence_entry"
    position: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    commitment: Mapped[bytes] = mapped_column(digest_column(), unique=True)


class Node(Base):
    """Hash of one complete subtree; level 0 holds the leaf hashes."""

    __tablename__ = "evidence_node"
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(digest_column())


class Head(Base):
    """A signed checkpoint."""

    __tablename__ = "evidence_head"
    size: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(digest_column())
    note: Mapped[str] = mapped_column(sa.Text)
    signed_at: Mapped[datetime]


class Cosigner(Base):
    """A witness's key for co-signing, from when until when; of an organisation one at a time."""

    __tablename__ = "evidence_cosigner"
    __table_args__ = (
        sa.CheckConstraint("length(public) = 32", name="public_length"),
        sa.Index(
            "ix_evidence_cosigner_live",
            "organisation",
            unique=True,
            sqlite_where=sa.text("until IS NULL"),
            postgresql_where=sa.text("until IS NULL"),
        ),
    )
    public: Mapped[bytes] = mapped_column(digest_column(), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), index=True)
    organisation: Mapped[str] = mapped_column(sa.String(40))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Cosignature(Base):
    """A witness's line under a checkpoint."""

    __tablename__ = "evidence_cosignature"
    size: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("evidence_head.size"), primary_key=True
    )
    witness: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    line: Mapped[str] = mapped_column(sa.String(400))
    received_at: Mapped[datetime]
