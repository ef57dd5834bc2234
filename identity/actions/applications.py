"""Applications for registration: handed in by anybody, confirmed or refused by the centre."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import advance, record
from identity import queries
from identity.actions import accounts
from identity.models.applications import Application
from identity.rules import credentials
from identity.rules.applications import FIRST_ROLE, applying_problems
from identity.rules.permissions import Viewer
from identity.states import APPLICATION, ApplicationEvent, ApplicationState, OrganisationKind
from kernel import codes
from kernel.errors import refuse_if
from kernel.text import clean_line

APPLICANT = "applicant"


@dataclass(frozen=True)
class Applicant:
    """What is applied for, in order. Raises InvalidInput when made from something else."""

    kind: OrganisationKind
    credit_code: str
    name: str
    contact: str
    person_name: str
    username: str

    def __post_init__(self) -> None:
        """Everything is put in order once, before anything is hashed."""
        put = object.__setattr__
        put(self, "credit_code", codes.credit_code(self.credit_code))
        put(self, "name", clean_line(self.name, field="name"))
        put(self, "contact", clean_line(self.contact, field="contact", limit=100))
        put(self, "person_name", clean_line(self.person_name, field="person_name", limit=80))
        put(self, "username", credentials.username(self.username))


def refuse_unfit(db: Session, given: Applicant) -> None:
    """Refuse what could never be confirmed. Asked before the hashing and again under the lock."""
    refuse_if(
        applying_problems(
            given.kind,
            is_registered=queries.is_registered(db, given.credit_code),
            is_name_taken=queries.person_by_username(db, given.username) is not None,
        )
    )


def apply(db: Session, given: Applicant, password_hash: str, *, now: datetime) -> Application:
    """Hand an application in. The caller holds the organisation of this code.

    Several may be pending for one code: an application by a stranger keeps nobody out.
    """
    refuse_unfit(db, given)
    made = Application(
        code=codes.new_code("AP"),
        state=ApplicationState.PENDING,
        kind=given.kind,
        credit_code=given.credit_code,
        name=given.name,
        contact=given.contact,
        person_name=given.person_name,
        username=given.username,
        password_hash=password_hash,
        applied_at=now,
    )
    db.add(made)
    record(
        db,
        stream=f"application:{made.code}",
        kind="application.made",
        actor=APPLICANT,
        subject=f"application:{made.code}",
        data={"credit_code": made.credit_code, "name": made.name, "kind": made.kind.value},
        now=now,
    )
    return made


def confirm(db: Session, who: Viewer, code: str, *, now: datetime) -> Application:
    """Register the organisation and its first person, who administers it."""
    found = queries.application_by_code(db, code)
    _decide(db, who, found, ApplicationEvent.CONFIRMED, now=now)
    organisation = accounts.register_organisation(
        db,
        credit_code=found.credit_code,
        name=found.name,
        kinds=[found.kind],
        actor=who.code,
        now=now,
    )
    accounts.register_person(
        db,
        username=found.username,
        name=found.person_name,
        organisation=organisation,
        roles=[FIRST_ROLE[found.kind]],
        password_hash=found.password_hash,
        actor=who.code,
        now=now,
        is_administrator=True,
    )
    return found


def refuse(db: Session, who: Viewer, code: str, *, reason: str, now: datetime) -> Application:
    """Refuse an application; the applicant reads the reason."""
    found = queries.application_by_code(db, code)
    found.reason = clean_line(reason, field="reason", limit=500)
    _decide(db, who, found, ApplicationEvent.REFUSED, now=now)
    return found


def _decide(
    db: Session, who: Viewer, found: Application, event: ApplicationEvent, *, now: datetime
) -> None:
    advance(
        db,
        found,
        APPLICATION,
        event,
        stream=f"application:{found.code}",
        actor=who.code,
        subject=f"application:{found.code}",
        now=now,
        data={"reason": found.reason} if event is ApplicationEvent.REFUSED else {},
    )
    found.decided_at, found.decided_by = now, who.code
