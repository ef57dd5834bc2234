"""The live feed notes which experts are connected: on watching a meeting, by polling, by staying.

Written at most once a heartbeat for a seat; what cannot be written now is written by the next beat.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from evaluation import queries
from evaluation.actions.presence import note_arrival, note_losses, note_stay
from evaluation.models.meeting import Meeting
from evaluation.rules.disclosure import Audience
from evaluation.rules.presence import is_stale
from kernel.errors import Busy
from outbox.actions.relay import Channel
from storage.base import real_now
from storage.database import snapshot, transaction

log = logging.getLogger("zhaobiao.presence")


def meeting_of(channel: Channel) -> str | None:
    """The meeting whose member this channel makes of its watcher."""
    topic, audience = channel
    kind, _, code = topic.partition(":")
    return code if kind == "meeting" and audience == Audience.EXPERT.value else None


def note_watching(person: str, channel: Channel) -> None:
    """This person watches this channel now."""
    meeting = meeting_of(channel)
    if meeting is None:
        return
    with snapshot() as db:
        seat = queries.own_seat(db, meeting, person)
        if seat is None or not _is_news(seat, real_now(db)):
            return
    _arrive(seat.meeting, person)


def note_staying(watching: Iterable[tuple[str, Channel]]) -> None:
    """These persons still watch these channels, and whoever has gone is found gone."""
    here = {(code, person) for person, each in watching if (code := meeting_of(each))}
    with snapshot() as db:
        seats = queries.own_seats(db, here)
        unseen = queries.unseen_meetings(db, real_now(db))
    present = [seat.key for seat in seats if seat.is_here]
    if present:
        with transaction() as (db, _):
            note_stay(db, present, seen=real_now(db))
    for seat in seats:
        if not seat.is_here:
            _arrive(seat.meeting, seat.person)
    for meeting, lot in unseen:
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            note_losses(db, meeting, seen=real_now(db), now=now)


def _is_news(seat: queries.OwnPresence, now: datetime) -> bool:
    return seat.presence is None or not seat.is_here or is_stale(seat.presence.seen_at, now)


def _arrive(meeting: Meeting, person: str) -> None:
    try:
        with transaction(lock=[f"lot:{meeting.lot.code}"]) as (db, now):
            note_arrival(db, meeting.code, person, seen=real_now(db), now=now)
    except Busy:
        log.info("a seat could not be noted now")
