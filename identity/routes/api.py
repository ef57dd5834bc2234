"""JSON endpoints about people and standing; they call the same actions as the pages."""

import base64
from typing import Any

from flask import current_app
from flask_openapi3 import APIBlueprint, Tag

from identity import queries
from identity.actions import accounts, credentials, standing
from identity.forms import (
    NegativeListBody,
    NegativeListQuery,
    OrganisationBody,
    PersonBody,
    SignInBody,
    StatementKeyBody,
)
from identity.guard import open_to_all, requires, uses_no_session, viewer
from identity.routes.by_code import prove_if_needed
from identity.routes.by_password import authenticated
from identity.rules.standing import in_force
from identity.states import Permission
from kernel.codes import credit_code
from kernel.errors import InvalidInput
from kernel.text import clean_line
from storage.base import real_now
from storage.database import snapshot, transaction

api = APIBlueprint("account_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="identity")])


@api.post("/tokens")
@open_to_all
@uses_no_session
def make_token(body: SignInBody) -> Any:
    """A token for a program, against name, password and, if there is one, the second factor."""
    person_code = authenticated(body.username, body.password)
    prove_if_needed(person_code, body.totp)
    with transaction(lock=[f"person:{person_code}"]) as (db, now):
        person = queries.person_by_code(db, person_code)
        assert person is not None  # noqa: S101 (people are never deleted)
        return {"token": accounts.make_token(db, person, "api", now)}, 201


@api.get("/me")
@requires(Permission.SEE_ACCOUNT)
def me() -> Any:
    """Who I am here."""
    who = viewer()
    return {
        "code": who.code,
        "name": who.name,
        "organisation": {"code": who.organisation, "name": who.organisation_name},
        "roles": sorted(role.value for role in who.roles),
    }


@api.post("/organisations")
@requires(Permission.MANAGE_ORGANISATIONS)
def register_organisation(body: OrganisationBody) -> Any:
    """Register an organisation."""
    code = credit_code(body.credit_code)
    with transaction(lock=[f"organisation:{code}"]) as (db, now):
        accounts.register_organisation(
            db,
            credit_code=code,
            name=body.name,
            kinds=body.kinds,
            actor=viewer().code,
            now=now,
        )
    return {"credit_code": code}, 201


@api.post("/people")
@requires(Permission.MANAGE_ORGANISATIONS)
def register_person(body: PersonBody) -> Any:
    """Register a person of an organisation."""
    password_hash = accounts.hash_password(body.password)
    code = credit_code(body.credit_code)
    with transaction(lock=[f"organisation:{code}"]) as (db, now):
        person = accounts.register_person(
            db,
            username=body.username,
            name=body.name,
            organisation=queries.organisation_by_code(db, code),
            roles=body.roles,
            password_hash=password_hash,
            actor=viewer().code,
            now=now,
        )
        made = person.code
    return {"code": made}, 201


@api.get("/keys")
@requires(Permission.MANAGE_KEYS)
def my_keys() -> Any:
    """My keys: what for, when made."""
    with snapshot() as db:
        return {"keys": [credentials.describe(key) for key in queries.keys_of(db, viewer().code)]}


@api.post("/keys/statement")
@requires(Permission.MANAGE_KEYS)
def enrol_statement_key(body: StatementKeyBody) -> Any:
    """Enrol the public half of a key by which I sign statements."""
    spki, proof = base64.b64decode(body.spki), base64.b64decode(body.proof)
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        key = credentials.enrol_statement_key(db, viewer(), spki=spki, proof=proof, now=now)
        described = credentials.describe(key)
    return described, 201


@api.get("/negative-list/check")
@open_to_all
def check_negative_list(query: NegativeListQuery) -> Any:
    """Whether an organisation is restricted now, by code and by normalised name."""
    if not query.code and not query.name:
        raise InvalidInput(
            "negative_list.nobody", "请填写统一社会信用代码或单位名称。", field="code"
        )
    code = credit_code(query.code, field="code") if query.code else None
    name = clean_line(query.name, field="name") if query.name else None
    with snapshot() as db:
        now = real_now(db)
        found = [r for r in queries.restrictions_on(db, code, name) if in_force(r, now)]
    return {
        "restricted": bool(found),
        "checked_at": now.isoformat(),
        "restrictions": [
            {
                "kind": r.kind.value,
                "ground": r.ground,
                "finding": r.finding,
                "from": r.starts_at.isoformat(),
                "until": r.ends_at.isoformat(),
            }
            for r in found
        ],
    }


@api.post("/negative-list")
@requires(Permission.SUPERVISE)
def import_negative_list(body: NegativeListBody) -> Any:
    """Import a list; all rows or none."""
    with transaction() as (db, _now):
        count = standing.import_list(db, body.csv, origin=body.origin, actor=viewer().code)
    current_app.logger.info("negative list imported: %s rows", count)
    return {"imported": count}, 201
