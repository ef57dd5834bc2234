"""The verifier accepts an honest bundle and names what is wrong with an altered one."""

import base64
import json
import sys

import pytest

from evidence.rules import checkpoints
from evidence.rules.streams import canonical
from tests.factories import bundles as made
from tests.verifier.altering import altered_lines, codes
from verifier import merkle

pytestmark = pytest.mark.attack("bundles")


def test_an_honest_bundle_is_valid(honest, run):
    code, result, told = run(
        honest.content,
        "--log-key",
        made.verifier_key(),
        "--receipt-key",
        made.receipt_key(),
    )

    assert (code, result["verdict"], result["problems"]) == (0, "valid", [])
    facts = sum(len(rows) for rows in made.facts_in(honest.members).values())
    assert result["checked"] == {
        "bid_signatures": 6,
        "bid_statements": 6,
        "bids_in_time": 6,
        "bundle_signature": 1,
        "checkpoint_signature": 1,
        "close_roots": 1,
        "enrolled_keys": 4,
        "facts": facts + 4,
        "files": len(honest.members) - 1,
        "inclusion_proofs": facts + 4,
        "streams": 6,
    }
    assert result["not_checked"] == []
    assert told == ""


def test_keys_out_of_the_bundle_are_told_with_their_fingerprints(honest, run):
    code, result, told = run(honest.content)

    assert (code, result["verdict"]) == (0, "valid")
    assert f"log key {made.ORIGIN}+" in told
    assert "receipt key sha256:" in told
    assert len(result["not_checked"]) == 2


def test_a_key_that_cannot_be_read_is_told(honest, run):
    for option in ("--log-key", "--receipt-key", "--witness-key", "--successions"):
        code, result, _ = run(honest.content, option, "no key")
        assert (code, result["verdict"]) == (2, "indeterminate")


@pytest.mark.parametrize(("own", "verdict"), [(b"AAAA", "valid"), (b"BBBB", "invalid")])
def test_trusted_certificates_must_be_those_that_are_given(honest, run, tmp_path, own, verdict):
    form = b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
    given = tmp_path / "trust.pem"
    given.write_bytes(form % b"AAAA")
    members = made.resealed(honest.members | {"trust.pem": form % own})

    assert run(made.packed(members), "--trust", given)[1]["verdict"] == verdict


def test_without_the_library_nothing_signed_is_called_valid(honest, run):
    code, result, _ = run(honest.content, python=(sys.executable, "-S"))

    assert (code, result["verdict"], result["problems"]) == (2, "indeterminate", [])
    assert result["checked"]["close_roots"] == 1


def test_without_the_library_an_altered_fact_is_still_refused(honest, run):
    members = altered_lines(honest.members, honest.lot_file, one_byte)

    code, result, _ = run(made.packed(members), python=(sys.executable, "-S"))

    assert (code, result["verdict"]) == (1, "invalid")


def test_a_file_that_is_no_bundle_is_indeterminate(run):
    for content in (b"", b"%PDF-1.7", b"PK"):
        code, result, _ = run(content)
        assert (code, result["verdict"]) == (2, "indeterminate")


def one_byte(lines):
    fact = json.loads(lines[1]["fact"])
    return [lines[0], lines[1] | {"fact": canonical(fact | {"actor": "x"}).decode()}, *lines[2:]]


def a_row_dropped(lines):
    return [lines[0], *lines[2:]]


def a_row_twice(lines):
    return [*lines, lines[-1]]


def order_swapped(lines):
    return [lines[1], lines[0], *lines[2:]]


def salt_changed(lines):
    return [lines[0] | {"salt": "00" * 32}, *lines[1:]]


def index_changed(lines):
    return [lines[0] | {"index": lines[0]["index"] + 1}, *lines[1:]]


def proof_cut(lines):
    return [lines[0] | {"proof": lines[0]["proof"][:-1]}, *lines[1:]]


def proof_lengthened(lines):
    return [lines[0] | {"proof": [*lines[0]["proof"], "00" * 32]}, *lines[1:]]


def commitment_changed(lines):
    return [lines[0] | {"commitment": "00" * 32}, *lines[1:]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (one_byte, "fact.commitment"),
        (a_row_dropped, "chain.previous"),
        (a_row_twice, "chain.number"),
        (order_swapped, "chain.number"),
        (salt_changed, "fact.commitment"),
        (index_changed, "tree.not_included"),
        (proof_cut, "tree.not_included"),
        (proof_lengthened, "tree.not_included"),
        (commitment_changed, "fact.commitment"),
    ],
)
def test_an_altered_stream_is_refused_even_if_the_platform_signed_it(honest, run, change, code):
    members = altered_lines(honest.members, honest.lot_file, change)

    exit_code, result, _ = run(made.packed(members))

    assert (exit_code, result["verdict"]) == (1, "invalid")
    assert code in {problem["code"] for problem in result["problems"]}


def test_a_fact_that_was_added_later_is_refused(honest, run):
    def add(lines):
        last = json.loads(lines[-1]["fact"])
        fact = last | {"seq": last["seq"] + 1, "prev": lines[-1]["commitment"]}
        body = canonical(fact)
        leaf = merkle.commitment(bytes(32), body).hex()
        return [
            *lines,
            lines[-1] | {"fact": body.decode(), "salt": "00" * 32, "commitment": leaf},
        ]

    code, result, _ = run(made.packed(altered_lines(honest.members, honest.lot_file, add)))

    assert code == 1
    assert [problem["code"] for problem in result["problems"]] == ["tree.not_included"]


def test_a_stream_without_its_last_fact_is_refused_though_the_counts_fit(honest, run):
    tender = made.file_of(honest.members, f"tender:{honest.played.tender}")
    members = made.with_lines(honest.members, tender, made.lines_of(honest.members, tender)[:-1])

    code, result, _ = run(made.packed(made.resealed(members, made.OTHER_KEY)))

    assert code == 1
    assert [problem["code"] for problem in result["problems"]] == ["bundle.signature"]


def test_another_receipt_key_in_the_bundle_is_refused(honest, run):
    keys = json.loads(honest.members["keys.json"])
    keys["receipt"] = made.OTHER_KEY.public_key().public_bytes_raw().hex()
    members = made.resealed(honest.members | {"keys.json": canonical(keys)}, made.OTHER_KEY)

    code, result, _ = run(made.packed(members), "--receipt-key", made.receipt_key())

    assert code == 1
    assert "receipt_key.other_key" in {problem["code"] for problem in result["problems"]}


def another_key(members):
    text = checkpoints.note(*_signed(members, made.OTHER_KEY))
    return {"checkpoint": text.encode()}


def another_log(members):
    key = made.verifier_key(made.OTHER_KEY, "other.invalid/log")
    text = members["checkpoint"].decode().partition("\n\n")[0]
    text = text.replace(made.ORIGIN, "other.invalid/log") + "\n"
    line = checkpoints.signature_line("other.invalid/log", made.OTHER_KEY, text)
    keys = json.loads(members["keys.json"]) | {"log": key}
    return {"checkpoint": checkpoints.note(text, line).encode(), "keys.json": canonical(keys)}


def another_size(members):
    origin, size, rest = members["checkpoint"].decode().split("\n", 2)
    return {"checkpoint": f"{origin}\n{int(size) + 1}\n{rest}".encode()}


def another_root(members):
    origin, size, _, rest = members["checkpoint"].decode().split("\n", 3)
    root = base64.b64encode(bytes(32)).decode()
    return {"checkpoint": f"{origin}\n{size}\n{root}\n{rest}".encode()}


def _signed(members, key):
    text = members["checkpoint"].decode().partition("\n\n")[0] + "\n"
    return text, checkpoints.signature_line(made.ORIGIN, key, text)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (another_key, "checkpoint.signature"),
        (another_log, "log.other_key"),
        (another_size, "checkpoint.signature"),
        (another_root, "checkpoint.signature"),
    ],
)
def test_a_checkpoint_of_another_log_is_refused(honest, run, change, code):
    members = made.resealed(honest.members | change(honest.members))

    exit_code, result, _ = run(made.packed(members), "--log-key", made.verifier_key())

    assert exit_code == 1
    assert code in {problem["code"] for problem in result["problems"]}


def test_a_fact_at_the_place_of_another_is_refused(honest, judged):
    twin = made.lines_of(honest.members, honest.lot_file)[0]
    members = altered_lines(
        honest.members,
        honest.bid_file,
        lambda lines: [lines[0] | {"index": twin["index"], "proof": twin["proof"]}, *lines[1:]],
    )

    assert "tree.not_included" in codes(judged(made.packed(members)))


def test_a_line_that_is_not_canonical_is_refused(honest, judged):
    content = honest.members[honest.lot_file].replace(b'"index":', b'"index": ', 1)
    members = made.resealed(honest.members | {honest.lot_file: content})

    assert "json.not_canonical" in codes(judged(made.packed(members)))
