"""Letters are put into their readers' inboxes in the transaction of what they tell, once each.

Who gets one is decided above (identity.actions.letters): here readers are codes of people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kernel import codes
from outbox.actions.mail import queue_mail
from outbox.models.letters import Letter
from outbox.rules.letters import LetterKind
from storage.base import real_now
from storage.subjects import insert_or_update


@dataclass(frozen=True)
class Post:
    """One letter before it has readers. The same kind, subject and moment is the same letter."""

    kind: LetterKind
    subject: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


def deliver(db: Session, posts: Sequence[tuple[Post, str]]) -> None:
    """Put these letters, each for one person's code, into inboxes; queue e-mail for who wants it.

    What lies there already is not put there again.
    """
    if not posts:
        return
    now = real_now(db)
    insert = insert_or_update(db)(Letter).values([_row(post, who, now) for post, who in posts])
    put = insert.on_conflict_do_nothing().returning(Letter.code, Letter.reader)
    queue_mail(db, dict(db.execute(put).all()), now)


def read_letter(db: Session, reader: str, code: str, *, now: datetime) -> None:
    """Mark my letter as read; the first reading counts."""
    unread = (Letter.code == code, Letter.reader == reader, Letter.read_at.is_(None))
    db.execute(sa.update(Letter).where(*unread).values(read_at=now))


def read_all(db: Session, reader: str, *, now: datetime) -> None:
    """Mark all letters of mine as read that were written up to this moment."""
    unread = (Letter.reader == reader, Letter.read_at.is_(None), Letter.written_at <= now)
    db.execute(sa.update(Letter).where(*unread).values(read_at=now))


def _row(post: Post, reader: str, now: datetime) -> dict[str, Any]:
    return {
        "code": codes.new_code("LT"),
        "reader": reader,
        "kind": post.kind,
        "subject": post.subject,
        "data": dict(post.data),
        "at": post.at,
        "written_at": now,
    }
