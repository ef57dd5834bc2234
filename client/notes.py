"""Keys as notes name them: name+id+base64(type ‖ key). Source: C2SP signed-note."""

import base64
import hashlib

LOG, COSIGNATURE = b"\x01", b"\x04"


def key_id(name: str, typed: bytes) -> bytes:
    """The four bytes by which a signature line names its key; `typed` is type ‖ public key."""
    return hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]


def verifier_key(name: str, typed: bytes) -> str:
    """A public key in text form."""
    return f"{name}+{key_id(name, typed).hex()}+{base64.b64encode(typed).decode()}"


def read_key(text: str) -> tuple[str, bytes]:
    """(name, type ‖ public key). Raises ValueError if the parts do not agree."""
    name, identity, encoded = text.strip().split("+", 2)
    typed = base64.b64decode(encoded, validate=True)
    if key_id(name, typed).hex() != identity:
        raise ValueError("not a verifier key")
    return name, typed
