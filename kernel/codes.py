"""Public identifiers and secrets in text form. Database row numbers never leave the program.

Codes use Crockford's base 32 (no I, L, O, U) and end with a check character, so that one
mistyped or two swapped characters are noticed before anything is looked up.
"""

import re
import secrets

from kernel.errors import InvalidInput

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BODY_LENGTH = 9
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CODE = re.compile(rf"([A-Z]{{2}})([{_ALPHABET}]{{{_BODY_LENGTH}}})([{_ALPHABET}])")


def new_code(prefix: str) -> str:
    """A fresh public code: two letters, nine random characters (45 bits), a check character."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_BODY_LENGTH))
    return f"{prefix}{body}{_check(body)}"


def is_code(text: str, prefix: str) -> bool:
    """Whether this is a well-formed code with this prefix."""
    match = _CODE.fullmatch(text)
    return match is not None and match[1] == prefix and _check(match[2]) == match[3]


def new_token() -> str:
    """A secret of 256 bits for links and API access, as text that is safe in URLs."""
    return secrets.token_urlsafe(32)


def credit_code_check(body: str) -> str:
    """Check character of the first 17 characters of a unified social credit code.

    Source: GB 32100-2015 (weights 3**i mod 31).
    """
    total = sum(
        _CREDIT_ALPHABET.index(character) * weight
        for character, weight in zip(body, _CREDIT_WEIGHTS, strict=True)
    )
    return _CREDIT_ALPHABET[-total % 31]


def credit_code(text: str, *, field: str = "credit_code") -> str:
    """The unified social credit code (统一社会信用代码) in upper case. Raises InvalidInput.

    Source: GB 32100-2015.
    """
    code = text.strip().upper() if isinstance(text, str) else ""
    if len(code) != 18 or any(character not in _CREDIT_ALPHABET for character in code):
        raise InvalidInput(
            "credit_code.malformed",
            "“%(value)s”不是统一社会信用代码：应为 18 位数字或大写字母（不含 I、O、S、V、Z）。",
            "GB 32100-2015",
            field=field,
            value=str(text)[:40],
        )
    if credit_code_check(code[:17]) != code[17]:
        raise InvalidInput(
            "credit_code.wrong_check_digit",
            "“%(value)s”的校验位不正确，请核对统一社会信用代码。",
            "GB 32100-2015",
            field=field,
            value=code,
        )
    return code


def _check(body: str) -> str:
    """One more symbol over GF(32), x^5 + x^2 + 1: sees every wrong and every swapped character."""
    total = 0
    for character in f"{body}0":  # the zero keeps the last character apart from the check
        carried = 0b100101 if total & 0b10000 else 0
        total = (total << 1) ^ carried ^ _ALPHABET.index(character)
    return _ALPHABET[total]
