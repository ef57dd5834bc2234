import base64

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Blueprint

from identity.guard import unguarded
from identity.models.credentials import SigningKey
from identity.states import OrganisationKind, Role
from storage.database import snapshot
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, token
from webapp.factory import create_app, refuse_unguarded

pytestmark = pytest.mark.attack("web")


@pytest.fixture
def people(app):
    make_organisation(CODES[0], "临江招标代理有限公司", OrganisationKind.AGENCY)
    make_organisation(CODES[1], "临江建设有限公司", OrganisationKind.BIDDER)
    make_organisation(CODES[2], "临江交易中心", OrganisationKind.TRADING_CENTRE)
    make_organisation(CODES[3], "临江发改委", OrganisationKind.REGULATOR)
    make_person("agent", CODES[0], Role.AGENT)
    make_person("bidder", CODES[1], Role.BIDDER)
    make_person("operator", CODES[2], Role.OPERATOR)
    make_person("regulator", CODES[3], Role.REGULATOR)


def bearer(username):
    return {"Authorization": f"Bearer {token(username)}"}


def test_every_endpoint_says_who_may_pass(app):
    assert unguarded(app) == []


def test_start_up_fails_if_a_door_is_unguarded(settings):
    app = create_app(settings)
    app._got_first_request = False
    loose = Blueprint("loose", __name__)
    loose.add_url_rule("/loose", view_func=lambda: "open")
    app.register_blueprint(loose)

    with pytest.raises(RuntimeError, match="loose"):
        refuse_unguarded(app)


def test_a_token_is_given_for_name_and_password(client, people):
    answer = client.post("/api/v1/tokens", json={"username": "agent", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {answer.json['token']}"}

    me = client.get("/api/v1/me", headers=headers)

    assert me.json["roles"] == ["agent"]
    assert me.json["organisation"]["code"] == CODES[0]


def test_a_wrong_password_gets_the_same_answer_as_a_wrong_name(client, people):
    answers = [
        client.post("/api/v1/tokens", json={"username": name, "password": "wrong"})
        for name in ("agent", "nobody")
    ]
    codes = [(answer.status_code, answer.json["error"]["code"]) for answer in answers]
    assert codes == [(403, "account.wrong_name_or_password")] * 2
    assert answers[0].data == answers[1].data


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_without_a_valid_token_the_door_stays_shut_before_input_is_read(client, headers):
    answer = client.post("/api/v1/people", json={"nonsense": 1}, headers=headers)
    assert answer.status_code == 401


def test_a_role_without_the_permission_is_refused(client, people):
    answer = client.post("/api/v1/organisations", json={}, headers=bearer("agent"))
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "account.not_permitted")


def test_the_operator_registers_an_organisation_and_a_person(client, people):
    body = {"credit_code": CODES[8], "name": "新单位", "kinds": ["bidder"]}
    assert (
        client.post("/api/v1/organisations", json=body, headers=bearer("operator")).status_code
        == 201
    )
    person = {
        "username": "newcomer",
        "name": "李四",
        "credit_code": CODES[8],
        "roles": ["bidder"],
        "password": PASSWORD,
    }
    assert client.post("/api/v1/people", json=person, headers=bearer("operator")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"credit_code": CODES[8][:-1] + "0", "name": "x", "kinds": ["bidder"]},
        {"credit_code": CODES[8], "name": "a\x00b", "kinds": ["bidder"]},
        {"credit_code": CODES[8], "name": "x", "kinds": []},
        {"credit_code": CODES[8], "name": "x", "kinds": ["nothing"]},
        {"credit_code": 10**30, "name": "x", "kinds": ["bidder"]},
        {"credit_code": CODES[8], "name": "x", "kinds": ["bidder"], "extra": 1},
        [],
        None,
    ],
)
def test_bad_input_is_told_and_leaves_no_trace(client, people, body):
    answer = client.post("/api/v1/organisations", json=body, headers=bearer("operator"))
    assert answer.status_code == 422
    assert answer.json["error"]["message"]


def test_a_bid_key_needs_the_proof_of_its_private_half(client, people):
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    headers = bearer("bidder")
    code = client.get("/api/v1/me", headers=headers).json["code"]

    def enrol(message):
        proof = key.sign(message, ec.ECDSA(hashes.SHA256()))
        body = {"spki": base64.b64encode(spki).decode(), "proof": base64.b64encode(proof).decode()}
        return client.post("/api/v1/keys/statement", json=body, headers=headers)

    assert enrol(b"something else").json["error"]["code"] == "key.not_proved"
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(SigningKey)) == 0
    answer = enrol(b"zhaobiao-key-proof/v1\n" + code.encode() + b"\n" + spki)
    assert answer.status_code == 201
    listed = client.get("/api/v1/keys", headers=headers).json["keys"]
    assert [each["code"] for each in listed] == [answer.json["code"]]


def test_the_negative_list_is_checked_by_code_and_name_by_anybody(client, people):
    row = f"{CODES[9]},失信（集团）公司,registration,围标,F-3,2026-01-01,2099-01-01"
    text = f"credit_code,name,kind,ground,finding,from,until\n{row}\n"
    body = {"origin": "省名单", "csv": text}
    assert (
        client.post("/api/v1/negative-list", json=body, headers=bearer("regulator")).status_code
        == 201
    )

    for query in ({"code": CODES[9]}, {"name": "失信 (集团) 公司"}):
        found = client.get("/api/v1/negative-list/check", query_string=query).json
        assert (found["restricted"], found["restrictions"][0]["finding"]) == (True, "F-3")
    clean = client.get("/api/v1/negative-list/check", query_string={"code": CODES[10]}).json
    assert clean["restricted"] is False
    page = client.get("/negative-list", query_string={"name": "失信(集团)公司"})
    assert "F-3" in page.text


@pytest.mark.parametrize("query", [{}, {"code": "1"}, {"name": "\x00"}, {"name": "x" * 300}])
def test_a_negative_list_question_that_names_nobody_is_refused(client, query):
    answer = client.get("/api/v1/negative-list/check", query_string=query)
    assert answer.status_code == 422


def test_signing_in_by_page_needs_the_forgery_mark(client, people):
    form = {"username": "agent", "password": PASSWORD}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 403
    assert "防伪" in answer.text
    page = client.get("/sign-in").text
    mark = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.post("/sign-in", data=form | {"csrf_token": mark}).status_code == 302
    assert "临江招标代理有限公司" in client.get("/account").text


def test_pages_say_what_they_load_and_nothing_else(client):
    answer = client.get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_a_missing_page_helps_in_both_languages(client):
    chinese, english = client.get("/nowhere"), client.get("/nowhere?lang=en")
    assert (chinese.status_code, english.status_code) == (404, 404)
    assert "没有这个页面" in chinese.text
    assert "There is no such page" in english.text
    assert client.get("/api/v1/nowhere").json["error"]["code"] == "http.404"


def test_the_address_of_a_form_opened_by_reload_leads_to_the_page_of_the_form(client):
    answer = client.get("/papers/PARQCBN0SRMA/signature")
    assert (answer.status_code, answer.location) == (303, "/papers/PARQCBN0SRMA")
    assert client.get("/api/v1/tokens").status_code == 405


def test_the_openapi_document_names_every_api_endpoint(client):
    document = client.get("/api/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/negative-list/check" in document["paths"]


def test_the_eleventh_attempt_on_one_name_in_a_minute_is_refused_even_with_the_password(
    client, people
):
    def attempt(username, password="wrong"):
        body = {"username": username, "password": password}
        return client.post("/api/v1/tokens", json=body).status_code

    assert [attempt("agent") for _ in range(10)] == [403] * 10
    assert attempt(" AGENT ", PASSWORD) == 429
    assert attempt("bidder", PASSWORD) == 201
