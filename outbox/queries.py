"""Reads of the numbered messages: what a watcher has not seen yet."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outbox.models.messages import Message, WideMessage
from storage.columns import instant_text

PAGE = 500


@dataclass(frozen=True)
class FeedEntry:
    """One message as it goes out: `entry {topic, seq, at, kind, data}` of design.md §5."""

    topic: str
    seq: int
    at: str
    kind: str
    data: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The same as a plain dictionary."""
        return asdict(self)


def head(db: Session, topic: str, audience: str) -> int:
    """The last number given on this channel; 0 when it is empty."""
    query = sa.select(sa.func.max(Message.seq)).where(
        Message.topic == topic, Message.audience == audience
    )
    return db.scalar(query) or 0


def entries_after(
    db: Session, topic: str, audience: str, after: int, limit: int = PAGE
) -> list[FeedEntry]:
    """At most `limit` entries with a higher number, in order."""
    query = (
        sa.select(Message)
        .where(Message.topic == topic, Message.audience == audience, Message.seq > after)
        .order_by(Message.seq)
        .limit(limit)
    )
    return [_entry(message) for message in db.scalars(query)]


def latest(db: Session, channels: Sequence[tuple[str, str]], limit: int) -> list[FeedEntry]:
    """The newest entries of several channels together, newest first."""
    wanted = sa.or_(*(sa.and_(Message.topic == t, Message.audience == a) for t, a in channels))
    query = sa.select(Message).where(wanted)
    order = (Message.at.desc(), Message.topic, Message.seq.desc())
    return [_entry(message) for message in db.scalars(query.order_by(*order).limit(limit))]


def waiting_wide(db: Session) -> int:
    """How many messages for shared channels have no number yet: the leader's lag."""
    return db.scalar(sa.select(sa.func.count()).select_from(WideMessage)) or 0


def heads(db: Session, channels: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The last numbers of several channels in one statement; empty channels are absent."""
    if not channels:
        return {}
    wanted = sa.or_(*(sa.and_(Message.topic == t, Message.audience == a) for t, a in channels))
    query = sa.select(Message.topic, Message.audience, sa.func.max(Message.seq)).where(wanted)
    rows = db.execute(query.group_by(Message.topic, Message.audience))
    return {(topic, audience): last for topic, audience, last in rows}


def _entry(message: Message) -> FeedEntry:
    return FeedEntry(
        message.topic,
        message.seq,
        instant_text(message.at),
        message.kind,
        json.loads(message.data),
    )
