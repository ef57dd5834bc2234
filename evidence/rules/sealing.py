"""What a sealed envelope is: one age v1 file for exactly one native X25519 seal.

The header is read before any library sees the file: the intro, exactly one X25519 stanza, at
most one grease stanza (random filler that rage adds and every reader skips), the MAC. So no
passphrase stanza (a memory bomb), no second recipient, no unknown stanza gets in.
Source: C2SP age v1; security.md A.7(3).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence

import pyrage

from evidence.rules.tree import root_of
from kernel.errors import InvalidInput, Problem

PART_BYTES = 8 << 20
HEADER_BYTES = 2048
_SEAL = re.compile(r"age1[ac-hj-np-z02-9]{58}")
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n"
    rb"-> X25519 ([A-Za-z0-9+/]{43})\n"
    rb"([A-Za-z0-9+/]{43})\n"
    rb"(?:-> [!-~]{1,40}-grease(?: [!-~]{1,100}){0,20}\n"
    rb"(?:[A-Za-z0-9+/]{64}\n){0,16}[A-Za-z0-9+/]{0,63}\n)?"
    rb"--- ([A-Za-z0-9+/]{43})\n"
)
_NONCE_BYTES, _TAG_BYTES = 16, 16


def is_seal(text: str) -> bool:
    """Whether this is a native X25519 recipient (`age1…`, 62 characters) without a slip in it."""
    if not _SEAL.fullmatch(text):
        return False
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def header_problems(start: bytes) -> list[Problem]:
    """Why these first bytes (HEADER_BYTES or the whole file) are not a sealed envelope."""
    match = _HEADER.match(start)
    if match is None or not all(_is_canonical_base64(part) for part in match.groups()):
        return [
            Problem(
                "seal.not_one_recipient",
                "文件不是用一把封签加密的 age 文件：文件头只能有一个 X25519 收件人。",
                "电子招标投标办法 第27条",
                field="envelope",
            )
        ]
    if len(start) < match.end() + _NONCE_BYTES + _TAG_BYTES:
        return [Problem("seal.cut_short", "加密文件不完整。", field="envelope")]
    return []


def parts_of(size: int) -> int:
    """How many parts of PART_BYTES an envelope of this many bytes has; the last may be shorter."""
    return -(-size // PART_BYTES)


def close_root(commitments: Sequence[bytes]) -> bytes:
    """`close/v1`: RFC 6962 root over the sorted commitments of the standing submissions."""
    return root_of(sorted(commitments))


def draw_seed(freeze_digest: bytes, nonces: Sequence[bytes]) -> bytes:
    """Seed of a draw: SHA-256(freeze digest ‖ sorted nonces), each 32 bytes."""
    if any(len(value) != 32 for value in (freeze_digest, *nonces)):
        raise InvalidInput("draw.nonce_length", "随机数必须是 32 字节。", field="nonce")
    return hashlib.sha256(freeze_digest + b"".join(sorted(nonces))).digest()


def nonce_commitment(nonce: bytes) -> bytes:
    """What a party records before the pool is frozen: SHA-256 of its nonce."""
    return hashlib.sha256(nonce).digest()


def _is_canonical_base64(text: bytes) -> bool:
    try:
        raw = base64.b64decode(text + b"=", validate=True)
    except binascii.Error:
        return False
    return base64.b64encode(raw).rstrip(b"=") == text
