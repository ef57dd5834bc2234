"""One key of the platform follows another: a statement that both sign, so that trust goes on.

Whoever trusts either of the two may trust the other, for what it signed while it was in use. The
signatures are Ed25519 over "zhaobiao-key-succession/v1\\n" ‖ canonical statement.
"""

from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.rules.streams import canonical

TYPE = "key-succession/v1"
_DOMAIN = b"zhaobiao-key-succession/v1\n"


class KeyOf(StrEnum):
    """What a key of the platform signs."""

    LOG = "log"
    RECEIPT = "receipt"


def succession(
    what: KeyOf, origin: str, old: Ed25519PrivateKey, new: Ed25519PrivateKey, at: str
) -> dict[str, Any]:
    """The statement and both signatures, as a fact, a bundle and `/api/v1/log` have it.

    `at` is the instant as facts write it.
    """
    statement = {
        "type": TYPE,
        "what": what.value,
        "origin": origin,
        "old": old.public_key().public_bytes_raw().hex(),
        "new": new.public_key().public_bytes_raw().hex(),
        "at": at,
    }
    signed = _DOMAIN + canonical(statement)
    return {
        "statement": statement,
        "old_signature": old.sign(signed).hex(),
        "new_signature": new.sign(signed).hex(),
    }
