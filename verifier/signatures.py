"""Signatures: C2SP signed notes of the log and its witnesses, the platform's own, the bidders'.

Every answer is True, False, or None where the library `cryptography` is missing.
Source: C2SP signed-note, tlog-checkpoint, tlog-cosignature; FIPS 186-5 (ECDSA P-256).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from verifier.findings import Broken

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    HAS_LIBRARY = True
except ImportError:
    HAS_LIBRARY = False

LOG, COSIGNATURE = 1, 4
MOST_SIGNATURES = 16
_KEY_BYTES, _SIGNATURE_BYTES, _TIME_BYTES = 32, 64, 8
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class NoteKey:
    """A verifier key: the signer's name, kind of signature, public key."""

    name: str
    kind: int
    public: bytes

    @property
    def identity(self) -> bytes:
        """The first four bytes of a signature line's payload."""
        return hashlib.sha256(
            self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        ).digest()[:4]


@dataclass(frozen=True)
class Checkpoint:
    """A head of the log; `text` is what is signed, `lines` the signature lines under it."""

    origin: str
    size: int
    root: bytes
    text: str
    lines: tuple[str, ...]


def read_note_key(text: str) -> NoteKey:
    """The key written as name+keyid+base64(kind ‖ key). Raises Broken."""
    parts = text.strip().split("+", 2)
    raw = _base64(parts[2]) if len(parts) == 3 else b""
    if len(raw) != 1 + _KEY_BYTES:
        raise Broken("key.unreadable", "不是验证密钥（应为 名称+编号+base64）")
    key = NoteKey(parts[0], raw[0], raw[1:])
    if key.identity.hex() != parts[1]:
        raise Broken("key.unreadable", "验证密钥的编号与内容不符")
    return key


def read_checkpoint(note: bytes) -> Checkpoint:
    """The head in this note; its signatures are not yet checked. Raises Broken."""
    try:
        text, mark, rest = note.decode().partition("\n\n")
    except UnicodeDecodeError as fault:
        raise Broken("checkpoint.unreadable", "检查点不是 UTF-8 文字") from fault
    parts = text.split("\n")
    if not mark or not rest.endswith("\n") or len(parts) != 3 or not _SIZE.fullmatch(parts[1]):
        raise Broken("checkpoint.unreadable", "检查点的格式不对")
    root = _base64(parts[2])
    if len(root) != _KEY_BYTES or not parts[0]:
        raise Broken("checkpoint.unreadable", "检查点的根不是 32 字节")
    return Checkpoint(parts[0], int(parts[1]), root, text + "\n", _lines(rest[:-1]))


def _lines(rest: str) -> tuple[str, ...]:
    """The lines under a note, each one signer's own signature and nothing else. Raises Broken."""
    lines = tuple(rest.split("\n"))
    parts = [line.split(" ") for line in lines]
    if len(lines) > MOST_SIGNATURES or any(len(p) != 3 or p[0] != "—" for p in parts):
        raise Broken("checkpoint.unreadable", "检查点下有不是签名的内容，或签名过多")
    signers = {(name, _base64(encoded)[:4]) for _, name, encoded in parts}
    if len(signers) < len(lines) or any(len(identity) < 4 for _, identity in signers):
        raise Broken("checkpoint.unreadable", "检查点下有重复或无法读取的签名")
    return lines


def is_signed_by_log(checkpoint: Checkpoint, key: NoteKey) -> bool | None:
    """Whether the log signed this head with this key."""
    if key.kind != LOG or key.name != checkpoint.origin:
        return False
    payloads = [raw for raw in _payloads(checkpoint, key) if len(raw) == _SIGNATURE_BYTES]
    return _any(is_ed25519(key.public, raw, checkpoint.text.encode()) for raw in payloads)


def is_signed_by_any(checkpoint: Checkpoint, keys: Iterable[NoteKey]) -> bool | None:
    """Whether the log signed this head with one of these keys; with none of none."""
    return _any(is_signed_by_log(checkpoint, key) for key in keys)


def is_cosigned_by(checkpoint: Checkpoint, key: NoteKey) -> bool | None:
    """Whether this witness co-signed this head."""
    if key.kind != COSIGNATURE:
        return False
    answers = []
    for raw in _payloads(checkpoint, key):
        if len(raw) == _TIME_BYTES + _SIGNATURE_BYTES:
            seconds = int.from_bytes(raw[:_TIME_BYTES], "big")
            message = f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode()
            answers.append(is_ed25519(key.public, raw[_TIME_BYTES:], message))
    return _any(answers)


def is_ed25519(public: bytes, signature: bytes, message: bytes) -> bool | None:
    """Whether this Ed25519 signature over the message is the key's."""
    if not HAS_LIBRARY:
        return None
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_p256(spki: bytes, signature: bytes, message: bytes) -> bool | None:
    """Whether this DER signature (ECDSA P-256, SHA-256) over the message is the key's."""
    if not HAS_LIBRARY:
        return None
    try:
        key = serialization.load_der_public_key(spki)
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            return False
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _payloads(checkpoint: Checkpoint, key: NoteKey) -> list[bytes]:
    found = []
    for line in checkpoint.lines:
        parts = line.split(" ")
        if len(parts) == 3 and parts[0] == "—" and parts[1] == key.name:
            raw = _base64(parts[2])
            if raw[:4] == key.identity:
                found.append(raw[4:])
    return found


def _any(answers: Iterable[bool | None]) -> bool | None:
    given = list(answers)
    if True in given:
        return True
    return None if None in given else False


def _base64(text: str) -> bytes:
    """Bytes of a base64 text in its one canonical form; empty for any other text."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""
