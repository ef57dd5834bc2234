"""Whatever comes in at any door that changes something: refused with a code, never a fault.

The doors and their fields are read from the OpenAPI document; a person with every role in an
organisation of every kind asks, so that no guard stands before the input. What is refused leaves
no row in any table.
"""

import json

import pytest
import sqlalchemy as sa

from storage.database import current_database, snapshot
from tests.factories.hall import START
from tests.factories.identity import ALL_KINDS, ALL_ROLES, CODES, make_organisation, make_person
from tests.factories.identity import token as token_of
from tests.factories.trading import make_cast, make_open_lot
from webapp.tables import metadata

pytestmark = pytest.mark.attack("hostile-input")

WRONG_DIGIT = CODES[5][:-1] + ("0" if CODES[5][-1] != "0" else "1")
HOSTILE = (
    10**30, -1, 0, 2**53, 2**63, 1.5, 1e308, True, None, "", " ", "\0", "a\0b", "\ud800", "\udfff",
    "x" * 1_000_000, [], {}, [[]], {"a": {"b": []}}, ["\ud800"], {"\ud800": "\0"}, {"\0": 10**30},
    "1e5", "-0.01", "1" * 19, "９８７", "\u202e", "<script>", WRONG_DIGIT, "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00", "0001-01-01", "9999-12-31T23:59:59.999999-14:00", "9999-12-31",
    "1970-01-01T00:00:00Z", "2026-02-30", "AGE-SECRET-KEY-1", "AA==", "A", "ab" * 32,
)  # fmt: skip
DEEP = 200_000
NESTED = "[" * 900 + "]" * 900
RAW = (
    b"", b"null", b"[]", b"0", b'"x"', b"{", b"\xff\xfe\x00", b"\xed\xa0\x80", b'{"a": NaN}',
    b'{"a": Infinity}', b"[" * DEEP, b'{"a":' * DEEP, b'{"statement":' + b"[" * DEEP,
    NESTED.encode(), b'{"statement": {"type": ' + NESTED.encode() + b"}}",
    b"9" * 100_000, b'{"a": ' + b"9" * 10_000 + b"}", b'{"a": 1, "a": 2}',
)  # fmt: skip
CODES_IN_ADDRESSES = (
    "TD0000000000",
    "%00",
    "%ED%A0%80",
    "..%2F..",
    "x" * 41,
    "1e5",
    "%F0%9F%98%80",
)
KNOWN = {"procuring_entity": CODES[1], "issuer": CODES[3], "agency": CODES[0]}
PATTERNS = {"^[0-9a-f]{64}$": "ab" * 32, r"^AGE-SECRET-KEY-1[A-Z0-9]+$": "AGE-SECRET-KEY-1AAAA"}


@pytest.fixture
def world(client):
    """(client, headers, document, codes of a tender and its open lot)."""
    make_cast(1)
    make_organisation(CODES[3], "什么都是有限公司", *ALL_KINDS)
    make_person("everybody", CODES[3], *ALL_ROLES)
    lot = make_open_lot(start=START)
    headers = {"Authorization": f"Bearer {token_of('everybody')}"}
    document = client.get("/api/openapi.json").get_json()
    return client, headers, document, (lot.rpartition("-")[0], lot)


def doors(document):
    """(method, address, schema of the body or None) of every door that changes something."""
    for address, methods in sorted(document["paths"].items()):
        for method in sorted(set(methods) & {"post", "put", "patch", "delete"}):
            content = methods[method].get("requestBody", {}).get("content", {})
            yield method, address, content.get("application/json", {}).get("schema")


def sample(document, schema, name=""):
    """A body that the schema takes, or nearly."""
    if "$ref" in schema:
        return sample(document, document["components"]["schemas"][schema["$ref"].split("/")[-1]])
    if "anyOf" in schema:
        return sample(document, schema["anyOf"][0], name)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        return {each: sample(document, fields[each], each) for each in fields}
    if kind == "array":
        return [sample(document, schema["items"], name)]
    if kind == "string":
        instant = {"date-time": "2026-09-20T08:00:00Z", "date": "2026-09-20"}
        known = KNOWN.get(name) or PATTERNS.get(schema.get("pattern", ""))
        return known or instant.get(schema.get("format", ""), "12")
    return {"integer": 7, "number": 1, "boolean": True}.get(kind)


def spoilt(body):
    """The body with each of its places, one at a time, taken by each hostile value."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield {each: body[each] for each in body if each != name}
            yield from ({**body, name: hostile} for hostile in HOSTILE)
            if isinstance(value, dict | list):
                yield from ({**body, name: inner} for inner in spoilt(value))
        yield {**body, "unknown": 1}
    if isinstance(body, list):
        yield from ([inner] for first in body[:1] for inner in spoilt(first))
        yield from ([hostile] for hostile in HOSTILE)
        yield body * 10_000


def rows():
    """How many rows there are in every table; a wrong password is counted, and may be."""
    with snapshot() as db:
        return {
            table.name: db.scalar(sa.select(sa.func.count()).select_from(table))
            for table in metadata.sorted_tables
            if table.name != "wrong_try"
        }


class Siege:
    """Asks, and judges every answer."""

    def __init__(self, client, headers):
        self.client, self.headers = client, headers
        self.asked, self.before = 0, rows()
        self.faults = []

    def ask(self, method, address, raw, kind="application/json"):
        answer = self.client.open(
            address, method=method.upper(), data=raw, content_type=kind, headers=self.headers
        )
        self.asked += 1
        if answer.status_code < 400:
            self.before = rows()
        elif answer.status_code >= 500 or not _is_told(answer):
            self.faults.append((method, address[:90], raw[:90], answer.status_code))

    def judge(self, door):
        if rows() != self.before:
            now = rows()
            changed = {name for name in now if now[name] != self.before[name]}
            self.faults.append((*door, changed))
            self.before = now


def _is_told(answer):
    problem = (answer.get_json(silent=True) or {}).get("error", {})
    return bool(problem.get("code")) and bool(problem.get("message"))


def places(address, codes):
    return [address.replace("{code}", code) for code in codes] if "{" in address else [address]


def test_no_body_makes_a_fault_and_nothing_refused_leaves_a_trace(world, tried):
    client, headers, document, codes = world
    siege = Siege(client, headers)
    for method, address, schema in doors(document):
        for place in places(address, codes):
            for raw in RAW:
                siege.ask(method, place, raw)
            siege.ask(method, place, b"{}", "text/plain")
            siege.ask(method, place, b"a=1", "application/x-www-form-urlencoded")
            if schema:
                for body in spoilt(sample(document, schema)):
                    siege.ask(method, place, json.dumps(body).encode())
            siege.judge((method, place))

    assert siege.faults == []
    assert siege.asked > 8_000
    tried(siege.asked)


def test_no_address_makes_a_fault(world, tried):
    client, headers, document, _ = world
    siege = Siege(client, headers)
    for method, address, schema in doors(document):
        body = json.dumps(sample(document, schema) if schema else {}).encode()
        for place in places(address, CODES_IN_ADDRESSES):
            siege.ask(method, place, body)
            siege.judge((method, place))

    assert siege.faults == []
    tried(siege.asked)
    assert current_database().is_sqlite
