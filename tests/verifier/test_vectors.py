"""The verifier's own functions hold the vectors that server, page and client hold."""

import json
from pathlib import Path

import pytest

from evidence.rules import tree
from verifier import canonical as reading
from verifier import merkle, signatures
from verifier.findings import Broken

VECTORS = Path(__file__).parents[1] / "vectors"


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def test_the_shared_vectors_of_canonical_text_hold():
    given = vectors("canonical")
    for case in given["cases"]:
        assert reading.canonical(case["value"]).decode() == case["canonical"]
        assert reading.read_canonical(case["canonical"].encode()) == case["value"]
    for value in given["refused"]:
        with pytest.raises(ValueError, match=r"."):
            reading.canonical(value)


@pytest.mark.parametrize(
    "text",
    [b'{"a":1, "b":2}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b"1.0", b"1e3", b"NaN", b'"\\u00e9"'],
)
def test_text_that_is_not_canonical_is_refused(text):
    with pytest.raises(Broken):
        reading.read_canonical(text)


def test_the_shared_vectors_of_hashes_and_signatures_hold():
    one = vectors("commitment")
    leaf = merkle.commitment(bytes.fromhex(one["salt"]), one["canonical"].encode())
    assert leaf.hex() == one["commitment"]
    for case in vectors("close_root")["cases"]:
        leaves = [bytes.fromhex(value) for value in case["commitments"]]
        assert merkle.close_root(leaves).hex() == case["root"]
    seed = vectors("seed")
    nonces = [bytes.fromhex(value) for value in seed["nonces"]]
    assert merkle.draw_seed(bytes.fromhex(seed["freeze"]), nonces).hex() == seed["seed"]
    signed = vectors("statement")
    assert reading.canonical(signed["statement"]).decode() == signed["canonical"]
    parts = [bytes.fromhex(signed[name]) for name in ("public_key_spki", "signature")]
    assert signatures.is_p256(*parts, signed["canonical"].encode())


def test_both_implementations_of_the_tree_agree():
    leaves = [bytes([number]) * 32 for number in range(20)]
    nodes = {(level, at): value for level, at, value in tree.new_nodes({}, 0, leaves)}
    for size in range(1, 21):
        root = merkle.root(leaves[:size])
        assert root == tree.root_of(leaves[:size])
        for index in range(size):
            proof = tree.inclusion_proof(lambda *place: nodes[place], index, size)
            assert merkle.is_included(leaves[index], index, size, proof, root)
            assert not merkle.is_included(leaves[index], index, size, [*proof, root], root)
            assert not merkle.is_included(leaves[index], (index + 1) % 21, size, proof, root)
        for old in range(1, size + 1):
            proof = tree.consistency_proof(lambda *place: nodes[place], old, size)
            assert merkle.is_consistent(old, size, proof, merkle.root(leaves[:old]), root)
            assert not merkle.is_consistent(old, size, [*proof, root], root, root)
