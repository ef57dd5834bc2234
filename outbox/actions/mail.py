"""E-mail as rows: asked for by a person, queued with a letter, claimed by a worker, sent, given up.

Nothing is sent here: webapp/mail.py does that between two doors. A worker that dies after sending
and before saying so sends again, under the same Message-ID: delivered at least once.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kernel import codes
from kernel.errors import InvalidInput, Problem, Refusal, TooMany, refuse_if
from outbox.models.mail import Mail, MailAddress, MailState
from outbox.rules import mail as rules
from outbox.rules.letters import PUBLIC, LetterKind

_CODE_BYTES = 4


@dataclass(frozen=True)
class Claim:
    """An e-mail to be sent now. `kind` and `data` only where they may be named to its carrier."""

    code: str
    address: str
    language: str
    letter: str = ""
    confirmation: str = ""
    kind: LetterKind | None = None
    lot: str = ""


def choose_address(
    db: Session, person: str, address: str, language: str, *, now: datetime
) -> MailAddress:
    """Have a code sent to this address; until it comes back nothing else goes there."""
    stated = address.strip()
    refuse_if(rules.address_problems(stated), InvalidInput)
    known = db.get(MailAddress, person)
    refuse_if(rules.asking_problems(known.asked_at if known else None, now), TooMany)
    row = known or MailAddress(person=person)
    row.address, row.language, row.is_on = stated, language, True
    row.code, row.confirmed_at = secrets.token_hex(_CODE_BYTES), None
    row.wrong_codes, row.asked_at = 0, now
    db.add(row)
    db.flush()  # the mail refers to it
    db.add(Mail(code=codes.new_code("ML"), person=person, next_at=now))
    return row


def confirm_address(db: Session, person: str, code: str, *, now: datetime) -> list[Problem]:
    """Take the code that came by mail; a wrong one is counted, so its problems are returned."""
    row = db.get(MailAddress, person)
    given = code.strip().lower()
    if row is None:
        return rules.code_problems(None, given, 0, now, now)
    problems = rules.code_problems(row.code, given, row.wrong_codes, row.asked_at, now)
    if problems:
        row.wrong_codes += 1
    else:
        row.code, row.confirmed_at = None, now
    return problems


def turn_mail(db: Session, person: str, *, is_on: bool) -> None:
    """Have e-mail of my letters, or none. Raises Refusal while there is no address of mine."""
    row = db.get(MailAddress, person)
    if row is None or row.confirmed_at is None:
        raise Refusal("mail.not_confirmed", "请先填写并验证邮箱。", field="mail_address")
    row.is_on = is_on


def queue_mail(db: Session, letters: Mapping[str, str], now: datetime) -> None:
    """An e-mail for each of these letters (code → reader) whose reader wants it."""
    wanted = sa.select(MailAddress.person).where(
        MailAddress.person.in_(set(letters.values())),
        MailAddress.is_on,
        MailAddress.confirmed_at.is_not(None),
    )
    people = set(db.scalars(wanted)) if letters else set()
    db.add_all(
        Mail(code=codes.new_code("ML"), person=reader, letter_code=letter, next_at=now)
        for letter, reader in letters.items()
        if reader in people
    )
    db.flush()  # this runs after the door's own flush


def claim_mail(db: Session, *, now: datetime) -> Claim | None:
    """Claim the e-mail that has waited longest; it comes again unless its fate is told in time."""
    waiting = sa.select(Mail).where(Mail.state == MailState.WAITING, Mail.next_at <= now)
    first = waiting.order_by(Mail.next_at, Mail.code).limit(1)
    mail = db.scalar(first.with_for_update(skip_locked=True, of=Mail))
    if mail is None:
        return None
    if mail.tries >= rules.MOST_TRIES:  # every worker that tried it died over it
        mail.state = MailState.GIVEN_UP
        return claim_mail(db, now=now)
    mail.tries += 1
    mail.next_at = now + rules.CLAIM
    return _claim(mail)


def mark_sent(db: Session, code: str, *, now: datetime) -> None:
    """The mail server has taken it."""
    mail = db.get_one(Mail, code)
    mail.state, mail.sent_at, mail.last_error = MailState.SENT, now, None


def mark_failed(db: Session, code: str, error: str, *, is_final: bool, now: datetime) -> None:
    """It was not taken: try again later, or never where the server says that it never will."""
    mail = db.get_one(Mail, code)
    wait = None if is_final else rules.next_wait(mail.tries)
    mail.last_error = error[:300]
    if wait is None:
        mail.state = MailState.GIVEN_UP
    else:
        mail.next_at = now + wait


def _claim(mail: Mail) -> Claim:
    owner, letter = mail.owner, mail.letter
    if letter is None:
        return Claim(mail.code, owner.address, owner.language, confirmation=owner.code or "")
    may_name = letter.kind in PUBLIC
    return Claim(
        mail.code,
        owner.address,
        owner.language,
        letter=letter.code,
        kind=letter.kind if may_name else None,
        lot=str(letter.data.get("lot", "")) if may_name else "",
    )
