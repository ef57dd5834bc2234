"""Keys of the platform that follow others: said in the log, and handed out with what they sign."""

import json
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from evidence.actions.streams import record
from evidence.models.streams import Fact
from evidence.rules.succession import KeyOf, succession
from storage.base import real_now
from storage.columns import instant_text

SUBJECT = "platform:keys"
_KIND = "platform.key_succeeded"


def succeed(
    db: Session, what: KeyOf, origin: str, old: Ed25519PrivateKey, new: Ed25519PrivateKey
) -> None:
    """Say that one key follows another; said already, nothing. The caller holds SUBJECT."""
    if is_followed(db, old):
        return
    now = real_now(db)
    data = succession(what, origin, old, new, instant_text(now))
    by = {"stream": SUBJECT, "kind": _KIND, "subject": SUBJECT, "actor": "installation"}
    record(db, **by, data=data, now=now)


def is_followed(db: Session, key: Ed25519PrivateKey) -> bool:
    """Whether another key has taken the place of this one."""
    public = key.public_key().public_bytes_raw().hex()
    return any(each["statement"]["old"] == public for each in successions(db))


def successions(db: Session) -> list[dict[str, Any]]:
    """All of them, oldest first; most platforms have none."""
    query = sa.select(Fact.body).where(Fact.stream == SUBJECT).order_by(Fact.seq)
    return [json.loads(body)["data"] for body in db.scalars(query)]
