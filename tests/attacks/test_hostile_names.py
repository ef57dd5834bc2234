"""Names that are not what they look like, and lists that are none.

Direction marks, characters drawn as nothing, look-alikes of other scripts: refused where a name is
given, equal to what they look like where names are compared. Imports are taken whole or not at all.
"""

import contextlib
import copy
import io
import json

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import strategies as st

from evaluation.rules.method import check_method
from identity.models.standing import Restriction
from identity.rules.negative_list import COLUMNS, SAMPLE
from identity.states import OrganisationKind, Role
from kernel.errors import Refusal
from kernel.text import KEY_LIMIT, name_key
from storage.database import current_database, snapshot
from tests.factories.evaluation import method
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.pages import Reader, facts
from tests.factories.trading import make_cast, make_tender
from tests.trading.test_documents import START
from tests.webapp.test_bad_input import HOSTILE
from trading.states import Category, Regime
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from

pytestmark = pytest.mark.attack("hostile-files")

HOUSE = hypothesis.settings(
    database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
JSON = "application/json"
UNSEEN = (
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"  # direction
    "\u200b\u200c\u200d\u2060\u2061\u2064\ufeff\u00ad\ufff9\ufffb\U000e0001\U000e0020"  # formats
    "\u034f\u115f\u1160\u17b4\u180b\u180e\u2800\u3164\ufe00\ufe0f\uffa0\U000e0100"  # drawn as nothing
    "\0\x07\x1b\x7f\x85\ud800\ue000\uffff\u0378"  # control, half, private, none
)  # fmt: skip
NAME = "长江建设A股份有限公司"
LOOK_ALIKES = (
    "长江建设А股份有限公司",  # Cyrillic
    "长江建设Α股份有限公司",  # Greek
    "长江建设Ａ股份有限公司",
    "长江建设𝐀股份有限公司",
    "长江建设Ⓐ股份有限公司",
    "长江建设a股份有限公司",
    " 长江 建设\u3000A股份有限公司",
    "长江建设（A）股份有限公司",
    "⾧江建设A股份有限公司".replace("⾧", "长"),
    "长江建设A\ufe00股份有限公司",
    "长\u034f江建设A股份有限公司",
    "长江建设A\u3164股份有限公司",
    "长江·建设A股份有限公司。",
)


@pytest.fixture
def operator(app):
    make_cast(1)
    make_organisation(CODES[30], "临江市交易中心", OrganisationKind.TRADING_CENTRE)
    make_person("operator", CODES[30], Role.OPERATOR)
    make_organisation(CODES[31], "临江市发改委", OrganisationKind.REGULATOR)
    make_person("regulator", CODES[31], Role.REGULATOR)
    return {"Authorization": f"Bearer {token('operator')}"}


def test_no_organisation_no_person_and_no_tender_has_a_name_that_hides_something(
    client, operator, tried
):
    agent = {"Authorization": f"Bearer {token('agent')}"}
    lot = {"name": "第一标段", "estimate": "1", "ceiling": "1"}
    before, taken = facts(), []
    for mark in UNSEEN:
        name = f"临江{mark}建设"
        organisation = {"credit_code": CODES[40], "name": name, "kinds": ["bidder"]}
        person = {
            "username": "x1",
            "name": name,
            "credit_code": CODES[0],
            "roles": ["agent"],
            "password": "a long enough one",
        }
        tender = {"regime": "construction", "category": "works", "procuring_entity": CODES[1]}
        for path, who, body in (
            ("organisations", operator, organisation),
            ("people", operator, person),
            ("tenders", agent, tender | {"name": name, "lots": [lot]}),
            ("tenders", agent, tender | {"name": "项目", "lots": [lot | {"name": name}]}),
        ):
            raw = json.dumps(body)  # halves of characters too, which the client would not send
            answer = client.post(f"/api/v1/{path}", data=raw, content_type=JSON, headers=who)
            if answer.status_code != 422 or facts() != before:
                taken.append((path, hex(ord(mark)), answer.status_code))

    assert taken == []
    tried(len(UNSEEN) * 4)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_the_negative_list_is_not_passed_by_a_name_that_looks_the_same(name):
    assert name_key(name) == name_key(NAME)


def test_names_that_differ_stay_apart():
    names = [
        "长江建设",
        "长江建没",
        "临江一建",
        "临江二建",
        "ABC公司",
        "ABD公司",
        "Öst",
        "Ost",
        "甲乙",
        "乙甲",
    ]

    assert len({name_key(name) for name in names}) == len(names)


def test_a_name_that_grows_when_it_is_compared_is_no_fault(postgresql_url, tmp_path):
    settings = settings_from(
        {"ZHAOBIAO_VAR": str(tmp_path / "var"), "DATABASE_URL": postgresql_url}
    )
    prepare_keys(settings)
    app = create_app(settings)
    make_organisation(CODES[30], "临江市交易中心", OrganisationKind.TRADING_CENTRE)
    make_person("operator", CODES[30], Role.OPERATOR)
    headers = {"Authorization": f"Bearer {token('operator')}"}
    body = {"credit_code": CODES[40], "name": "\ufdfa" * KEY_LIMIT, "kinds": ["bidder"]}

    answer = app.test_client().post("/api/v1/organisations", json=body, headers=headers)

    assert answer.status_code == 201, answer.json
    current_database().dispose()


FILE_NAMES = (
    "../../../etc/passwd.pdf", "/etc/passwd.pdf", "..\\..\\boot.pdf", "C:\\boot.pdf", "a\0b.pdf", "\\\\host\\share.pdf",
    "x" * 10_000 + ".pdf", "CON.pdf", "NUL.pdf", "....pdf", ".htaccess.pdf", "a.pdf.", "a.pdf/", "a.php\0.pdf", "~root.pdf",
    "a\u202efdp.exe", "a\u202efdp.pdf", "a\u200b.pdf", "％2e％2e／a.pdf", "%2e%2e%2fa.pdf", "a;b.pdf", 'a".pdf', "a'.pdf", "$(x).pdf",
    "-rf.pdf", "a\tb.pdf", " .pdf", ".pdf", "a.PDF", "a.pdf:stream", "aux.c.pdf", "\ufeffa.pdf", "\ud800.pdf",
)  # fmt: skip


def test_no_name_of_a_file_leads_anywhere_or_hides_anything(app, settings, tried):
    make_cast(1)
    tender = make_tender(rehearsal_from=START)
    agent = Reader(app.test_client(), "agent")
    page = f"/run/tenders/{tender}/documents"
    for name in FILE_NAMES:
        sent = name.encode("utf-8", "replace").decode()
        answer = agent.send(page, at=page, file=(io.BytesIO(name.encode("utf-8", "replace")), sent))
        assert answer.status_code in (302, 409, 422), name

    listed = {path.name for path in settings.var.parent.iterdir()}
    with snapshot() as db:
        names = db.scalars(sa.text("SELECT name FROM tender_document")).all()
    assert listed <= {"var", "zhaobiao.db", "zhaobiao.db-wal", "zhaobiao.db-shm"}
    assert all(len(name) <= 200 and "/" not in name and name.isprintable() for name in names), names
    assert not [name for name in names if "\\" in name]
    tried(len(FILE_NAMES))


def rows_of_a_list():
    cell = st.text(max_size=12) | st.sampled_from(
        (
            "",
            "registration",
            "2026-01-01",
            "9999-12-31",
            "0001-01-01",
            '"',
            '""',
            ",",
            "\n",
            "\r",
            "=1+1",
            CODES[0],
            "\0",
            "x" * 200_000,
        )
    )
    return st.lists(st.lists(cell, max_size=9), max_size=6)


def test_a_broken_list_is_taken_whole_or_not_at_all(client, operator, tried):
    regulator = {"Authorization": f"Bearer {token('regulator')}"}
    header = ",".join(COLUMNS)
    tries = 0

    @hypothesis.settings(HOUSE, max_examples=120)
    @hypothesis.given(
        rows_of_a_list().map(lambda rows: "\n".join([header, *(",".join(row) for row in rows)]))
        | st.text(max_size=200)
        | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))
        | st.integers(0, len(SAMPLE)).map(lambda at: SAMPLE + SAMPLE[at:])
    )
    def bring(text):
        nonlocal tries
        tries += 1
        before = restrictions()
        body = {"origin": "发改委", "csv": text}
        answer = client.post("/api/v1/negative-list", json=body, headers=regulator)
        taken = restrictions() - before
        assert answer.status_code in (201, 422), answer.json
        assert (taken > 0) is (answer.status_code == 201)

    bring()
    tried(tries)


def restrictions():
    with snapshot() as db:
        return db.scalar(sa.select(sa.func.count()).select_from(Restriction))


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04" + bytes(200), b"\xd0\xcf\x11\xe0" + bytes(500), b"%PDF-1.7", b"\xff\xfea\0b\0", "代码".encode("gb18030"), b"\0" * 1_000, b"\x1f\x8b\x08" + bytes(100)],
    ids=["xlsx", "xls", "pdf", "utf-16", "gb18030", "nothing", "gzip"],
)  # fmt: skip
def test_a_list_in_another_format_is_told_to_be_none(app, operator, content):
    regulator = Reader(app.test_client(), "regulator")
    page = "/supervision/restrictions/import"

    answer = regulator.send(page, at=page, origin="发改委", file=(io.BytesIO(content), "list.csv"))

    assert answer.status_code == 422
    assert restrictions() == 0


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def with_value(whole, path, value):
    if not path:
        return value
    changed = copy.deepcopy(whole)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("name", "regime"), [("construction", Regime.CONSTRUCTION), ("govproc", Regime.GOVPROC)]
)
def test_a_method_with_any_part_spoilt_is_refused_or_read(name, regime, tried):
    whole, read, tries = method(name), 0, 0
    for path in places(whole):
        for value in (*HOSTILE, [{}] * 3, {"kind": []}, "\u202e", 10**400, [[[[]]]] * 5):
            tries += 1
            with contextlib.suppress(Refusal):
                check_method(with_value(whole, path, value), regime, Category.GOODS, START, 10**9)
                read += 1

    assert read < tries
    tried(tries)
