"""One watcher's line: the websocket under a Socket.IO connection, for engine.io's drivers.

Written with wsproto instead of simple-websocket, which writes with `send` (a part only, where
sockets do not block: the stream breaks), takes messages of any size into memory, and wants one more
thread for each watcher. Here every frame is written whole, what waits is known, and a watcher that
neither reads nor answers is gone after one ping and its grace.
"""

import re
import socket
import ssl
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from engineio import packet as wire
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Message,
    Ping,
    Request,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from webapp.frames import LARGEST, is_spoken

_TEXT, _BINARY = b"\x81", b"\x82"
_ASKS = re.compile(r'42\d+\["(?:watch|leave)"')
_READ_BYTES = 1 << 14

MOST_UNREAD = 4
"""So many answers may wait for one watcher: who asks on without reading them is heard no more."""


def is_gevent() -> bool:
    """Whether this process runs on gevent: there nothing comes between a test and a write."""
    patched = sys.modules.get("gevent.monkey")
    return patched is not None and patched.is_module_patched("socket")


class Frame(bytes):
    """Bytes of a websocket that are framed already."""


class Framed(wire.Packet):  # type: ignore[misc]
    """A packet for the watcher's own writer that goes out as these bytes."""

    def __init__(self, frame: bytes) -> None:
        """`frame` may be the rest of one that was partly written."""
        super().__init__(wire.MESSAGE, "")
        self.encode_cache = Frame(frame)


class Line:
    """Reads packets for one thread, `wait`; writes them for another, `send`."""

    socket: socket.socket  # by this name engine.io finds it, and gives it its time limit

    def __init__(self, handler: Callable[["Line"], Any], _server: Any) -> None:
        """`handler` is a method of the engine.io socket that this line is for."""
        self._handler = handler
        self._protocol = WSConnection(ConnectionType.SERVER)
        self._heard: deque[str | bytes] = deque()
        self._parts: list[Any] = []
        self._size = 0
        self._room = threading.Semaphore(MOST_UNREAD)
        self._is_over = False
        self._pen = threading.Lock()
        self._write_now: Callable[[bytes], int] | None = None
        self._is_writing = False
        self.waiting = 0

    def __call__(self, environ: dict[str, Any], _start_response: Callable[..., Any]) -> Any:
        """Speak on the connection of this request until it ends; the server answers no more."""
        self.socket = environ["gunicorn.socket"]
        self._accept(environ)
        if is_gevent() and not isinstance(self.socket, ssl.SSLSocket):
            self._write_now = self.socket._sock.send  # type: ignore[attr-defined]
        self._handler.__self__.line = self  # type: ignore[attr-defined]
        self._handler(self)
        raise StopIteration  # by this gunicorn knows that the connection is dealt with

    def wait(self) -> str | None:
        """The next packet of the feed; None when there is none any more, or another came.

        Raises OSError, also on silence.
        """
        while not self._heard:
            data = self.socket.recv(_READ_BYTES)
            if not data or self._is_over:
                return None
            try:
                self._protocol.receive_data(data)
                for event in self._protocol.events():
                    self._hear(event)
            except (LocalProtocolError, RemoteProtocolError, UnicodeDecodeError):
                return None
        packet = self._heard.popleft()
        if not isinstance(packet, str) or not is_spoken(packet):
            return None
        if _ASKS.match(packet) and not self._room.acquire(timeout=self.socket.gettimeout()):
            return None
        return packet

    def send(self, packet: str | bytes) -> None:
        """Write one packet, whole. Raises OSError when the watcher is gone or takes nothing."""
        frame = packet if isinstance(packet, Frame) else framed(packet)
        try:
            self._write(frame)
        finally:
            if isinstance(packet, Frame):
                self.waiting -= len(packet)
            elif isinstance(packet, str) and packet.startswith("43"):
                self._room.release()

    def straight(self, frame: bytes) -> int:
        """Write what the kernel takes of a frame at once; returns how much. Raises OSError.

        0 also where that is not to be had: on threads, under TLS, while somebody writes.
        """
        if self._write_now is None or self._is_writing:
            return 0
        try:
            return self._write_now(frame)
        except BlockingIOError:
            return 0

    def close(self, reason: int = CloseReason.NORMAL_CLOSURE) -> None:
        """Say goodbye and write no more; the reader ends with the next thing that it hears."""
        self._is_over = True
        try:
            self._reply(CloseConnection(reason))
            self.socket.shutdown(socket.SHUT_WR)
        except (OSError, LocalProtocolError):
            self.cut()

    def cut(self) -> None:
        """End the connection whatever waits: reader and writer both wake up."""
        self._is_over = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster

    def _accept(self, environ: dict[str, Any]) -> None:
        names = {name: name[5:].replace("_", "-") for name in environ if name.startswith("HTTP_")}
        headers = [(short.encode(), environ[name].encode()) for name, short in names.items()]
        self._protocol.initiate_upgrade_connection(headers, environ["PATH_INFO"])
        for event in self._protocol.events():
            if isinstance(event, Request):
                self._reply(AcceptConnection())

    def _hear(self, event: Event) -> None:
        if isinstance(event, Message):
            self._collect(event)
        elif isinstance(event, Ping):
            self._reply(event.response())
        elif isinstance(event, CloseConnection):
            self._is_over = True
            self._reply(event.response())

    def _collect(self, event: Message[Any]) -> None:
        self._parts.append(event.data)
        self._size += len(event.data)
        if self._size > LARGEST:
            self.close(CloseReason.MESSAGE_TOO_BIG)
            raise RemoteProtocolError("a message above the limit")
        if event.message_finished:
            self._heard.append(type(event.data)().join(self._parts))
            self._parts, self._size = [], 0

    def _reply(self, event: Event) -> None:
        self._write(self._protocol.send(event))

    def _write(self, data: bytes) -> None:
        with self._pen:
            self._is_writing = True
            try:
                self.socket.sendall(data)
            finally:
                self._is_writing = False


def framed(packet: str | bytes) -> bytes:
    """One websocket frame from the server's side, unmasked and whole (RFC 6455, 5.2)."""
    body = packet if isinstance(packet, bytes) else packet.encode()
    kind, size = (_BINARY if isinstance(packet, bytes) else _TEXT), len(body)
    if size < 126:
        return kind + bytes([size]) + body
    if size < 1 << 16:
        return kind + b"\x7e" + struct.pack("!H", size) + body
    return kind + b"\x7f" + struct.pack("!Q", size) + body
