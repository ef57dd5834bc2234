"""The log, lying: every proof with something altered, checkpoints, receipts and keys out of shape."""

import base64
import hashlib
import json
import random

import pytest

from client import log
from evidence.actions.receipts import with_proof
from evidence.rules import checkpoints, tree
from evidence.rules.streams import canonical
from storage import database as doors
from storage.database import snapshot
from storage.vault import Vault
from tests.evidence.test_rules import KEY, LOG_KEY, NAME, reader, signed
from tests.factories import bundles as made
from tests.verifier.altering import codes
from verifier import merkle, signatures
from verifier.bids import SealedSets
from verifier.bundle import Trust, check_bundle
from verifier.findings import Broken, Findings, Unreadable
from verifier.receipts import check_receipt, read_receipt

pytestmark = pytest.mark.attack("log")

MOST = 128
LEAVES = [b"leaf %d" % number for number in range(MOST)]


def flipped(raw, chance):
    place = chance.randrange(len(raw))
    return raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1 :]


def altered(proof, chance):
    """One hash of the proof altered, one taken away or doubled, one added."""
    place = chance.randrange(len(proof)) if proof else 0
    if proof:
        yield [*proof[:place], flipped(proof[place], chance), *proof[place + 1 :]]
    yield [*proof[:place], *proof[place + 1 :]] if proof else [bytes(32)]
    yield [*proof, chance.randbytes(32)]


def inclusion_answers(leaf, index, size, proof, root):
    """What both implementations say."""
    return {
        tree.verify_inclusion(tree.leaf_hash(leaf), index, size, proof, root),
        merkle.is_included(leaf, index, size, proof, root),
    }


def consistency_answers(old, new, proof, old_root, new_root):
    """What they say, and the witness program."""
    return {
        tree.verify_consistency(old, new, proof, old_root, new_root),
        merkle.is_consistent(old, new, proof, old_root, new_root),
        log.is_continuation(log.Head("", old, old_root), log.Head("", new, new_root), proof),
    }


def try_all():
    """Every proof holds, and none of its alterations; returns how many proofs there were."""
    get, chance, count = reader(LEAVES), random.Random(128), 0
    roots = [tree.subtree_root(get, 0, size) for size in range(MOST + 1)]
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            _try_inclusion(get, old - 1, new, roots[new], chance)
            _try_consistency(get, old, new, roots, chance)
            count += 2
    return count


def _try_inclusion(get, index, size, root, chance):
    proof = tree.inclusion_proof(get, index, size)
    leaf = LEAVES[index]
    assert inclusion_answers(leaf, index, size, proof, root) == {True}
    for other in altered(proof, chance):
        assert inclusion_answers(leaf, index, size, other, root) == {False}, (index, size)
    assert inclusion_answers(leaf, index, size, proof, flipped(root, chance)) == {False}
    assert inclusion_answers(leaf + b"x", index, size, proof, root) == {False}
    assert inclusion_answers(leaf, (index + 1) % (size + 1), size, proof, root) == {False}


def _try_consistency(get, old, new, roots, chance):
    proof = tree.consistency_proof(get, old, new)
    assert consistency_answers(old, new, proof, roots[old], roots[new]) == {True}
    for other in altered(proof, chance):
        assert consistency_answers(old, new, other, roots[old], roots[new]) == {False}, (old, new)
    for ends in ((flipped(roots[old], chance), roots[new]), (roots[old], roots[old - 1])):
        assert consistency_answers(old, new, proof, *ends) == {False}, (old, new)


def test_no_altered_proof_of_any_tree_up_to_128_leaves_holds(tried):
    count = try_all()

    assert count == 16_512
    tried(count * 4)


def naive_root(leaves):
    """RFC 6962 2.1 word for word."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    halves = naive_root(leaves[:split]), naive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + halves[0] + halves[1]).digest()


def grown(chance, total, look_every):
    """Append leaves in lots of chance size; the root is looked at now and then."""
    frontier, nodes, leaves, looked = {}, {}, [], 0
    while len(leaves) < total:
        lot = [chance.randbytes(32) for _ in range(chance.choice([1, 1, 2, 3, 17, 64]))]
        made_nodes = tree.new_nodes(frontier, len(leaves), lot[: total - len(leaves)])
        nodes.update({(level, at): value for level, at, value in made_nodes})
        leaves += lot[: total - len(leaves)]
        places = tree.frontier_places(len(leaves))
        frontier = {place: frontier[place] for place in places}
        if looked <= len(leaves) or len(leaves) == total:
            looked += look_every
            root = tree.subtree_root(lambda *place: nodes[place], 0, len(leaves))
            assert root == naive_root(leaves) == merkle.root(leaves), len(leaves)
    return len(leaves)


def test_ten_thousand_appends_give_the_roots_of_the_plain_definition(tried):
    assert grown(random.Random(6962), 10_000, 500) == 10_000
    tried(10_000)


@pytest.mark.slow
def test_ten_thousand_appends_are_looked_at_all_the_way(tried):
    assert grown(random.Random(9162), 10_000, 25) == 10_000
    tried(10_000)


NOTE = signed()
TEXT, LINES = NOTE.split("\n\n")
FIRST, SECOND = (line + "\n" for line in LINES.splitlines())
STRANGERS = [
    checkpoints.cosignature_line(f"w.example/{number}", KEY, TEXT + "\n", 1) for number in range(20)
]


def with_text(change):
    """The note with another text, signed anew by the log: only its form is wrong."""
    text = change(TEXT + "\n")
    return checkpoints.note(text, checkpoints.signature_line(NAME, KEY, text))


def payload(line, change):
    mark, name, encoded = line.rstrip("\n").split(" ")
    raw = change(base64.b64decode(encoded))
    return f"{mark} {name} {base64.b64encode(raw).decode()}\n"


BAD_NOTES = {
    "lines swapped": with_text(
        lambda t: "\n".join([t.split("\n")[1], t.split("\n")[0], *t.split("\n")[2:]])
    ),
    "root before size": with_text(
        lambda t: "\n".join([t.split("\n")[0], t.split("\n")[2], t.split("\n")[1], ""])
    ),
    "leading zero": with_text(lambda t: t.replace("\n7\n", "\n07\n")),
    "a sign": with_text(lambda t: t.replace("\n7\n", "\n+7\n")),
    "digits of another script": with_text(lambda t: t.replace("\n7\n", "\n٧\n")),
    "size with a blank": with_text(lambda t: t.replace("\n7\n", "\n7 \n")),
    "size too large": with_text(lambda t: t.replace("\n7\n", f"\n{10**19}\n")),
    "root cut": with_text(lambda t: t.replace("AAAA", "", 1)),
    "root with other spare bits": with_text(lambda t: t.replace("A=", "B=")),
    "root with a blank": with_text(lambda t: t.replace("A=", "A= ")),
    "a line more": with_text(lambda t: t + "extension\n"),
    "a line less": with_text(lambda t: "\n".join(t.split("\n")[:2]) + "\n"),
    "another origin": with_text(lambda t: t.replace(NAME, "other.example/log")),
    "no origin": with_text(lambda t: t.replace(NAME, "")),
    "line ends of Windows": NOTE.replace("\n", "\r\n"),
    "line ends of Windows, signed": with_text(lambda t: t.replace("\n", "\r\n")),
    "no line end": NOTE.rstrip("\n"),
    "no empty line": NOTE.replace("\n\n", "\n"),
    "two empty lines": NOTE.replace("\n\n", "\n\n\n"),
    "bytes before": "\ufeff" + NOTE,
    "no signature": TEXT + "\n\n",
    "signature of the witness alone": checkpoints.note(TEXT + "\n", SECOND),
    "hyphen for dash": NOTE.replace("— ", "- "),
    "signature of another name": checkpoints.note(TEXT + "\n", FIRST.replace(NAME, "x.example")),
    "signature cut": checkpoints.note(TEXT + "\n", payload(FIRST, lambda raw: raw[:-1])),
    "signature longer": checkpoints.note(TEXT + "\n", payload(FIRST, lambda raw: raw + b"x")),
    "another key id": checkpoints.note(TEXT + "\n", payload(FIRST, lambda raw: b"abcd" + raw[4:])),
    "signature of another size": signed(size=8).split("\n\n")[0] + "\n\n" + FIRST,
    "17 signatures": checkpoints.note(TEXT + "\n", FIRST, *STRANGERS[:16]),
    "the same signer twice": checkpoints.note(TEXT + "\n", FIRST, FIRST),
    "two signatures of one key": checkpoints.note(
        TEXT + "\n", FIRST, payload(FIRST, lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))
    ),
    "a line that is no signature": checkpoints.note(TEXT + "\n", FIRST, "and more\n"),
    "a signature that is no base64": checkpoints.note(TEXT + "\n", FIRST, "— w.example/1 ???\n"),
    "an empty line between signatures": checkpoints.note(TEXT + "\n", FIRST, "\n", SECOND),
    "a vertical tab": checkpoints.note(TEXT + "\n", FIRST.rstrip("\n") + "\x0b", SECOND),
}


def read_by_verifier(note):
    head = signatures.read_checkpoint(note.encode())
    if not signatures.is_signed_by_log(head, signatures.read_note_key(LOG_KEY)):
        raise Broken("checkpoint.signature", "not signed")
    return head


@pytest.mark.parametrize("name", BAD_NOTES)
def test_a_checkpoint_in_another_form_is_refused_by_platform_and_verifier(name):
    with pytest.raises(ValueError, match=r"."):
        checkpoints.read_checkpoint(BAD_NOTES[name], LOG_KEY)
    with pytest.raises(Broken):
        read_by_verifier(BAD_NOTES[name])


def test_a_witness_reads_the_heads_that_the_log_signed_and_no_other(tried):
    """What stands under the signature besides may be anything: only a head is taken from it."""
    assert log.read_head(NOTE, LOG_KEY) == log.Head(NAME, 7, bytes(32))
    taken = set()
    for name, note in BAD_NOTES.items():
        try:
            assert log.read_head(note, LOG_KEY) == log.Head(NAME, 7, bytes(32))
            taken.add(name)
        except ValueError:
            assert name not in taken
    assert taken <= {
        *("17 signatures", "the same signer twice", "two signatures of one key"),
        *("a line that is no signature", "a signature that is no base64", "two empty lines"),
        *("an empty line between signatures", "no line end"),
    }
    tried(len(BAD_NOTES))


def test_a_checkpoint_with_sixteen_signatures_of_strangers_is_read():
    note = checkpoints.note(TEXT + "\n", *STRANGERS[:15], FIRST)

    assert checkpoints.read_checkpoint(note, LOG_KEY).size == read_by_verifier(note).size == 7


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key.replace("+", "-", 1),
        lambda key: key[:-4],
        lambda key: key + "AAAA",
        lambda key: key.replace(NAME, "other.example"),
        lambda key: "+".join([key.split("+", 2)[0], "00000000", key.split("+", 2)[2]]),
        lambda key: "",
    ],
)
def test_a_verifier_key_whose_parts_do_not_agree_is_no_key(change):
    with pytest.raises(ValueError, match=r"."):
        checkpoints.parse_verifier_key(change(LOG_KEY))
    with pytest.raises(Broken):
        signatures.read_note_key(change(LOG_KEY))


@pytest.fixture(scope="module")
def kept(sqlite_template, tmp_path_factory):
    """(a completed receipt, the tender's bundle) of a lot that was played to its close."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "zhaobiao.db").write_bytes(sqlite_template.read_bytes())
    opened = doors.open_database(f"sqlite:///{folder / 'zhaobiao.db'}")
    played = made.play(Vault(folder / "files"))
    with snapshot() as db:
        receipt = with_proof(db, played.receipts["standing"])
    members = made.members_in(made.export(played.tender, played.streams))
    opened.dispose()
    return receipt, members


def judged_receipt(receipt, tmp_path):
    """Problems that the verifier finds in a receipt by itself; None: it is no receipt."""
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(receipt), "utf-8")
    findings, log = Findings(), signatures.read_note_key(made.verifier_key())
    key = bytes.fromhex(made.receipt_key())
    try:
        check_receipt(findings, read_receipt(path), {key}, {}, SealedSets(), [log])
    except Unreadable:
        return None
    return codes(findings)


def bent(value):
    """The same kind of value, and another."""
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[:-1]
    middle = len(value) // 2
    return value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]


def altered_receipts(receipt):
    """The receipt with each of its own fields altered, each of its fact's, each hash, each line."""
    for name, value in receipt.items():
        yield name, receipt | {name: bent(value)}
        yield f"without {name}", {key: each for key, each in receipt.items() if key != name}
    fact = json.loads(receipt["fact"])
    for name, value in fact.items():
        other = {**value, "receipt": "RC0000000000"} if isinstance(value, dict) else bent(value)
        yield f"fact {name}", receipt | {"fact": canonical(fact | {name: other}).decode()}
    for at in range(len(receipt["proof"])):
        proof = [*receipt["proof"][:at], "00" * 32, *receipt["proof"][at + 1 :]]
        yield f"proof {at}", receipt | {"proof": proof}
    lines = receipt["checkpoint"].split("\n")
    for at, line in enumerate(lines[:3]):
        note = "\n".join([*lines[:at], bent(line), *lines[at + 1 :]])
        yield f"checkpoint line {at}", receipt | {"checkpoint": note}


def test_a_receipt_with_any_field_altered_is_refused(kept, tmp_path, tried):
    receipt, _ = kept
    assert judged_receipt(receipt, tmp_path) == set()
    count = 0
    for name, other in altered_receipts(receipt):
        if name == "without checkpoint":  # one that was given at once, before the close
            continue
        found = judged_receipt(other, tmp_path)
        assert found is None or found, f"{name} was altered and nobody saw it"
        count += 1

    assert count >= 30
    tried(count)


def test_a_receipt_of_another_platform_convicts_nobody(kept, tmp_path):
    receipt, _ = kept
    other = made.OTHER_KEY.public_key().public_bytes_raw()
    forged = receipt | {
        "key": base64.b64encode(other).decode(),
        "signature": base64.b64encode(made.OTHER_KEY.sign(b"x")).decode(),
    }

    assert judged_receipt(forged, tmp_path) == {"receipt.other_key"}


def altered_keys(members):
    """keys.json with every key in it altered or taken away, every enrolment bent."""
    keys = json.loads(members["keys.json"])
    other = made.OTHER_KEY.public_key().public_bytes_raw().hex()
    witness = checkpoints.verifier_key("w.example/1", bytes.fromhex(other), 4)
    yield "log", keys | {"log": made.verifier_key(made.OTHER_KEY)}
    yield "log name", keys | {"log": made.verifier_key(made.LOG_KEY, "other.invalid/log")}
    yield "receipt", keys | {"receipt": other}
    yield "a witness that signed nothing", keys | {"witnesses": [witness]}
    for code, line in keys["statement"].items():
        rest = {name: each for name, each in keys["statement"].items() if name != code}
        yield f"{code} missing", keys | {"statement": rest}
        yield f"{code} renamed", keys | {"statement": rest | {"KY0000000000": line}}
        fact = json.loads(line["fact"])
        spki = fact["data"] | {"spki": bent(fact["data"]["spki"])}
        for change in (
            {"fact": canonical(fact | {"data": spki}).decode()},
            {"fact": canonical(fact | {"actor": "PS0000000000"}).decode()},
            {"salt": "00" * 32},
            {"index": line["index"] + 1},
            {"commitment": "00" * 32},
            {"proof": line["proof"][:-1]},
        ):
            yield f"{code} {change}", keys | {"statement": rest | {code: line | change}}


def judged(members, tmp_path, trust):
    path, findings = tmp_path / "bundle.zip", Findings()
    path.write_bytes(made.packed(members))
    check_bundle(path, trust, findings)
    return findings


def test_keys_in_a_bundle_cannot_be_altered_even_by_the_platform(kept, tmp_path, tried):
    members, count = kept[1], 0
    trust = Trust(signatures.read_note_key(made.verifier_key()), bytes.fromhex(made.receipt_key()))
    assert judged(members, tmp_path, trust).verdict == "valid"
    for name, keys in altered_keys(members):
        resealed = made.resealed(members | {"keys.json": canonical(keys)})
        assert judged(resealed, tmp_path, trust).verdict == "invalid", name
        count += 1

    assert count >= 30
    tried(count)
