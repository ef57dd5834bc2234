"""Undertaking what a role asks for: signed with one's key, or by password while there is none."""

import base64
from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from evidence.rules.streams import canonical
from identity import queries
from identity.actions.credentials import signed_by
from identity.models.undertakings import Undertaking
from identity.rules import undertakings as rules
from identity.rules.permissions import Viewer
from identity.rules.undertakings import Text
from identity.states import KeyPurpose, UndertakingMeans
from kernel.errors import refuse_if


def give_by_key(
    db: Session, who: Viewer, text: Text, signature: bytes, *, now: datetime
) -> Undertaking:
    """Undertake with a signature over the statement. The caller holds the person."""
    _refuse(db, who, text)
    statement = canonical(rules.statement_of(text, who.code))
    key = signed_by(db, who, statement, signature)
    return _keep(
        db, who, text, UndertakingMeans.KEY, now=now, key_code=key.code, signature=signature
    )


def give_by_password(db: Session, who: Viewer, text: Text, *, now: datetime) -> Undertaking:
    """Undertake by having confirmed the password; only while no key of the person could sign."""
    _refuse(db, who, text)
    has_key = queries.valid_key(db, who.code, KeyPurpose.STATEMENT) is not None
    refuse_if(rules.password_problems(has_key=has_key))
    return _keep(db, who, text, UndertakingMeans.PASSWORD, now=now)


def _refuse(db: Session, who: Viewer, text: Text) -> None:
    given = queries.undertakings_of(db, who.code)
    is_given = any((row.role, row.version) == (text.role, text.version) for row in given)
    refuse_if(rules.giving_problems(text, who.roles, is_given=is_given))


def _keep(
    db: Session,
    who: Viewer,
    text: Text,
    means: UndertakingMeans,
    *,
    now: datetime,
    key_code: str | None = None,
    signature: bytes | None = None,
) -> Undertaking:
    made = Undertaking(
        person_id=queries.person_with_code(db, who.code).id,
        role=text.role,
        version=text.version,
        text_sha256=text.sha256,
        means=means,
        key_code=key_code,
        signature=signature,
        given_at=now,
    )
    db.add(made)
    data = {
        "role": text.role.value,
        "version": text.version,
        "text_sha256": text.sha256,
        "means": means.value,
    }
    if signature is not None and key_code is not None:
        data |= {"key": key_code, "signature": base64.b64encode(signature).decode()}
    record(
        db,
        stream=f"person:{who.code}",
        kind="undertaking.given",
        actor=who.code,
        subject=f"person:{who.code}",
        data=data,
        now=now,
    )
    return made
