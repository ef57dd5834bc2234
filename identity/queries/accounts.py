"""Reads of organisations and people."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from identity.models.accounts import Person, PersonRole
from identity.models.organisations import Organisation, OrganisationKindRow
from identity.rules.permissions import Viewer
from identity.states import OrganisationKind, Role
from kernel.errors import NotFound
from kernel.text import name_key


def organisation_by_code(
    db: Session, credit_code: str, *, field: str = "credit_code"
) -> Organisation:
    """The organisation with this code. Raises NotFound, naming the field that it came from."""
    query = sa.select(Organisation).where(Organisation.credit_code == credit_code)
    found = db.scalar(query)
    if found is None:
        raise NotFound(
            "organisation.not_found",
            "没有统一社会信用代码为“%(value)s”的单位。",
            field=field,
            value=credit_code,
        )
    return found


def is_registered(db: Session, credit_code: str) -> bool:
    """Whether there is an organisation with this code."""
    query = sa.select(Organisation.id).where(Organisation.credit_code == credit_code)
    return db.scalar(query) is not None


def organisations_of_kind(db: Session, kind: OrganisationKind) -> Sequence[Organisation]:
    """Every organisation registered as this kind, by code."""
    query = sa.select(Organisation).join(OrganisationKindRow)
    found = query.where(OrganisationKindRow.kind == kind).order_by(Organisation.credit_code)
    return db.scalars(found).all()


def organisations(
    db: Session, words: str = "", *, limit: int, offset: int = 0
) -> Sequence[Organisation]:
    """Registered organisations by code; `words` is part of a code or of a name."""
    query = sa.select(Organisation).options(selectinload(Organisation.kinds))
    if words:
        part = Organisation.name_key.contains(name_key(words), autoescape=True)
        code = Organisation.credit_code.contains(words.strip().upper(), autoescape=True)
        query = query.where(sa.or_(part, code))
    return db.scalars(query.order_by(Organisation.credit_code).limit(limit).offset(offset)).all()


def has_training(db: Session) -> bool:
    """Whether organisations are here that only train: then this is a place of rehearsals."""
    query = sa.select(Organisation.id).where(Organisation.is_training)
    return db.scalar(query.limit(1)) is not None


def people(db: Session, words: str = "", *, limit: int, offset: int = 0) -> Sequence[Person]:
    """People with an account by sign-in name; `words` is part of that name or of their own."""
    query = sa.select(Person)
    if words:
        named = Person.username.contains(words.strip().lower(), autoescape=True)
        query = query.where(sa.or_(named, Person.name.contains(words.strip(), autoescape=True)))
    return db.scalars(query.order_by(Person.username).limit(limit).offset(offset)).all()


def person_by_username(db: Session, username: str) -> Person | None:
    """The person with this sign-in name."""
    return db.scalar(sa.select(Person).where(Person.username == username))


def person_with_username(db: Session, username: str) -> Person:
    """The person with this sign-in name. Raises NotFound."""
    found = person_by_username(db, username)
    if found is None:
        raise NotFound("account.not_found", "没有这个账户。")
    return found


def person_by_code(db: Session, code: str) -> Person | None:
    """The person with this public code."""
    return db.scalar(sa.select(Person).where(Person.code == code))


def person_with_code(db: Session, code: str) -> Person:
    """The person with this public code. Raises NotFound."""
    found = person_by_code(db, code)
    if found is None:
        raise NotFound("account.not_found", "没有这个账户。")
    return found


def viewer_of(person: Person) -> Viewer:
    """The person as doors and rules see them."""
    return Viewer(
        code=person.code,
        username=person.username,
        name=person.name,
        organisation=person.organisation.credit_code,
        organisation_name=person.organisation.name,
        roles=frozenset(row.role for row in person.roles),
        is_administrator=person.is_administrator,
    )


def viewers(db: Session, people: Collection[int]) -> dict[int, Viewer]:
    """These persons as doors and rules see them, by their ids, in two statements."""
    rows = db.execute(
        sa.select(Person.id, Person.code, Person.username, Person.name, Person.is_administrator)
        .add_columns(Organisation.credit_code, Organisation.name)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.id.in_(people))
    ).all()
    roles: dict[int, set[Role]] = {}
    held = sa.select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(people))
    for person, role in db.execute(held):
        roles.setdefault(person, set()).add(role)
    return {
        key: Viewer(code, username, name, firm, called, frozenset(roles.get(key, ())), leads)
        for key, code, username, name, leads, firm, called in rows
    }


def colleagues_of(db: Session, organisation: str) -> Sequence[Person]:
    """Everybody of this organisation who has or had access, by sign-in name."""
    query = sa.select(Person).join(Organisation, Organisation.id == Person.organisation_id)
    found = query.where(Organisation.credit_code == organisation).order_by(Person.username)
    return db.scalars(found).all()
