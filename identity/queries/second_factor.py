"""Reads of second factors."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity.models.accounts import Person
from identity.models.second_factor import RecoveryCode, SecondFactor


def second_factor_of(db: Session, person: str) -> SecondFactor | None:
    """The second factor of the person with this code, confirmed or being enrolled."""
    query = sa.select(SecondFactor).join(Person, Person.id == SecondFactor.person_id)
    return db.scalar(query.where(Person.code == person))


def recovery_codes_left(db: Session, person: str) -> int:
    """How many recovery codes this person has not used."""
    query = sa.select(sa.func.count()).select_from(RecoveryCode)
    mine = query.join(Person, Person.id == RecoveryCode.person_id).where(Person.code == person)
    return db.scalar(mine.where(RecoveryCode.used_at.is_(None))) or 0
