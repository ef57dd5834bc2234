"""Canonical JSON as this client signs it: the subset of RFC 8785 of tests/vectors."""

import json
import re
import unicodedata
from typing import Any

_KEY = re.compile(r"[\x21-\x7e]{1,100}")
_MAX_INTEGER = 2**53 - 1


def canonical(value: Any) -> bytes:
    """The one byte form of a value. Raises ValueError for what has none."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check(value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise ValueError(f"not an ASCII key: {key!r}")
            _check(item)
    elif isinstance(value, list):
        for item in value:
            _check(item)
    elif isinstance(value, str):
        if unicodedata.normalize("NFC", value) != value:
            raise ValueError("text is not NFC")
        value.encode()
    elif isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise ValueError("integer out of range")
    elif value is not None:
        raise ValueError(f"{type(value).__name__} has no canonical form")
