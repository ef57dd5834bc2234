"""The live feed: `watch {topic, after}` over Socket.IO, and the same by `GET /live/<topic>`.

A socket joins first and reads then, so that nothing falls between; the client drops what it has.
Rights are looked at on connecting, at every event, and for every seat twice a second.
Above the cap a socket is refused with `use: poll`; pages then poll and nothing is lost.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_socketio import ConnectionRefusedError as Refuse
from flask_socketio import SocketIO, join_room, leave_room

from evaluation.rules.presence import HEARTBEAT
from identity import queries as identity
from identity.guard import open_to_all, person_stamp, viewer
from identity.rules.permissions import Viewer
from kernel.errors import Busy, InvalidInput, NotFound, Refusal
from outbox import queries
from outbox.actions.relay import Channel, Relay
from outbox.queries import FeedEntry
from storage.base import real_now
from storage.database import current_database, snapshot
from webapp.channels import channel_for, unseen
from webapp.errors import as_json
from webapp.frames import Frames
from webapp.presence import note_staying, note_watching

RECHECK_SECONDS = 0.5
log = logging.getLogger("zhaobiao.live")
poll = Blueprint("live", __name__)
Environ = dict[str, Any]


@poll.get("/live/<path:topic>")
@open_to_all
def read(topic: str) -> ResponseReturnValue:
    """What a watcher of this topic has not seen; for those without a socket."""
    text = request.args.get("after", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise InvalidInput("live.after", "“%(field)s”必须是不小于零的整数。", field="after")
    found = unseen(viewer(), topic, int(text))
    note_watching(viewer().code, (topic, found["audience"]))
    return jsonify(found)


@dataclass
class Seat:
    """One socket: whose it is, by which credential, and what it watches."""

    person: str
    stamp: str
    channels: dict[str, Channel] = field(default_factory=dict)


class Live:
    """The sockets of one process."""

    def __init__(self, app: Flask, *, limit: int) -> None:
        """Attach to the application; the relay starts with the first watcher."""
        self._limit = limit
        self._seats: dict[str, Seat] = {}
        self._guard = threading.Lock()
        self._relay: Relay | None = None
        self._stop = threading.Event()
        self.sockets = SocketIO(
            app,
            async_mode="threading",
            async_handlers=False,  # one after the other: a socket cannot start threads without end
            manage_session=False,
            transports=["websocket"],
        )
        engine = self.sockets.server.eio
        engine._async = {**engine._async, "websocket": Frames}  # there is no public place for it
        self.sockets.on_event("connect", self._connect)
        self.sockets.on_event("disconnect", self._disconnect)
        self.sockets.on_event("watch", self._watch)
        self.sockets.on_event("leave", self._leave)
        app.wsgi_app = _without_deflate(app.wsgi_app)  # type: ignore[method-assign]

    def _connect(self, _auth: Any = None) -> None:
        try:
            who, stamp = viewer(), person_stamp()
        except Refusal as refusal:
            raise Refuse(refusal.code) from refusal
        if not who.is_signed_in:
            raise Refuse("account.sign_in_first")
        with self._guard:
            if len(self._seats) >= self._limit:
                raise Refuse("live.full", {"use": "poll"})
            before = [sid for sid, seat in self._seats.items() if seat.stamp == stamp]
            self._seats[_sid()] = Seat(who.code, stamp)
        for sid in before:  # one socket a browser: the newest counts
            self.sockets.server.disconnect(sid)
        self._start()

    def _disconnect(self, _reason: Any = None) -> None:
        with self._guard:
            seat = self._seats.pop(_sid(), None)
        if seat:
            self._forget(seat.channels.values())

    def _watch(self, asked: Any = None) -> dict[str, Any]:
        try:
            return self._join(asked)
        except Refusal as refusal:
            return {"error": as_json(refusal.problems[0])}

    def _leave(self, asked: Any = None) -> dict[str, Any]:
        topic = asked.get("topic") if isinstance(asked, dict) else None
        with self._guard:
            seat = self._seats.get(_sid())
            channel = seat.channels.pop(topic, None) if seat and isinstance(topic, str) else None
        if channel is not None:
            leave_room(_room(channel))
            self._forget([channel])
        return {}

    def _join(self, asked: Any) -> dict[str, Any]:
        if not isinstance(asked, dict):
            raise NotFound("live.no_such_topic", "没有这个频道。", field="topic")
        seat = self._own_seat()
        with snapshot() as db:
            channel = channel_for(db, _viewer_of(db, seat), asked.get("topic"))
            head = queries.head(db, *channel)
        with self._guard:
            before = seat.channels.get(channel[0])
            seat.channels[channel[0]] = channel
        if before not in (None, channel):
            leave_room(_room(before))
        join_room(_room(channel))
        assert self._relay is not None  # noqa: S101 (started with the first seat)
        self._relay.follow(channel, head)
        note_watching(seat.person, channel)
        return unseen(viewer(), channel[0], asked.get("after", 0))

    def _own_seat(self) -> Seat:
        """The seat of this socket. Raises NotFound when it closed while it was asking."""
        with self._guard:
            seat = self._seats.get(_sid())
        if seat is None:
            raise NotFound("live.gone", "连接已经断开，请重新连接。")
        return seat

    def _start(self) -> None:
        with self._guard:
            if self._relay is None:
                self._relay = Relay(current_database(), self._deliver)
                for run in (self._recheck, self._keep_presence):
                    threading.Thread(target=run, name=run.__name__, daemon=True).start()

    def _deliver(self, channel: Channel, entries: list[FeedEntry]) -> None:
        for entry in entries:
            self.sockets.emit("entry", entry.as_json(), to=_room(channel))

    def _recheck(self) -> None:
        while not self._stop.wait(RECHECK_SECONDS):
            try:
                self._end_lost_rights()
            except Exception:
                log.exception("the rights of the seats could not be looked at")

    def _keep_presence(self) -> None:
        """Apart from the rights: these must not wait until something can be written."""
        while not self._stop.wait(HEARTBEAT.total_seconds()):
            try:
                note_staying(self._watching())
            except Busy:
                log.info("presence is noted with the next beat")
            except Exception:
                log.exception("presence could not be noted")

    def _watching(self) -> list[tuple[str, Channel]]:
        with self._guard:
            return [(s.person, c) for s in self._seats.values() for c in s.channels.values()]

    def _end_lost_rights(self) -> None:
        with self._guard:
            seats = dict(self._seats)
        for sid, seat in seats.items():
            if not self._still_right(seat):
                self.sockets.server.disconnect(sid)

    def _still_right(self, seat: Seat) -> bool:
        """Whether person, credential and every audience are what they were."""
        with snapshot() as db:
            try:
                who = _viewer_of(db, seat)
                now = {topic: channel_for(db, who, topic) for topic in list(seat.channels)}
            except Refusal:
                return False
        return now == {topic: seat.channels[topic] for topic in now}

    def _forget(self, channels: Iterable[Channel]) -> None:
        with self._guard:
            watched = {c for seat in self._seats.values() for c in seat.channels.values()}
        for channel in channels:
            if self._relay is not None and channel not in watched:
                self._relay.forget(channel)


def _viewer_of(db: Any, seat: Seat) -> Viewer:
    """The person of a seat as they are now. Raises NotFound when the credential has ended."""
    person = identity.person_by_stamp(db, seat.person, seat.stamp, real_now(db))
    if person is None:
        raise NotFound("account.not_found", "没有这个账户。")
    return identity.viewer_of(person)


def _room(channel: Channel) -> str:
    return "|".join(channel)


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]


def _without_deflate(inner: Callable[..., Any]) -> Callable[..., Any]:
    """permessage-deflate costs 90 kB a watcher and more time than it saves: not offered."""

    def outer(environ: Environ, start_response: Callable[..., Any]) -> Any:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return inner(environ, start_response)

    return outer
