import base64
import json
import os
from pathlib import Path

import pymerkle
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.rules import checkpoints, receipts, sealing, streams, tree
from kernel import codes
from kernel.errors import InvalidInput

VECTORS = Path(__file__).parent.parent / "vectors"
PUBLISHED = Path(__file__).parents[2].parent / "shared/data/merkle/testdata"


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def test_canonical_text_is_what_the_vectors_say():
    for case in vectors("canonical")["cases"]:
        assert streams.canonical(case["value"]).decode() == case["canonical"]


@pytest.mark.attack("hostile-input")
@pytest.mark.parametrize("value", [*vectors("canonical")["refused"], "\ud800", object()])
def test_values_without_a_canonical_form_are_refused(value):
    with pytest.raises(InvalidInput) as refused:
        streams.canonical(value)
    assert refused.value.code == "evidence.not_canonical"


@pytest.mark.attack("hostile-input")
def test_deep_nesting_is_refused_and_not_a_crash():
    value = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(InvalidInput):
        streams.canonical(value)


def test_commitment_seed_close_root_and_codes_are_what_the_vectors_say():
    fact = vectors("commitment")
    assert streams.canonical(fact["fact"]).decode() == fact["canonical"]
    made = streams.commitment(bytes.fromhex(fact["salt"]), fact["canonical"].encode())
    assert made.hex() == fact["commitment"]
    for case in vectors("close_root")["cases"]:
        values = [bytes.fromhex(value) for value in case["commitments"]]
        assert sealing.close_root(values[::-1]).hex() == case["root"]
    seed = vectors("seed")
    nonces = [bytes.fromhex(value) for value in seed["nonces"]]
    assert sealing.draw_seed(bytes.fromhex(seed["freeze"]), nonces[::-1]).hex() == seed["seed"]
    assert all(codes.is_code(code, "TD") for code in vectors("codes")["valid"])


RFC_LEAVES = [
    bytes.fromhex(text)
    for text in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
RFC_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_reference_tree(size):
    assert tree.root_of(RFC_LEAVES[:size]).hex() == RFC_ROOTS[size]


def published(kind):
    found = sorted((PUBLISHED / kind).rglob("*.json"))
    if not found and os.environ.get("REQUIRE_BROWSER") == "1":
        raise AssertionError(f"the published vectors are not at {PUBLISHED}")
    return [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in found]


def decoded(text):
    return base64.b64decode(text or "")


@pytest.mark.attack("log")
@pytest.mark.parametrize("path", published("inclusion"))
def test_published_inclusion_vectors(path):
    case = json.loads(path.read_text())
    proof = [decoded(text) for text in case["proof"] or []]
    held = tree.verify_inclusion(
        decoded(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, decoded(case["root"])
    )
    assert held != case["wantErr"]


@pytest.mark.attack("log")
@pytest.mark.parametrize("path", published("consistency"))
def test_published_consistency_vectors(path):
    case = json.loads(path.read_text())
    roots = decoded(case["root1"]), decoded(case["root2"])
    proof = [decoded(text) for text in case["proof"] or []]
    held = tree.verify_consistency(case["size1"], case["size2"], proof, *roots)
    # One vector uses placeholders of 12 bytes as roots; we refuse what is not a hash.
    placeholder = any(len(root) != 32 for root in roots)
    assert held == (not case["wantErr"] and not placeholder)


def reader(leaves):
    levels = {}
    for level, at, value in tree.new_nodes({}, 0, leaves):
        levels[level, at] = value
    return lambda level, at: levels[level, at]


@pytest.mark.attack("log")
def test_every_proof_up_to_forty_leaves_holds_and_no_altered_one_does():
    leaves = [b"leaf %d" % number for number in range(40)]
    get = reader(leaves)
    oracle = pymerkle.InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        oracle.append_entry(leaf)
    for size in range(1, 41):
        root = tree.subtree_root(get, 0, size)
        assert root == oracle.get_root(size)
        for index in range(size):
            proof = tree.inclusion_proof(get, index, size)
            leaf = tree.leaf_hash(leaves[index])
            assert tree.verify_inclusion(leaf, index, size, proof, root)
            assert not tree.verify_inclusion(tree.leaf_hash(b"x"), index, size, proof, root)
            for cut in range(len(proof)):
                shorter = proof[:cut] + proof[cut + 1 :]
                assert not tree.verify_inclusion(leaf, index, size, shorter, root)
            old = tree.subtree_root(get, 0, index + 1)
            path = tree.consistency_proof(get, index + 1, size)
            assert tree.verify_consistency(index + 1, size, path, old, root)
            if path:
                assert not tree.verify_consistency(index + 1, size, path[:-1], old, root)
                assert not tree.verify_consistency(index + 1, size, path, tree.EMPTY_ROOT, root)


@given(st.lists(st.binary(max_size=40), max_size=60), st.integers(0, 60))
def test_a_tree_grown_in_two_steps_is_the_tree_grown_at_once(leaves, cut):
    frontier = {}
    first = tree.new_nodes(frontier, 0, leaves[:cut])
    kept = {place: frontier[place] for place in tree.frontier_places(len(leaves[:cut]))}
    second = tree.new_nodes(kept, len(leaves[:cut]), leaves[cut:])
    assert first + second == tree.new_nodes({}, 0, leaves)


KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
NAME = "bid.example.cn/evidence"
LOG_KEY = checkpoints.verifier_key(NAME, KEY.public_key().public_bytes_raw())
WITNESS_KEY = checkpoints.verifier_key("w.example/1", WITNESS.public_key().public_bytes_raw(), 4)


def signed(size=7, root=bytes(32)):
    text = checkpoints.checkpoint_text(NAME, size, root)
    return checkpoints.note(
        text,
        checkpoints.signature_line(NAME, KEY, text),
        checkpoints.cosignature_line("w.example/1", WITNESS, text, 1_790_000_000),
    )


def test_the_key_id_of_the_published_sample_key():
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    assert checkpoints.key_id("PeterNeumann", 1, public).hex() == "c74f20a3"


def test_a_checkpoint_is_read_back_with_its_witness():
    head = checkpoints.read_checkpoint(signed(), LOG_KEY)

    assert (head.origin, head.size, head.root) == (NAME, 7, bytes(32))
    assert checkpoints.cosignature_time(signed(), WITNESS_KEY) == 1_790_000_000


@pytest.mark.attack("log")
@pytest.mark.parametrize(
    "alter",
    [
        lambda note: note.replace("\n7\n", "\n8\n"),
        lambda note: note.replace("\n7\n", "\n07\n"),
        lambda note: note.replace("\n7\n", "\n-7\n"),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: note.rstrip("\n"),
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace(NAME, "other.example/log", 1),
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("AAAA", "AAAB", 1),
        lambda note: "x\n" + note,
        lambda note: "",
        lambda note: note.replace("\n7\n", "\n7\nextension\n"),
    ],
)
def test_an_altered_checkpoint_is_refused(alter):
    with pytest.raises(ValueError, match=r"not|no valid"):
        checkpoints.read_checkpoint(alter(signed()), LOG_KEY)


@pytest.mark.attack("log")
def test_a_receipt_signature_is_bound_to_its_commitment():
    public = KEY.public_key().public_bytes_raw()
    signature = receipts.sign_receipt(KEY, bytes(32))

    assert receipts.is_receipt_signature(public, signature, bytes(32))
    assert not receipts.is_receipt_signature(public, signature, bytes([1] * 32))
    assert not receipts.is_receipt_signature(public, KEY.sign(bytes(32)), bytes(32))
