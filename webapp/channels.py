"""Which topics there are, who belongs to which audience, and what they have not seen yet."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from evaluation import live as evaluation
from identity.rules.permissions import Viewer
from kernel.errors import InvalidInput, NotFound
from outbox import queries
from storage.database import snapshot
from supervision import live as supervision
from trading import live as trading

Audiences = Callable[[Session, Sequence[Viewer], str], Sequence[StrEnum | None]]
FEEDS: Mapping[str, tuple[Audiences, Callable[[str], NotFound]]] = {
    "lot": (trading.audiences_for, trading.no_channel),
    "meeting": (evaluation.audiences_for, evaluation.no_channel),
    "wall": (supervision.audiences_for, supervision.no_channel),
}
MAX_SEQ = 2**53 - 1
_TOPIC = re.compile(r"lot:[A-Z0-9]{12}-\d{2}|meeting:[A-Z0-9]{12}|wall")


def parsed(topic: Any) -> tuple[str, str, str]:
    """(topic, its kind, the code in it). Raises NotFound for what is no topic."""
    match = _TOPIC.fullmatch(topic) if isinstance(topic, str) else None
    if match is None:
        raise NotFound("live.no_such_topic", "没有这个频道。", field="topic")
    kind, _, code = match[0].partition(":")
    return match[0], kind, code


def channel_for(db: Session, viewer: Viewer, topic: Any) -> tuple[str, str]:
    """(topic, audience) of this viewer. Raises NotFound for topics that are not theirs to know."""
    name, kind, code = parsed(topic)
    audiences_for, no_channel = FEEDS[kind]
    (audience,) = audiences_for(db, [viewer], code)
    if audience is None:
        raise no_channel(code)
    return name, audience.value


def audiences_now(db: Session, viewers: Sequence[Viewer], topic: str) -> list[str | None]:
    """The audience of each of these viewers on a topic, asked for all at once; None: none."""
    _, kind, code = parsed(topic)
    try:
        return [each and each.value for each in FEEDS[kind][0](db, viewers, code)]
    except NotFound:
        return [None] * len(viewers)


def unseen(viewer: Viewer, topic: Any, after: Any) -> dict[str, Any]:
    """The answer to `watch` and to `GET /live`: at most 500 entries after this number."""
    if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= MAX_SEQ:
        raise InvalidInput("live.after", "“%(field)s”必须是不小于零的整数。", field="after")
    parsed(topic)  # before anything is opened for it
    with snapshot() as db:
        name, audience = channel_for(db, viewer, topic)
        head = queries.head(db, name, audience)
        entries = queries.entries_after(db, name, audience, after)
    reached = entries[-1].seq if entries else after
    return {
        "audience": audience,
        "from": after,
        "head": head,
        "entries": [entry.as_json() for entry in entries],
        "more": reached < head,
    }
