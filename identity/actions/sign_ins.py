"""Beginning and ending sign-ins; counting tries that failed. A good try forgets the failed ones."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity import queries
from identity.actions.accounts import refuse_ended
from identity.models.accounts import ApiToken, Person
from identity.models.sign_ins import SignIn, WrongTry
from identity.rules import sign_ins as rules
from identity.rules.permissions import Viewer
from kernel import codes
from kernel.errors import NotFound
from storage.subjects import insert_or_update

NOBODY = ""


def open_sign_in(db: Session, person: Person, *, user_agent: str, now: datetime) -> SignIn:
    """A browser is signed in from now on. The caller holds the person."""
    refuse_ended(person)
    made = SignIn(
        code=codes.new_code("SN"),
        person=person,
        browser=rules.browser_family(user_agent),
        epoch=person.epoch,
        since=queries.last_sign_in_at(db, person.code),
        wrong_before=_forget_wrong_tries(db, person.code),
        opened_at=now,
        seen_at=now,
    )
    db.add(made)
    return made


def count_wrong_try(db: Session, username: str, *, now: datetime) -> None:
    """Somebody gave a wrong password or code. The work is the same for a name that nobody has."""
    person = queries.person_by_username(db, username.strip().lower()[:40])
    key = person.code if person else NOBODY
    insert = insert_or_update(db)(WrongTry).values(person_code=key, tries=1, last_at=now)
    db.execute(
        insert.on_conflict_do_update(
            index_elements=[WrongTry.person_code],
            set_={"tries": WrongTry.tries + 1, "last_at": now},
        )
    )


def note_seen(db: Session, code: str, *, now: datetime) -> None:
    """This browser was just seen."""
    db.execute(sa.update(SignIn).where(SignIn.code == code).values(seen_at=now))


def note_token_seen(db: Session, digest: bytes, *, now: datetime) -> None:
    """The program with this token was just seen."""
    db.execute(sa.update(ApiToken).where(ApiToken.digest == digest).values(seen_at=now))


def end_sign_in(db: Session, who: Viewer, code: str, *, now: datetime) -> None:
    """End one of my browsers. Raises NotFound, also for one of somebody else."""
    found = db.get(SignIn, code)
    if found is None or found.person.code != who.code:
        raise _not_found()
    if found.ended_at is None:
        found.ended_at = now


def end_token(db: Session, who: Viewer, digest: bytes, *, now: datetime) -> None:
    """End one of my programs. Raises NotFound, also for one of somebody else."""
    found = db.get(ApiToken, digest)
    if found is None or found.person_id != queries.person_with_code(db, who.code).id:
        raise _not_found()
    if found.revoked_at is None:
        found.revoked_at = now


def end_others(db: Session, who: Viewer, *, kept: str | bytes, now: datetime) -> None:
    """End every browser and program of mine but the one that asks: a code or a token's digest."""
    person = queries.person_with_code(db, who.code)
    for sign_in in db.scalars(
        sa.select(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    ):
        if sign_in.code != kept:
            sign_in.ended_at = now
    for token in db.scalars(
        sa.select(ApiToken).where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
    ):
        if token.digest != kept:
            token.revoked_at = now


def change_password(
    db: Session, who: Viewer, password_hash: str, *, kept: str, now: datetime
) -> None:
    """Take a new password; every sign-in but the one that asks ends."""
    queries.person_with_code(db, who.code).password_hash = password_hash
    end_others(db, who, kept=kept, now=now)
    record(
        db,
        stream=f"person:{who.code}",
        kind="password.changed",
        actor=who.code,
        subject=f"person:{who.code}",
        data={},
        now=now,
    )


def end_everywhere(db: Session, person: Person, *, now: datetime) -> None:
    """End every browser and program of a person, now. Sockets follow within a second."""
    person.epoch += 1
    db.execute(
        sa.update(ApiToken)
        .where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _forget_wrong_tries(db: Session, person: str) -> int:
    row = db.get(WrongTry, person)
    if row is None:
        return 0
    tries, row.tries = row.tries, 0
    return tries


def _not_found() -> NotFound:
    return NotFound("account.no_such_sign_in", "没有这个登录。")
