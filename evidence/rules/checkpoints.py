"""Signed heads of the log: C2SP tlog-checkpoint as a signed note, with witness co-signatures.

Source: C2SP tlog-checkpoint, signed-note, tlog-cosignature. Key id = first four bytes of
SHA-256(name ‖ "\\n" ‖ type ‖ public key); type 1 signs the text, type 4 is a co-signature.
"""

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

LOG_TYPE, COSIGNATURE_TYPE = 1, 4
MOST_SIGNATURES = 16
LONGEST_LINE = 400
_ID_BYTES = 4
_SIZE = re.compile(r"0|[1-9]\d{0,17}")
_NAME = re.compile(r"[a-z0-9][a-z0-9./:_-]{2,99}")


@dataclass(frozen=True)
class Checkpoint:
    """A head: origin, number of leaves, root (32 bytes), and the exact text that was signed."""

    origin: str
    size: int
    root: bytes
    text: str


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The text to sign: three lines, each ended."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def signature_line(name: str, key: Ed25519PrivateKey, text: str) -> str:
    """The log's own signature line over a text."""
    public = key.public_key().public_bytes_raw()
    return _line(name, key_id(name, LOG_TYPE, public) + key.sign(text.encode()))


def cosignature_line(name: str, key: Ed25519PrivateKey, text: str, seconds: int) -> str:
    """A witness's line: it saw this text at this Unix time, consistent with what it saw before."""
    public = key.public_key().public_bytes_raw()
    signed = key.sign(_cosigned(text, seconds))
    identity = key_id(name, COSIGNATURE_TYPE, public)
    return _line(name, identity + struct.pack(">Q", seconds) + signed)


def note(text: str, *lines: str) -> str:
    """A signed note: the text, an empty line, the signature lines."""
    return text + "\n" + "".join(lines)


def verifier_key(name: str, public: bytes, kind: int = LOG_TYPE) -> str:
    """A public key in text form: name+keyid+base64(type ‖ key)."""
    encoded = base64.b64encode(bytes([kind]) + public).decode()
    return f"{name}+{key_id(name, kind, public).hex()}+{encoded}"


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def parse_verifier_key(text: str) -> tuple[str, int, bytes]:
    """(name, type, public key). Raises ValueError if the parts do not agree."""
    name, identity, encoded = text.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if len(raw) != 33 or key_id(name, raw[0], raw[1:]).hex() != identity:
        raise ValueError("not a verifier key")
    return name, raw[0], raw[1:]


def witness_key(text: str) -> tuple[str, bytes]:
    """(name, public key) of a witness's verifier key. Raises ValueError for any other text."""
    name, kind, public = parse_verifier_key(text)
    if kind != COSIGNATURE_TYPE or not _NAME.fullmatch(name):
        raise ValueError("not a key for co-signing")
    if verifier_key(name, public, kind) != text:
        raise ValueError("a verifier key has one form")
    return name, public


def read_checkpoint(signed: str, log_key: str) -> Checkpoint:
    """The checkpoint of a note that carries the log's valid signature. Raises ValueError."""
    text, separator, lines = signed.partition("\n\n")
    text += "\n"
    name, kind, public = parse_verifier_key(log_key)
    if not separator or kind != LOG_TYPE:
        raise ValueError("not a signed checkpoint")
    if not any(_verifies(line, name, kind, public, text) for line in _signature_lines(lines)):
        raise ValueError("no valid signature of the log")
    return _parse(text, name)


def cosignature_time(signed: str, witness_key: str) -> int | None:
    """Unix time of this witness's valid line in the note, or None. Raises ValueError."""
    text, _, lines = signed.partition("\n\n")
    text += "\n"
    name, kind, public = parse_verifier_key(witness_key)
    for line in _signature_lines(lines):
        raw = _signature_of(line, name, kind, public)
        if kind == COSIGNATURE_TYPE and raw is not None and len(raw) == 72:
            seconds = struct.unpack(">Q", raw[:8])[0]
            if _is_signed(public, raw[8:], _cosigned(text, seconds)):
                return int(seconds)
    return None


def is_cosignature(note: str, line: str, witness_key: str) -> bool:
    """Whether this is this witness's line under the head of the note, and nothing besides it."""
    alone = note.partition("\n\n")[0] + "\n\n" + line
    try:
        return line.count("\n") == 1 and cosignature_time(alone, witness_key) is not None
    except ValueError:
        return False


def _parse(text: str, name: str) -> Checkpoint:
    parts = text.split("\n")
    if len(parts) != 4 or parts[3] or parts[0] != name or not _SIZE.fullmatch(parts[1]):
        raise ValueError("not a checkpoint of this log")
    root = _decoded(parts[2])
    if root is None or len(root) != 32:
        raise ValueError("not a root of 32 bytes")
    return Checkpoint(parts[0], int(parts[1]), root, text)


def _signature_lines(lines: str) -> list[str]:
    """The lines under a note. Raises ValueError unless each is one signer's own signature.

    So a note has one reading only, and nothing else can be said under the log's signature.
    """
    found = lines.removesuffix("\n").split("\n")
    signers = {_signer(line) for line in found}
    if not lines.endswith("\n") or None in signers or len(signers) < len(found):
        raise ValueError("not a signed checkpoint")
    if len(found) > MOST_SIGNATURES:
        raise ValueError("not a checkpoint: too many signatures")
    return found


def _signer(line: str) -> tuple[str, bytes] | None:
    """Name and key id in a signature line; None for any other line."""
    parts = line.split(" ")
    raw = _decoded(parts[2]) if len(parts) == 3 else None
    if parts[0] != "—" or raw is None or len(raw) <= _ID_BYTES:
        return None
    return parts[1], raw[:_ID_BYTES]


def _verifies(line: str, name: str, kind: int, public: bytes, text: str) -> bool:
    raw = _signature_of(line, name, kind, public)
    return raw is not None and _is_signed(public, raw, text.encode())


def _signature_of(line: str, name: str, kind: int, public: bytes) -> bytes | None:
    if _signer(line) != (name, key_id(name, kind, public)):
        return None
    raw = _decoded(line.split(" ")[2])
    return raw[_ID_BYTES:] if raw else None


def _decoded(text: str) -> bytes | None:
    """Bytes of a base64 text in its one canonical form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def _is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _line(name: str, raw: bytes) -> str:
    return f"— {name} {base64.b64encode(raw).decode()}\n"
