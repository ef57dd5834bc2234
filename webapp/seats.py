"""The seats of one process: which socket is whose, by which credential, and what it watches.

Rights are looked at for all seats together: a handful of statements, however many they are.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from identity import queries as identity
from outbox.actions.relay import Channel
from storage.base import real_now
from webapp.channels import audiences_now


@dataclass
class Seat:
    """One socket: whose it is, by which credential, and what it watches, by topic."""

    person: str
    stamp: str
    channels: dict[str, Channel] = field(default_factory=dict)


class Seats:
    """The seats by the ids of their sockets; safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        """`limit` is how many may sit at once."""
        self._limit = limit
        self._seats: dict[str, Seat] = {}
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._seats)

    def take(self, sid: str, seat: Seat) -> list[str] | None:
        """Sit down; returns the sockets that the same credential had before. None: it is full."""
        with self._guard:
            if len(self._seats) >= self._limit:
                return None
            before = [each for each, other in self._seats.items() if other.stamp == seat.stamp]
            self._seats[sid] = seat
            return before

    def leave(self, sid: str) -> Seat | None:
        """Stand up; returns the seat that was had."""
        with self._guard:
            return self._seats.pop(sid, None)

    def seat(self, sid: str) -> Seat | None:
        """The seat of this socket."""
        return self._seats.get(sid)

    def watch(self, sid: str, channel: Channel) -> Channel | None:
        """This seat watches this channel now; returns what it watched of the topic before."""
        with self._guard:
            seat = self._seats.get(sid)
            if seat is None:
                return None
            before = seat.channels.get(channel[0])
            seat.channels[channel[0]] = channel
            return before

    def stop_watching(self, sid: str, topic: str) -> Channel | None:
        """This seat leaves a topic; returns the channel it watched."""
        with self._guard:
            seat = self._seats.get(sid)
            return seat.channels.pop(topic, None) if seat else None

    def watching(self) -> list[tuple[str, Channel]]:
        """(person, channel) of everything that is watched."""
        with self._guard:
            return [(s.person, c) for s in self._seats.values() for c in s.channels.values()]

    def everybody(self, at_once: int) -> Iterator[dict[str, Seat]]:
        """All seats as they are now, by so many."""
        with self._guard:
            now = {sid: Seat(s.person, s.stamp, dict(s.channels)) for sid, s in self._seats.items()}
        sids = list(now)
        for start in range(0, len(sids), at_once):
            yield {sid: now[sid] for sid in sids[start : start + at_once]}


def lost_rights(db: Session, seats: Mapping[str, Seat]) -> list[str]:
    """The sockets whose credential has ended or whose audience on any topic is another now."""
    viewers = identity.viewers_by_stamps(db, {s.stamp for s in seats.values()}, real_now(db))
    who = {
        sid: viewers[seat.stamp]
        for sid, seat in seats.items()
        if seat.stamp in viewers and viewers[seat.stamp].code == seat.person
    }
    lost = [sid for sid in seats if sid not in who]
    for topic in {topic for seat in seats.values() for topic in seat.channels}:
        sids = [sid for sid in who if topic in seats[sid].channels]
        now = audiences_now(db, [who[sid] for sid in sids], topic)
        lost += [
            sid
            for sid, audience in zip(sids, now, strict=True)
            if audience != seats[sid].channels[topic][1]
        ]
    return sorted(set(lost))
