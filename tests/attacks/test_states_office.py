"""Every act apart from any lot, in every state of what it is about: as office.tsv says.

And that no door which changes something is without a row in one of the two tables.
"""

import pytest

from tests.attacks import lot_doors, tables
from tests.attacks.office_doors import DOORS
from tests.attacks.trying import ALLOWED

pytestmark = pytest.mark.attack("states")

# Doors whose act has no state that could forbid it, or is tried with all its states elsewhere.
STATELESS = {
    "signing in and out: tests/identity/test_sign_ins.py, test_second_factor.py": {
        "account.give_code",
        "account.sign_in_now",
        "account.sign_out_now",
        "account_api.make_token",
        "password.change",
        "second_factor.begin",
        "second_factor.confirm",
        "second_factor.end",
        "second_factor.renew_codes",
        "centre.reset_second_factor",
        "sign_ins.end_browser",
        "sign_ins.end_others",
        "sign_ins.end_program",
    },
    "something new is registered: what is taken already is refused": {
        "account_api.register_organisation",
        "account_api.register_person",
        "applications.apply",
        "centre.register_organisation",
        "centre.register_person",
        "colleagues.register",
        "conduct_api.record_finding",
        "conduct.record_finding",
        "evaluation_api.register_expert",
        "pool.register_expert",
        "registering.register_tender",
        "trading_api.register_tender",
        "account_api.import_negative_list",
        "standing.import_now",
    },
    "keys and undertakings: tests/identity/test_keys.py, test_undertakings.py": {
        "account_api.enrol_statement_key",
        "papers.make_key",
        "papers_api.make_document_key",
        "undertaking_api.give_signed",
        "undertakings.give",
    },
    "witnesses' lines under the log's heads: tests/evidence/test_cosigning.py": {
        "log_api.cosign",
        "log_api.enrol_cosigner",
    },
    "one's own inbox: tests/identity/test_inbox_pages.py, tests/webapp/test_mail_addresses.py": {
        "letters.read_all",
        "mail.choose",
        "mail.confirm",
        "mail.turn",
    },
    "a form that only asks": {
        "applications.show_state",
        "registering.reshape",
        "verifying.verify",
    },
    "a show of the demo city": {"rehearsing.play"},
}


def states(known):
    """Door → the states of what it is about."""
    return {
        door.name: [name.partition(".")[2] for name in known if name.startswith(f"{door.kind}.")]
        for door in DOORS
    }


def test_what_is_apart_from_lots_is_dealt_with_only_as_its_table_says(office, tried):
    trial, wrong = office.trial, []
    known = trial.at("office")
    answers = tables.expected("office.tsv", states(known))
    for (name, state), expected in answers.items():
        door = next(each for each in DOORS if each.name == name)
        code = known[f"{door.kind}.{state}"]
        found = trial.code(door.request(code), known["tokens"][door.who])
        if found != expected or (found != ALLOWED and trial.changed()):
            wrong.append((name, state, found, trial.changed()))
        if not trial.is_untouched():
            trial.at("office")
        tried()

    assert wrong == []
    assert set(answers) == {(name, each) for name, found in states(known).items() for each in found}


def test_every_door_that_changes_something_has_its_row(office):
    changing = {
        rule.endpoint
        for rule in office.app.url_map.iter_rules()
        if rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
    }
    attacked = {door.name.partition("/")[0] for door in (*lot_doors.DOORS, *DOORS)}
    stateless = set().union(*STATELESS.values())

    assert changing - attacked == stateless
    assert attacked <= changing


def test_every_change_of_the_published_interface_is_a_door_of_these(office):
    paths = office.app.test_client().get("/api/openapi.json").json["paths"]
    adapter = office.app.url_map.bind("localhost")
    attacked = {door.name.partition("/")[0] for door in (*lot_doors.DOORS, *DOORS)}
    known = attacked | set().union(*STATELESS.values())
    for path, ways in paths.items():
        for method in set(ways) & {"post", "put", "patch", "delete"}:
            address = path.replace("{", "").replace("}", "")
            endpoint, _ = adapter.match(address, method=method.upper())
            assert endpoint in known, (method, path)
