"""Registering an organisation by oneself, and what its administrator does for its people."""

import re

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from identity import queries
from identity.models.applications import Application
from identity.rules.applications import FIRST_ROLE, applying_problems, ending_problems
from identity.rules.permissions import KIND_FOR_ROLE
from identity.states import ApplicationState, OrganisationKind, Role
from storage.database import snapshot
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, token, viewer
from tests.factories.pages import Reader

FORM = {
    "kind": "bidder",
    "credit_code": CODES[0],
    "name": "临江新桥建设有限公司",
    "contact": "0519-8800 1230",
    "person_name": "周敏",
    "username": "zhoumin",
    "password": PASSWORD,
    "confirm": "yes",
}


@pytest.fixture
def centre(app):
    make_organisation(CODES[42], "临江交易中心", OrganisationKind.TRADING_CENTRE)
    make_person("operator", CODES[42], Role.OPERATOR)
    return Reader(app.test_client(), "operator")


@pytest.fixture
def stranger(app, centre):
    return Reader(app.test_client())


def trace():
    with snapshot() as db:
        facts = db.scalar(sa.select(sa.func.count()).select_from(Fact))
        return facts, db.scalar(sa.select(sa.func.count()).select_from(Application))


def apply(reader, **change):
    """The code of a new application."""
    answer = reader.send("/register", at="/register", **FORM | change)
    assert answer.status_code == 200, answer.text
    return re.search(r"AP[0-9A-Z]{10}", answer.text)[0]


def state_of(code):
    with snapshot() as db:
        return queries.application_by_code(db, code).state


def test_every_kind_that_may_apply_has_a_first_role_that_fits_it():
    assert {KIND_FOR_ROLE[role] for role in FIRST_ROLE.values()} == set(FIRST_ROLE)
    for kind in set(OrganisationKind) - set(FIRST_ROLE):
        (problem,) = applying_problems(kind, is_registered=False, is_name_taken=False)
        assert problem.code == "application.kind"


def test_everything_that_can_be_mended_is_told_at_once():
    found = applying_problems(OrganisationKind.WITNESS, is_registered=True, is_name_taken=True)
    assert [each.field for each in found] == ["kind", "credit_code", "username"]
    assert (
        applying_problems(OrganisationKind.BIDDER, is_registered=False, is_name_taken=False) == []
    )


def test_an_administrator_keeps_their_own_access_and_ends_one_once():
    assert ending_problems(is_self=False, is_ended=False) == []
    assert [p.code for p in ending_problems(is_self=True, is_ended=False)] == ["account.own_access"]
    ended = ending_problems(is_self=False, is_ended=True)
    assert [problem.code for problem in ended] == ["account.ended_already"]


def test_an_application_is_confirmed_and_its_person_signs_in_as_administrator(
    app, centre, stranger
):
    code = apply(stranger)
    waiting = stranger.send("/register/state", at="/register/state", **key(code)).text
    assert "核对单位注册申请" in centre.get("/desk")
    assert "临江新桥建设有限公司" in centre.get("/centre/applications")

    stranger.refused("/sign-in", 403, at="/sign-in", username="zhoumin", password=PASSWORD)
    centre.sent(f"/centre/applications/{code}/confirm")

    assert "等待交易中心核对" in waiting
    assert "已确认" in stranger.send("/register/state", at="/register/state", **key(code)).text
    person = Reader(app.test_client(), "zhoumin")
    assert "我的投标" in person.get("/desk")
    assert "本单位人员" in person.get("/account")
    assert centre.send(f"/centre/applications/{code}/confirm").status_code == 409


def key(code, password=PASSWORD):
    return {"application": code, "password": password}


def test_a_refused_application_tells_its_reason_and_registers_nobody(app, centre, stranger):
    code = apply(stranger)
    address = f"/centre/applications/{code}/refuse"

    centre.refused(address, 422, "reason", reason=" ")
    assert state_of(code) is ApplicationState.PENDING
    centre.sent(address, reason="名称与营业执照不一致")

    shown = stranger.send("/register/state", at="/register/state", **key(code)).text
    assert "名称与营业执照不一致" in shown
    with snapshot() as db:
        assert not queries.is_registered(db, CODES[0])
        assert queries.person_by_username(db, "zhoumin") is None
    assert centre.send(f"/centre/applications/{code}/confirm").status_code == 409


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"kind": ""}, 422, "kind"),
        ({"kind": "regulator"}, 409, "kind"),
        ({"credit_code": CODES[0][:-1] + "0"}, 422, "credit_code"),
        ({"credit_code": CODES[42]}, 409, "credit_code"),
        ({"name": ""}, 422, "name"),
        ({"contact": ""}, 422, "contact"),
        ({"person_name": " "}, 422, "person_name"),
        ({"username": "x"}, 422, "username"),
        ({"username": "operator"}, 409, "username"),
        ({"password": "short"}, 422, "password"),
        ({"confirm": ""}, 422, "confirm"),
    ],
)
def test_a_refused_form_comes_back_without_the_password_and_leaves_no_trace(
    stranger, change, status, field
):
    before = trace()
    page = stranger.refused("/register", status, field, at="/register", **FORM | change)
    assert (PASSWORD in page, trace()) == (False, before)


def test_the_application_of_a_stranger_keeps_the_organisation_out_no_longer_than_the_centre_lets_it(
    app, centre, stranger
):
    false, true = apply(stranger, username="squatter"), apply(stranger)

    centre.sent(f"/centre/applications/{true}/confirm")

    assert "已登记，不能再确认" in centre.get(f"/centre/applications/{false}")
    assert centre.send(f"/centre/applications/{false}/confirm").status_code == 409
    assert state_of(false) is ApplicationState.PENDING
    centre.sent(f"/centre/applications/{false}/refuse", reason="已由他人登记")


def test_a_wrong_code_and_a_wrong_password_have_one_answer(stranger):
    code = apply(stranger)
    forms = [key(code, "wrong password"), key("AP0000000000"), key("")]
    pages = [
        stranger.refused("/register/state", 403, "application", at="/register/state", **form)
        for form in forms
    ]
    assert not any("新桥" in page for page in pages)
    told = {re.search(r'<a href="#application">([^<]+)</a>', page)[1] for page in pages}
    assert told == {"申请编号或密码不正确。"}


def test_only_the_centre_sees_and_decides_applications(app, centre, stranger):
    code = apply(stranger)
    make_organisation(CODES[1], "别家公司", OrganisationKind.BIDDER)
    make_person("bidder", CODES[1], Role.BIDDER)
    bidder = Reader(app.test_client(), "bidder")
    for address in ("/centre/applications", f"/centre/applications/{code}"):
        bidder.get(address, 403)
        stranger.get(address, 401)
    for verb in ("confirm", "refuse"):
        answer = bidder.send(f"/centre/applications/{code}/{verb}", reason="x")
        assert answer.status_code == 403
    assert state_of(code) is ApplicationState.PENDING


def test_the_twenty_first_application_of_an_hour_from_one_address_is_refused(stranger):
    statuses = [
        stranger.send("/register", at="/register", **FORM | {"name": ""}).status_code
        for _ in range(21)
    ]
    assert statuses == [422] * 20 + [429]


COLLEAGUE = {
    "person_name": "钱进",
    "username": "qianjin",
    "password": PASSWORD,
    "roles": ["bidder"],
}


@pytest.fixture
def administrator(app, centre, stranger):
    centre.sent(f"/centre/applications/{apply(stranger)}/confirm")
    return Reader(app.test_client(), "zhoumin")


def test_an_administrator_lets_a_colleague_in_and_ends_the_access_everywhere(app, administrator):
    administrator.sent("/account/colleagues", at="/account/colleagues", **COLLEAGUE)
    colleague = Reader(app.test_client(), "qianjin")
    headers = {"Authorization": f"Bearer {token('qianjin')}"}
    colleague.get("/account/colleagues", 403)

    administrator.sent(f"/account/colleagues/{viewer('qianjin').code}/end")

    colleague.get("/desk", 401)
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 401
    again = Reader(app.test_client())
    page = again.refused(
        "/sign-in", 403, "username", at="/sign-in", username="qianjin", password=PASSWORD
    )
    assert "已由所在单位停用" in page
    body = {"username": "qianjin", "password": PASSWORD}
    answer = app.test_client().post("/api/v1/tokens", json=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "account.ended")
    wrong = app.test_client().post("/api/v1/tokens", json=body | {"password": "wrong"})
    assert wrong.json["error"]["code"] == "account.wrong_name_or_password"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"roles": []}, 422, "roles"),
        ({"roles": ["regulator"]}, 409, "roles"),
        ({"roles": ["operator"]}, 409, "roles"),
        ({"username": "zhoumin"}, 409, "username"),
        ({"password": "short"}, 422, "password"),
        ({"person_name": ""}, 422, "person_name"),
    ],
)
def test_a_refused_colleague_comes_back_and_leaves_no_trace(administrator, change, status, field):
    before = trace()
    form = COLLEAGUE | change
    own = "/account/colleagues"
    page = administrator.refused(own, status, field, at=own, **form)
    assert (PASSWORD in page, trace()) == (False, before)


def test_people_of_other_organisations_are_neither_seen_nor_ended(app, administrator):
    page = administrator.get("/account/colleagues")
    answer = administrator.send(f"/account/colleagues/{viewer('operator').code}/end")
    assert "operator" not in page
    assert answer.status_code == 404
    Reader(app.test_client(), "operator").get("/desk")


def test_an_administrator_cannot_end_themselves(administrator):
    answer = administrator.send(f"/account/colleagues/{viewer('zhoumin').code}/end")
    assert answer.status_code == 409
    administrator.get("/desk")
