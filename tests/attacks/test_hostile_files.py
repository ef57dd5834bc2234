"""Files that are bombs, mazes or liars: given to every reader that takes foreign files.

Each reader works in a process of its own with limits; whatever the file does ends there, with an
answer in words, and never costs the platform more than the reader may use.
"""

import gzip
import io
import json
import re
import resource
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from kernel.errors import InvalidInput
from supervision.actions.extraction import Limits, extracted
from tests.architecture.packages import PROGRAM
from tests.factories.pages import Reader

pytestmark = pytest.mark.attack("hostile-files")

MEMORY = 400 << 20
LIMITS = Limits(seconds=10, memory_bytes=MEMORY, text_characters=1_000_000)
ENTITIES = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
XML_BOMBS = {
    "billion laughs": f'<!DOCTYPE d [<!ENTITY l0 "ha">{ENTITIES}]><d>&l11;</d>',
    "quadratic": f'<!DOCTYPE d [<!ENTITY a "{"x" * 50_000}">]><d>{"&a;" * 20_000}</d>',
    "a file of the platform": '<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><d>&f;</d>',
    "an address": '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd"><d>x</d>',
    "parameters": '<!DOCTYPE d [<!ENTITY % a "<!ENTITY b SYSTEM \'file:///etc/passwd\'>"> %a;]><d>&b;</d>',
    "included": '<d xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="file:///etc/passwd" parse="text"/></d>',
    "deep": "<d>" * 200_000 + "</d>" * 200_000,
    "many attributes": "<d " + " ".join(f'a{i}="x"' for i in range(200_000)) + "/>",
    "many names": "".join(["<d>", *(f"<a{i}/>" for i in range(200_000)), "</d>"]),
    "half a character": '<d>&#xD800;</d>',
    "utf-7": '<?xml version="1.0" encoding="utf-7"?><d>+ADw-script+AD4-</d>',
}  # fmt: skip


def packed(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=9) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def overlapping(copies):
    """One compressed megabyte of the document, listed in the directory so many times."""
    one = packed([("word/document.xml", b" " * (1 << 20))])
    start = one.index(b"PK\x01\x02")
    entry, end = one[start : one.index(b"PK\x05\x06")], one[one.index(b"PK\x05\x06") :]
    directory = entry * copies
    tail = bytearray(end)
    struct.pack_into("<HHII", tail, 8, copies & 0xFFFF, copies & 0xFFFF, len(directory), start)
    return one[:start] + directory + bytes(tail)


def lying():
    """A member that says it is ten bytes and unpacks to a hundred megabytes."""
    raw = bytearray(packed([("word/document.xml", b"a" * (100 << 20))]))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 10)
    return bytes(raw)


def nested(depth):
    inner = b"x" * 100
    for _ in range(depth):
        inner = packed([("word/document.xml", inner), ("a.zip", inner)])
    return inner


ZIP_BOMBS = {
    "one large part": lambda: packed([("word/document.xml", b"<d>" + b" " * (40 << 20) + b"</d>")]),
    "lzma": lambda: packed([("word/document.xml", b"<d>" + b" " * (40 << 20) + b"</d>")], zipfile.ZIP_LZMA),
    "bzip2": lambda: packed([("word/document.xml", b"<d>" + b" " * (40 << 20) + b"</d>")], zipfile.ZIP_BZIP2),
    "overlapping": lambda: overlapping(5_000),
    "lying": lying,
    "nested": lambda: nested(12),
    "many members": lambda: packed([(f"word/{i}.xml", b"") for i in range(65_000)], zipfile.ZIP_STORED),
    "names that lead away": lambda: packed([("../../../word/document.xml", b"<d/>"), ("/etc/passwd", b"x")]),
    "cut off": lambda: packed([("word/document.xml", b"<d/>")])[:-10],
}  # fmt: skip


def pdf_of(objects, trailer=b"", root=1):
    """A PDF of these numbered objects, with a table that fits."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, root, trailer, start,
    )  # fmt: skip
    return bytes(out)


def stream(raw, filters=b"/FlateDecode", more=b""):
    return b"<</Length %d/Filter %s%s>>stream\n%s\nendstream" % (len(raw), filters, more, raw)


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
ONE = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<<>>>>"


def deflated_twice(size):
    return zlib.compress(zlib.compress(b"BT (a) Tj ET " * (size // 13), 9), 9)


PDF_BOMBS = {
    "a tree in a circle": lambda: pdf_of([CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]),
    "a tree in a wide circle": lambda: pdf_of(
        [CATALOG, b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"]
    ),
    "a tree that doubles": lambda: pdf_of(
        [CATALOG]
        + [b"<</Type/Pages/Kids[%d 0 R %d 0 R]/Count 9>>" % (n, n) for n in range(3, 40)]
        + [PAGE]
    ),
    "a deep tree": lambda: pdf_of(
        [CATALOG] + [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % n for n in range(3, 5_000)] + [PAGE]
    ),
    "a count that lies": lambda: pdf_of([CATALOG, b"<</Type/Pages/Kids[]/Count 2147483647>>"]),
    "a large stream": lambda: pdf_of([CATALOG, ONE, PAGE, stream(zlib.compress(b"BT (a) Tj ET " * (20 << 20), 9))]),
    "a stream packed twice": lambda: pdf_of(
        [CATALOG, ONE, PAGE, stream(deflated_twice(300 << 20), b"[/FlateDecode/FlateDecode]")]
    ),
    "a hundred filters": lambda: pdf_of([CATALOG, ONE, PAGE, stream(b"x", b"[" + b"/ASCIIHexDecode" * 100 + b"]")]),
    "run lengths": lambda: pdf_of([CATALOG, ONE, PAGE, stream(b"\x81a" * (1 << 20), b"/RunLengthDecode")]),
    "a predictor": lambda: pdf_of(
        [CATALOG, ONE, PAGE, stream(zlib.compress(bytes(1 << 20)), b"/FlateDecode", b"/DecodeParms<</Predictor 15/Columns 2147483647/Colors 32/BitsPerComponent 16>>")]
    ),
    "a length that lies": lambda: pdf_of([CATALOG, ONE, PAGE, b"<</Length 99999999999>>stream\nx\nendstream"]),
    "a length in a circle": lambda: pdf_of([CATALOG, ONE, PAGE, b"<</Length 4 0 R>>stream\nx\nendstream"]),
    "deep arrays": lambda: pdf_of([CATALOG, ONE, PAGE, b"[" * 100_000 + b"]" * 100_000], root=4),
    "deep dictionaries": lambda: pdf_of([CATALOG, ONE, b"<</A" * 50_000 + b" 1" + b">>" * 50_000, b"null"]),
    "a form in itself": lambda: pdf_of(
        [CATALOG, ONE, PAGE.replace(b"<<>>", b"<</XObject<</F 5 0 R>>>>"), b"<</Length 5>>stream\n/F Do\nendstream",
         b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>/Length 5>>stream\n/F Do\nendstream"]
    ),
    "a table in a circle": lambda: pdf_of([CATALOG, ONE, PAGE, b"null"], b"/Prev 9"),
    "a table that is itself": lambda: _with_prev_of_itself(),
    "a root that is none": lambda: pdf_of([b"1 0 R"]),
    "a huge table": lambda: b"%PDF-1.7\nxref\n0 2147483647\n" + b"0" * 20 + b"\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF",
    "large numbers": lambda: pdf_of([CATALOG, ONE, PAGE, stream(zlib.compress(b"BT /F 1e999 Tf " + b"9" * 100_000 + b" Tj ET"))]),
    "only a head": lambda: b"%PDF-1.7\n" + bytes(100),
}  # fmt: skip


def _with_prev_of_itself():
    whole = pdf_of([CATALOG, ONE, PAGE, b"null"], b"/Prev 0000000000")
    return whole.replace(b"/Prev 0000000000", b"/Prev %010d" % whole.index(b"xref"))


def read_by_similarity(path):
    """What the extraction says: a code, or `read`; and the most memory that a child ever used."""
    try:
        extracted(str(path), LIMITS)
    except InvalidInput as refusal:
        return refusal.code
    return "read"


def own_peak():
    """Kilobytes that this process has used at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("kind", XML_BOMBS)
def test_no_xml_of_a_docx_is_more_than_its_text(tmp_path, kind):
    path = tmp_path / "bid.docx"
    path.write_bytes(packed([("word/document.xml", XML_BOMBS[kind])]))
    before = own_peak()

    said = read_by_similarity(path)

    assert said == "read" or said.startswith("extraction.")
    assert said != "read" or "root:" not in extracted(str(path), LIMITS).document.text
    assert own_peak() - before < MEMORY >> 10


def given(kind):
    return (ZIP_BOMBS | PDF_BOMBS)[kind]()


@pytest.mark.parametrize("kind", [*ZIP_BOMBS, *PDF_BOMBS])
def test_a_bomb_ends_in_the_reader_that_opened_it(tmp_path, kind, tried):
    path = tmp_path / "bid"
    path.write_bytes(given(kind))

    before = own_peak()

    said = read_by_similarity(path)

    assert said == "read" or said.startswith("extraction.")
    assert own_peak() - before < MEMORY >> 10
    tried()


IN_CI = ("overlapping", "cut off")


@pytest.mark.parametrize(
    "kind",
    [
        each if each in IN_CI else pytest.param(each, marks=pytest.mark.slow)
        for each in (*ZIP_BOMBS, *PDF_BOMBS)
    ],
)
def test_no_bomb_is_valid_on_the_page_of_verification(app, monkeypatch, kind):
    monkeypatch.setattr("webapp.examining.SECONDS", 20)
    visitor = Reader(app.test_client())

    answer = visitor.send("/verify", at="/verify", file=(io.BytesIO(given(kind)), "brought"))

    assert answer.status_code in (200, 413, 422)
    assert "结论：有效" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "coding", ["gzip", "deflate", "br", "identity, gzip", "x-gzip", "\u202egzip"]
)
def test_a_packed_body_is_refused_and_not_unpacked(client, coding, tried):
    body = {"username": "a", "password": "x" * (50 << 20)}
    raw = json.dumps(body).encode()
    small = gzip.compress(raw) if "gzip" in coding else zlib.compress(raw)
    before = own_peak()
    for kind in ("application/json", "application/gzip", "application/x-www-form-urlencoded"):
        headers = {"Content-Encoding": coding.encode().decode("latin-1"), "Content-Type": kind}
        answer = client.post("/api/v1/tokens", data=small, headers=headers)
        assert answer.status_code in (400, 415, 422)
        assert answer.json["error"]["code"]

    assert own_peak() - before < 20_000
    tried(3)


def test_nothing_leaves_as_a_spreadsheet_in_which_a_name_could_be_a_formula():
    """Who adds such an export has to say here how a cell that begins with = + - @ is kept text."""
    root = Path(__file__).parents[2]
    sources = [path for each in PROGRAM for path in (root / each).rglob("*.py")]
    writes = re.compile(r"csv\.(writer|DictWriter)|openpyxl|xlsxwriter|text/csv|spreadsheetml")

    assert [str(path) for path in sources if writes.search(path.read_text("utf-8"))] == []
    assert len(sources) > 250
