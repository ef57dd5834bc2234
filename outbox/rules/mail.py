"""When e-mail is tried again and given up, and how an address is confirmed."""

import re
from datetime import datetime, timedelta

from kernel.errors import Problem

LONGEST = 254  # RFC 5321 4.5.3.1.3
CODE_LIFE = timedelta(hours=1)
ASK_AGAIN = timedelta(minutes=2)
WRONG_CODES = 5
# The last wait is as long as a night without a mail server.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 720))
# Whoever claims a mail sends it within this time, or another worker takes it.
CLAIM = timedelta(minutes=2)
MOST_TRIES = len(WAITS) + 1
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)


def address_problems(address: str) -> list[Problem]:
    """Why this is no address to which mail can go."""
    if len(address) <= LONGEST and _ADDRESS.fullmatch(address):
        return []
    return [Problem("mail.address", "这不是可用的电子邮箱地址。", field="mail_address")]


def asking_problems(asked_at: datetime | None, now: datetime) -> list[Problem]:
    """Why no new code is sent: the last one has just gone out."""
    if asked_at is None or now >= asked_at + ASK_AGAIN:
        return []
    return [
        Problem("mail.asked_just_now", "验证码刚刚发出，请两分钟后再试。", field="mail_address")
    ]


def code_problems(
    expected: str | None, given: str, wrong: int, asked_at: datetime, now: datetime
) -> list[Problem]:
    """Why this code does not confirm the address; the end of its hour is too late."""
    if expected is None:
        return [Problem("mail.nothing_to_confirm", "没有等待验证的邮箱。", field="mail_code")]
    if wrong >= WRONG_CODES or now >= asked_at + CODE_LIFE:
        message = "验证码已失效，请重新填写邮箱并取得新的验证码。"
        return [Problem("mail.code_void", message, field="mail_code")]
    if given != expected:
        return [Problem("mail.wrong_code", "验证码不正确，请核对邮件。", field="mail_code")]
    return []


def next_wait(tries: int) -> timedelta | None:
    """How long to wait after so many tries that failed; None: give up."""
    return WAITS[tries - 1] if 0 < tries <= len(WAITS) else None
