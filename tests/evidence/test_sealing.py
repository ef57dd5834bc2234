import pyrage
import pytest

from evidence.rules import sealing

pytestmark = pytest.mark.attack("sealed-bids")

IDENTITY = pyrage.x25519.Identity.generate()
SEAL = IDENTITY.to_public()
SEALED = pyrage.encrypt(b"bid" * 100, [SEAL])


def test_a_sealed_envelope_has_no_problem():
    assert sealing.is_seal(str(SEAL))
    assert sealing.header_problems(SEALED[: sealing.HEADER_BYTES]) == []


@pytest.mark.parametrize(
    "start",
    [
        pyrage.encrypt(b"x", [SEAL, pyrage.x25519.Identity.generate().to_public()]),
        pyrage.passphrase.encrypt(b"x", "secret"),
        b"",
        b"age-encryption.org/v1\n",
        SEALED.replace(b"v1\n", b"v2\n", 1),
        SEALED.replace(b"\n", b"\r\n"),
        SEALED.replace(b"-> X25519", b"-> x25519", 1),
        SEALED.replace(b"-> X25519", b"-> extra\n\n-> X25519", 1),
        b" " + SEALED,
        SEALED[:100],
    ],
    ids=[
        "two-recipients",
        "passphrase",
        "empty",
        "intro-only",
        "version",
        "crlf",
        "case",
        "unknown",
        "blank",
        "cut",
    ],
)
def test_what_is_not_one_sealed_envelope_is_refused(start):
    problems = sealing.header_problems(start[: sealing.HEADER_BYTES])
    assert [problem.code for problem in problems] == ["seal.not_one_recipient"]


def test_a_header_without_a_payload_is_cut_short():
    end = SEALED.index(b"\n", SEALED.index(b"--- ")) + 1
    problems = sealing.header_problems(SEALED[: end + 31])
    assert [problem.code for problem in problems] == ["seal.cut_short"]


@pytest.mark.parametrize(
    ("size", "parts"), [(1, 1), (8 << 20, 1), ((8 << 20) + 1, 2), ((24 << 20), 3)]
)
def test_parts_of_an_envelope(size, parts):
    assert sealing.parts_of(size) == parts
