"""Reads of sign-ins, tokens and what happened to an account since."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from evidence.models.streams import Fact
from identity.models.accounts import ApiToken, Person
from identity.models.sign_ins import SignIn
from identity.queries.accounts import viewers
from identity.rules.permissions import Viewer
from identity.rules.sign_ins import IDLE
from outbox import queries as outbox


def valid_token(db: Session, digest: bytes, now: datetime) -> ApiToken | None:
    """The token with this SHA-256 and its person, while it is valid."""
    query = sa.select(ApiToken).where(
        ApiToken.digest == digest, ApiToken.expires_at > now, ApiToken.revoked_at.is_(None)
    )
    known = query.options(joinedload(ApiToken.person).joinedload(Person.roles))
    return db.scalars(known).unique().one_or_none()


def person_by_token(db: Session, digest: bytes, now: datetime) -> Person | None:
    """The person for whom this token (its SHA-256) acts, while it is valid."""
    token = valid_token(db, digest, now)
    return token.person if token else None


def valid_sign_in(db: Session, code: str, now: datetime) -> SignIn | None:
    """The sign-in of this code with its person: not ended, not idle, of the person's epoch."""
    query = sa.select(SignIn).join(Person).where(SignIn.code == code, *_valid(now))
    known = query.options(joinedload(SignIn.person).joinedload(Person.roles))
    return db.scalars(known).unique().one_or_none()


def seen_sign_in(db: Session, code: str, now: datetime) -> tuple[SignIn, int] | None:
    """The valid sign-in of this code and how many letters its person has not read, together."""
    asked = {"code": code, "seen_after": now - IDLE}
    row = db.execute(_seen(), asked).unique().one_or_none()
    return (row[0], row[1]) if row else None


@cache  # put together once: every page asks this
def _seen() -> sa.Select[SignIn, int]:
    unread = outbox.unread_letters_of(Person.code)
    is_valid = _valid_after(sa.bindparam("seen_after"))
    query = sa.select(SignIn, unread).join(Person)
    known = query.where(SignIn.code == sa.bindparam("code"), *is_valid)
    return known.options(joinedload(SignIn.person).joinedload(Person.roles))


def sign_ins_of(db: Session, person: str, now: datetime) -> Sequence[SignIn]:
    """The browsers in which this person is signed in, the one seen last first."""
    query = sa.select(SignIn).join(Person).where(Person.code == person, *_valid(now))
    return db.scalars(query.order_by(SignIn.seen_at.desc(), SignIn.code)).all()


def last_sign_in_at(db: Session, person: str) -> datetime | None:
    """When this person signed in by a browser last, whatever became of it."""
    query = sa.select(sa.func.max(SignIn.opened_at)).join(Person).where(Person.code == person)
    return db.scalar(query)


def tokens_of(
    db: Session, person: str, now: datetime, *, limit: int, offset: int = 0
) -> Sequence[ApiToken]:
    """The programs that act for this person, the newest first."""
    query = sa.select(ApiToken).join(Person, Person.id == ApiToken.person_id)
    mine = query.where(
        Person.code == person, ApiToken.expires_at > now, ApiToken.revoked_at.is_(None)
    )
    newest = mine.order_by(ApiToken.made_at.desc(), ApiToken.digest)
    return db.scalars(newest.limit(limit).offset(offset)).all()


def sign_in_before(db: Session, sign_in: SignIn) -> SignIn | None:
    """The sign-in of the same person before this one."""
    query = sa.select(SignIn).where(
        SignIn.person_id == sign_in.person_id, SignIn.opened_at == sign_in.since
    )
    return db.scalar(query.order_by(SignIn.code).limit(1))


def tokens_made_before(db: Session, sign_in: SignIn) -> int:
    """How many programs were let in between this person's last two sign-ins."""
    query = (
        sa.select(sa.func.count())
        .select_from(ApiToken)
        .where(
            ApiToken.person_id == sign_in.person_id,
            ApiToken.made_at > sign_in.since,
            ApiToken.made_at < sign_in.opened_at,
        )
    )
    return db.scalar(query) or 0


def news_of(db: Session, person: str, kinds: Collection[str], since: datetime) -> Sequence[Fact]:
    """What was recorded about this person's account since then, in order."""
    query = sa.select(Fact).where(
        Fact.stream == f"person:{person}", Fact.kind.in_(list(kinds)), Fact.at > since
    )
    return db.scalars(query.order_by(Fact.seq)).all()


def viewers_by_stamps(db: Session, stamps: Collection[str], now: datetime) -> dict[str, Viewer]:
    """Who acts by these credentials now; those that have ended are absent. Four statements."""
    values = {each: each.partition(":")[2] for each in stamps}
    tokens = {bytes.fromhex(v): each for each, v in values.items() if each.startswith("token:")}
    sign_ins = {v: each for each, v in values.items() if each.startswith("session:")}
    people = {tokens[d]: p for d, p in _people_by(db, _token_owners(now), ApiToken.digest, tokens)}
    people |= {sign_ins[c]: p for c, p in _people_by(db, _sitters(now), SignIn.code, sign_ins)}
    known = viewers(db, set(people.values()))
    return {stamp: known[person] for stamp, person in people.items()}


def _token_owners(now: datetime) -> sa.Select[bytes, int]:
    valid = (ApiToken.expires_at > now, ApiToken.revoked_at.is_(None))
    return sa.select(ApiToken.digest, ApiToken.person_id).where(*valid)


def _sitters(now: datetime) -> sa.Select[str, int]:
    return sa.select(SignIn.code, SignIn.person_id).join(Person).where(*_valid(now))


def _people_by(
    db: Session, query: sa.Select[Any, int], key: Any, wanted: Collection[Any]
) -> list[tuple[Any, int]]:
    return [tuple(row) for row in db.execute(query.where(key.in_(wanted)))] if wanted else []


def _valid(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """What holds for a sign-in that counts."""
    return _valid_after(now - IDLE)


def _valid_after(
    moment: datetime | sa.BindParameter[datetime],
) -> tuple[sa.ColumnElement[bool], ...]:
    return SignIn.ended_at.is_(None), SignIn.epoch == Person.epoch, SignIn.seen_at > moment
