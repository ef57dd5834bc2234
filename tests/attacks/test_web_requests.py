"""Requests that a browser was talked into, or that no browser would send.

Forged forms at every door of the address map, later ones included; ways on that lead away; line
ends in what becomes a header; hosts, methods and proxies that are made up.
"""

import io
import re
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from identity.guard import _NO_SESSION
from outbox.models.mail import MailAddress
from storage.database import snapshot
from tests.attacks.doors import MARK, changing
from tests.factories.identity import (
    ALL_KINDS,
    ALL_ROLES,
    CODES,
    PASSWORD,
    make_organisation,
    make_person,
)
from tests.factories.letters import mails
from tests.factories.pages import Reader
from tests.factories.trading import make_cast, make_tender
from tests.trading.test_documents import START
from webapp.factory import create_app
from webapp.tables import metadata

pytestmark = pytest.mark.attack("web")

AWAY = (
    "//evil.example", "///evil.example", "////evil.example/..", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "https://evil.example", "https:evil.example", "https:/evil.example", "http:\\\\evil.example", "HTTPS://EVIL.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "evil.example", "@evil.example",
    " //evil.example", "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\0//evil.example",
    "/\0/evil.example", "/desk\r\nSet-Cookie: a=b", "/desk%0d%0aSet-Cookie:a=b\r\n", "/\u2028/evil.example", "／／evil.example",
    "/%5cevil.example\\", "/.//evil.example", "/..//evil.example", "/x/..//evil.example", "/desk?x=//evil.example\\@evil.example",
    "//[::1]", "//evil.example:80", "//evil%2eexample", "/" * 600, "[", "//[", "/sign-out", "/sign-in?next=//evil.example",
    "\ud800", "/\ud800", "//\u202eelpmaxe.live", "/;@evil.example", "?next=//evil.example", "#//evil.example", "",
)  # fmt: skip
LINE_ENDS = ("\r\n", "\n", "\r", "\u2028", "\u0085", "\x0b", "\x0c", "\0")
FORGED = ("", "IjEyMyI.aaaa.bbbb", "\ud800")


def leads_here(location):
    """Whether every browser stays on this site: a path, and no way to read a host into it."""
    seen = re.sub(r"[\t\r\n]", "", location)
    if seen.startswith("?"):
        return True
    return seen.startswith("/") and seen[1:2] not in ("/", "\\") and location.isprintable()


def test_no_way_on_after_signing_in_leads_away(app, tried):
    make_organisation(CODES[3], "什么都是有限公司", *ALL_KINDS)
    for number, text in enumerate(AWAY):
        name = f"person{number // 9}"  # one name may try ten times a minute, one address sixty
        if number % 9 == 0:
            make_person(name, CODES[3], *ALL_ROLES)
        stranger = app.test_client()
        stranger.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"
        mark = MARK.search(stranger.get("/sign-in").text)[1]
        form = {"username": name, "password": PASSWORD, "csrf_token": mark}
        answer = stranger.post(
            "/sign-in", data=form | {"next": text.encode("utf-8", "surrogatepass")}
        )
        assert answer.status_code == (422 if "\0" in text else 302), text
        assert leads_here(answer.headers.get("Location", "/")), text

    tried(len(AWAY))


def test_no_page_takes_a_way_on_that_leads_away(everybody, tried):
    pages = ("/sign-in", "/account/since", "/undertakings", "/account/keys")
    for text in AWAY:
        for page in pages:
            address = f"{page}?next={quote(text, safe='', errors='surrogatepass')}"
            answer = everybody.client.get(address)
            assert answer.status_code in (200, 302, 404, 422), (address, answer.status_code)
            links = re.findall(r'(?:href|action|formaction|value)="([^"]*)"', answer.text)
            assert not [link for link in links if "evil.example" in link and not leads_here(link)]

    tried(len(AWAY) * len(pages))


def rows():
    with snapshot() as db:
        return {
            table.name: db.scalar(sa.select(sa.func.count()).select_from(table))
            for table in metadata.sorted_tables
        }


def test_no_door_is_passed_without_the_mark_of_the_own_session(app, everybody, tried):
    foreign = MARK.search(Reader(app.test_client()).get("/sign-in"))[1]
    before, asked, wrong = rows(), 0, []
    for endpoint, method, address in changing(app):
        if hasattr(app.view_functions[endpoint], _NO_SESSION):
            continue
        for mark in (None, foreign, *FORGED):
            given = {} if mark is None else {"csrf_token": mark.encode("utf-8", "surrogatepass")}
            answer = everybody.client.open(address, method=method, data=given)
            asked += 1
            if answer.status_code != 403 or "request.forged" not in answer.text:
                wrong.append((endpoint, method, mark, answer.status_code))

    assert wrong == []
    assert rows() == before
    assert everybody.client.get("/desk").status_code == 200
    assert asked > 400
    tried(asked)


def test_a_door_without_a_session_pays_no_heed_to_one(app, everybody):
    exempt = {name for name, view in app.view_functions.items() if hasattr(view, _NO_SESSION)}

    assert exempt == {"account_api.make_token"}
    assert everybody.client.post("/api/v1/tokens", json={}).status_code == 422


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_and_no_field_makes_a_get_an_act(app, everybody, header, tried):
    before, asked = rows(), 0
    for _endpoint, method, address in changing(app):
        answer = everybody.client.get(f"{address}?_method={method}", headers={header: method})
        asked += 1
        assert answer.status_code < 500, (address, answer.status_code)

    assert rows() == before
    assert everybody.client.get("/desk").status_code == 200
    tried(asked)


def test_other_methods_are_no_faults_and_change_nothing(app, everybody, tried):
    methods = ("HEAD", "OPTIONS", "TRACE", "PATCH", "X" * 50)
    before, asked = rows(), 0
    addresses = sorted({address for _, _, address in changing(app)} | {"/", "/desk", "/tenders"})
    for address in addresses:
        for method in methods:
            answer = everybody.client.open(address, method=method)
            asked += 1
            assert answer.status_code < 500, (method, address)
            assert method != "HEAD" or answer.data == b""
            assert method != "TRACE" or answer.status_code >= 400

    assert rows() == before
    tried(asked)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:443", "localhost.evil.example"])
def test_a_made_up_host_gets_into_no_redirect(app, settings, everybody, host, tried):
    forged = {"X-Forwarded-Host": host, "X-Forwarded-Proto": "gopher", "Forwarded": f"host={host}"}
    asked = 0
    for headers in ({"Host": host}, forged):
        for address in (
            "/api",
            "/desk/",
            "//evil.example/desk",
            "/sign-in/code",
            "/tenders/x/..",
            "/papers/PA1/signature",
        ):
            answer = app.test_client().get(address, headers=headers)
            location = answer.headers.get("Location", "/")
            asked += 1
            assert "evil.example" not in location.partition("?")[0].replace(
                "/evil.example/desk", ""
            ), address
            assert leads_here(location), (address, location)

    tried(asked)


@pytest.mark.parametrize("end", LINE_ENDS, ids=lambda end: f"U+{ord(end[0]):04X}")
def test_no_line_end_gets_into_a_header_of_a_download(app, end, tried):
    make_cast(1)
    tender = make_tender(rehearsal_from=START)
    agent = Reader(app.test_client(), "agent")
    page = f"/run/tenders/{tender}/documents"
    names = [f"a{end}Set-Cookie: b=c{end}.pdf", f'a";{end}x="b.pdf', f"a.pdf{end}.pdf"]
    for name in names:
        answer = agent.send(page, at=page, file=(io.BytesIO(b"x"), name))
        assert answer.status_code in (302, 422)
    for address in set(re.findall(rf'"(/tenders/{tender}/documents/[^"]+)"', agent.get(page))):
        with agent.client.get(address) as answer:
            told = answer.headers
        assert "b" not in {cookie.partition("=")[0] for cookie in told.getlist("Set-Cookie")}
        assert not re.search(r"[\x00-\x1f\x7f]", told["Content-Disposition"])
        assert told["Content-Disposition"].startswith("attachment; filename")

    tried(len(names))


def test_no_address_of_mail_holds_a_second_header(settings, sqlite_url, app, tried):
    mailing = create_app(type(settings)(**{**vars(settings), "smtp_url": "smtp://127.0.0.1:9"}))
    make_cast(1)
    agent = Reader(mailing.test_client(), "agent")
    hostile = [
        f"a@example.org{end}{rest}"
        for end in LINE_ENDS
        for rest in ("Bcc: b@example.org", "b@example.org")
    ] + [
        "a@example.org, b@example.org",
        "a@example.org;b@example.org",
        "A <a@example.org>",
        '"a b"@example.org',
        "a@[127.0.0.1]",
        "a@b",
        "@",
        "a@exa\u202emple.org",
        "ａ@example.org",
        "a@example.org?bcc=b@example.org",
    ]
    for address in hostile:
        answer = agent.send("/account/mail", at="/account/mail", mail_address=address)
        assert answer.status_code == 422, address

    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(MailAddress)) == 0
    assert mails() == []
    tried(len(hostile))


def test_a_cookie_is_kept_from_scripts_and_other_sites(settings, app, tried):
    for is_safe in (False, True):
        secure = create_app(type(settings)(**{**vars(settings), "behind_tls": is_safe}))
        cookie = (
            secure.test_client().get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]
        )
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)
        assert ("secure" in parts) is is_safe
        assert cookie.startswith("__Host-") is is_safe

    tried(2)
