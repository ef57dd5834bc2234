"""Reads of people, organisations, keys and standing."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from identity.models.accounts import ApiToken, Person
from identity.models.credentials import SigningKey
from identity.models.organisations import Organisation, OrganisationKindRow
from identity.models.papers import Paper, Turn
from identity.models.standing import Restriction
from identity.rules.papers import OPEN
from identity.rules.permissions import Viewer
from identity.rules.standing import RestrictionView
from identity.states import KeyPurpose, OrganisationKind, PaperState, TurnState
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


def organisations_of_kind(db: Session, kind: OrganisationKind) -> Sequence[Organisation]:
    """Every organisation registered as this kind, by code."""
    query = sa.select(Organisation).join(OrganisationKindRow)
    found = query.where(OrganisationKindRow.kind == kind).order_by(Organisation.credit_code)
    return db.scalars(found).all()


def organisations(
    db: Session, words: str = "", *, limit: int, offset: int = 0
) -> Sequence[Organisation]:
    """Registered organisations by code; `words` is part of a code or of a name."""
    query = sa.select(Organisation)
    if words:
        part = Organisation.name_key.contains(name_key(words), autoescape=True)
        code = Organisation.credit_code.contains(words.strip().upper(), autoescape=True)
        query = query.where(sa.or_(part, code))
    return db.scalars(query.order_by(Organisation.credit_code).limit(limit).offset(offset)).all()


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


def person_by_token(db: Session, digest: bytes, now: datetime) -> Person | None:
    """The person for whom this token (its SHA-256) acts, while it is valid."""
    query = (
        sa.select(Person)
        .join(ApiToken, ApiToken.person_id == Person.id)
        .where(ApiToken.digest == digest, ApiToken.expires_at > now, ApiToken.revoked_at.is_(None))
    )
    return db.scalar(query)


def person_by_stamp(db: Session, code: str, stamp: str, now: datetime) -> Person | None:
    """The person of this code while the credential known by this stamp is valid."""
    kind, _, value = stamp.partition(":")
    if kind == "token":
        person = person_by_token(db, bytes.fromhex(value), now)
        return person if person is not None and person.code == code else None
    person = person_by_code(db, code)
    return person if person is not None and str(person.epoch) == value.partition(":")[0] else None


def viewer_of(person: Person) -> Viewer:
    """The person as doors and rules see them."""
    return Viewer(
        code=person.code,
        username=person.username,
        name=person.name,
        organisation=person.organisation.credit_code,
        organisation_name=person.organisation.name,
        roles=frozenset(row.role for row in person.roles),
    )


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
    keys = keys_of(db, person_code)
    return next((k for k in keys if k.purpose is purpose and k.revoked_at is None), None)


def paper_by_code(db: Session, code: str) -> Paper:
    """The paper with this public code. Raises NotFound."""
    found = db.get(Paper, code)
    if found is None:
        raise NotFound("paper.not_found", "没有编号为“%(value)s”的文件。", value=code[:40])
    return found


def papers_of(db: Session, owner: str, kind: str) -> Sequence[Paper]:
    """Papers of this kind that belong to a subject, oldest first."""
    query = sa.select(Paper).where(Paper.owner == owner, Paper.kind == kind)
    return db.scalars(query.order_by(Paper.made_at, Paper.code)).all()


def turn_of(db: Session, code: str, person: str) -> Turn:
    """This person's turn on a paper. Raises NotFound, also for a paper of others."""
    query = sa.select(Turn).join(Person).where(Turn.paper_code == code, Person.code == person)
    found = db.scalar(query)
    if found is None:
        raise NotFound("paper.not_found", "没有编号为“%(value)s”的文件。", value=code[:40])
    return found


def turns_of(db: Session, person: str, limit: int | None = None, offset: int = 0) -> Sequence[Turn]:
    """Papers that this person is to sign or has signed, newest first; all without a limit."""
    query = sa.select(Turn).join(Person).join(Paper, Paper.code == Turn.paper_code)
    mine = query.where(Person.code == person).options(joinedload(Turn.paper))
    newest = mine.order_by(Paper.made_at.desc(), Paper.code)
    return db.scalars(newest.limit(limit).offset(offset)).all()


def turns_to_sign(db: Session, person: str, limit: int) -> Sequence[Turn]:
    """Papers that wait for this person's signature, oldest first."""
    waiting = Turn.state.in_((TurnState.WAITING, TurnState.PREPARED))
    query = sa.select(Turn).join(Person).join(Paper, Paper.code == Turn.paper_code)
    mine = query.where(Person.code == person, waiting, Paper.state == PaperState.SIGNING)
    oldest = mine.options(joinedload(Turn.paper)).order_by(Paper.made_at, Paper.code)
    return db.scalars(oldest.limit(limit)).all()


def open_turn(db: Session, code: str) -> Turn | None:
    """The turn of a paper that is open now."""
    return db.scalar(sa.select(Turn).where(Turn.paper_code == code, Turn.state.in_(OPEN)))


def next_turn(db: Session, code: str) -> Turn | None:
    """The turn to prepare for: of those who asked the first; none while another is open."""
    if open_turn(db, code) is not None:
        return None
    query = sa.select(Turn).where(Turn.paper_code == code, Turn.state == TurnState.ASKED)
    first = query.order_by(Turn.asked_at, Turn.place).limit(1)
    return db.scalar(first.options(joinedload(Turn.paper)))


def key_by_code(db: Session, code: str) -> SigningKey | None:
    """The key with this public code."""
    return db.get(SigningKey, code)


def restrictions_on(
    db: Session, credit_code: str | None = None, name: str | None = None
) -> list[RestrictionView]:
    """Restrictions that name this code or this name (by its key), of any period.

    This is the negative-list check; whoever decides asks it under the organisation's lock.
    """
    conditions = []
    if credit_code:
        conditions.append(Restriction.credit_code == credit_code)
    if name:
        conditions.append(Restriction.name_key == name_key(name))
    if not conditions:
        return []
    rows = db.scalars(sa.select(Restriction).where(sa.or_(*conditions)).order_by(Restriction.code))
    return [restriction_view(row) for row in rows]


def restriction_view(row: Restriction) -> RestrictionView:
    """A restriction as rules see it."""
    return RestrictionView(
        row.code, row.kind, row.starts_at, row.ends_at, row.ground, row.finding, row.lifted_at
    )


def restriction_by_code(db: Session, code: str) -> Restriction:
    """The restriction with this public code. Raises NotFound."""
    found = db.get(Restriction, code)
    if found is None:
        raise NotFound("restriction.not_found", "没有编号为“%(value)s”的限制。", value=code[:40])
    return found


def restrictions_not_over(db: Session, now: datetime) -> Sequence[Restriction]:
    """Restrictions that hold at this instant or will later, the next to end first."""
    query = sa.select(Restriction).where(Restriction.lifted_at.is_(None), Restriction.ends_at > now)
    return db.scalars(query.order_by(Restriction.ends_at, Restriction.code)).all()


def restrictions_by_finding(db: Session, finding: str) -> Sequence[Restriction]:
    """Restrictions imposed on the ground of this finding, lifted ones too."""
    query = sa.select(Restriction).where(Restriction.finding == finding)
    return db.scalars(query.order_by(Restriction.code)).all()
