"""Reads of keys."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity.models.accounts import Person
from identity.models.credentials import SigningKey
from identity.states import KeyPurpose
from kernel.errors import NotFound


def keys_of(db: Session, person_code: str) -> Sequence[SigningKey]:
    """All keys of a person, newest first, revoked ones too."""
    query = (
        sa.select(SigningKey)
        .join(Person)
        .where(Person.code == person_code)
        .order_by(SigningKey.made_at.desc(), SigningKey.code)
    )
    return db.scalars(query).all()


def valid_key(db: Session, person_code: str, purpose: KeyPurpose) -> SigningKey | None:
    """The person's newest key for this purpose that is not revoked."""
    return newest_valid(keys_of(db, person_code), purpose)


def newest_valid(keys: Sequence[SigningKey], purpose: KeyPurpose) -> SigningKey | None:
    """The same among keys that are known, newest first."""
    return next((k for k in keys if k.purpose is purpose and k.revoked_at is None), None)


def key_of(db: Session, person: str, code: str) -> SigningKey:
    """This person's key of this code. Raises NotFound, also for a key of others."""
    query = sa.select(SigningKey).join(Person).where(SigningKey.code == code, Person.code == person)
    found = db.scalar(query)
    if found is None:
        raise NotFound("key.not_found", "没有编号为“%(value)s”的密钥。", value=code[:40])
    return found


def key_by_code(db: Session, code: str) -> SigningKey | None:
    """The key with this public code."""
    return db.get(SigningKey, code)
