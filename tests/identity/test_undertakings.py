"""What people undertake in their roles: asked once a version, by key or password, read later."""

import dataclasses
import json
import threading

import pytest
import sqlalchemy as sa
from werkzeug.serving import make_server

from client import __main__ as command_line
from client.keys import KeyFolder
from client.session import Platform
from evidence.models.streams import Fact
from identity import queries
from identity.rules.undertakings import (
    TEXTS,
    current,
    giving_problems,
    password_problems,
    statement_of,
    still_to_give,
    text_of,
)
from identity.states import OrganisationKind, Role, UndertakingMeans
from storage.database import snapshot
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, token, viewer
from tests.factories.pages import Reader

GOOD = {"password": PASSWORD, "confirm": "yes"}
# Whoever changes a text gives it the next version.
DIGESTS = {
    "bidder": "1a7910ec",
    "agent": "c2aec5cb",
    "procuring_officer": "60e87428",
    "issuer": "3af53f8b",
    "expert": "48a8050d",
    "regulator": "461fffc5",
    "witness": "49b59887",
    "host": "47ddf0a4",
    "operator": "6447c6e3",
}
OWN = "/account/undertakings/bidder/1"


@pytest.fixture
def people(app):
    make_organisation(CODES[0], "临江建设有限公司", OrganisationKind.BIDDER)
    make_person("bidder", CODES[0], Role.BIDDER)
    make_person("other", CODES[0], Role.BIDDER)
    return app


@pytest.fixture
def site(people):
    server = make_server("127.0.0.1", 0, people, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def given(username="bidder"):
    with snapshot() as db:
        return queries.undertakings_of(db, viewer(username).code)


def facts():
    with snapshot() as db:
        return db.scalars(sa.select(Fact.body).where(Fact.kind == "undertaking.given")).all()


def test_every_role_has_a_text_and_every_version_is_there_once():
    assert {text.role for text in TEXTS} == set(Role)
    assert len({(text.role, text.version) for text in TEXTS}) == len(TEXTS)
    for text in TEXTS:
        assert text_of(text.role.value, text.version) == text


def test_the_texts_of_a_published_version_never_change():
    digests = {text.role.value: text.sha256[:8] for text in TEXTS if text.version == 1}
    assert digests == DIGESTS


def test_what_is_given_is_not_asked_again_but_a_new_version_is():
    text = current(Role.BIDDER)
    assert still_to_give([Role.BIDDER], []) == [text]
    assert still_to_give([Role.BIDDER], [(Role.BIDDER, text.version)]) == []
    assert still_to_give([Role.BIDDER], [(Role.BIDDER, text.version - 1)]) == [text]
    assert len(still_to_give([Role.HOST, Role.OPERATOR], [])) == 2


@pytest.mark.parametrize(
    ("roles", "is_given", "code"),
    [
        ([Role.AGENT], False, "undertaking.other_role"),
        ([Role.BIDDER], True, "undertaking.given_already"),
    ],
)
def test_another_role_or_a_second_time_is_refused(roles, is_given, code):
    (problem,) = giving_problems(current(Role.BIDDER), roles, is_given=is_given)
    assert problem.code == code
    assert giving_problems(current(Role.BIDDER), [Role.BIDDER], is_given=False) == []


def test_an_old_text_is_refused():
    old = dataclasses.replace(current(Role.BIDDER), version=0)
    (problem,) = giving_problems(old, [Role.BIDDER], is_given=False)
    assert problem.code == "undertaking.old_text"


def test_who_has_a_key_signs_with_it():
    assert password_problems(has_key=False) == []
    assert [p.code for p in password_problems(has_key=True)] == ["undertaking.key_exists"]


def test_it_is_asked_at_sign_in_until_it_is_given_and_can_be_read_later(people):
    first = Reader(people.test_client(), "bidder")
    again = Reader(people.test_client(), "bidder")
    page = again.get(OWN)

    onward = again.sent(OWN, at=OWN, next="/account", **GOOD)

    for reader in (first, again):
        assert reader.landed.headers["Location"] == "/account/undertakings"
    assert "不与其他投标人" in page
    assert onward == "/account/undertakings?next=/account"
    assert 'href="/account"' in again.get(onward)
    assert "以密码确认（当时没有签名密钥）" in again.get(OWN)
    assert Reader(people.test_client(), "bidder").landed.headers["Location"] == "/desk"
    (row,) = given()
    assert (row.means, row.signature) == (UndertakingMeans.PASSWORD, None)
    (body,) = facts()
    assert json.loads(body)["data"] == {
        "means": "password",
        "role": "bidder",
        "text_sha256": current(Role.BIDDER).sha256,
        "version": 1,
    }


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"password": "wrong password"}, 403, "password"),
        ({"confirm": ""}, 422, "confirm"),
    ],
)
def test_a_refused_form_comes_back_and_records_nothing(people, change, status, field):
    bidder = Reader(people.test_client(), "bidder")
    bidder.refused(OWN, status, field, at=OWN, **GOOD | change)
    assert (given(), facts()) == ([], [])


def test_the_undertaking_of_another_role_is_refused(people):
    bidder = Reader(people.test_client(), "bidder")
    answer = bidder.send("/account/undertakings/expert/1", at=OWN, **GOOD)
    assert answer.status_code == 409
    bidder.get("/account/undertakings/bidder/2", 404)
    bidder.get("/account/undertakings/nobody/1", 404)
    assert given() == []


def test_it_is_signed_with_the_key_by_the_client(people, site, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ZHAOBIAO_PASSWORD", PASSWORD)
    words = ["undertake", "--url", site, "--username", "bidder", "--home", str(tmp_path)]

    assert command_line.main(words) == 0
    shown = capsys.readouterr()
    assert given() == []
    assert command_line.main([*words, "--agree"]) == 0
    signed = capsys.readouterr()

    assert "投标人诚信承诺" in shown.err
    assert json.loads(shown.out) == {"asked": ["bidder"]}
    assert json.loads(signed.out) == {"undertaken": ["bidder"]}
    (row,) = given()
    assert row.means is UndertakingMeans.KEY
    data = json.loads(facts()[0])["data"]
    assert (data["key"], data["means"]) == (row.key_code, "key")


def test_a_password_is_not_enough_for_who_has_a_key(people, site, tmp_path):
    KeyFolder(tmp_path).enrol(Platform(site, token("bidder")))
    bidder = Reader(people.test_client(), "bidder")
    assert 'name="password"' not in bidder.get(OWN)
    answer = bidder.send(OWN, at=OWN, **GOOD)
    assert answer.status_code == 409
    assert given() == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"text_sha256": "0" * 64}, 422, "undertaking.statement"),
        ({"type": "undertaking/v2"}, 422, "undertaking.statement"),
        ({"person": "PN0000000000"}, 422, "undertaking.statement"),
        ({"version": 2}, 404, "undertaking.not_found"),
        ({"role": "expert"}, 422, "undertaking.statement"),
    ],
)
def test_another_statement_is_refused_even_when_it_is_signed(
    people, site, tmp_path, change, status, code
):
    platform, keys = Platform(site, token("bidder")), KeyFolder(tmp_path)
    keys.enrol(platform)
    statement = statement_of(current(Role.BIDDER), viewer("bidder").code) | change
    headers = {"Authorization": f"Bearer {platform.token}"}

    answer = people.test_client().post(
        "/api/v1/undertakings", json=keys.signed(statement), headers=headers
    )

    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert given() == []


def test_the_signature_of_another_key_is_refused(people, site, tmp_path):
    platform = Platform(site, token("bidder"))
    KeyFolder(tmp_path / "mine").enrol(platform)
    foreign = KeyFolder(tmp_path / "foreign")
    body = foreign.signed(statement_of(current(Role.BIDDER), viewer("bidder").code))
    headers = {"Authorization": f"Bearer {platform.token}"}
    answer = people.test_client().post("/api/v1/undertakings", json=body, headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "statement.signature")
    assert given() == []


def test_nobody_sees_what_others_undertook(people):
    Reader(people.test_client(), "bidder").sent(OWN, at=OWN, **GOOD)
    other = Reader(people.test_client(), "other")
    assert "已作出的承诺" not in other.get("/account/undertakings")
    assert "您已于" not in other.get(OWN)
