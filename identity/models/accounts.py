"""People, their roles, and the tokens by which programs act for them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.organisations import Organisation
from identity.states import Role
from storage.base import Base
from storage.columns import digest_column, enum_column


class Person(Base):
    """One person with an account. Raising `epoch` ends every session of theirs.

    An administrator lets colleagues of the same organisation in and ends their access.
    """

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    username: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    epoch: Mapped[int] = mapped_column(default=0)
    is_administrator: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    ended_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    roles: Mapped[list["PersonRole"]] = relationship(back_populates="person", lazy="selectin")


class PersonRole(Base):
    """One role of one person."""

    __tablename__ = "person_role"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True)
    person: Mapped[Person] = relationship(back_populates="roles")


class ApiToken(Base):
    """A program's key to one account; only its digest is kept."""

    __tablename__ = "api_token"
    __table_args__ = (sa.CheckConstraint("length(digest) = 32", name="digest_length"),)
    digest: Mapped[bytes] = mapped_column(digest_column(), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    label: Mapped[str] = mapped_column(sa.String(80))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()
