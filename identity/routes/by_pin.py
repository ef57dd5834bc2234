"""What is done by PIN, from pages and from programs alike: having a document key made, and signing.

Both are heavy work between two doors; the PIN is used once and kept nowhere.
"""

from flask import current_app

from evidence.actions.workshop import Workshop
from evidence.rules import signing
from evidence.rules.signing import PreparedSignature
from identity import queries
from identity.actions import credentials, papers
from identity.models.credentials import SigningKey
from identity.rules.papers import signing_problems
from identity.rules.permissions import Viewer
from kernel.errors import refuse_if
from storage.base import real_now
from storage.database import snapshot, transaction


def workshop() -> Workshop:
    """Files and authority of this program."""
    known: Workshop = current_app.extensions["workshop"]
    return known


def make_document_key(who: Viewer, pin: str) -> SigningKey:
    """Make and enrol a key with certificate, locked by this PIN. Raises InvalidInput."""
    with snapshot() as db:
        now = real_now(db)
    made = credentials.make_document_key(who, pin, workshop().authority, now)
    with transaction(lock=[f"person:{who.code}"]) as (db, now):
        return credentials.enrol_document_key(db, who, made, now=now)


def sign_paper(who: Viewer, code: str, pin: str) -> None:
    """Sign the prepared revision: the PIN opens this person's key for this one signature."""
    value = _signed_attributes(code, who.code, pin)
    with transaction(lock=[papers.subject_of(code)]) as (db, now):
        papers.give_signature(db, who, code, value, now=now)


def _signed_attributes(paper: str, person: str, pin: str) -> bytes:
    """The signature value over the prepared attributes; a wrong PIN is counted first."""
    with transaction(lock=[f"person:{person}"]) as (db, now):
        turn = queries.turn_of(db, paper, person)
        refuse_if(signing_problems(turn.state, turn.until, now))
        key_code, row = turn.key_code or "", dict(turn.prepared or {})
        locked = credentials.count_attempt(db, key_code)
    key = signing.unlock(locked.encode(), pin)
    revision = workshop().vault.read(str(row["revision_sha256"]))
    value = signing.sign_attributes(key, PreparedSignature.from_row(row, revision).attributes)
    with transaction(lock=[f"person:{person}"]) as (db, _now):
        credentials.forget_attempts(db, key_code)
    return value
