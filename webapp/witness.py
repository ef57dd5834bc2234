"""The token by which the witness program of the embedded default signs in.

It stands in the witness's own folder, outside var/; on one machine this shows the procedure and
protects nobody.
"""

import os
from pathlib import Path

from identity import queries
from identity.actions.accounts import make_token, token_digest
from storage.base import real_now
from storage.database import snapshot, transaction

ACCOUNT = "witness"


def put_witness_token(home: Path) -> bool:
    """Have a valid token of the account `witness` in this folder; False if there is no account."""
    with snapshot() as db:
        person = queries.person_by_username(db, ACCOUNT)
        if person is None:
            return False
        kept = (home / "token").read_text().strip() if (home / "token").exists() else ""
        known = queries.person_by_token(db, token_digest(kept), real_now(db)) if kept else None
        if known is not None and known.code == person.code:
            return True
        code = person.code
    with transaction(lock=[f"person:{code}"]) as (db, now):
        token = make_token(db, queries.person_with_code(db, code), "witness", now)
    _write(home, token)
    return True


def _write(home: Path, token: str) -> None:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = home / f".token.{os.getpid()}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token)
    beside.replace(home / "token")
