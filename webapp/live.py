"""The live feed: `watch {topic, after}` over Socket.IO, and the same by `GET /live/<topic>`.

A socket joins first and reads then, so that nothing falls between; the client drops what it has.
Rights are looked at on connecting, at every event, and for every seat twice a second.
Above the cap a socket is refused with `use: poll`; pages then poll and nothing is lost.
The same code holds sockets in threads (embedded) and, under gunicorn's gevent worker, a thousand
and more of them in one process.
"""

import contextlib
import logging
import threading
from collections.abc import Iterable
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
from webapp.fastlane import FastLane, lane_into
from webapp.lines import is_gevent
from webapp.presence import note_staying, note_watching
from webapp.seats import Seat, Seats, lost_rights

RECHECK_SECONDS = 0.5
_AT_ONCE = 200  # what is delivered waits for so many: some milliseconds
_FEED = ("/live/", "/healthz", "/readyz", "/metrics")
log = logging.getLogger("zhaobiao.live")
poll = Blueprint("live", __name__)


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


def serve_only_the_feed() -> None:
    """A process that holds a thousand sockets in one thread does nothing long besides."""
    if is_gevent() and not request.path.startswith(_FEED):
        raise NotFound("live.not_here", "这里只提供实时消息。")


class Live:
    """The sockets of one process."""

    def __init__(self, app: Flask, *, limit: int) -> None:
        """Attach to the application; the relay starts with the first watcher."""
        self._seats = Seats(limit)
        self._guard = threading.Lock()
        self._relay: Relay | None = None
        self._stop = threading.Event()
        self.sockets = SocketIO(
            app,
            async_mode="gevent" if is_gevent() else "threading",
            async_handlers=False,  # one after the other: a socket cannot start threads without end
            client_manager=FastLane(),
            manage_session=False,
            transports=["websocket"],
        )
        lane_into(self.sockets)
        self.sockets.on_event("connect", self._connect)
        self.sockets.on_event("disconnect", self._disconnect)
        self.sockets.on_event("watch", self._watch)
        self.sockets.on_event("leave", self._leave)

    def _connect(self, _auth: Any = None) -> None:
        try:
            who, stamp = viewer(), person_stamp()
        except Refusal as refusal:
            raise Refuse(refusal.code) from refusal
        if not who.is_signed_in:
            raise Refuse("account.sign_in_first")
        before = self._seats.take(_sid(), Seat(who.code, stamp))
        if before is None:
            raise Refuse("live.full", {"use": "poll"})
        for sid in before:  # one socket a browser: the newest counts
            self.sockets.server.disconnect(sid)
        self._start()

    def _disconnect(self, _reason: Any = None) -> None:
        self._stand_up(_sid())

    def taken(self) -> int:
        """How many seats are taken."""
        return len(self._seats)

    def behind_seconds(self) -> float:
        """How far this process's watchers are behind what was committed; 0 while it has none."""
        return self._relay.behind_seconds() if self._relay is not None and len(self._seats) else 0.0

    def _stand_up(self, sid: str) -> None:
        seat = self._seats.leave(sid)
        if seat:
            self._forget(seat.channels.values())

    def _watch(self, asked: Any = None) -> dict[str, Any]:
        try:
            return self._join(asked)
        except Refusal as refusal:
            return {"error": as_json(refusal.problems[0])}

    def _leave(self, asked: Any = None) -> dict[str, Any]:
        topic = asked.get("topic") if isinstance(asked, dict) else None
        channel = self._seats.stop_watching(_sid(), topic) if isinstance(topic, str) else None
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
        before = self._seats.watch(_sid(), channel)
        if before not in (None, channel):
            leave_room(_room(before))
        self._enter(_room(channel))
        assert self._relay is not None  # noqa: S101 (started with the first seat)
        self._relay.follow(channel, head)
        note_watching(seat.person, channel)
        return unseen(viewer(), channel[0], asked.get("after", 0))

    def _own_seat(self) -> Seat:
        """The seat of this socket. Raises NotFound when it closed while it was asking."""
        seat = self._seats.seat(_sid())
        if seat is None:
            raise _gone()
        return seat

    def _enter(self, room: str) -> None:
        if not self._is_here(_sid()):
            raise _gone()
        join_room(room)

    def _is_here(self, sid: str) -> bool:
        connected: bool = self.sockets.server.manager.is_connected(sid, "/")
        return connected

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
                note_staying(self._seats.watching())
            except Busy:
                log.info("presence is noted with the next beat")
            except Exception:
                log.exception("presence could not be noted")

    def _end_lost_rights(self) -> None:
        for seats in self._seats.everybody(_AT_ONCE):
            with snapshot() as db:
                lost = lost_rights(db, seats)
            for sid in lost:
                self.sockets.server.disconnect(sid)
            for sid in seats:
                if self._has_left(sid):  # it closed while its seat was being taken
                    self._stand_up(sid)

    def _has_left(self, sid: str) -> bool:
        """Whether its connection is over: one that is just coming is not, though not connected."""
        server = self.sockets.server
        with contextlib.suppress(KeyError):  # the last one is just leaving
            return server.manager.eio_sid_from_sid(sid, "/") not in server.eio.sockets
        return True

    def _forget(self, channels: Iterable[Channel]) -> None:
        watched = {channel for _, channel in self._seats.watching()}
        for channel in channels:
            if self._relay is not None and channel not in watched:
                self._relay.forget(channel)


def _viewer_of(db: Any, seat: Seat) -> Viewer:
    """The person of a seat as they are now. Raises NotFound when the credential has ended."""
    found = identity.viewers_by_stamps(db, [seat.stamp], real_now(db)).get(seat.stamp)
    if found is None or found.code != seat.person:
        raise NotFound("account.not_found", "没有这个账户。")
    return found


def _gone() -> NotFound:
    return NotFound("live.gone", "连接已经断开，请重新连接。")


def _room(channel: Channel) -> str:
    return "|".join(channel)


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]
