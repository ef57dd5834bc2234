"""Signing in by page and by program: where it leads, where it holds, what is told of it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from identity import queries
from identity.actions import sign_ins
from identity.models.sign_ins import SignIn
from identity.rules.sign_ins import (
    IDLE,
    SEEN_EVERY,
    browser_family,
    is_idle,
    is_worth_noting,
    own_path,
)
from identity.states import OrganisationKind, Role
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, token, viewer
from tests.factories.pages import Reader

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def people(app):
    make_organisation(CODES[0], "临江招标代理有限公司", OrganisationKind.AGENCY)
    make_person("agent", CODES[0], Role.AGENT)
    make_person("other", CODES[0], Role.AGENT)


@pytest.fixture
def agent(app, people):
    return Reader(app.test_client(), "agent")


@pytest.mark.parametrize("path", ["/desk", "/tenders/TD1?x=1&y=%E6%98%AD", "/a#b"])
def test_a_path_of_this_site_is_gone_on_to(path):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "desk",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\nb",
        "//[",
        "/sign-in?next=/sign-in",
        "/sign-out",
        "/api/v1/me",
        "/" + "x" * 500,
    ],
)
def test_anything_else_is_not_gone_on_to(path):
    assert own_path(path) == ""


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (FIREFOX, "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537.36 Edg/140", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604.1", "Safari · iOS"),
        ("<script>", ""),
    ],
)
def test_a_browser_is_named_in_two_words(agent, family):
    assert browser_family(agent) == family


def test_a_sign_in_is_idle_after_eight_hours_and_noted_every_five_minutes():
    instant = timedelta(microseconds=1)
    assert not is_idle(NOW, NOW + IDLE - instant)
    assert is_idle(NOW, NOW + IDLE)
    assert not is_worth_noting(NOW, NOW + SEEN_EVERY - instant)
    assert is_worth_noting(NOW, NOW + SEEN_EVERY)
    assert is_worth_noting(None, NOW)


def test_a_page_for_members_leads_to_sign_in_and_back(app, people):
    reader = Reader(app.test_client())

    asked = reader.get("/account/keys?next=/desk", 401)
    back = "/sign-in?next=/account/keys?next%3D/desk"
    landed = reader.send(
        "/sign-in", at=back, username="agent", password=PASSWORD, next="/account/keys?next=/desk"
    )

    assert f'href="{back}"' in asked
    assert 'name="next" value="/account/keys?next=/desk"' in Reader(app.test_client()).get(back)
    assert landed.headers["Location"] == "/account/undertakings?next=/account/keys?next%3D/desk"


def test_signing_in_never_leads_to_another_site(app, people):
    reader = Reader(app.test_client())
    form = {"username": "agent", "password": PASSWORD, "next": "//evil.example/x"}
    landed = reader.send("/sign-in", at="/sign-in", **form)
    assert landed.headers["Location"] == "/account/undertakings"


def test_a_wrong_password_keeps_the_name_and_the_way_on(app, people):
    form = {"username": "agent", "password": "wrong password", "next": "/account"}
    page = Reader(app.test_client()).refused("/sign-in", 403, "password", at="/sign-in", **form)
    assert 'value="agent"' in page
    assert 'name="next" value="/account"' in page
    assert "wrong password" not in page


def test_the_cookie_is_another_after_signing_in(app, people):
    client = app.test_client()
    client.get("/sign-in")
    before = client.get_cookie("session").value
    Reader(client, "agent")
    assert client.get_cookie("session").value != before


def test_the_first_visit_has_nothing_to_tell(agent):
    assert agent.landed.headers["Location"] == "/account/undertakings"
    assert "没有需要告知您的变化" in agent.get("/account/since")


def test_the_next_visit_tells_of_failed_tries_programs_and_the_visit_before(app, agent):
    client = app.test_client()
    for username in ("agent", "other", "nobody"):
        body = {"username": username, "password": "wrong"}
        assert client.post("/api/v1/tokens", json=body).status_code == 403
    token("agent")

    again = Reader(app.test_client(), "agent")
    page = again.get("/account/since?next=/account")
    third = Reader(app.test_client(), "agent")

    assert again.landed.headers["Location"] == "/account/since"
    assert "登录失败 1 次" in page
    assert "有程序以您的名义登录 1 次" in page
    assert "上次登录" in page
    assert 'href="/account/undertakings?next=/account"' in page
    assert third.landed.headers["Location"] == "/account/undertakings"


def test_another_browser_than_last_time_is_told(app, agent):
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    again = Reader(client, "agent")
    third = Reader(app.test_client(), "agent")

    assert "不是同一种浏览器" in again.get(again.landed.headers["Location"])
    assert "Firefox · Linux" in third.get(third.landed.headers["Location"])


def test_a_browser_that_is_ended_is_out_at_once(app, agent):
    second = Reader(app.test_client(), "agent")
    second.get("/desk")
    listed = agent.get("/account/sign-ins")
    with snapshot() as db:
        codes = [row.code for row in queries.sign_ins_of(db, viewer("agent").code, _now(db))]
    (other,) = [code for code in codes if f"/browsers/{code}/end" in listed]

    agent.sent(f"/account/sign-ins/browsers/{other}/end")

    second.get("/desk", 401)
    agent.get("/desk")


def test_all_others_end_browsers_and_programs_but_not_the_one_that_asks(app, agent):
    second, other = Reader(app.test_client(), "agent"), Reader(app.test_client(), "other")
    headers = {"Authorization": f"Bearer {token('agent')}"}
    foreign = {"Authorization": f"Bearer {token('other')}"}

    agent.sent("/account/sign-ins/others/end")

    second.get("/desk", 401)
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 401
    assert app.test_client().get("/api/v1/me", headers=foreign).status_code == 200
    agent.get("/desk")
    other.get("/desk")


def test_a_program_is_listed_and_ended(app, agent):
    secret = token("agent")
    headers = {"Authorization": f"Bearer {secret}"}
    listed = agent.get("/account/sign-ins")
    address = listed.split("/account/sign-ins/programs/")[1].split('"')[0]

    agent.sent(f"/account/sign-ins/programs/{address}")

    assert secret not in listed
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 401


@pytest.mark.parametrize("kind", ["browsers", "programs"])
def test_nobody_ends_or_sees_the_sign_ins_of_others(app, agent, kind):
    other = Reader(app.test_client(), "other")
    secret = token("other")
    theirs = other.get("/account/sign-ins")
    with snapshot() as db:
        sign_in = queries.sign_ins_of(db, viewer("other").code, _now(db))[0].code
    digest = theirs.split("/account/sign-ins/programs/")[1].split("/")[0]
    code = {"browsers": sign_in, "programs": digest}[kind]

    answer = agent.send(f"/account/sign-ins/{kind}/{code}/end")

    assert answer.status_code == 404
    mine = agent.get("/account/sign-ins") + agent.get("/account")
    assert sign_in not in mine
    assert digest not in mine
    other.get("/desk")
    headers = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 200


@pytest.mark.parametrize("code", ["xyz", "00", "é"])
def test_a_program_that_is_none_is_not_found(agent, code):
    assert agent.send(f"/account/sign-ins/programs/{code}/end").status_code == 404


def test_signing_out_ends_the_row_so_that_a_copied_cookie_is_worth_nothing(app, agent):
    copied = app.test_client()
    copied.set_cookie("session", agent.client.get_cookie("session").value)
    assert copied.get("/desk").status_code == 200

    agent.sent("/sign-out")

    assert copied.get("/desk").status_code == 401


def test_an_idle_browser_is_out_and_a_seen_one_is_noted(app, agent):
    long_ago = sa.update(SignIn).values(seen_at=SignIn.opened_at)
    with transaction() as (db, now):
        db.execute(long_ago.values(seen_at=now - SEEN_EVERY))
    agent.get("/desk")
    with snapshot() as db:
        assert db.scalar(sa.select(SignIn.seen_at)) > now - SEEN_EVERY

    with transaction() as (db, now):
        db.execute(long_ago.values(seen_at=now - IDLE))

    agent.get("/desk", 401)


def test_raising_the_epoch_ends_browsers_and_programs(app, agent):
    headers = {"Authorization": f"Bearer {token('agent')}"}
    with transaction() as (db, now):
        sign_ins.end_everywhere(db, queries.person_by_username(db, "agent"), now=now)

    agent.get("/desk", 401)
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 401


NEW = "another long password"


def test_a_changed_password_ends_the_others_and_is_told(app, agent):
    second = Reader(app.test_client(), "agent")
    headers = {"Authorization": f"Bearer {token('agent')}"}

    agent.sent("/account/password", old=PASSWORD, password=NEW)

    agent.get("/desk")
    second.get("/desk", 401)
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 401
    again = Reader(app.test_client())
    form = {"username": "agent", "at": "/sign-in"}
    again.refused("/sign-in", 403, "password", password=PASSWORD, **form)
    landed = again.sent("/sign-in", password=NEW, **form)
    assert "修改了密码" in again.get(landed)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"old": "wrong password"}, 403, "old"),
        ({"password": "x" * 11}, 422, "password"),
        ({"password": "x" * 129}, 422, "password"),
    ],
)
def test_a_refused_change_of_password_changes_nothing(app, agent, change, status, field):
    form = {"old": PASSWORD, "password": NEW} | change
    agent.refused("/account/password", status, field, **form)
    assert Reader(app.test_client(), "agent").landed.status_code == 302


def test_a_sign_in_is_known_by_its_stamp_until_it_ends(database):
    make_organisation(CODES[0], "甲", OrganisationKind.AGENCY)
    code = make_person("agent", CODES[0], Role.AGENT)
    with transaction(lock=[f"person:{code}"]) as (db, now):
        person = queries.person_with_code(db, code)
        made = sign_ins.open_sign_in(db, person, user_agent=FIREFOX, now=now)
    stamp = f"session:{made.code}"

    with snapshot() as db:
        assert queries.viewers_by_stamps(db, [stamp, "session:x"], now) == {
            stamp: queries.viewer_of(queries.person_with_code(db, code))
        }
    with transaction() as (db, now):
        sign_ins.end_sign_in(
            db, queries.viewer_of(queries.person_with_code(db, code)), made.code, now=now
        )
    with snapshot() as db:
        assert queries.viewers_by_stamps(db, [stamp], now) == {}


def _now(db):
    return datetime.now(UTC)
