"""Evidence bundles: streams of the log with all that is needed to check them off-line.

A bundle is a view of the log at one checkpoint. A fact that this checkpoint does not cover
(held until the close, or waiting for the sequencer) is not in it, and nothing tells whether
there is one. What covered facts an audience may read is decided by the caller; of the others
only the commitment goes out, so that the chain still links.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from evidence import queries
from evidence.actions.cosigning import cosigners_of
from evidence.actions.packing import write_archive
from evidence.actions.succession import successions
from evidence.models.streams import Fact
from evidence.models.tree import Head
from evidence.queries import LoggedFact
from evidence.rules import bundles as rules
from evidence.rules import tree
from evidence.rules.checkpoints import read_checkpoint, verifier_key
from evidence.rules.streams import canonical
from kernel.errors import InvalidInput, NotFound, NotYet, Refusal
from storage.keys import existing_key, public_half

Disclosure = Callable[[Fact], bool]


@dataclass(frozen=True)
class Keys:
    """Keys that a bundle is signed and checked with; the log's as a verifier key."""

    log: str
    receipt: Ed25519PrivateKey


@dataclass(frozen=True)
class Wanted:
    """What to put into a bundle.

    `may_leave` says which facts its audience may read. `since`: sizes of older checkpoints
    that are shown to be prefixes. `attached`: archives.json, trust.pem and files/… by name.
    """

    scope: rules.Scope
    streams: Sequence[str]
    may_leave: Disclosure
    since: Sequence[int] = ()
    attached: Mapping[str, rules.Content] = field(default_factory=dict)


def kept_keys(folder: Path, origin: str) -> Keys:
    """The keys that this machine keeps for the log of this name. Raises NotFound; makes none."""
    try:
        log = public_half(folder, "checkpoint")
        receipt = existing_key(folder, "receipt")
    except FileNotFoundError as missing:
        raise NotFound(
            "evidence.no_keys", "这台机器上没有日志与回执的密钥，请先运行 flask prepare。"
        ) from missing
    return Keys(verifier_key(origin, log), receipt)


def export_bundle(db: Session, wanted: Wanted, keys: Keys, out: BinaryIO) -> rules.Head:
    """Write the bundle at the newest checkpoint and return that checkpoint.

    Raises NotYet without a checkpoint, NotFound when it covers none of the streams, Refusal when
    it is signed by another key than the one given.
    """
    rules.refuse_unknown_attachments(wanted.attached)
    newest = _newest(db)
    head = _head(db, newest, keys)
    covered = _covered(db, wanted.streams, head.size)
    if not covered:
        raise NotFound(
            "evidence.nothing_covered",
            "检查点中没有“%(subject)s”的存证记录。",
            subject=wanted.scope.subject[:120],
        )
    enrolled = _enrolments(db, covered, wanted.may_leave, head.size)
    get = _proof_reader(db, [*_positions(covered), *_places(enrolled)], head.size)
    parts = [_part(db, name, covered, wanted, get, head.size) for name in sorted(covered)]
    others: dict[str, rules.Content] = {
        "keys.json": _keys_file(db, keys, newest, enrolled, get),
        **_consistency_file(db, wanted.since, head.size),
        **dict(sorted(wanted.attached.items())),
    }
    members = rules.members_of(wanted.scope, head, parts, others=others, key=keys.receipt)
    write_archive(out, members)
    return head


def _newest(db: Session) -> Head:
    newest = queries.latest_head(db)
    if newest is None:
        raise NotYet("evidence.no_checkpoint", "存证日志还没有检查点，请稍后再试。")
    return newest


def _head(db: Session, newest: Head, keys: Keys) -> rules.Head:
    try:
        checkpoint = read_checkpoint(newest.note, keys.log)
    except ValueError as fault:
        raise Refusal("evidence.other_log_key", "检查点不是用本平台的日志密钥签署的。") from fault
    signed = newest.note + "".join(queries.cosignatures(db, newest.size))
    return rules.Head(checkpoint.origin, checkpoint.size, signed)


def _covered(db: Session, streams: Sequence[str], size: int) -> dict[str, list[LoggedFact]]:
    """Of each stream the facts up to the first that the checkpoint does not cover."""
    covered: dict[str, list[LoggedFact]] = {}
    ended: set[str] = set()
    for logged in queries.facts_of(db, set(streams)):
        stream = logged.fact.stream
        if logged.position is None or logged.position >= size:
            ended.add(stream)
        elif stream not in ended:
            covered.setdefault(stream, []).append(logged)
    return covered


def _enrolments(
    db: Session, covered: Mapping[str, Sequence[LoggedFact]], may_leave: Disclosure, size: int
) -> dict[str, LoggedFact]:
    """The facts by which the keys of disclosed signed statements were enrolled, by key code."""
    codes = {
        code
        for facts in covered.values()
        for logged in facts
        if may_leave(logged.fact) and (code := queries.signing_key_of(logged.fact))
    }
    found = {code: queries.logged_about(db, f"key:{code}", "key.enrolled") for code in codes}
    return {
        code: logged
        for code, logged in sorted(found.items())
        if logged and logged.position is not None and logged.position < size
    }


def _part(
    db: Session,
    name: str,
    covered: Mapping[str, Sequence[LoggedFact]],
    wanted: Wanted,
    get: tree.Get,
    size: int,
) -> rules.StreamPart:
    leaves = tuple(
        _leaf(logged, get, size, open_=wanted.may_leave(logged.fact)) for logged in covered[name]
    )
    below = queries.released_below(db, name)
    counts = {stream: len(facts) for stream, facts in covered.items()}
    whole = all(counts.get(stream) == number for stream, number in below.items())
    return rules.StreamPart(name, leaves, whole)


def _leaf(logged: LoggedFact, get: tree.Get, size: int, *, open_: bool) -> rules.Leaf:
    position = _place(logged)
    proof = tuple(tree.inclusion_proof(get, position, size))
    fact = logged.fact
    if not open_:
        return rules.Leaf(fact.commitment, position, proof)
    return rules.Leaf(fact.commitment, position, proof, fact.body, fact.salt)


def _keys_file(
    db: Session, keys: Keys, head: Head, enrolled: Mapping[str, LoggedFact], get: tree.Get
) -> bytes:
    leaves = {code: _leaf(logged, get, head.size, open_=True) for code, logged in enrolled.items()}
    followed = successions(db)
    return canonical(
        {
            "log": keys.log,
            "receipt": keys.receipt.public_key().public_bytes_raw().hex(),
            "witnesses": cosigners_of(db, head),
            "statement": {code: rules.leaf_object(leaf) for code, leaf in leaves.items()},
            **({"successions": followed} if followed else {}),
        }
    )


def _consistency_file(db: Session, since: Sequence[int], size: int) -> dict[str, bytes]:
    rows = []
    for old in sorted(set(since)):
        head = queries.head_of(db, old)
        if head is None or old > size:
            raise InvalidInput(
                "evidence.no_such_checkpoint", "没有大小为 %(size)s 的检查点。", size=old
            )
        proof = queries.consistency_proof(db, old, size)
        rows.append({"checkpoint": head.note, "proof": [value.hex() for value in proof]})
    return {"consistency.json": canonical(rows)} if rows else {}


def _proof_reader(db: Session, positions: Sequence[int], size: int) -> tree.Get:
    """Gives the subtrees that the proofs of these leaves need, fetched together beforehand."""
    places: dict[tuple[int, int], None] = {}

    def note_down(level: int, position: int) -> bytes:
        places[level, position] = None
        return bytes(tree.HASH_BYTES)

    for position in positions:
        tree.inclusion_proof(note_down, position, size)
    known = queries.nodes_in_batches(db, list(places))
    return lambda level, position: known[level, position]


def _positions(covered: Mapping[str, Sequence[LoggedFact]]) -> list[int]:
    return [_place(logged) for facts in covered.values() for logged in facts]


def _places(enrolled: Mapping[str, LoggedFact]) -> list[int]:
    return [_place(logged) for logged in enrolled.values()]


def _place(logged: LoggedFact) -> int:
    if logged.position is None:
        raise ValueError("a fact of a bundle has a place in the tree")
    return logged.position
