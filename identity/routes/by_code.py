"""What is done by the code of a second factor, from pages and from programs alike.

A wrong code is counted in a transaction of its own, so that the refusal does not undo the count.
"""

from cryptography.fernet import MultiFernet
from flask import current_app

from identity import queries
from identity.actions import second_factor, sign_ins
from kernel.errors import NotAllowed
from storage.database import snapshot, transaction


def box() -> MultiFernet:
    """What unlocks the secrets of this platform."""
    made: MultiFernet = current_app.extensions["second_factor_box"]()
    return made


def needs_code(person: str) -> bool:
    """Whether this person has a second factor that counts."""
    with snapshot() as db:
        factor = queries.second_factor_of(db, person)
        return factor is not None and factor.confirmed_at is not None


def prove(person: str, code: str) -> None:
    """Pass with a right code, once. Raises NotAllowed and counts the try otherwise."""
    with transaction(lock=[f"person:{person}"]) as (db, now):
        is_right = second_factor.prove(db, person, code, box(), now=now)
        if not is_right:
            username = queries.person_with_code(db, person).username
            sign_ins.count_wrong_try(db, username, now=now)
    if not is_right:
        raise second_factor.wrong_code()


def prove_if_needed(person: str, code: str) -> None:
    """A program's sign-in: accounts without a second factor pass without a code."""
    if not needs_code(person):
        return
    if not code:
        raise NotAllowed(
            "second_factor.needed", "该账户启用了动态码，请一并提交动态码。", field="totp"
        )
    prove(person, code)
