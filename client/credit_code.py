"""Well-formed, made-up unified social credit codes (GB 32100-2015) for rehearsals."""

import secrets

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def made_up_code() -> str:
    """A fresh code in the range of the made-up city (region 990100)."""
    body = "91990100MB" + "".join(secrets.choice(_ALPHABET) for _ in range(7))
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """Check character of the first 17 characters."""
    pairs = zip(body, _WEIGHTS, strict=True)
    return _ALPHABET[-sum(_ALPHABET.index(c) * weight for c, weight in pairs) % 31]
