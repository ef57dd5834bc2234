"""The second factor: which codes are taken, who is asked for one, and what is kept of it."""

import html
import re
import threading
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
from werkzeug.serving import make_server

from client.session import Platform, Refused
from evidence.models.streams import Fact
from identity import queries
from identity.actions import second_factor
from identity.models.second_factor import RecoveryCode, SecondFactor
from identity.models.sign_ins import WrongTry
from identity.rules.second_factor import (
    PAUSE,
    STEP_SECONDS,
    WRONG_CODES,
    accepted_step,
    is_recovery_code,
    plain,
    trying_problems,
)
from identity.states import OrganisationKind, Role
from kernel.errors import NotAllowed
from storage.base import real_now
from storage.database import current_database, snapshot, transaction
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, viewer
from tests.factories.pages import Reader
from tests.factories.second_factor import BOX, enrol
from tests.leaks.canaries import dumped

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime(2026, 11, 2, 2, 0, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // STEP_SECONDS


def code_at(step, secret=SECRET):
    return pyotp.TOTP(secret).at(step * STEP_SECONDS)


@pytest.mark.parametrize(
    ("step", "last", "taken"),
    [
        (STEP - 2, 0, None),
        (STEP - 1, 0, STEP - 1),
        (STEP, 0, STEP),
        (STEP + 1, 0, STEP + 1),
        (STEP + 2, 0, None),
        (STEP, STEP, None),
        (STEP - 1, STEP, None),
        (STEP + 1, STEP, STEP + 1),
    ],
)
def test_a_code_of_the_step_before_at_and_after_is_taken_once(step, last, taken):
    assert accepted_step(SECRET, code_at(step), NOW, last) == taken


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "a" * 40])
def test_what_is_no_code_is_not_taken(code):
    assert accepted_step(SECRET, code, NOW, 0) is None


def test_codes_are_taken_with_blanks_and_dashes():
    code = code_at(STEP)
    assert accepted_step(SECRET, f" {code[:3]} {code[3:]}", NOW, 0) == STEP
    assert plain("ABCD-efgh 2345-6767") == "abcdefgh23456767"
    assert is_recovery_code("ABCD-efgh-2345-6767")
    assert not is_recovery_code("ABCD-efgh-2345-678")


def test_after_ten_wrong_codes_there_is_a_pause_of_fifteen_minutes():
    instant = timedelta(microseconds=1)
    assert trying_problems(WRONG_CODES - 1, NOW, NOW) == []
    (problem,) = trying_problems(WRONG_CODES, NOW, NOW + PAUSE - instant)
    assert (problem.code, problem.values["until"]) == ("second_factor.paused", NOW + PAUSE)
    assert trying_problems(WRONG_CODES, NOW, NOW + PAUSE) == []


@pytest.fixture
def people(app):
    make_organisation(CODES[0], "临江招标代理有限公司", OrganisationKind.AGENCY)
    make_organisation(CODES[1], "临江交易中心", OrganisationKind.TRADING_CENTRE)
    make_person("agent", CODES[0], Role.AGENT)
    make_person("other", CODES[0], Role.AGENT)
    make_person("operator", CODES[1], Role.OPERATOR)
    return app


@pytest.fixture
def enrolled(people):
    return enrol("agent", people.extensions["second_factor_box"]())


def kinds():
    with snapshot() as db:
        query = sa.select(Fact.kind).where(Fact.stream.startswith("person:")).order_by(Fact.seq)
        return db.scalars(query).all()


def present(secret):
    with snapshot() as db:
        return pyotp.TOTP(secret).at(real_now(db))


def test_a_recovery_code_is_taken_once_and_told(database):
    make_organisation(CODES[0], "甲", OrganisationKind.AGENCY)
    person = make_person("agent", CODES[0], Role.AGENT)
    _, codes = enrol("agent")

    tries = []
    for _ in range(2):
        with transaction(lock=[f"person:{person}"]) as (db, now):
            tries.append(second_factor.prove(db, person, codes[3].upper(), BOX, now=now))

    assert tries == [True, False]
    assert kinds() == ["second_factor.enrolled", "recovery_code.used"]
    with snapshot() as db:
        assert queries.recovery_codes_left(db, person) == 9


def test_a_recovery_code_of_somebody_else_is_wrong(database):
    make_organisation(CODES[0], "甲", OrganisationKind.AGENCY)
    person = make_person("agent", CODES[0], Role.AGENT)
    make_person("other", CODES[0], Role.AGENT)
    enrol("agent")
    _, theirs = enrol("other")
    with transaction(lock=[f"person:{person}"]) as (db, now):
        assert not second_factor.prove(db, person, theirs[0], BOX, now=now)
    with snapshot() as db:
        assert queries.recovery_codes_left(db, viewer("other").code) == 10


def test_ten_wrong_codes_stop_even_the_right_one(database):
    make_organisation(CODES[0], "甲", OrganisationKind.AGENCY)
    person = make_person("agent", CODES[0], Role.AGENT)
    secret, codes = enrol("agent")
    for _ in range(WRONG_CODES):
        with transaction(lock=[f"person:{person}"]) as (db, now):
            assert not second_factor.prove(db, person, "000", BOX, now=now)

    for code in (present(secret), codes[0]):
        with pytest.raises(NotAllowed) as refused, transaction() as (db, now):
            second_factor.prove(db, person, code, BOX, now=now)
        assert refused.value.code == "second_factor.paused"
    with transaction() as (db, now):
        assert second_factor.prove(db, person, codes[0], BOX, now=now + PAUSE)
        assert db.scalar(sa.select(SecondFactor.wrong)) == 0


def shown_secret(page):
    return re.search(r'<code class="zb-code">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")


def test_enrolling_shows_a_picture_and_the_recovery_codes_once(people):
    agent = Reader(people.test_client(), "agent")
    own = "/account/second-factor"

    agent.refused(own, 403, "password", password="wrong password")
    agent.sent(own, password=PASSWORD)
    page = agent.get(own)
    secret = shown_secret(page)
    agent.refused(f"{own}/confirm", 403, "code", code="000000")
    shown = agent.send(f"{own}/confirm", code=present(secret)).text
    codes = re.findall(r'<li class="zb-code">([a-z2-7-]{19})</li>', shown)

    assert 'src="data:image/svg+xml' in page
    assert len(set(codes)) == 10
    after = agent.get(own)
    assert secret not in html.unescape(after).replace(" ", "")
    assert not any(code in after for code in codes)
    assert agent.send(own, password=PASSWORD).status_code == 409
    assert kinds() == ["second_factor.enrolled"]


def test_neither_secret_nor_codes_stand_in_the_database(people, enrolled):
    secret, codes = enrolled
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(RecoveryCode)) == 10
        locked = db.scalar(sa.select(SecondFactor.locked_secret))
    assert secret not in locked

    everything = b"".join(dumped(current_database()).values())
    for text in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert text.encode() not in everything


def test_signing_in_asks_for_the_code_and_takes_it_once(people, enrolled):
    secret, _ = enrolled
    first, second = Reader(people.test_client()), Reader(people.test_client())
    form = {"username": "agent", "password": PASSWORD, "next": "/account"}
    for reader in (first, second):
        assert reader.sent("/sign-in", at="/sign-in", **form) == "/sign-in/code"
        reader.get("/desk", 401)
    code = present(secret)

    landed = first.sent("/sign-in/code", at="/sign-in/code", code=code)
    again = second.refused("/sign-in/code", 403, "code", at="/sign-in/code", code=code)

    assert landed == "/account/undertakings?next=/account"
    assert "已经用过" in again
    first.get("/desk")
    second.get("/desk", 401)


def test_the_code_page_alone_leads_back_to_the_password(people, enrolled):
    stranger = Reader(people.test_client())
    assert stranger.client.get("/sign-in/code").headers["Location"] == "/sign-in"
    answer = stranger.send("/sign-in/code", at="/sign-in", code=present(enrolled[0]))
    assert answer.headers["Location"] == "/sign-in"
    stranger.get("/desk", 401)


def test_programs_need_the_code_too_and_others_sign_in_as_before(people, enrolled):
    secret, codes = enrolled
    client = people.test_client()

    def tokens(username, **more):
        body = {"username": username, "password": PASSWORD} | more
        answer = client.post("/api/v1/tokens", json=body)
        return answer.status_code, (answer.json.get("error") or {}).get("code")

    code = present(secret)
    assert tokens("other") == (201, None)
    assert tokens("agent") == (403, "second_factor.needed")
    assert tokens("agent", totp="000000") == (403, "second_factor.wrong_code")
    assert tokens("agent", totp=code) == (201, None)
    assert tokens("agent", totp=code) == (403, "second_factor.wrong_code")
    assert tokens("agent", totp=codes[0]) == (201, None)
    with snapshot() as db:
        assert db.get(WrongTry, viewer("agent").code).tries == 2


def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(people, enrolled):
    client = people.test_client()
    answers = [
        client.post(
            "/api/v1/tokens", json={"username": name, "password": "wrong", "totp": "000000"}
        )
        for name in ("agent", "other", "nobody")
    ]
    assert len({answer.data for answer in answers}) == 1


def signed_in(people, code):
    reader = Reader(people.test_client())
    reader.send("/sign-in", at="/sign-in", username="agent", password=PASSWORD)
    reader.sent("/sign-in/code", at="/sign-in/code", code=code)
    return reader


def test_recovery_codes_are_renewed_against_a_code_and_the_old_ones_are_worth_nothing(
    people, enrolled
):
    _, codes = enrolled
    agent, own = signed_in(people, codes[0]), "/account/second-factor"

    agent.refused(f"{own}/recovery-codes", 403, "code", code=codes[0])
    shown = agent.send(f"{own}/recovery-codes", code=codes[1]).text
    fresh = re.findall(r'<li class="zb-code">([a-z2-7-]{19})</li>', shown)

    assert len(set(fresh) - set(codes)) == 10
    agent.refused(f"{own}/recovery-codes", 403, "code", code=codes[2])


def test_it_is_switched_off_only_with_a_code(people, enrolled):
    _, codes = enrolled
    agent, own = signed_in(people, codes[0]), "/account/second-factor"

    agent.refused(f"{own}/end", 403, "code", code="000000", confirm="yes")
    agent.refused(f"{own}/end", 422, "confirm", code=codes[1])
    agent.sent(f"{own}/end", code=codes[1], confirm="yes")

    assert kinds()[-1] == "second_factor.ended"
    assert Reader(people.test_client(), "agent").landed.headers["Location"] == "/account/since"


def test_the_centre_resets_a_lost_one_and_the_person_is_told(people, enrolled):
    agent, operator = signed_in(people, enrolled[1][0]), Reader(people.test_client(), "operator")
    own = f"/centre/people/{viewer('agent').code}"

    operator.refused(f"{own}/second-factor/reset", 422, "ground", ground="", confirm="yes")
    operator.refused(f"{own}/second-factor/reset", 422, "confirm", ground="遗失手机")
    operator.sent(f"{own}/second-factor/reset", ground="遗失手机", confirm="yes")

    agent.get("/desk", 401)
    again = Reader(people.test_client(), "agent")
    assert "交易中心重置了动态码" in again.get(again.landed.headers["Location"])
    assert (
        operator.send(f"{own}/second-factor/reset", ground="又", confirm="yes").status_code == 409
    )


def test_only_the_centre_resets(people, enrolled):
    other = Reader(people.test_client(), "other")
    own = f"/centre/people/{viewer('agent').code}"
    other.get(own, 403)
    answer = other.send(f"{own}/second-factor/reset", ground="x", confirm="yes")
    assert answer.status_code == 403
    with snapshot() as db:
        assert queries.second_factor_of(db, viewer("agent").code) is not None


def test_one_person_never_sees_the_second_factor_of_another(people, enrolled):
    other = Reader(people.test_client(), "other")
    page = other.get("/account/second-factor") + other.get("/account") + other.get("/desk")
    assert "未使用的恢复码" not in page
    assert enrolled[0] not in page


def test_the_client_signs_in_with_the_code(people, enrolled):
    server = make_server("127.0.0.1", 0, people, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        platform = Platform(f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(Refused) as refused:
            platform.sign_in("agent", PASSWORD)
        platform.sign_in("agent", PASSWORD, enrolled[1][0])
        assert platform.get("/me")["code"] == viewer("agent").code
        assert refused.value.code == "second_factor.needed"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
