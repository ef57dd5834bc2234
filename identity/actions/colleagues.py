"""What the administrator of an organisation does for its people: letting in, ending access."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity import queries
from identity.actions import accounts
from identity.actions.sign_ins import end_everywhere
from identity.models.accounts import Person
from identity.rules.applications import ending_problems
from identity.rules.permissions import Viewer
from identity.states import Role
from kernel.errors import NotFound, refuse_if


def register_colleague(
    db: Session,
    who: Viewer,
    *,
    username: str,
    name: str,
    roles: Iterable[Role],
    password_hash: str,
    now: datetime,
) -> Person:
    """Add a person to my own organisation, in roles that fit it. The caller holds it."""
    return accounts.register_person(
        db,
        username=username,
        name=name,
        organisation=queries.organisation_by_code(db, who.organisation),
        roles=roles,
        password_hash=password_hash,
        actor=who.code,
        now=now,
    )


def end_access(db: Session, who: Viewer, code: str, *, now: datetime) -> None:
    """A colleague cannot sign in any more and is out everywhere; what they did stays.

    Raises NotFound for people of other organisations.
    """
    person = queries.person_by_code(db, code)
    if person is None or person.organisation.credit_code != who.organisation:
        raise NotFound("account.not_found", "没有这个账户。")
    refuse_if(ending_problems(is_self=code == who.code, is_ended=person.ended_at is not None))
    person.ended_at = now
    end_everywhere(db, person, now=now)
    record(
        db,
        stream=f"organisation:{who.organisation}",
        kind="person.access_ended",
        actor=who.code,
        subject=f"person:{code}",
        data={},
        now=now,
    )
