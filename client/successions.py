"""Which key of the log follows the one that was kept: only one that the kept key itself names.

Both keys sign the statement. Source: evidence/rules/succession.py of the platform; docs/bundle.md.
"""

from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from client.canonical import canonical
from client.notes import LOG, read_key, verifier_key

_DOMAIN = b"zhaobiao-key-succession/v1\n"
_TYPE = "key-succession/v1"


def following(key: str, told: Sequence[Any]) -> list[str]:
    """The keys that follow this verifier key of a log, in order; none for what does not hold."""
    name, typed = read_key(key)
    current, found = typed[1:], []
    for row in told:
        if (new := _new_key(row, name, current)) is not None:
            current = new
            found.append(verifier_key(name, LOG + new))
    return found


def _new_key(row: Any, name: str, current: bytes) -> bytes | None:
    """The key that this statement puts behind the current one, if both signed it."""
    try:
        stated = row["statement"]
        wanted = (_TYPE, "log", name, current.hex())
        if tuple(stated[each] for each in ("type", "what", "origin", "old")) != wanted:
            return None
        new, signed = bytes.fromhex(stated["new"]), _DOMAIN + canonical(stated)
        for public, signature in ((current, "old_signature"), (new, "new_signature")):
            Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(row[signature]), signed)
    except (LookupError, TypeError, ValueError, InvalidSignature):
        return None
    return new
