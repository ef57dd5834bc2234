"""Every page of a town whose names are scripts: they are read as text, and run nowhere.

The pages are those of the address map, opened by every role. Then every form of theirs is sent
with hostile values, one field after the other.
"""

import io
import itertools
import re
from html.parser import HTMLParser

import pytest
from werkzeug.exceptions import HTTPException

from demo.people import PASSWORD
from storage.database import current_database
from tests.attacks import poisoned
from tests.attacks.poisoned import CANARY
from tests.factories.pages import Reader
from tests.factories.town import demo_town
from tests.webapp.test_bad_input import HOSTILE
from tests.webapp.test_statements import PEOPLE, addresses, begin_half, is_page

pytestmark = pytest.mark.attack("web")

IN_CI = ("scoring", "draft")
AT_LENGTH = (
    "window",
    "candidates",
    "suspended",
    "archived-works",
    "signing",
    "near",
    "correcting",
    "opened",
    "committing",
    "revealed",
    "terminated",
)
LINKS = ("href", "src", "action", "formaction", "data", "poster")
_SCRIPT = re.compile(r"\s*(javascript|vbscript|data:text)", re.IGNORECASE)
# They end the session of the one who asks.
ENDING = {"account.sign_out_now", "sign_ins.end", "sign_ins.end_others", "password.change"}
VALUES = (
    *(value for value in HOSTILE if isinstance(value, str) and len(value) < 10_000),
    CANARY, "x" * 100_000, "＝1+1", "=cmd|' /C calc'!A0", "\r\nSet-Cookie: a=b", "http://169.254.169.254/", "%00", "%s%n%(x)s",
    "٣", "Ⅷ", "1_000", "+1", "1e9", "-0", "NaN", "2026-09-01T10:00+25:00", "2026-09-01T25:00", "+010000-01-01T00:00", "../../x",
)  # fmt: skip


@pytest.fixture(
    scope="module",
    params=[IN_CI, pytest.param((*IN_CI, *AT_LENGTH), marks=pytest.mark.slow)],
    ids=["few tenders", "all"],
)
def pages(request, tmp_path_factory, sqlite_template):
    """(who, address, answer) of every page, in a poisoned town."""
    app = demo_town(tmp_path_factory.mktemp("poisoned"), sqlite_template, request.param)
    assert poisoned.poison() > 500
    found = []
    for who in (None, *PEOPLE):
        visitor = Reader(app.test_client())
        if who:
            visitor.send("/sign-in", at="/sign-in", username=who, password=PASSWORD)
        else:
            begin_half(visitor.client)
        for rule in filter(is_page, app.url_map.iter_rules()):
            for address in addresses(rule)[: 4 if request.param is IN_CI else 12]:
                answer = visitor.client.get(address)
                found.append((visitor, rule.endpoint, address, answer))
    yield app, found
    current_database().dispose()


class Page(HTMLParser):
    """What a browser makes of a page: what could run, and where the canary stands as text."""

    def __init__(self, text):
        super().__init__()
        self.runs, self.forms, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append((given.get("method", "get"), given.get("action", ""), []))
        if tag in ("input", "select", "textarea", "button") and self.forms and given.get("name"):
            kind = given.get("type", tag)
            self.forms[-1][2].append((given["name"], kind, given.get("value", "")))
        bad = [name for name in given if name.startswith("on") or name in ("style", "srcdoc")]
        bad += [name for name in LINKS if _SCRIPT.match(given.get(name, ""))]
        if bad or tag in ("iframe", "object", "embed", "base") or self._is_inline(tag, given):
            self.runs.append((tag, given))

    def _is_inline(self, tag, given):
        inline = tag == "script" and "src" not in given and given.get("type") != "application/json"
        return inline or tag == "style" or (tag == "img" and given.get("src") == "x")

    def handle_data(self, data):
        self.texts.append(data)


def test_no_name_is_ever_more_than_text(pages, tried):
    _, found = pages
    running, evaluated, shown = [], [], set()
    for _visitor, endpoint, address, answer in found:
        assert answer.status_code < 500, address
        if answer.status_code != 200:
            continue
        page = Page(answer.text)
        running += [(address, each) for each in page.runs]
        text = "".join(page.texts)
        if CANARY in text:
            shown.add(endpoint)
        if "onerror=x()>49<script>" in text:
            evaluated.append(address)

    assert running == []
    assert evaluated == []
    assert len(shown) > 25  # most pages do show a name
    tried(len(found))


def test_every_page_has_its_policy_and_no_cache_keeps_it(pages, tried):
    _, found = pages
    for _visitor, _endpoint, address, answer in found:
        headers = answer.headers
        assert headers["Content-Security-Policy"].startswith(
            "default-src 'none'; script-src 'self'"
        ), address
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store", address
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]

    tried(len(found))


def forms(found):
    """(visitor, action, fields) of each form, once a door."""
    known = set()
    for visitor, _endpoint, address, answer in found:
        if answer.status_code != 200:
            continue
        for method, action, fields in Page(answer.text).forms:
            door = re.sub(r"[A-Z]{2}[0-9A-Z]{10}(-\d\d)?", "*", action or address)
            if method.lower() == "post" and door not in known:
                known.add(door)
                yield visitor, (action or address), fields


def endpoint_of(app, action):
    try:
        return app.url_map.bind("localhost").match(action.partition("?")[0], method="POST")[0]
    except HTTPException:
        return None


def _sent(value, kind):
    raw = value.encode("utf-8", "surrogatepass")
    name = value[:300].encode("utf-8", "replace").decode()
    return (io.BytesIO(raw), f"{name}.pdf") if kind == "file" else raw


@pytest.mark.attack("hostile-input")
@pytest.mark.timeout(1800)
def test_no_value_of_any_form_is_a_fault(pages, tried, request):
    app, found = pages
    each, values = len(VALUES) if "all" in request.node.name else 1, itertools.cycle(VALUES)
    asked, faults, doors = 0, [], set()
    for visitor, action, fields in forms(found):
        endpoint = endpoint_of(app, action)
        if endpoint is None or endpoint in ENDING:
            continue
        doors.add(endpoint)
        whole = {name: value for name, _, value in fields}
        for name, kind, _ in fields:
            for value in itertools.islice(values, each if name != "csrf_token" else 0):
                answer = visitor.client.post(action, data=whole | {name: _sent(value, kind)})
                asked += 1
                if answer.status_code >= 500:
                    faults.append((endpoint, name, value[:60], answer.status_code))
                assert "a=b" not in str(answer.headers.get("Set-Cookie"))

    assert faults == []
    assert len(doors) >= 25
    tried(asked)
