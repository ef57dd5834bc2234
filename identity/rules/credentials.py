"""Passwords and PINs: what they must be, and how often one may be wrong.

Source: security.md D (argon2id t=2, m=19 MiB, p=1; length capped before hashing).
"""

import re

from kernel.errors import InvalidInput

PASSWORD_LENGTH = (12, 128)
PIN_LENGTH = (6, 32)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


def username(text: str) -> str:
    """A sign-in name in lower case: 3 to 40 of a-z, 0-9, point, dash, underscore."""
    name = text.strip().lower() if isinstance(text, str) else ""
    if not _USERNAME.fullmatch(name):
        raise InvalidInput(
            "account.username",
            "登录名应为 3 至 40 个小写字母、数字、点、横线或下划线。",
            field="username",
        )
    return name


def checked_password(text: str) -> str:
    """A password of acceptable length. Raises InvalidInput before anything is hashed."""
    return _within(text, PASSWORD_LENGTH, "account.password_length", "password", "密码")


def checked_pin(text: str) -> str:
    """The PIN of a key, of acceptable length."""
    return _within(text, PIN_LENGTH, "key.pin_length", "pin", "签名口令")


def _within(text: str, length: tuple[int, int], code: str, field: str, what: str) -> str:
    low, high = length
    if not isinstance(text, str) or not low <= len(text) <= high:
        raise InvalidInput(
            code,
            "%(what)s应为 %(low)s 至 %(high)s 位。",
            field=field,
            what=what,
            low=low,
            high=high,
        )
    return text
