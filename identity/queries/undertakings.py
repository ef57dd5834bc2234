"""Reads of what people undertook."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity.models.accounts import Person
from identity.models.undertakings import Undertaking
from identity.rules.permissions import Viewer
from identity.rules.undertakings import Text, still_to_give


def undertakings_of(db: Session, person: str) -> Sequence[Undertaking]:
    """Everything that this person undertook, the newest first."""
    query = sa.select(Undertaking).join(Person, Person.id == Undertaking.person_id)
    mine = query.where(Person.code == person)
    return db.scalars(mine.order_by(Undertaking.given_at.desc(), Undertaking.role)).all()


def undertakings_to_give(db: Session, who: Viewer) -> Sequence[Text]:
    """The texts that this person is still to undertake."""
    given = [(row.role, row.version) for row in undertakings_of(db, who.code)]
    return still_to_give(who.roles, given)
