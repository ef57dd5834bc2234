"""The log for programs: its keys, its checkpoints, and proofs that join any two of them."""

import pytest

from evidence import queries as evidence
from evidence.rules import tree
from evidence.rules.checkpoints import parse_verifier_key, read_checkpoint
from storage.database import snapshot
from tests.factories.trading import make_cast, make_open_lot
from tests.trading.test_pages import START
from webapp.worker import Worker


@pytest.fixture
def sizes(app, settings):
    """Sizes of three checkpoints, ascending."""
    worker = Worker(settings)
    make_cast()
    for _ in range(3):
        make_open_lot(start=START)
        worker.sweep()
    with snapshot() as db:
        return sorted(head.size for head in evidence.latest_heads(db, 3))


def get(client, address):
    return client.get(f"/api/v1/log{address}")


def refused(answer):
    return answer.status_code, answer.get_json()["error"]["code"]


def test_the_newest_checkpoint_is_signed_by_the_key_that_is_told(client, sizes):
    told = get(client, "").get_json()

    note = get(client, f"/checkpoints/{told['size']}").get_data(as_text=True)

    assert set(told) == {"key", "receipt_key", "size", "successions", "cosigners"}
    assert read_checkpoint(note, told["key"]).size == told["size"] == sizes[-1]
    assert parse_verifier_key(told["key"])[2] != bytes.fromhex(told["receipt_key"])


def test_a_proof_joins_any_two_checkpoints(client, sizes):
    key = get(client, "").get_json()["key"]
    heads = {
        size: read_checkpoint(get(client, f"/checkpoints/{size}").get_data(as_text=True), key)
        for size in sizes
    }
    assert len(heads) == 3
    for old in sizes:
        for new in (size for size in sizes if size >= old):
            told = get(client, f"/consistency?old={old}&new={new}").get_json()

            proof = [bytes.fromhex(each) for each in told["proof"]]
            roots = heads[old].root, heads[new].root
            assert tree.verify_consistency(old, new, proof, *roots)


def test_a_checkpoint_that_was_never_signed_is_not_made_up(client, sizes):
    missing = next(size for size in range(1, sizes[-1]) if size not in sizes)

    assert refused(get(client, f"/checkpoints/{missing}")) == (404, "evidence.no_such_checkpoint")
    for query in (f"old={missing}&new={sizes[-1]}", f"old={sizes[-1]}&new={sizes[0]}"):
        answer = get(client, f"/consistency?{query}")
        assert refused(answer) == (404, "evidence.no_such_checkpoint")
    for address in ("/checkpoints/x", "/consistency", f"/consistency?old=0&new={sizes[-1]}"):
        assert get(client, address).status_code == 422
