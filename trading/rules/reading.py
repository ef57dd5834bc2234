"""Reading signed JSON strictly: exactly the stated keys, the stated kinds, the place of a fault."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from kernel.errors import InvalidInput
from kernel.words import Say


def exact_object(value: Any, keys: set[str], place: str) -> dict[str, Any]:
    """An object with exactly these keys. Raises InvalidInput."""
    if not isinstance(value, Mapping):
        raise malformed(place, Say("必须是对象"))
    unknown, missing = set(value) - keys, keys - set(value)
    if unknown or missing:
        which = "、".join(sorted(missing or {str(name)[:40] for name in unknown}))
        text = "缺少 %(which)s" if missing else "不认识 %(which)s"
        raise malformed(place, Say(text, {"which": which}))
    return dict(value)


def pattern_text(value: Any, pattern: re.Pattern[str], place: str) -> str:
    """Text of exactly this form. Raises InvalidInput."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise malformed(place, Say("格式不正确"))
    return value


def plain_text(value: Any, place: str) -> str:
    """Text of 1 to 100 characters that every database takes. Raises InvalidInput."""
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        raise malformed(place, Say("必须是 1 至 100 个字符"))
    if any(unicodedata.category(each) in {"Cc", "Cs"} for each in value):
        raise malformed(place, Say("含有不能保存的字符"))
    return value


def malformed(place: str, why: Say | str) -> InvalidInput:
    """What is said of a fault in signed JSON."""
    return InvalidInput(
        "statement.malformed", "“%(field)s”%(why)s。", "RFC 8785", field=place, why=why
    )
