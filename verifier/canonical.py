"""Canonical JSON (subset of RFC 8785), instants and digests, read so that one value has one form.

ASCII keys without spaces, text in NFC, integers up to 2**53-1, booleans, null; no floats.
"""

import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, NoReturn

from verifier.findings import Broken

_LARGEST = 2**53 - 1
_DEEPEST = 12
_KEY = re.compile(r"[\x21-\x7e]{1,100}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*")


def canonical(value: Any) -> bytes:
    """The one byte form of a value. Raises ValueError for what has none."""
    _check(value, 0)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_canonical(text: bytes) -> Any:
    """The value of which this is the canonical form. Raises Broken for any other text."""
    try:
        value = json.loads(
            text.decode(), object_pairs_hook=_once, parse_float=_no, parse_constant=_no
        )
        if canonical(value) == text:
            return value
    except (ValueError, RecursionError) as fault:
        raise Broken("json.unreadable", f"不是规范的 JSON：{fault}") from fault
    raise Broken("json.not_canonical", "JSON 的写法不规范")


def fields_of(value: Any, kinds: dict[str, type | tuple[type, ...]]) -> dict[str, Any]:
    """The object with exactly these fields of these kinds. Raises Broken; a bool is no number."""
    if not isinstance(value, dict) or set(value) != set(kinds):
        raise Broken("json.fields", f"应恰好有这些字段：{', '.join(sorted(kinds))}")
    for name, kind in kinds.items():
        kinds_of_it = kind if isinstance(kind, tuple) else (kind,)
        if type(value[name]) not in kinds_of_it:
            raise Broken("json.fields", f"字段 {name} 的类型不对")
    return value


def octets(text: Any, length: int) -> bytes:
    """Bytes of this many written as lower-case hex. Raises Broken."""
    if not isinstance(text, str) or len(text) != 2 * length or not _HEX.fullmatch(text):
        raise Broken("json.hex", f"应为 {length} 字节的小写十六进制")
    return bytes.fromhex(text)


def instant(text: Any) -> datetime:
    """An instant like 2026-11-24T08:00:00.123456Z. Raises Broken for any other form."""
    if isinstance(text, str) and _INSTANT.fullmatch(text):
        try:
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError as fault:
            raise Broken("fact.time", f"没有这个时刻：{text}") from fault
    raise Broken("fact.time", "时刻的写法不规范")


def _check(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise ValueError("integer out of range")
    elif isinstance(value, str):
        if unicodedata.normalize("NFC", value) != value:
            raise ValueError("text not in NFC")
        value.encode()
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise ValueError("key not in ASCII")
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    else:
        raise ValueError(f"no canonical form for {type(value).__name__}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return keys


def _no(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not an integer")
