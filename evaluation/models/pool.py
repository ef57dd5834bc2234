"""Experts of the pool: who they work for, what they know, what they declared."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.states import ExpertState
from identity.models.accounts import Person
from storage.base import Base
from storage.columns import enum_column


class Expert(Base):
    """One expert. `interests` are credit codes of organisations declared."""

    __tablename__ = "expert"
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    state: Mapped[ExpertState] = mapped_column(enum_column(ExpertState))
    name: Mapped[str] = mapped_column(sa.String(200))
    employer: Mapped[str] = mapped_column(sa.String(18), index=True)
    employer_name: Mapped[str] = mapped_column(sa.String(200))
    city: Mapped[str] = mapped_column(sa.String(200))
    specialities: Mapped[list[str]] = mapped_column(sa.JSON)
    interests: Mapped[list[str]] = mapped_column(sa.JSON)
    registered_at: Mapped[datetime]
    person: Mapped[Person] = relationship(lazy="joined")
