"""`write_letter()` queues one; at the end of the transaction all of them find their readers.

Readers are looked up once for a whole transaction, after its last change, so that writing a
letter never reads a table whose rows are half changed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from identity import queries
from identity.rules.letters import TABLE, Candidate, Circle, readers_of
from outbox.actions.letters import Post, deliver
from outbox.rules.letters import LetterKind
from storage.database import before_commit

_QUEUE = "letters"
_BEFORE_NUMBERS = 5


def write_letter(
    db: Session,
    kind: LetterKind,
    subject: str,
    *,
    now: datetime,
    to: Iterable[str] = (),
    data: Mapping[str, Any] | None = None,
) -> None:
    """Queue a letter to those whom the table of identity.rules.letters names for its kind.

    `to`: credit codes of organisations, or codes of people for a letter to persons.
    """
    post = Post(kind, subject, now, dict(data or {}))
    db.info.setdefault(_QUEUE, []).append((post, frozenset(to)))


def _write(db: Session, _now: datetime) -> None:
    queue: list[tuple[Post, frozenset[str]]] = db.info.pop(_QUEUE, [])
    if not queue:
        return
    people = _people_for(db, queue)
    deliver(db, [(post, code) for post, to in queue for code in readers_of(post.kind, to, people)])


def _people_for(db: Session, queue: list[tuple[Post, frozenset[str]]]) -> list[Candidate]:
    wanted = [TABLE[post.kind] for post, _ in queue]
    named = frozenset().union(*(to for _, to in queue))
    roles = {role for each in wanted if each.circle is not Circle.EVERYBODY for role in each.roles}
    all_of = {role for each in wanted if each.circle is Circle.EVERYBODY for role in each.roles}
    return queries.candidates_for_letters(db, roles, all_of, named)


before_commit(_BEFORE_NUMBERS, _write)
