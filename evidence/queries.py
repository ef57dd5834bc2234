"""Every read of the evidence: facts of a stream, places in the tree, proofs, heads."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evidence.models.streams import Fact, HeldFact, PendingFact
from evidence.models.tree import Cosignature, Cosigner, Entry, Head, Node
from evidence.rules import tree

_BATCH = 300


@dataclass(frozen=True)
class LoggedFact:
    """A fact with its place in the tree; `position` is None while it is held or pending."""

    fact: Fact
    position: int | None


def facts_of(db: Session, streams: Iterable[str]) -> list[LoggedFact]:
    """Facts of these streams, by stream and number, with their places."""
    query = (
        sa.select(Fact, Entry.position)
        .outerjoin(Entry, Entry.commitment == Fact.commitment)
        .where(Fact.stream.in_(list(streams)))
        .order_by(Fact.stream, Fact.seq)
    )
    return [LoggedFact(fact, position) for fact, position in db.execute(query)]


def facts_about(db: Session, subject: str, kind: str | None = None) -> Sequence[Fact]:
    """Facts about one subject in the order in which they were recorded."""
    query = sa.select(Fact).where(Fact.subject == subject)
    if kind:
        query = query.where(Fact.kind == kind)
    return db.scalars(query.order_by(Fact.recorded_at, Fact.stream, Fact.seq)).all()


def moments_about(db: Session, subjects: Collection[str]) -> dict[str, dict[str, datetime]]:
    """Subject → kind of fact → when one was first recorded about it, in legal time."""
    if not subjects:
        return {}
    found: dict[str, dict[str, datetime]] = {}
    for subject, kind, at in db.execute(_moments(), {"subjects": list(subjects)}):
        found.setdefault(subject, {}).setdefault(kind, at)
    return found


@cache  # put together once: every page of a lot asks it
def _moments() -> sa.Select[str, str, datetime]:
    query = sa.select(Fact.subject, Fact.kind, Fact.at)
    about = query.where(Fact.subject.in_(sa.bindparam("subjects", expanding=True)))
    return about.order_by(Fact.recorded_at, Fact.stream, Fact.seq)


def fact_by_commitment(db: Session, commitment: bytes) -> LoggedFact | None:
    """The fact with this commitment and its place."""
    query = (
        sa.select(Fact, Entry.position)
        .outerjoin(Entry, Entry.commitment == Fact.commitment)
        .where(Fact.commitment == commitment)
    )
    row = db.execute(query).first()
    return LoggedFact(*row) if row else None


def is_held(db: Session, commitment: bytes) -> bool:
    """Whether this fact is kept out of the tree until its holder closes."""
    return db.get(HeldFact, commitment) is not None


def logged_about(db: Session, subject: str, kind: str) -> LoggedFact | None:
    """The first fact of this kind about a subject, with its place."""
    query = (
        sa.select(Fact, Entry.position)
        .outerjoin(Entry, Entry.commitment == Fact.commitment)
        .where(Fact.subject == subject, Fact.kind == kind)
        .order_by(Fact.stream, Fact.seq)
        .limit(1)
    )
    row = db.execute(query).first()
    return LoggedFact(*row) if row else None


def released_below(db: Session, stream: str) -> dict[str, int]:
    """Streams whose names go on after this one's with "/": how many facts of each are not held."""
    query = (
        sa.select(Fact.stream, sa.func.count())
        .outerjoin(HeldFact, HeldFact.commitment == Fact.commitment)
        .where(Fact.stream.startswith(f"{stream}/", autoescape=True))
        .where(HeldFact.commitment.is_(None))
        .group_by(Fact.stream)
    )
    return dict(db.execute(query).all())


def signing_key_of(fact: Fact) -> str | None:
    """Code of the key that signed the statement in this fact, if it carries one."""
    data = json.loads(fact.body)["data"]
    if "statement" not in data or "signature" not in data:
        return None
    # A witness's statement speaks of an opening key, which `key` names there.
    code = data.get("signing_key", data.get("key"))
    return code if isinstance(code, str) else None


def tree_size(db: Session) -> int:
    """Number of leaves."""
    last = db.scalar(sa.select(sa.func.max(Entry.position)))
    return 0 if last is None else last + 1


def pending_count(db: Session) -> int:
    """How many facts wait for the sequencer: its lag."""
    return db.scalar(sa.select(sa.func.count()).select_from(PendingFact)) or 0


def oldest_pending(db: Session) -> datetime | None:
    """When the oldest ordinary fact was recorded that still waits for the sequencer.

    Facts that were held back are older than their waiting; they wait with that of the close.
    """
    query = sa.select(sa.func.min(Fact.recorded_at)).join(
        PendingFact, PendingFact.commitment == Fact.commitment
    )
    return db.scalar(query.where(PendingFact.place.contains("/")))


def held_count(db: Session, holder: str) -> int:
    """How many facts this holder keeps back. Never shown to a user before the close."""
    query = sa.select(sa.func.count()).select_from(HeldFact).where(HeldFact.holder == holder)
    return db.scalar(query) or 0


def latest_head(db: Session) -> Head | None:
    """The newest signed checkpoint."""
    return db.scalar(sa.select(Head).order_by(Head.size.desc()).limit(1))


def latest_heads(db: Session, limit: int) -> Sequence[Head]:
    """The newest signed checkpoints, newest first."""
    return db.scalars(sa.select(Head).order_by(Head.size.desc()).limit(limit)).all()


def recomputed_root(db: Session, size: int) -> bytes:
    """The root over the first `size` leaves, from the leaves alone."""
    query = sa.select(Entry.commitment).where(Entry.position < size).order_by(Entry.position)
    return tree.root_of(db.scalars(query).all())


def head_of(db: Session, size: int) -> Head | None:
    """The checkpoint of exactly this size."""
    return db.get(Head, size)


def head_covering(db: Session, position: int) -> Head | None:
    """The oldest checkpoint that covers this leaf."""
    query = sa.select(Head).where(Head.size > position).order_by(Head.size).limit(1)
    return db.scalar(query)


def head_over(db: Session, commitment: bytes) -> tuple[int, Head, list[str]] | None:
    """Where this fact stands in the tree, the newest checkpoint, and its witnesses' lines.

    None while no checkpoint covers it.
    """
    newest = sa.select(sa.func.max(Head.size)).scalar_subquery()
    query = (
        sa.select(Entry.position, Head, Cosignature.line)
        .select_from(Entry)
        .join(Head, Head.size == newest)
        .outerjoin(Cosignature, Cosignature.size == Head.size)
        .where(Entry.commitment == commitment, Head.size > Entry.position)
    )
    rows = db.execute(query.order_by(Cosignature.witness)).all()
    if not rows:
        return None
    return rows[0][0], rows[0][1], [line for _, _, line in rows if line is not None]


def live_cosigner(db: Session, organisation: str) -> Cosigner | None:
    """The key with which this organisation co-signs now."""
    query = sa.select(Cosigner).where(
        Cosigner.organisation == organisation, Cosigner.until.is_(None)
    )
    return db.scalar(query)


def live_cosigners(db: Session) -> Sequence[Cosigner]:
    """Everybody who co-signs now, by name."""
    query = sa.select(Cosigner).where(Cosigner.until.is_(None)).order_by(Cosigner.name)
    return db.scalars(query).all()


def cosigners_called(db: Session, name: str, public: bytes) -> Sequence[Cosigner]:
    """Those who co-sign or did, under this name or with this key."""
    query = sa.select(Cosigner).where(sa.or_(Cosigner.name == name, Cosigner.public == public))
    return db.scalars(query).all()


def cosigners_under(db: Session, size: int) -> list[tuple[Cosigner, str]]:
    """Each line under the checkpoint of this size with the keys that its name ever had."""
    query = (
        sa.select(Cosigner, Cosignature.line)
        .join(Cosignature, Cosignature.witness == Cosigner.name)
        .where(Cosignature.size == size)
        .order_by(Cosigner.name)
    )
    return [(by, line) for by, line in db.execute(query)]


def cosignatures(db: Session, size: int) -> list[str]:
    """The witnesses' lines under the checkpoint of this size, by name."""
    query = sa.select(Cosignature.line).where(Cosignature.size == size)
    return list(db.scalars(query.order_by(Cosignature.witness)))


def nodes(db: Session, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Hashes of these complete subtrees, in one statement."""
    if not places:
        return {}
    query = sa.select(Node.level, Node.position, Node.hash).where(
        sa.or_(*(sa.and_(Node.level == level, Node.position == at) for level, at in places))
    )
    return {(level, at): value for level, at, value in db.execute(query)}


def nodes_in_batches(
    db: Session, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """Hashes of these complete subtrees, however many, a few hundred in each statement."""
    found: dict[tuple[int, int], bytes] = {}
    for start in range(0, len(places), _BATCH):
        found |= nodes(db, places[start : start + _BATCH])
    return found


def node_reader(db: Session) -> tree.Get:
    """A function that gives stored subtrees, each read once."""
    known: dict[tuple[int, int], bytes] = {}

    def get(level: int, position: int) -> bytes:
        place = (level, position)
        if place not in known:
            known.update(nodes(db, [place]))
        return known[place]

    return get


def inclusion_proof(db: Session, position: int, size: int) -> list[bytes]:
    """Proof that the leaf stands under the root of this size."""
    return _proof(db, lambda get: tree.inclusion_proof(get, position, size))


def consistency_proof(db: Session, old: int, new: int) -> list[bytes]:
    """Proof that the tree of `old` leaves is a prefix of the one of `new`."""
    return _proof(db, lambda get: tree.consistency_proof(get, old, new))


def _proof(db: Session, make: Callable[[tree.Get], list[bytes]]) -> list[bytes]:
    """What `make` puts together of stored subtrees, which are all read together."""
    places: dict[tuple[int, int], bytes] = {}

    def note_down(level: int, at: int) -> bytes:
        places[level, at] = b""
        return b""

    make(note_down)
    known = nodes_in_batches(db, list(places))
    return make(lambda level, at: known[level, at])
