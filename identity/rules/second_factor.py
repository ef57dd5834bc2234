"""Which codes of an authenticator are taken, and how many wrong ones are borne.

Source: RFC 6238 5.2 (one step of tolerance, no code twice); security.md D.
"""

import hmac
import re
from datetime import datetime, timedelta

import pyotp

from kernel.errors import Problem

STEP_SECONDS = 30
TOLERANCE = 1
"""So many steps before and after the present one are taken too: clocks differ."""

WRONG_CODES = 10
"""So many wrong codes in a row, and none is looked at for a while."""

PAUSE = timedelta(minutes=15)
RECOVERY_CODES = 10
_DIGITS = re.compile(r"\d{6}")
_RECOVERY = re.compile(r"[a-z2-7]{16}")
_BLANKS = re.compile(r"[\s-]+")


def accepted_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The time step whose code this is; None for a wrong code, and for one taken before."""
    digits = plain(code)
    if not _DIGITS.fullmatch(digits):
        return None
    present, found = int(now.timestamp()) // STEP_SECONDS, None
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        right = pyotp.TOTP(secret).at(step * STEP_SECONDS)
        if hmac.compare_digest(right, digits) and step > last_step:
            found = step
    return found


def plain(code: str) -> str:
    """A code as it was meant: without blanks and dashes, in lower case; ASCII only."""
    text = _BLANKS.sub("", code).lower()
    return text if text.isascii() else ""


def is_recovery_code(code: str) -> bool:
    """Whether this has the form of a recovery code (80 bits in groups of four)."""
    return _RECOVERY.fullmatch(plain(code)) is not None


def trying_problems(wrong: int, wrong_at: datetime | None, now: datetime) -> list[Problem]:
    """Why no code is looked at now; after the pause one may try again, the end itself included."""
    if wrong < WRONG_CODES or wrong_at is None or now - wrong_at >= PAUSE:
        return []
    message = "动态码已连续错误 %(limit)s 次，请在 %(until)s 以后再试，或联系交易中心。"
    values = {"limit": WRONG_CODES, "until": wrong_at + PAUSE}
    return [Problem("second_factor.paused", message, "网络安全法 第42条", "code", values)]
