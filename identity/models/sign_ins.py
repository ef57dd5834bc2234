"""Where somebody is signed in, and how often somebody tried in vain."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.accounts import Person
from storage.base import Base


class SignIn(Base):
    """One browser in which a person signed in; `epoch` is the person's of that moment.

    `since` is when they signed in before, `wrong_before` how many tries failed in between: what
    the person is told about the time between.
    """

    __tablename__ = "sign_in"
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    browser: Mapped[str] = mapped_column(sa.String(40))
    epoch: Mapped[int]
    since: Mapped[datetime | None]
    wrong_before: Mapped[int]
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()


class WrongTry(Base):
    """Failed tries since the last good one. All names that nobody has share the row of nobody."""

    __tablename__ = "wrong_try"
    person_code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    tries: Mapped[int]
    last_at: Mapped[datetime]
