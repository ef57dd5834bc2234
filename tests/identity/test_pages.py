"""What people do by hand on the pages of the centre, and of whoever signs papers."""

import re

import pytest
import sqlalchemy as sa

from identity import queries
from identity.actions import papers
from identity.states import KeyPurpose, OrganisationKind, PaperState, Role, TurnState
from storage.database import snapshot, transaction
from storage.due import DueWork
from storage.vault import Vault
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, token, viewer
from tests.factories.pages import Reader, facts
from tests.factories.papers import PIN, do_duty
from tests.trading.test_guarantee import Bank
from trading.actions import guarantee

PERSON = {
    "credit_code": CODES[0],
    "person_name": "李四",
    "username": "newcomer",
    "password": PASSWORD,
    "roles": ["bidder"],
}


@pytest.fixture
def operator(app):
    make_organisation(CODES[42], "临江交易中心", OrganisationKind.TRADING_CENTRE)
    make_person("operator", CODES[42], Role.OPERATOR)
    return Reader(app.test_client(), "operator")


def test_the_centre_registers_an_organisation_and_a_person_who_signs_in(app, operator):
    organisation = {"credit_code": CODES[0], "name": "新单位", "kinds": ["bidder", "agency"]}

    listed = operator.sent("/centre/organisations", **organisation)
    people = operator.sent("/centre/people", **PERSON)

    assert "新单位" in operator.get(listed)
    assert "投标人、代理机构" in operator.get(listed) or "代理机构、投标人" in operator.get(listed)
    assert "李四" in operator.get(people)
    assert "我的投标" in Reader(app.test_client(), "newcomer").get("/desk")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"credit_code": "1"}, 422, "credit_code"),
        ({"credit_code": CODES[42]}, 409, "credit_code"),
        ({"name": " "}, 422, "name"),
        ({"kinds": []}, 422, "kinds"),
        ({"kinds": ["x"]}, 422, "kinds"),
    ],
)
def test_a_refused_organisation_comes_back(operator, change, status, field):
    form = {"credit_code": CODES[0], "name": "新单位", "kinds": ["bidder"]} | change
    before = facts()
    operator.refused("/centre/organisations", status, field, **form)
    assert facts() == before


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"credit_code": CODES[9]}, 404, "credit_code"),
        ({"username": "x"}, 422, "username"),
        ({"username": "operator"}, 409, "username"),
        ({"password": "short"}, 422, "password"),
        ({"person_name": ""}, 422, "person_name"),
        ({"roles": []}, 422, "roles"),
        ({"roles": ["regulator"]}, 409, "roles"),
    ],
)
def test_a_refused_person_comes_back_without_the_password(operator, change, status, field):
    make_organisation(CODES[0], "新单位", OrganisationKind.BIDDER)
    before = facts()
    page = operator.refused("/centre/people", status, field, **PERSON | change)
    assert (PASSWORD in page, facts()) == (False, before)


def test_lists_of_the_centre_are_searched_and_go_on(operator):
    for code in CODES[:25]:
        make_organisation(code, f"单位（{code}）", OrganisationKind.BIDDER)

    first, second = (operator.get(f"/centre/organisations?page={page}") for page in (1, 2))
    one = operator.get(f"/centre/organisations?q={CODES[3].lower()}")

    assert [page.count('role="rowheader"') for page in (first, second, one)] == [20, 6, 1]
    assert operator.get("/centre/organisations?q=没有").count('role="rowheader"') == 0
    assert operator.get("/centre/people?q=oper").count('role="rowheader"') == 1


@pytest.fixture
def bank(app, settings):
    made = Bank(Vault(settings.files))
    app.extensions["workshop"] = made.workshop
    return made


def turn_of(username, paper):
    with snapshot() as db:
        turn = queries.turn_of(db, paper, viewer(username).code)
        return turn.state, turn.paper.state


def test_a_letter_is_read_and_signed_by_pin_without_scripts(app, bank):
    paper = bank.approve(bank.order("bidder1"))
    banker, subject = Reader(app.test_client(), "banker"), papers.subject_of(paper)
    drawing = banker.client.get(f"/papers/{paper}")
    do_duty(guarantee.DRAW, subject, bank.workshop)
    assert paper in banker.get("/desk")

    banker.sent(f"/papers/{paper}/turn")
    asked = banker.client.get(f"/papers/{paper}")
    do_duty(papers.PREPARE, subject, bank.workshop)
    wrong = banker.refused(f"/papers/{paper}/signature", 403, pin="000000")
    banker.sent(f"/papers/{paper}/signature", pin=PIN)
    do_duty(papers.FINISH, subject, bank.workshop)

    assert drawing.headers["Refresh"] == asked.headers["Refresh"] == "3"
    assert PIN not in wrong
    assert (wrong.count("签名 PIN 不正确"), wrong.count(f"/papers/{paper}/signature")) == (2, 1)
    assert turn_of("banker", paper) == (TurnState.DONE, PaperState.COMPLETE)
    assert "Refresh" not in banker.client.get(f"/papers/{paper}").headers
    file = banker.client.get(f"/api/v1/papers/{paper}/file")
    assert file.data.startswith(b"%PDF")


def test_papers_of_others_are_not_found(app, bank):
    paper = bank.approve(bank.order("bidder1"))
    insurer = Reader(app.test_client(), "insurer")
    for address in (f"/papers/{paper}/turn", f"/papers/{paper}/signature"):
        assert insurer.send(address, pin=PIN).status_code == 404
    insurer.get(f"/papers/{paper}", 404)
    assert turn_of("banker", paper)[0] is TurnState.WAITING


def test_a_document_key_is_made_with_a_pin_of_acceptable_length(app, bank):
    insurer = Reader(app.test_client(), "insurer")

    insurer.refused("/papers/key", 422, "pin", pin="12345")
    insurer.sent("/papers/key", pin="123456")

    with snapshot() as db:
        key = queries.valid_key(db, viewer("insurer").code, KeyPurpose.DOCUMENT)
    assert key.code in insurer.get("/papers")


def test_health_tells_of_failures_and_never_of_guarantees(app, bank, operator):
    paper = bank.approve(bank.order("bidder1"))
    with transaction() as (db, now):
        db.add(DueWork(kind="lot.check_releases", subject="lot:L", due_at=now, last_error="x"))
        failing = sa.update(DueWork).values(last_error="x", tries=3)
        db.execute(failing)
        db.add(DueWork(kind=papers.PREPARE, subject=papers.subject_of(paper), due_at=now, tries=1))
    headers = {"Authorization": f"Bearer {token('operator')}"}

    page = operator.get("/centre/health")
    answer = operator.client.get("/api/v1/health", headers=headers).json

    assert "lot.check_releases" in page
    assert {work["kind"] for work in answer["failing_work"]} >= {"lot.check_releases"}
    assert not re.search(r"guarantee\.|paper\.|paper:", page + str(answer))


def test_work_is_late_when_its_moment_is_long_over(app, operator):
    with transaction() as (db, now):
        db.add(DueWork(kind="lot.close", subject="lot:L", due_at=now))
    before = operator.get("/centre/health")
    with transaction() as (db, now):
        db.execute(sa.update(DueWork).values(due_at=now - papers.rules.TURN_TIME))

    assert "lot.close" not in before
    assert "lot.close" in operator.get("/centre/health")
