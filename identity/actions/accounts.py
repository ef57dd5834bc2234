"""Organisations and people: registering, signing in, tokens for programs.

Hashing never runs inside a transaction: callers hash first and hand the result in.
"""

import hashlib
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

import argon2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity import queries
from identity.models.accounts import ApiToken, Person, PersonRole
from identity.models.organisations import Organisation, OrganisationKindRow
from identity.rules import credentials
from identity.rules.permissions import KIND_FOR_ROLE
from identity.states import OrganisationKind, Role
from kernel import codes
from kernel.errors import NotAllowed, Refusal
from kernel.text import clean_line, name_key
from storage.database import snapshot

TOKEN_LIFE = timedelta(days=90)
# Four at once bound the memory that sign-ins can take (19 MiB each).
_AT_ONCE = threading.BoundedSemaphore(4)
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODYS_HASH = _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """argon2id hash of an acceptable password."""
    checked = credentials.checked_password(password)
    with _AT_ONCE:
        return _HASHER.hash(checked)


def register_organisation(
    db: Session,
    *,
    credit_code: str,
    name: str,
    kinds: Iterable[OrganisationKind],
    actor: str,
    now: datetime,
    is_training: bool = False,
) -> Organisation:
    """Add an organisation. Raises Refusal when its code is registered already."""
    code = codes.credit_code(credit_code)
    name = clean_line(name, field="name")
    known = sa.select(Organisation.id).where(Organisation.credit_code == code)
    if db.scalar(known) is not None:
        raise Refusal(
            "organisation.exists", "该统一社会信用代码已登记。", field="credit_code", value=code
        )
    rows = [OrganisationKindRow(kind=kind) for kind in sorted(set(kinds))]
    organisation = Organisation(
        credit_code=code, name=name, name_key=name_key(name), is_training=is_training, kinds=rows
    )
    db.add(organisation)
    db.flush()  # people need its id
    data = {"name": name, "kinds": [row.kind.value for row in rows]}
    record(
        db,
        stream=f"organisation:{code}",
        kind="organisation.registered",
        actor=actor,
        subject=f"organisation:{code}",
        data=data,
        now=now,
    )
    return organisation


def register_person(
    db: Session,
    *,
    username: str,
    name: str,
    organisation: Organisation,
    roles: Iterable[Role],
    password_hash: str,
    actor: str,
    now: datetime,
    is_administrator: bool = False,
) -> Person:
    """Add a person to an organisation whose kinds fit the roles."""
    username = credentials.username(username)
    if queries.person_by_username(db, username) is not None:
        raise Refusal(
            "account.exists", "登录名“%(value)s”已被使用。", field="username", value=username
        )
    roles = sorted(set(roles))
    for role in roles:
        if not organisation.is_a(KIND_FOR_ROLE[role]):
            raise Refusal(
                "account.role_does_not_fit",
                "该单位没有登记为“%(kind)s”，不能授予角色“%(role)s”。",
                field="roles",
                kind=KIND_FOR_ROLE[role].value,
                role=role.value,
            )
    person = Person(
        code=codes.new_code("PN"),
        username=username,
        name=clean_line(name, field="name", limit=80),
        organisation=organisation,
        password_hash=password_hash,
        is_administrator=is_administrator,
        roles=[PersonRole(role=role) for role in roles],
    )
    db.add(person)
    db.flush()  # keys and tokens need its id
    record(
        db,
        stream=f"organisation:{organisation.credit_code}",
        kind="person.registered",
        actor=actor,
        subject=f"person:{person.code}",
        data={"roles": [role.value for role in roles]},
        now=now,
    )
    return person


def is_password(password: str, password_hash: str) -> bool:
    """Whether the password has this hash. Too long ones are not hashed at all."""
    if len(password) > credentials.PASSWORD_LENGTH[1]:
        return False
    try:
        with _AT_ONCE:
            return _HASHER.verify(password_hash, password)
    except argon2.exceptions.VerifyMismatchError:
        return False


def authenticate(username: str, password: str) -> str:
    """Code of the person with this name and password; the work is the same for unknown names.

    Opens its own snapshot, because hashing must not run inside a transaction.
    Raises NotAllowed with one answer for a wrong name and a wrong password.
    """
    with snapshot() as db:
        person = queries.person_by_username(db, username.strip().lower()[:40])
        known, code = (person.password_hash, person.code) if person else (NOBODYS_HASH, "")
    if not is_password(password, known) or not code:
        raise NotAllowed("account.wrong_name_or_password", "登录名或密码不正确。", field="password")
    return code


def refuse_ended(person: Person) -> None:
    """Refuse somebody whose access was ended; told only to who knows the password."""
    if person.ended_at is not None:
        message = "该账户已由所在单位停用。如有疑问，请联系本单位管理员。"
        raise NotAllowed("account.ended", message, field="username")


def make_token(db: Session, person: Person, label: str, now: datetime) -> str:
    """A new API token, shown once; only its digest is kept. Raises NotAllowed after the end."""
    refuse_ended(person)
    token = codes.new_token()
    db.add(
        ApiToken(
            digest=token_digest(token),
            person_id=person.id,
            label=clean_line(label, field="label", limit=80),
            made_at=now,
            seen_at=now,
            expires_at=now + TOKEN_LIFE,
        )
    )
    return token


def token_digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
