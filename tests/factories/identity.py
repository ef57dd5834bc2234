"""Organisations and people with the fewest surprises; the password is always PASSWORD."""

from functools import cache

from identity import queries
from identity.actions import accounts
from identity.states import OrganisationKind, Role
from kernel.codes import credit_code_check
from storage.database import snapshot, transaction

PASSWORD = "a long enough password"


def valid_code(number):
    """A well-formed, made-up credit code."""
    body = f"91350100MA{number:07d}"
    return body + credit_code_check(body)


CODES = [valid_code(number) for number in range(1, 60)]


@cache
def password_hash():
    return accounts.hash_password(PASSWORD)


def make_organisation(code, name, *kinds):
    with transaction(lock=[f"organisation:{code}"]) as (db, now):
        accounts.register_organisation(
            db, credit_code=code, name=name, kinds=kinds, actor="system", now=now
        )
    return code


def make_person(username, code, *roles, name="张三"):
    """Public code of a new person of this organisation."""
    with transaction(lock=[f"organisation:{code}"]) as (db, now):
        return accounts.register_person(
            db,
            username=username,
            name=name,
            organisation=queries.organisation_by_code(db, code),
            roles=roles,
            password_hash=password_hash(),
            actor="system",
            now=now,
        ).code


def viewer(username):
    """The person as rules see them."""
    with snapshot() as db:
        return queries.viewer_of(queries.person_by_username(db, username))


def token(username):
    """A fresh API token of this person."""
    with transaction() as (db, now):
        return accounts.make_token(db, queries.person_by_username(db, username), "test", now)


ALL_KINDS = tuple(OrganisationKind)
ALL_ROLES = tuple(Role)
