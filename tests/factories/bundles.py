"""A lot played to its close in a real log, its bundle, and the same log rewritten by a liar."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import queries as evidence
from evidence.actions import packing
from evidence.actions.bundles import Keys, Wanted, export_bundle
from evidence.actions.receipts import receipt_of
from evidence.actions.tree import append_pending
from evidence.rules import bundles, checkpoints, streams, tree
from evidence.rules.streams import canonical
from storage.database import snapshot, transaction
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from trading import queries
from trading.actions.closing import close_lot

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
ORIGIN = "test.invalid/evidence"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
RECEIPT_KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)


def verifier_key(key=LOG_KEY, origin=ORIGIN):
    return checkpoints.verifier_key(origin, key.public_key().public_bytes_raw())


def receipt_key():
    return RECEIPT_KEY.public_key().public_bytes_raw().hex()


KEYS = Keys(verifier_key(), RECEIPT_KEY)


@dataclass(frozen=True)
class Played:
    """A closed lot: four bidders, one of whom replaced and one withdrew; receipts by bidder."""

    lot: str
    streams: tuple[str, ...]
    receipts: dict[str, dict]

    @property
    def tender(self):
        return self.lot.rpartition("-")[0]


def sequence():
    with transaction() as (db, _):
        return append_pending(db, ORIGIN, LOG_KEY)


def play_to_the_deadline(vault):
    """The lot, its bidders' streams, and receipts: replaced, standing, withdrawn, two others."""
    make_cast(4)
    lot = make_open_lot(start=START)
    bidders = [Bidder(f"bidder{number}").enrol() for number in range(1, 5)]
    sequence()
    first, replaced = bidders[0].submit(lot, vault)
    _, standing = bidders[0].submit(lot, vault, replaces=first.receipt)
    second, withdrawn = bidders[1].submit(lot, vault)
    bidders[1].withdraw(lot, second.receipt)
    facts = {"replaced": replaced, "standing": standing, "withdrawn": withdrawn}
    facts |= {f"bidder{n + 1}": bidders[n].submit(lot, vault)[1] for n in (2, 3)}
    tender = lot.rpartition("-")[0]
    names = {f"lot:{lot}", f"tender:{tender}", *(fact.stream for fact in facts.values())}
    return Played(lot, tuple(sorted(names)), {name: _receipt(f) for name, f in facts.items()})


def play(vault):
    """The same, closed and sequenced."""
    played = play_to_the_deadline(vault)
    with snapshot() as db:
        deadline = queries.lot_by_code(db, played.lot).deadline
    move_to(played.lot, deadline + timedelta(microseconds=1))
    with transaction(lock=[f"lot:{played.lot}"]) as (db, now):
        assert close_lot(db, played.lot, now=now)
    sequence()
    return played


def export(subject, names, *, scope="tender", may_leave=lambda fact: True, keys=KEYS, **more):
    """Bytes of the bundle of these streams."""
    out = io.BytesIO()
    wanted = Wanted(bundles.Scope(scope, subject, "party"), names, may_leave, **more)
    with snapshot() as db:
        export_bundle(db, wanted, keys, out)
    return out.getvalue()


def members_in(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members):
    out = io.BytesIO()
    packing.write_archive(out, members)
    return out.getvalue()


def resealed(members, key=RECEIPT_KEY):
    """The members with counts, digests and signature of bundle.json made to fit by this key."""
    described = json.loads(members["bundle.json"])
    del described["signature"]
    others = {name: content for name, content in members.items() if name != "bundle.json"}
    for listed in described["streams"]:
        listed["facts"] = others.get(listed["file"], b"").count(b"\n")
    described["files"] = {n: hashlib.sha256(content).hexdigest() for n, content in others.items()}
    return {"bundle.json": bundles.signed_manifest(described, key), **others}


def lines_of(members, file):
    return [json.loads(line) for line in members[file].splitlines()]


def with_lines(members, file, lines):
    return members | {file: b"".join(canonical(line) + b"\n" for line in lines)}


def file_of(members, stream):
    listed = json.loads(members["bundle.json"])["streams"]
    return next(each["file"] for each in listed if each["name"] == stream)


def facts_in(members):
    """{stream: [fact as a dict]} of a bundle."""
    listed = json.loads(members["bundle.json"])["streams"]
    return {
        each["name"]: [json.loads(line["fact"]) for line in lines_of(members, each["file"])]
        for each in listed
    }


def relogged(members, facts, *, log_key=LOG_KEY, chain=True):
    """The bundle that a platform would make that wrote these facts into its log all along.

    Facts that were not changed keep their salt, and so their commitment and the close root.
    """
    salts = _salts(members)
    leaves, described = [], json.loads(members["bundle.json"])
    enrolled = json.loads(members["keys.json"])["statement"]
    enrolments = {code: (line["fact"], line["salt"]) for code, line in enrolled.items()}
    for stream, rows in facts.items():
        previous = None
        for seq, fact in enumerate(rows, 1):
            if chain:
                fact |= {"seq": seq, "prev": previous}
            salt = salts.get((stream, seq), bytes(32))
            body = canonical(fact)
            leaves.append((stream, body.decode(), salt))
            previous = streams.commitment(salt, body).hex()
    for code, (body, salt) in enrolments.items():
        leaves.append((f"key:{code}", body, bytes.fromhex(salt)))
    values = [streams.commitment(salt, body.encode()) for _, body, salt in leaves]
    get, note = _tree(values, log_key)
    rows = [
        (
            name,
            bundles.Leaf(
                values[at], at, tuple(tree.inclusion_proof(get, at, len(values))), body, salt
            ),
        )
        for at, (name, body, salt) in enumerate(leaves)
    ]
    parts = [
        bundles.StreamPart(name, tuple(leaf for own, leaf in rows if own == name), True)
        for name in facts
    ]
    codes = {
        code: bundles.leaf_object(next(leaf for own, leaf in rows if own == f"key:{code}"))
        for code in enrolments
    }
    keys = {
        "log": verifier_key(log_key),
        "receipt": receipt_key(),
        "witnesses": [],
        "statement": codes,
    }
    return bundles.members_of(
        bundles.Scope(described["scope"], described["subject"], described["audience"]),
        bundles.Head(ORIGIN, len(values), note),
        parts,
        others={"keys.json": canonical(keys)},
        key=RECEIPT_KEY,
    )


def _salts(members):
    listed = json.loads(members["bundle.json"])["streams"]
    return {
        (each["name"], seq): bytes.fromhex(line["salt"])
        for each in listed
        for seq, line in enumerate(lines_of(members, each["file"]), 1)
    }


def _tree(values, log_key):
    nodes = {(level, at): value for level, at, value in tree.new_nodes({}, 0, values)}

    def get(level, at):
        return nodes[level, at]

    text = checkpoints.checkpoint_text(ORIGIN, len(values), tree.subtree_root(get, 0, len(values)))
    return get, checkpoints.note(text, checkpoints.signature_line(ORIGIN, log_key, text))


def _receipt(handle):
    with snapshot() as db:
        fact = evidence.fact_by_commitment(db, handle.commitment).fact
        return receipt_of(fact, json.loads(fact.body)["data"]["receipt"], RECEIPT_KEY)
