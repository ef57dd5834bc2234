"""What a bidder may have sealed: nothing in it keeps the others from being opened.

The platform learns what is in a bid only when all are opened. Whatever is wrong then is a finding
about that bid, in words that can be stored and read; it unpacks to no more than was uploaded.
"""

import hashlib
import io
import json
import tarfile

import hypothesis
import pyrage
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st

from storage.vault import Vault
from tests.factories.hall import Hall, packed
from trading.actions.unsealing import unseal
from trading.rules.bidding import Envelope
from trading.rules.files import numbered
from trading.rules.opening import Outcome, SealedBid
from trading.states import LotState

pytestmark = pytest.mark.attack("hostile-files")

HOUSE = hypothesis.settings(
    database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
IN_CI, AT_LENGTH = 250, 10_000
LONGEST_FINDING = 300
UNSTORABLE = ("\ud800", "\udcff", "a\0b", "\x1b[31m", "\r\n")


def opened(vault, plaintext, digest):
    """The outcome of a bid of this plaintext, sealed and released as its bidder would."""
    own, opening = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    sealed = pyrage.encrypt(plaintext, [own.to_public()])
    part, size = vault.put(io.BytesIO(sealed), limit=1 << 30)
    envelope = Envelope("bid", str(own.to_public()), size, (part,), digest)
    release = pyrage.encrypt(json.dumps({"bid": str(own)}).encode(), [opening.to_public()])
    bid = SealedBid("RC0000000000", (envelope,), {"bid": [part]}, release)
    return unseal(bid, [str(opening)], vault)


def archive(manifest, members=(), **options):
    """(plaintext, digest of the manifest): a tar of a manifest of these bytes and these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:", **options) as tar:
        for name, body, headers in (("manifest.json", manifest, {}), *members):
            member = tarfile.TarInfo(name)
            member.size, member.pax_headers = len(body), headers
            tar.addfile(member, io.BytesIO(body))
    return buffer.getvalue(), hashlib.sha256(manifest).hexdigest()


def manifest(files=(), **changes):
    """The bytes of a manifest of these files, (name, body), with other values where given."""
    value = {
        "v": 1,
        "salt": "ab" * 32,
        "form": {"price": "1.00", "period_days": 180, "quality": "合格"},
        "files": [
            {"name": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in files
        ],
        "guarantee": None,
    }
    return json.dumps(value | changes).encode()


def with_files(*rows):
    value = json.loads(manifest()) | {"files": rows}
    return json.dumps(value).encode()


def is_told(outcome):
    """Whether the finding is words that every database and page takes."""
    outcome.finding.encode()
    assert outcome.finding.isprintable()
    assert 0 < len(outcome.finding) <= LONGEST_FINDING
    return outcome.outcome is Outcome.UNREADABLE


def strange_archives():
    """Archives that tar takes for good, or for something that it is not."""
    body = b"x" * 100
    whole = manifest([("a.txt", body)])
    for name in (
        "../a.txt",
        "/etc/passwd",
        "a\udcff.txt",
        "a\u202etxt",
        "x" * 5_000,
        "",
        "./a.txt",
    ):
        yield archive(whole, [(name, body, {})], format=tarfile.PAX_FORMAT)
    for header in (
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "nine"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" * 30},
        {"GNU.sparse.size": "nine"},
        {"GNU.sparse.size": "5", "GNU.sparse.map": "1,x"},
        {"GNU.sparse.size": "5", "GNU.sparse.map": "1"},
        {"size": "nine"},
        {"size": "-5"},
        {"size": "9" * 400},
        {"mtime": "1e999"},
        {"mtime": "nan"},
        {"uid": "9" * 5_000},
        {"hdrcharset": "BINARY"},
        {"path": "../../b"},
        {"path": "a\u0301.txt"},
    ):
        yield archive(whole, [("a.txt", body, header)], format=tarfile.PAX_FORMAT)
    chain = archive(whole, [("a.txt", body, {"comment": "y"})], format=tarfile.PAX_FORMAT)
    header = chain[0].index(b"ustar", 2_000) - 257  # what announces the second member
    yield chain[0][:header] + chain[0][header : header + 1_024] * 2_000, chain[1]
    for kind in (
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.DIRTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
    ):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:") as tar:
            first = tarfile.TarInfo("manifest.json")
            first.size = len(whole)
            tar.addfile(first, io.BytesIO(whole))
            odd = tarfile.TarInfo("a.txt")
            odd.type, odd.linkname = kind, "/etc/passwd"
            tar.addfile(odd)
        yield buffer.getvalue(), hashlib.sha256(whole).hexdigest()


def strange_manifests():
    """Manifests that JSON takes for good."""
    for text in UNSTORABLE:
        form = {"price": "1.00", "period_days": 180, "quality": f"合格{text}"}
        yield manifest(form=form)
        named = {"name": f"a{text}.txt", "bytes": 0, "sha256": hashlib.sha256(b"").hexdigest()}
        yield with_files(named)
        yield manifest(**{f"more{text}": 1})
        guarantee = {"order": text, "amount_fen": 1, "deadline": text, "salt": "ab" * 32}
        yield manifest(guarantee=guarantee)
    yield manifest(**{f"{number:039d}": 1 for number in range(1_000)})
    yield manifest(form={"price": "9" * 400, "period_days": 10**300, "quality": "x"})
    yield b'{"v":1,"v":' + b"[" * 100_000
    yield b"9" * 10_000
    yield b'{"v": NaN}'
    yield b"\xff\xfe"
    yield b""


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "files")


def test_a_strange_archive_is_a_finding_about_its_bid(vault, tried):
    cases = list(strange_archives())
    for number, (plaintext, digest) in enumerate(cases):
        outcome = opened(vault, plaintext, digest)
        assert outcome.outcome is Outcome.OPENED or is_told(outcome), number
        assert set(outcome.files) <= {"bid/a.txt"}

    tried(len(cases))


def test_a_strange_manifest_is_a_finding_about_its_bid(vault, tried):
    cases = list(strange_manifests())
    for raw in cases:
        assert is_told(opened(vault, *archive(raw))), raw[:200]

    tried(len(cases))


def flip(vault, examples):
    body = [("a.txt", b"x" * 700)]
    sparse = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "700"}
    plain = archive(manifest(body), [("a.txt", body[0][1], {})])
    with_pax = archive(
        manifest(body), [("a.txt", body[0][1], {"comment": "y"})], format=tarfile.PAX_FORMAT
    )
    with_map = archive(manifest(body), [("a.txt", body[0][1], sparse)], format=tarfile.PAX_FORMAT)
    counted = 0

    @hypothesis.settings(HOUSE, max_examples=examples)
    @hypothesis.given(st.sampled_from((plain, with_pax, with_map)), st.data())
    def break_it(whole, choice):
        nonlocal counted
        raw, counted = bytearray(whole[0]), counted + 1
        for _ in range(choice.draw(st.integers(1, 8))):
            at = choice.draw(st.integers(0, len(raw) - 1))
            raw[at] = choice.draw(
                st.integers(0, 255) | st.sampled_from(b"0123456789 \0=\n\xff\x80")
            )
        raw = _with_good_sums(raw) if choice.draw(st.booleans()) else raw
        outcome = opened(vault, bytes(raw), whole[1])
        assert outcome.outcome is Outcome.OPENED or is_told(outcome)

    break_it()
    return counted


def _with_good_sums(raw):
    """The same with headers whose check sums fit, so that what stands in them is believed."""
    for at in range(0, len(raw) - 511, 512):
        if raw[at + 257 : at + 262] == b"ustar":
            raw[at + 148 : at + 156] = b" " * 8
            raw[at + 148 : at + 156] = b"%06o\0 " % sum(raw[at : at + 512])
    return raw


def test_a_broken_archive_is_a_finding_about_its_bid(vault, tried):
    counted = flip(vault, IN_CI)

    assert counted >= IN_CI
    tried(counted)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_broken_archive_is_a_finding_about_its_bid_at_length(vault, tried):
    counted = flip(vault, AT_LENGTH)

    assert counted >= AT_LENGTH
    tried(counted)


def test_a_file_that_is_mostly_holes_is_not_unpacked(vault, tmp_path):
    size = 64 << 20
    holes = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.name": "a.txt",
        "GNU.sparse.size": str(size),
        "GNU.sparse.map": "0,4",
    }
    digest = hashlib.sha256(b"data" + bytes(size - 4)).hexdigest()
    raw = with_files({"name": "a.txt", "bytes": size, "sha256": digest})
    plaintext, stated = archive(raw, [("a.txt", b"data", holes)], format=tarfile.PAX_FORMAT)

    outcome = opened(vault, plaintext, stated)

    kept = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert is_told(outcome)
    assert len(plaintext) < 20_000
    assert kept < 100_000


def test_what_cannot_be_seen_in_a_promise_is_shown_and_does_not_shut_its_bid_out(vault):
    form = {"price": "1.00", "period_days": 180, "quality": "cafe\u0301\u200b合\u202e格"}

    outcome = opened(vault, *archive(manifest(form=form)))

    assert outcome.outcome is Outcome.OPENED
    assert outcome.manifest.quality == "café[U+200B]合[U+202E]格"


def test_what_turns_a_file_name_round_is_shown_where_the_file_is_listed(vault):
    body = b"MZ"
    name = "报价\u202efdp.exe"

    outcome = opened(vault, *archive(manifest([(name, body)]), [(name, body, {})]))

    assert outcome.outcome is Outcome.OPENED
    assert [file.name for file in numbered(outcome.files)] == ["报价[U+202E]fdp.exe"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: archive(manifest(**{f"{number:039d}": 1 for number in range(1_000)})),
        lambda: archive(manifest(form={"price": "1.00", "period_days": 1, "quality": "a\0b"})),
        lambda: archive(manifest(), [("a\udcff.txt", b"", {})]),
        lambda: archive(manifest(), [("a\u0301.txt", b"", {})]),
        lambda: archive(manifest(), [("a.txt", b"", {"GNU.sparse.size": "nine"})]),
    ],
    ids=["many keys", "nul", "half a character", "two ways to write one", "sparse without a size"],
)
def test_a_hostile_bid_does_not_keep_the_others_from_being_opened(database, tmp_path, spoil):
    hall = Hall(Vault(tmp_path / "files"), bidders=4).ready()
    for bidder in hall.bidders[:3]:
        hall.bid(bidder, *packed())
    hall.bid(hall.bidders[3], *spoil())
    hall.close()
    hall.all_release().end_window().publish().open()

    assert hall.state() is LotState.OPENED
    outcomes = [each.outcome for each in hall.outcomes().values()]
    assert sorted(outcomes) == [*[Outcome.OPENED] * 3, Outcome.UNREADABLE]
