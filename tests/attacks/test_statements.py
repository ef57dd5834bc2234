"""Signed statements, misused: bent, under other signatures, brought by others, or elsewhere."""

import json

import pytest

from evidence.rules.streams import canonical
from kernel.errors import InvalidInput
from storage import database as doors
from tests.attacks.signed_statements import KINDS, Door, alterations
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from

pytestmark = pytest.mark.attack("statements")


@pytest.fixture(scope="module", params=KINDS)
def door(request, sqlite_template, tmp_path_factory):
    """One world for all refusals of a kind: none of them changes it, as each is asked to show."""
    folder = tmp_path_factory.mktemp("door")
    (folder / "zhaobiao.db").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{folder / 'zhaobiao.db'}"
    settings = settings_from({"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": url})
    prepare_keys(settings)
    app = create_app(settings)
    app.testing = False
    made = Door(app, request.param)
    yield made
    doors.current_database().dispose()


def can_be_signed(statement):
    try:
        return bool(canonical(statement))
    except InvalidInput:
        return False


def test_a_bent_statement_is_refused_under_the_old_signature_and_under_a_new_one(door, tried):
    old = door.signed.who.sign(canonical(door.signed.statement))
    for what, name, statement in alterations(door.signed.statement):
        assert door.refuses(door.signed.body(statement, signature=old)), what
        if can_be_signed(statement) and name not in door.signed.free:
            assert door.refuses(door.signed.body(statement)), what
    tried(door.told())


def test_a_statement_of_another_type_or_form_is_refused(door, tried):
    given = door.signed.statement
    types = {f"{kind}/v1" for kind in KINDS} - {given["type"]}
    for other in (*types, given["type"][:-1] + "2", given["type"].upper(), ""):
        assert door.refuses(door.signed.body(given | {"type": other}))
    for other in ([given], json.dumps(given), None, 1):
        body = door.signed.body() | {"statement": other}
        assert door.refuses(body)
    for other in ("", "AAAA", "?", "A" * 4000, None, 1):
        assert door.refuses(door.signed.body() | {"signature": other})
    tried(door.told())


def test_a_statement_is_refused_from_anybody_but_its_signer(door, tried):
    signed = door.signed
    assert door.refuses(signed.body(), who=signed.other)
    if signed.is_own:
        assert door.refuses(signed.body(signer=signed.other), who=signed.other)
    assert door.refuses(signed.body(signer=signed.other)) == "statement.signature"
    tried(door.told())


def test_a_statement_is_refused_at_the_door_of_another_subject(door, tried):
    if door.signed.elsewhere != door.signed.path:
        assert door.refuses(door.signed.body(), path=door.signed.elsewhere)
    tried(door.told())


def test_a_statement_means_the_same_in_whatever_order_and_spacing_it_is_written(door, tried):
    """The last at each door: after everything that was refused it is still a good one."""
    body = door.signed.body()
    turned = dict(reversed(list(body["statement"].items())))

    status, _ = door.post(
        door.signed.path,
        door.signed.who.username,
        json.dumps(body | {"statement": turned}, indent=3, ensure_ascii=True),
    )

    assert status in (200, 201)
    tried()
