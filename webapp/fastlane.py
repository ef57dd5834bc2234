"""Sending one event to many watchers: encoded and framed once, written straight if nothing waits.

An ordinary Socket.IO server for ordinary clients. What python-socketio does for each watcher (a
queue, a wake-up, framing in Python) is done once for all. A watcher that cannot keep up gets its
frames by its own writer, whole and in order, and is cut off when more than a MiB waits for it.
"""

import time
from importlib import import_module
from typing import Any

import socketio
from engineio import packet as wire
from engineio.socket import Socket as EngineSocket
from flask_socketio import SocketIO
from socketio import packet as message

from webapp.lines import Framed, Line, framed, is_gevent

BACKLOG_BYTES = 1 << 20
"""So much may wait for one watcher."""


class FastLane(socketio.Manager):  # type: ignore[misc]
    """Sends to a room as the module says; everything else as python-socketio does."""

    def emit(
        self, event: str, data: Any, namespace: str, room: str | None = None, **options: Any
    ) -> None:
        """Send an event with one argument to everybody in a room."""
        room = options.pop("to", None) or room
        if any(options.values()) or isinstance(data, tuple):
            super().emit(event, data, namespace, room=room, **options)
            return
        packet = self.server.packet_class(message.EVENT, namespace=namespace, data=[event, data])
        frame = framed(wire.Packet(wire.MESSAGE, packet.encode()).encode())
        shared, sockets = Framed(frame), self.server.eio.sockets
        for _, eio_sid in list(self.get_participants(namespace, room)):
            hand_over(sockets.get(eio_sid), frame, shared)


class Ping:
    """A ping to come: a timer, where engine.io lets a greenlet sleep on a stack of its own."""

    def __init__(self, watcher: Any) -> None:
        """`watcher` is an engine.io socket."""
        self._watcher = watcher

    def start(self) -> None:
        """As a thread is started."""
        import_module("gevent").spawn_later(self._watcher.server.ping_interval, self._say)

    def _say(self) -> None:
        if not self._watcher.closing and not self._watcher.closed:
            self._watcher.last_ping = time.time()
            self._watcher.send(wire.Packet(wire.PING))


def lane_into(sockets: SocketIO) -> None:
    """Let every websocket of this server be a Line, and under gevent every ping a timer."""
    engine = sockets.server.eio
    thread = engine._async["thread"]

    def task(target: Any, args: Any, kwargs: Any) -> Any:
        if getattr(target, "__func__", None) is EngineSocket._send_ping:
            return Ping(target.__self__)
        return thread(target=target, args=args, kwargs=kwargs)

    engine._async = engine._async | {"websocket": Line}
    if is_gevent():
        engine._async |= {"thread": task}


def hand_over(watcher: Any, frame: bytes, shared: Framed) -> None:
    """Give one watcher (an engine.io socket) this frame, or what waits, or its end."""
    line: Line | None = getattr(watcher, "line", None)
    if line is None or watcher.closed:
        return
    rest = shared
    if watcher.queue.empty():
        try:
            taken = line.straight(frame)
        except OSError:
            return  # gone: its own reader finds that out and ends the seat
        if taken == len(frame):
            return
        rest = Framed(frame[taken:]) if taken else shared
    line.waiting += len(rest.encode_cache)
    if line.waiting > BACKLOG_BYTES:
        line.cut()
    else:
        watcher.queue.put(rest)
