"""Files that want to harm whoever judges them, and signed files with flipped bytes."""

import random
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.actions import pdf_signatures
from evidence.actions.pdf_signatures import examine, examine_apart
from evidence.rules.pdf_reasons import Status
from evidence.rules.pdf_signatures import Examination
from tests.evidence import signed_papers
from tests.evidence.signed_papers import NOW, examined

pytestmark = pytest.mark.attack("archives")


@pytest.mark.parametrize("pdf", [signed_papers.letter, signed_papers.archive])
def test_a_process_apart_says_the_same(pdf):
    now = datetime.now(UTC)
    trust = [signed_papers.authority().trust_pem]

    assert examine_apart(pdf(), trust, now=now) == examine(pdf(), trust, now=now)


def bomb():
    """A cross-reference stream that would unpack to half a gigabyte."""
    packer = zlib.compressobj(9)
    block = bytes(1024 * 1024)
    packed = b"".join(packer.compress(block) for _ in range(512)) + packer.flush()
    head = b"%PDF-1.7\n"
    body = (
        b"1 0 obj\n<</Type/XRef/Size 99999999/W[1 2 1]/Root 1 0 R/Filter/FlateDecode"
        b"/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (len(packed), packed)
    )
    return head + body + b"startxref\n%d\n%%%%EOF\n" % len(head)


def nested():
    deep = b"[" * 200_000
    return b"%PDF-1.7\n1 0 obj\n" + deep + b"\nendobj\nstartxref\n9\n%%EOF\n"


def endless():
    """Cross-reference sections that name each other as predecessor."""
    return (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n"
        b"<</Size 1/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF\n"
    )


@pytest.mark.parametrize("hostile", [bomb, nested, endless])
def test_a_hostile_file_ends_soon_and_is_never_valid(hostile):
    result = examine_apart(hostile(), [], now=NOW, seconds=20, memory_bytes=2**30)

    assert result.verdict == Status.INDETERMINATE
    assert result.error in {"file.unreadable", "file.too_costly"}


def test_a_file_packed_in_a_way_that_nobody_knows_is_unreadable():
    pdf = signed_papers.archive()
    at = pdf.rindex(b"/FlateDecode")

    result = examined(pdf[:at] + b"/NlateDecode" + pdf[at + 12 :])

    assert (result.verdict, result.error) == (Status.INDETERMINATE, "file.unreadable")


def test_the_limit_of_time_stops_the_process():
    result = examine_apart(signed_papers.archive(), [], now=NOW, seconds=0)

    assert result == Examination(error="file.too_costly")


def test_the_limit_of_memory_stops_the_process():
    result = examine_apart(signed_papers.archive(), [], now=NOW, memory_bytes=2**20)

    assert result.error in {"file.too_costly", "file.unreadable"}


def test_a_file_over_the_limit_of_size_is_not_opened(monkeypatch):
    monkeypatch.setattr(pdf_signatures, "SIZE_LIMIT_BYTES", 10)

    assert examine(b"%PDF-1.7 !!", [], now=NOW).error == "file.too_large"
    assert examine_apart(b"%PDF-1.7 !!", [], now=NOW).error == "file.too_large"


def test_flipped_bytes_are_seen_wherever_they_lie(tried):
    """Also in the padding behind a value; only unsigned attributes have no guard but the log."""
    pdf = signed_papers.letter()
    chance = random.Random(5)

    for _ in range(80):
        at = chance.randrange(len(pdf))
        flipped = pdf[:at] + bytes([pdf[at] ^ (1 << chance.randrange(8))]) + pdf[at + 1 :]
        assert examined(flipped).verdict != Status.VALID or in_contents(pdf, at)
    tried(80)


def in_contents(pdf, at):
    start = pdf.rindex(b"/Contents <")
    return start < at < pdf.index(b">", start)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_raise_and_are_never_valid(content):
    for pdf in (content, b"%PDF-1.7\n" + content, signed_papers.letter() + content):
        if not content and pdf == signed_papers.letter():
            continue
        assert examined(pdf).verdict != Status.VALID
