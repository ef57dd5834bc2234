"""`record()` one fact; `advance()` a state and record it together: the only door for changes.

Facts are queued and numbered by the database's door at the end of the transaction, streams in
the order of their names (design.md §3). The handle is filled when that has happened.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evidence.models.streams import Fact, HeldFact, PendingFact
from evidence.rules import streams as rules
from kernel.lifecycle import Lifecycle
from storage.base import real_now
from storage.columns import instant_text
from storage.database import before_commit
from storage.subjects import count_up

_QUEUE = "facts"


@dataclass
class FactHandle:
    """A fact on its way. `seq`, `body`, `salt`, `commitment` are there after the transaction."""

    stream: str
    kind: str
    actor: str
    subject: str
    data: Mapping[str, Any]
    at: datetime
    holder: str | None = None
    seq: int = 0
    body: bytes = b""
    salt: bytes = field(default=b"", repr=False)
    commitment: bytes = b""


class HasState(Protocol):
    """Anything with a state column."""

    state: Any


def record(
    db: Session,
    *,
    stream: str,
    kind: str,
    actor: str,
    subject: str,
    data: Mapping[str, Any],
    now: datetime,
    held_by: str | None = None,
) -> FactHandle:
    """Queue one fact of a stream. `held_by` keeps it out of the tree until `release_held`."""
    rules.canonical(dict(data))
    handle = FactHandle(stream, kind, actor, subject, data, now, held_by)
    db.info.setdefault(_QUEUE, []).append(handle)
    return handle


def advance(
    db: Session,
    row: HasState,
    lifecycle: Lifecycle[Any, Any],
    event: StrEnum,
    *,
    stream: str,
    actor: str,
    subject: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    held_by: str | None = None,
) -> FactHandle:
    """Move `row.state` by the table and record it. Raises TransitionRefused, changing nothing."""
    before = row.state
    row.state = lifecycle.after(before, event)
    return record(
        db,
        stream=stream,
        kind=f"{lifecycle.name}.{event.value}",
        actor=actor,
        subject=subject,
        data={"from": before.value, "to": row.state.value, **(data or {})},
        now=now,
        held_by=held_by,
    )


def release_held(db: Session, holder: str) -> list[bytes]:
    """Let the facts held by this holder join the tree, sorted by commitment; return those."""
    held = sorted(db.scalars(sa.select(HeldFact.commitment).where(HeldFact.holder == holder)).all())
    if held:
        db.execute(sa.insert(PendingFact), [_pending_held(value) for value in held])
        db.execute(sa.delete(HeldFact).where(HeldFact.holder == holder))
    return held


def _number(db: Session, _now: datetime) -> None:
    queue: list[FactHandle] = db.info.pop(_QUEUE, [])
    if not queue:
        return
    amounts: dict[str, int] = {}
    for handle in queue:
        amounts[handle.stream] = amounts.get(handle.stream, 0) + 1
    reached = count_up(db, {f"stream:{name}": amount for name, amount in amounts.items()})
    recorded_at = real_now(db)
    for stream in sorted(amounts):
        first = reached[f"stream:{stream}"] - amounts[stream] + 1
        handles = [handle for handle in queue if handle.stream == stream]
        _chain(db, handles, first, _last_commitment(db, stream, first - 1), recorded_at)
    _store(db, queue, recorded_at)


def _chain(
    db: Session,
    handles: Sequence[FactHandle],
    first: int,
    previous: bytes | None,
    recorded_at: datetime,
) -> None:
    for seq, handle in enumerate(handles, first):
        handle.seq = seq
        handle.salt = secrets.token_bytes(rules.SALT_BYTES)
        handle.body = rules.fact_body(
            stream=handle.stream,
            seq=seq,
            at=instant_text(handle.at),
            recorded_at=instant_text(recorded_at),
            kind=handle.kind,
            actor=handle.actor,
            subject=handle.subject,
            data=handle.data,
            prev=previous.hex() if previous else None,
        )
        handle.commitment = previous = rules.commitment(handle.salt, handle.body)


def _last_commitment(db: Session, stream: str, seq: int) -> bytes | None:
    if seq == 0:
        return None
    return db.scalar(sa.select(Fact.commitment).where(Fact.stream == stream, Fact.seq == seq))


def _store(db: Session, handles: Sequence[FactHandle], recorded_at: datetime) -> None:
    db.execute(sa.insert(Fact), [_fact_row(handle, recorded_at) for handle in handles])
    held = [handle for handle in handles if handle.holder]
    if held:
        rows = [{"commitment": handle.commitment, "holder": handle.holder} for handle in held]
        db.execute(sa.insert(HeldFact), rows)
    ordinary = [handle for handle in handles if not handle.holder]
    if ordinary:
        rows = [{"commitment": h.commitment, "place": f"{h.stream}/{h.seq:015d}"} for h in ordinary]
        db.execute(sa.insert(PendingFact), rows)


def _fact_row(handle: FactHandle, recorded_at: datetime) -> dict[str, Any]:
    return {
        "stream": handle.stream,
        "seq": handle.seq,
        "kind": handle.kind,
        "subject": handle.subject,
        "actor": handle.actor,
        "at": handle.at,
        "recorded_at": recorded_at,
        "body": handle.body.decode(),
        "salt": handle.salt,
        "commitment": handle.commitment,
    }


def _pending_held(commitment: bytes) -> dict[str, Any]:
    return {"commitment": commitment, "place": f"~{commitment.hex()}"}


before_commit(10, _number)
