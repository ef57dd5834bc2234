import itertools
import json
import threading

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import queries
from evidence.actions.streams import advance, record, release_held
from evidence.actions.succession import SUBJECT, succeed
from evidence.actions.tree import append_pending
from evidence.models.streams import Fact
from evidence.models.tree import Entry
from evidence.rules import checkpoints, streams, tree
from evidence.rules.succession import KeyOf
from kernel.errors import InvalidInput, TransitionRefused
from kernel.lifecycle import Lifecycle
from outbox import queries as outbox
from outbox.actions.messages import number_wide, publish, publish_wide
from outbox.actions.relay import Relay
from tests.kernel.test_kernel import Light, Turn

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "test.invalid/evidence"
LOG_KEY = checkpoints.verifier_key(ORIGIN, KEY.public_key().public_bytes_raw())


def write(database, *streams_, held_by=None, data=None):
    with database.transaction(lock=["lot:L"]) as (db, now):
        return [
            record(
                db,
                stream=stream,
                kind="test.done",
                actor="person:1",
                subject="lot:L",
                data=data or {},
                now=now,
                held_by=held_by,
            )
            for stream in streams_
        ]


def sequence(database):
    with database.transaction() as (db, _):
        return append_pending(db, ORIGIN, KEY)


def test_facts_of_a_stream_are_numbered_and_chained(database):
    handles = write(database, "a", "b", "a") + write(database, "a")

    numbers = [(handle.stream, handle.seq) for handle in handles]
    assert numbers == [("a", 1), ("b", 1), ("a", 2), ("a", 3)]
    first, second, third = (handle for handle in handles if handle.stream == "a")
    assert json.loads(first.body)["prev"] is None
    assert json.loads(second.body)["prev"] == first.commitment.hex()
    assert json.loads(third.body)["prev"] == second.commitment.hex()
    assert streams.commitment(third.salt, third.body) == third.commitment


def test_the_sequencer_puts_facts_into_the_tree_and_signs_the_head(database):
    write(database, "b", "a")
    write(database, "a")

    assert sequence(database) == 3
    assert sequence(database) == 0
    with database.snapshot() as db:
        facts = queries.facts_of(db, ["a", "b"])
        head = checkpoints.read_checkpoint(queries.latest_head(db).note, LOG_KEY)
        assert [(f.fact.stream, f.fact.seq, f.position) for f in facts] == [
            ("a", 1, 0),
            ("a", 2, 1),
            ("b", 1, 2),
        ]
        assert head.size == 3
        for logged in facts:
            proof = queries.inclusion_proof(db, logged.position, 3)
            leaf = tree.leaf_hash(logged.fact.commitment)
            assert tree.verify_inclusion(leaf, logged.position, 3, proof, head.root)


def test_the_log_grows_consistently(database):
    heads = []
    for number in range(5):
        write(database, *(["s"] * (number + 1)))
        sequence(database)
        with database.snapshot() as db:
            heads.append(checkpoints.read_checkpoint(queries.latest_head(db).note, LOG_KEY))
    with database.snapshot() as db:
        for old, new in itertools.pairwise(heads):
            proof = queries.consistency_proof(db, old.size, new.size)
            assert tree.verify_consistency(old.size, new.size, proof, old.root, new.root)


def test_held_facts_join_the_tree_only_when_released_and_sorted(database):
    held = write(database, "bid:1", "bid:2", "bid:3", held_by="lot:L")
    assert sequence(database) == 0
    with database.snapshot() as db:
        assert queries.tree_size(db) == 0
        assert queries.held_count(db, "lot:L") == 3

    with database.transaction(lock=["lot:L"]) as (db, _):
        released = release_held(db, "lot:L")
    assert sequence(database) == 3

    assert released == sorted(handle.commitment for handle in held)
    with database.snapshot() as db:
        query = sa.select(Entry.commitment).order_by(Entry.position)
        assert db.scalars(query).all() == released
    assert write(database, "bid:1")[0].seq == 2
    assert sequence(database) == 1


def test_an_impossible_move_records_nothing(database):
    life = Lifecycle("light", {(Light.RED, Turn.GO): Light.GREEN})
    row = type("Row", (), {"state": Light.GREEN})()

    with pytest.raises(TransitionRefused), database.transaction() as (db, now):
        advance(db, row, life, Turn.GO, stream="s", actor="x", subject="x", now=now)

    assert row.state is Light.GREEN
    with database.snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Fact)) == 0


def test_a_fact_that_has_no_canonical_form_is_refused_at_once(database):
    with pytest.raises(InvalidInput), database.transaction() as (db, now):
        record(db, stream="s", kind="k", actor="x", subject="x", data={"price": 1.5}, now=now)


def test_messages_are_numbered_per_channel_without_gaps(database):
    for number in range(3):
        with database.transaction() as (db, now):
            publish(db, "lot:L", "lot.moved", {"public": {"n": number}, "regulator": {}}, now)
            publish(db, "lot:M", "lot.moved", {"public": {}}, now)

    with database.snapshot() as db:
        entries = outbox.entries_after(db, "lot:L", "public", 1)
        assert [(entry.seq, entry.data) for entry in entries] == [(2, {"n": 1}), (3, {"n": 2})]
        assert outbox.head(db, "lot:M", "public") == 3


def test_wide_messages_are_numbered_by_the_leader(database):
    with database.transaction() as (db, now):
        publish_wide(db, "wall", "lot.moved", {"regulator": {"lot": "L"}}, now)
    with database.snapshot() as db:
        assert outbox.head(db, "wall", "regulator") == 0
        assert outbox.waiting_wide(db) == 1

    with database.transaction() as (db, _):
        assert number_wide(db) == 1

    with database.snapshot() as db:
        assert outbox.head(db, "wall", "regulator") == 1
        assert outbox.waiting_wide(db) == 0


def test_the_relay_delivers_every_committed_message_in_order(database):
    received, all_there = [], threading.Event()

    def deliver(channel, entries):
        received.extend((channel, entry.seq) for entry in entries)
        if len(received) == 40:
            all_there.set()

    relay = Relay(database, deliver)
    relay.follow(("t", "public"), 0)

    def send():
        for _ in range(10):
            with database.transaction() as (db, now):
                publish(db, "t", "t.moved", {"public": {}, "secret": {}}, now)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert all_there.wait(10)
    relay.stop()

    assert received == [(("t", "public"), number) for number in range(1, 41)]


def test_a_worker_with_the_former_key_signs_no_head_any_more(database):
    """One that was not stopped: a witness would take its head for another history."""
    new = Ed25519PrivateKey.generate()
    with database.transaction(lock=[SUBJECT]) as (db, _):
        succeed(db, KeyOf.LOG, ORIGIN, KEY, new)

    with database.transaction() as (db, _):
        assert append_pending(db, ORIGIN, KEY) == 0
        assert queries.latest_head(db) is None
    with database.transaction() as (db, _):
        assert append_pending(db, ORIGIN, new) == 1
