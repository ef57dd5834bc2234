"""What I undertake in my roles: asked once a version, signed by key or password, read later."""

import base64
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_openapi3 import APIBlueprint, Tag

from identity import queries
from identity.actions import undertakings as actions
from identity.forms import UndertakingBody, confirmed, form_of
from identity.guard import requires, viewer
from identity.routes.by_password import confirm_password
from identity.rules.sign_ins import own_path
from identity.rules.undertakings import Text, statement_of, still_to_give, text_of
from identity.states import KeyPurpose, Permission
from kernel.errors import InvalidInput, NotFound
from storage.database import snapshot, transaction

pages = Blueprint("undertakings", __name__, url_prefix="/account/undertakings")
api = APIBlueprint(
    "undertaking_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="identity")]
)


@pages.get("")
@requires(Permission.SEE_ACCOUNT)
def undertakings() -> ResponseReturnValue:
    """What I am still to undertake, and what I have undertaken."""
    with snapshot() as db:
        given = queries.undertakings_of(db, viewer().code)
    return render_template(
        "identity/undertakings.html",
        to_give=still_to_give(viewer().roles, [(row.role, row.version) for row in given]),
        given=[(row, text_of(row.role.value, row.version)) for row in given],
        next=own_path(request.args.get("next", "")),
    )


@pages.get("/<role>/<int:version>")
@requires(Permission.SEE_ACCOUNT)
def undertaking(role: str, version: int) -> ResponseReturnValue:
    """One text, whether I undertook it, and the form that does."""
    text = _known(role, version)
    with snapshot() as db:
        given = queries.undertakings_of(db, viewer().code)
        key = queries.valid_key(db, viewer().code, KeyPurpose.STATEMENT)
    mine = next((row for row in given if (row.role, row.version) == (text.role, version)), None)
    return render_template(
        "identity/undertaking.html",
        text=text,
        mine=mine,
        key=key,
        may_give=text.role in viewer().roles,
        next=own_path(request.values.get("next", "")),
    )


@pages.post("/<role>/<int:version>")
@requires(Permission.SEE_ACCOUNT)
@form_of(undertaking)
def give(role: str, version: int) -> ResponseReturnValue:
    """Undertake it by password, while I have no key."""
    text = _known(role, version)
    confirmed(request.form)
    confirm_password(viewer().code, request.form.get("password", ""))
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        actions.give_by_password(db, viewer(), text, now=now)
    onward = own_path(request.form.get("next", ""))
    return redirect(url_for("undertakings.undertakings", next=onward or None))


@api.get("/undertakings")
@requires(Permission.SEE_ACCOUNT)
def to_give() -> Any:
    """The statements that I am still to sign, with their texts."""
    with snapshot() as db:
        texts = queries.undertakings_to_give(db, viewer())
    return {
        "undertakings": [
            {
                "title": text.title,
                "clauses": list(text.clauses),
                "statement": statement_of(text, viewer().code),
            }
            for text in texts
        ]
    }


@api.post("/undertakings")
@requires(Permission.SEE_ACCOUNT)
def give_signed(body: UndertakingBody) -> Any:
    """Undertake with the key that only I hold."""
    text = _known(body.statement.role, body.statement.version)
    if body.statement.model_dump() != statement_of(text, viewer().code):
        message = "声明的内容与承诺书原文不符，未予记录。请刷新页面后重新签名。"
        raise InvalidInput("undertaking.statement", message, field="statement")
    signature = base64.b64decode(body.signature)
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        actions.give_by_key(db, viewer(), text, signature, now=now)
    return {"role": text.role.value, "version": text.version}, 201


def _known(role: str, version: int) -> Text:
    text = text_of(role, version)
    if text is None:
        raise NotFound("undertaking.not_found", "没有这份承诺书。")
    return text
