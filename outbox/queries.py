"""Reads of the numbered messages, of letters and of what became of e-mail."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from kernel.errors import NotFound
from outbox.models.letters import Letter
from outbox.models.mail import Mail, MailAddress, MailState
from outbox.models.messages import Message, WideMessage
from outbox.rules.letters import SEALED
from storage.columns import instant_text
from storage.subjects import values_of

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


def head_of(
    topic: sa.SQLColumnExpression[str], audience: sa.SQLColumnExpression[str]
) -> sa.ColumnElement[int]:
    """The same as part of another read, whose row tells which channel."""
    query = sa.select(sa.func.max(Message.seq)).where(
        Message.topic == topic, Message.audience == audience
    )
    return sa.func.coalesce(query.scalar_subquery(), 0)


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


@dataclass(frozen=True)
class Feed:
    """The newest entries of several channels together, newest first, and each channel's head."""

    entries: list[FeedEntry]
    heads: dict[tuple[str, str], int]


def latest(db: Session, channels: Sequence[tuple[str, str]], limit: int) -> Feed:
    """At most `limit` entries of these channels, and the heads of those that have any entry."""
    names = {
        f"{name}{place}": each
        for place, pair in enumerate(channels)
        for name, each in zip("ta", pair, strict=True)
    }
    rows = db.execute(_latest(len(channels)), names | {"limit": limit}).all()
    return Feed(
        entries=[_entry(message) for message, place, _ in rows if place <= limit],
        heads={(message.topic, message.audience): last for message, _, last in rows},
    )


@cache  # put together once: every message that comes asks it again
def _latest(channels: int) -> sa.Select[*tuple[Any, ...]]:
    channel = (Message.topic, Message.audience)
    wanted = sa.or_(
        *(sa.and_(Message.topic == t, Message.audience == a) for t, a in _places(channels))
    )
    order = (Message.at.desc(), Message.topic, Message.seq.desc())
    place = sa.func.row_number().over(order_by=order).label("place")
    head = sa.func.max(Message.seq).over(partition_by=channel).label("head")
    every = sa.select(Message, place, head).where(wanted).subquery()
    told = aliased(Message, every)
    is_shown = sa.or_(every.c.place <= sa.bindparam("limit"), told.seq == every.c.head)
    return sa.select(told, every.c.place, every.c.head).where(is_shown).order_by(every.c.place)


def _places(channels: int) -> list[tuple[sa.BindParameter[str], sa.BindParameter[str]]]:
    return [(sa.bindparam(f"t{place}"), sa.bindparam(f"a{place}")) for place in range(channels)]


def waiting_wide(db: Session) -> int:
    """How many messages for shared channels have no number yet: the leader's lag."""
    return db.scalar(sa.select(sa.func.count()).select_from(WideMessage)) or 0


def heads(db: Session, channels: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The last numbers of several channels in one statement; empty channels are absent.

    The counters that gave the numbers are asked: they cost the same however long a channel is.
    """
    by_counter = {counter_of(*channel): channel for channel in channels}
    reached = values_of(db, list(by_counter))
    return {by_counter[name]: value for name, value in reached.items()}


def counter_of(topic: str, audience: str) -> str:
    """The name of the counter that numbers this channel."""
    return f"channel:{topic}|{audience}"


def letters_of(db: Session, reader: str, *, limit: int, offset: int = 0) -> Sequence[Letter]:
    """My letters, newest first."""
    newest = sa.select(Letter).where(Letter.reader == reader)
    newest = newest.order_by(Letter.written_at.desc(), Letter.code)
    return db.scalars(newest.limit(limit).offset(offset)).all()


def letter_of(db: Session, reader: str, code: str) -> Letter:
    """My letter with this code. Raises NotFound, also for a letter to somebody else."""
    found = db.get(Letter, code)
    if found is None or found.reader != reader:
        raise NotFound("letter.not_found", "没有这封信件。")
    return found


def unread_count(db: Session, reader: str) -> int:
    """How many letters of mine I have not read."""
    return db.scalar(sa.select(unread_letters_of(sa.literal(reader)))) or 0


def unread_letters_of(reader: sa.SQLColumnExpression[str]) -> sa.ScalarSelect[int]:
    """The same as part of another read, whose row tells whose letters they are."""
    unread = (Letter.reader == reader, Letter.read_at.is_(None))
    return sa.select(sa.func.count()).select_from(Letter).where(*unread).scalar_subquery()


def mail_address_of(db: Session, person: str) -> MailAddress | None:
    """Where this person wants e-mail."""
    return db.get(MailAddress, person)


def last_mail_of(db: Session, person: str) -> Mail | None:
    """The newest e-mail to this person that was tried, for themselves to see what became of it."""
    tried = sa.select(Mail).where(Mail.person == person, Mail.tries > 0)
    return db.scalar(tried.order_by(Mail.next_at.desc(), Mail.code).limit(1))


def mail_counts(db: Session) -> dict[MailState, int]:
    """How many e-mails wait, were sent, were given up; none of those that tell of a bid.

    They are left out for good: when a number moves, the moment tells as much as the kind.
    """
    told = sa.or_(Mail.letter_code.is_(None), Letter.kind.not_in(SEALED))
    query = sa.select(Mail.state, sa.func.count()).outerjoin(
        Letter, Letter.code == Mail.letter_code
    )
    rows = db.execute(query.where(told).group_by(Mail.state))
    return dict.fromkeys(MailState, 0) | dict(rows.all())


def _entry(message: Message) -> FeedEntry:
    return FeedEntry(
        message.topic,
        message.seq,
        instant_text(message.at),
        message.kind,
        json.loads(message.data),
    )
