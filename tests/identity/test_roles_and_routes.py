"""Every role at every door, from the wire: let pass or refused as the table says.

`doors.tsv` is kept by hand: a new door without a line there fails, and so does one whose mark
and line differ. Nobody's input is looked at before the door: bodies are empty, codes made up.
"""

import re
from pathlib import Path

import pytest
from werkzeug.routing import IntegerConverter

from identity.guard import _MARK
from identity.rules.permissions import GRANTS, KIND_FOR_ROLE, Viewer
from identity.states import Permission, Role
from tests.factories.identity import CODES, make_organisation, make_person, token

pytestmark = pytest.mark.attack("permissions")

DOORS = dict(
    line.split("\t")
    for line in (Path(__file__).parent / "doors.tsv").read_text("utf-8").splitlines()
)
EVERYBODY = "everybody"
REFUSED = ("account.not_permitted", "account.sign_in_first")


def marks(app):
    """Endpoint → the name of the permission that it asks for."""
    found = {name: view for name, view in app.view_functions.items() if name != "static"}
    named = {name: getattr(view, _MARK) for name, view in found.items()}
    return {name: mark.value if mark else EVERYBODY for name, mark in named.items()}


def doors(app):
    """(endpoint, method, address) of every rule."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in DOORS:
            values = {name: _value(rule, name) for name in rule.arguments}
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield rule.endpoint, method, adapter.build(rule.endpoint, values, method)


def _value(rule, name):
    return 1 if isinstance(rule._converters[name], IntegerConverter) else "TDNOSUCHCODE-01"


def is_refused(answer):
    """Whether the door itself refused: nothing else of the platform answers with these codes."""
    leads = answer.headers.get("Location", "")
    return leads.startswith("/sign-in?") or any(code in answer.text for code in REFUSED)


def test_every_door_has_a_line_and_every_line_a_door(app):
    assert marks(app) == DOORS


def test_the_table_names_permissions_that_there_are():
    assert set(DOORS.values()) <= {EVERYBODY, *(each.value for each in Permission)}


@pytest.mark.parametrize("role", Role)
def test_a_role_passes_just_the_doors_that_the_table_opens_to_it(app, role, tried):
    make_organisation(CODES[0], "临江某单位", KIND_FOR_ROLE[role])
    make_person("somebody", CODES[0], role)
    held = {"Authorization": f"Bearer {token('somebody')}"}
    who = Viewer(code="PS0000000000", roles=frozenset({role}))
    wrong = []
    tried(len(DOORS))
    for endpoint, method, address in doors(app):
        answer = app.test_client().open(address, method=method, headers=held)
        if "account.sign_in_first" in answer.text:  # a door just ended the token
            held["Authorization"] = f"Bearer {token('somebody')}"
            answer = app.test_client().open(address, method=method, headers=held)
        needed = DOORS[endpoint]
        is_open = needed == EVERYBODY or who.may(Permission(needed))
        if is_refused(answer) is is_open:
            wrong.append((endpoint, method, answer.status_code))

    assert wrong == []
    assert GRANTS[role]


def test_a_stranger_passes_just_the_doors_that_are_open_to_everybody(app, tried):
    stranger, wrong = app.test_client(), []
    page = stranger.get("/sign-in").text  # for the mark without which no form reaches its door
    tried(len(DOORS))
    mark = {"X-CSRFToken": re.search(r'name="csrf_token" value="([^"]+)"', page)[1]}
    for endpoint, method, address in doors(app):
        answer = stranger.open(address, method=method, headers=mark)
        if is_refused(answer) is (DOORS[endpoint] == EVERYBODY):
            wrong.append((endpoint, method, answer.status_code))

    assert wrong == []


def test_a_token_that_is_none_is_told_at_every_door_and_is_no_fault(app, tried):
    held, wrong = {"Authorization": "Bearer nobody"}, []
    tried(len(DOORS))
    for endpoint, method, address in doors(app):
        answer = app.test_client().open(address, method=method, headers=held)
        if answer.status_code >= 500 or (DOORS[endpoint] != EVERYBODY and answer.status_code < 400):
            wrong.append((endpoint, method, answer.status_code))

    assert wrong == []
