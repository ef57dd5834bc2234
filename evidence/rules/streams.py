"""Canonical bytes of a fact, its salted commitment, and the chain within a stream.

Canonical JSON is the subset of RFC 8785 with ASCII keys, text in NFC, integers up to 2**53-1,
booleans and null; no floats. A fact is {v, stream, seq, at, recorded_at, kind, actor, subject,
data, prev}; its commitment is SHA-256(0x02 ‖ salt ‖ canonical fact), which is the 32-byte leaf
of the log, and `prev` is the commitment (hex) of the fact before it in the stream, or null.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from kernel.errors import InvalidInput

VERSION = 1
SALT_BYTES = 32
_MAX_INTEGER = 2**53 - 1
_MAX_DEPTH = 12
_KEY = re.compile(r"[\x21-\x7e]{1,100}")
_LEAF_PREFIX = b"\x02"


def canonical(value: Any) -> bytes:
    """The one byte form of a value. Raises InvalidInput for what has none."""
    _check(value, 0)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fact_body(
    *,
    stream: str,
    seq: int,
    at: str,
    recorded_at: str,
    kind: str,
    actor: str,
    subject: str,
    data: Mapping[str, Any],
    prev: str | None,
) -> bytes:
    """Canonical bytes of a fact. Times are `2026-11-24T08:00:00.123456Z`; seq starts at 1."""
    return canonical(
        {
            "v": VERSION,
            "stream": stream,
            "seq": seq,
            "at": at,
            "recorded_at": recorded_at,
            "kind": kind,
            "actor": actor,
            "subject": subject,
            "data": dict(data),
            "prev": prev,
        }
    )


def commitment(salt: bytes, body: bytes) -> bytes:
    """The 32-byte leaf of a fact. Raises ValueError unless the salt has 32 bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    return hashlib.sha256(_LEAF_PREFIX + salt + body).digest()


def _check(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise _not_canonical("层次过深")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise _not_canonical("整数超出范围")
    elif isinstance(value, str):
        if unicodedata.normalize("NFC", value) != value or not _is_encodable(value):
            raise _not_canonical("文字不是 NFC 形式")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise _not_canonical("键名必须是 ASCII 字符")
            _check(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth + 1)
    else:
        raise _not_canonical(f"不支持 {type(value).__name__} 类型")


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _not_canonical(why: str) -> InvalidInput:
    return InvalidInput("evidence.not_canonical", "内容无法规范化：%(why)s。", "RFC 8785", why=why)
