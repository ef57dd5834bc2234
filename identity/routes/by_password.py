"""What is done by password, from pages and from programs alike: proving who one is.

The hash is worked out between two doors; a try that failed is counted and told at the next visit.
"""

from identity import queries
from identity.actions import accounts, sign_ins
from kernel.errors import NotAllowed
from storage.database import snapshot, transaction


def authenticated(username: str, password: str) -> str:
    """Code of the person with this name and password. Raises NotAllowed and counts the try."""
    try:
        return accounts.authenticate(username, password)
    except NotAllowed:
        count_wrong_try(username)
        raise


def confirm_password(person: str, password: str, *, field: str = "password") -> None:
    """Let somebody who is signed in show once more that it is they. Raises NotAllowed."""
    with snapshot() as db:
        found = queries.person_with_code(db, person)
    if not accounts.is_password(password, found.password_hash):
        count_wrong_try(found.username)
        raise NotAllowed("account.wrong_password", "密码不正确。", field=field)


def count_wrong_try(username: str) -> None:
    """Count a wrong password or code; the name may be nobody's."""
    with transaction() as (db, now):
        sign_ins.count_wrong_try(db, username, now=now)
