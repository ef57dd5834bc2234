"""The body of a request as it arrives: below gunicorn's reader where that is to be had.

gunicorn copies every byte several times through buffers of its own, the dearest part of taking a
bid. Here one buffer is filled by the kernel again and again. Under TLS, or on another server, the
ordinary stream is read instead.
"""

import ssl
from typing import Any

from flask import Request
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader
from werkzeug.exceptions import ClientDisconnected

from storage.vault import Readable

_BUFFER = 1 << 18


class Arriving:
    """A body of known length, off its connection. What is read is overwritten by the next read."""

    def __init__(self, body: Body, connection: Any) -> None:
        """`connection` is the socket that `body` comes from; nothing is read yet."""
        self._body, self._reader, self._connection = body, body.reader, connection
        self._buffer = memoryview(bytearray(_BUFFER))

    def read(self, size: int, /) -> memoryview:
        """At most so many bytes; none at the end. Raises ClientDisconnected, and OSError."""
        wanted = min(size, self._reader.length, _BUFFER)
        got = self._fill(wanted) if wanted else 0  # to the kernel, 0 would be the whole buffer
        self._reader.length -= got
        return self._buffer[:got]

    def _fill(self, wanted: int) -> int:
        got = 0
        try:
            got = self._before(wanted) or self._connection.recv_into(self._buffer, wanted)
        finally:
            self._body.failed |= not got  # where the next request begins is not known then
        if not got:
            raise ClientDisconnected
        return got

    def _before(self, wanted: int) -> int:
        """What came with the head of the request; how much."""
        early = self._reader.unreader.take_buffered()
        taken = min(len(early), wanted)
        self._buffer[:taken] = early[:taken]
        self._reader.unreader.unread(early[taken:])
        return taken


def body_of(request: Request) -> Readable:
    """The body of this request, of which nothing was read yet."""
    body, connection = (request.environ.get(name) for name in ("wsgi.input", "gunicorn.socket"))
    reader = getattr(body, "reader", None)
    is_plain = isinstance(reader, LengthReader) and isinstance(reader.unreader, SocketUnreader)
    if is_plain and not isinstance(connection, ssl.SSLSocket):
        return Arriving(body, connection)
    return request.stream
