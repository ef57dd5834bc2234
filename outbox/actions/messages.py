"""`publish()` queues one message per channel; numbers are given at the end of the transaction.

Nobody pushes from a request: the relay reads the committed table. Each audience gets the
payload composed for it, never more than a page reload would show.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from outbox.models.messages import Message, WideMessage
from outbox.queries import counter_of
from storage.database import before_commit
from storage.subjects import count_up

WAKE_CHANNEL = "outbox"
_QUEUE = "messages"
_WIDE_BATCH = 2000
_LEADER_LOCK = 7236002

Row = dict[str, Any]


def publish(
    db: Session, topic: str, kind: str, by_audience: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """Queue a message on the channel (topic, audience) of every audience named."""
    db.info.setdefault(_QUEUE, []).extend(_rows(topic, kind, by_audience, now))


def publish_wide(
    db: Session, topic: str, kind: str, by_audience: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """The same for channels that many lots share (wall, portal, dashboards)."""
    rows = _rows(topic, kind, by_audience, now)
    if rows:
        db.execute(sa.insert(WideMessage), rows)


def number_wide(db: Session) -> int:
    """Give waiting wide messages their numbers; return how many. One leader at a time."""
    if db.get_bind().dialect.name != "sqlite" and not db.scalar(
        sa.select(sa.func.pg_try_advisory_xact_lock(_LEADER_LOCK))
    ):
        return 0
    query = sa.select(WideMessage).order_by(WideMessage.id).limit(_WIDE_BATCH)
    waiting = db.scalars(query).all()
    if not waiting:
        return 0
    rows = [
        {"topic": w.topic, "audience": w.audience, "at": w.at, "kind": w.kind, "data": w.data}
        for w in waiting
    ]
    _give_numbers(db, rows)
    db.execute(sa.delete(WideMessage).where(WideMessage.id.in_([w.id for w in waiting])))
    return len(rows)


def _number(db: Session, _now: datetime) -> None:
    _give_numbers(db, db.info.pop(_QUEUE, []))


def _give_numbers(db: Session, rows: Sequence[Row]) -> None:
    if not rows:
        return
    amounts = Counter(_counter(row) for row in rows)
    reached = count_up(db, amounts)
    following = {name: reached[name] - amount for name, amount in amounts.items()}
    for row in rows:
        following[_counter(row)] += 1
        row["seq"] = following[_counter(row)]
    db.execute(sa.insert(Message), rows)
    if db.get_bind().dialect.name != "sqlite":
        db.execute(sa.select(sa.func.pg_notify(WAKE_CHANNEL, "")))


def _rows(
    topic: str, kind: str, by_audience: Mapping[str, Mapping[str, Any]], now: datetime
) -> list[Row]:
    return [
        {
            "topic": topic,
            "audience": audience,
            "at": now,
            "kind": kind,
            "data": json.dumps(data, ensure_ascii=False, sort_keys=True),
        }
        for audience, data in by_audience.items()
    ]


def _counter(row: Row) -> str:
    return counter_of(row["topic"], row["audience"])


before_commit(20, _number)
