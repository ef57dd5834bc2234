"""Which key of the log follows the one that was kept: only one that the kept key itself names.

Both keys sign the statement. Source: evidence/rules/succession.py of the platform; docs/bundle.md.
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from client.canonical import canonical

_DOMAIN = b"zhaobiao-key-succession/v1\n"
_TYPE, _LOG_TYPE = "key-succession/v1", b"\x01"


def following(key: str, told: Sequence[Any]) -> list[str]:
    """The keys that follow this verifier key of a log, in order; none for what does not hold."""
    name, _, encoded = key.strip().split("+", 2)
    current, found = base64.b64decode(encoded)[1:], []
    for row in told:
        if (new := _new_key(row, name, current)) is not None:
            current = new
            found.append(_verifier_key(name, new))
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


def _verifier_key(name: str, public: bytes) -> str:
    raw = _LOG_TYPE + public
    identity = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    return f"{name}+{identity.hex()}+{base64.b64encode(raw).decode()}"
