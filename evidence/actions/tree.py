"""The sequencer: pending facts → Merkle log → signed checkpoint. One appends at a time.

Facts join the tree here and not in the business transaction, so that the log's lock never
slows a bid down. A crash before the commit leaves everything as it was.
"""

import logging
from collections.abc import Sequence

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from evidence import queries
from evidence.actions.succession import is_followed
from evidence.models.streams import PendingFact
from evidence.models.tree import Entry, Head, Node
from evidence.rules import checkpoints, tree
from storage.base import real_now

log = logging.getLogger("zhaobiao.tree")
# Identifies the sequencer's advisory lock on PostgreSQL; any constant of our own.
_LOCK = 7236001
BATCH = 5000


def append_pending(db: Session, origin: str, key: Ed25519PrivateKey) -> int:
    """Put the waiting facts into the tree and sign the new head; return how many there were.

    0 also when another process is just doing it, or when another key has followed this one: whoever
    follows that one would take a head of the former key for another history.
    """
    if not _is_leader(db):
        return 0
    commitments = db.scalars(
        sa.select(PendingFact.commitment).order_by(PendingFact.place).limit(BATCH)
    ).all()
    if not commitments:
        return 0
    if is_followed(db, key):
        log.error("another key follows this one: copy it here and start again")
        return 0
    size = _append(db, commitments)
    _sign_head(db, origin, key, size)
    return len(commitments)


def _is_leader(db: Session) -> bool:
    if db.get_bind().dialect.name == "sqlite":
        return True
    return bool(db.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))))


def _append(db: Session, commitments: Sequence[bytes]) -> int:
    size = queries.tree_size(db)
    frontier = queries.nodes(db, tree.frontier_places(size))
    made = tree.new_nodes(frontier, size, commitments)
    entries = [
        {"position": size + offset, "commitment": leaf} for offset, leaf in enumerate(commitments)
    ]
    db.execute(sa.insert(Entry), entries)
    rows = [{"level": level, "position": at, "hash": value} for level, at, value in made]
    db.execute(sa.insert(Node), rows)
    db.execute(sa.delete(PendingFact).where(PendingFact.commitment.in_(commitments)))
    return size + len(commitments)


def _sign_head(db: Session, origin: str, key: Ed25519PrivateKey, size: int) -> None:
    root = tree.subtree_root(queries.node_reader(db), 0, size)
    text = checkpoints.checkpoint_text(origin, size, root)
    signed = checkpoints.note(text, checkpoints.signature_line(origin, key, text))
    row = {"size": size, "root": root, "note": signed, "signed_at": real_now(db)}
    db.execute(sa.insert(Head), [row])
