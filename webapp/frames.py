"""What a socket may say: the few frames of the live feed. Whatever else comes ends that socket.

Looked at before the libraries read it: they would follow a client that names its event `disconnect`
(and leave a socket that hears on without a seat), keep parts of binary events without end, and run
out of stack over deep JSON.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import simple_websocket
from engineio import json as engine_json
from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from wsproto.utilities import LocalProtocolError

LARGEST = 128 << 10
"""Characters of a frame: a browser says no more than the name of a topic."""

MOST_WAITING = 200
"""Frames that wait to be looked at: who sends faster than is answered is ended."""

_TRANSPORT = ("1", "2", "3", "5", "6")
_RESERVED = ("connect", "disconnect")
_CONNECT = re.compile(r"40(\{.*\})?", re.DOTALL)
_EVENT = re.compile(r"42[0-9]{0,9}(\[.*\])", re.DOTALL)


def is_spoken(frame: str | bytes) -> bool:
    """Whether this is a frame of the feed: the transport's, a connection, an event by its name."""
    if not isinstance(frame, str) or len(frame) > LARGEST:
        return False
    if frame in _TRANSPORT or frame == "41":
        return True
    if connects := _CONNECT.fullmatch(frame):
        return connects[1] is None or isinstance(_read(connects[1]), dict)
    event = _EVENT.fullmatch(frame)
    said = _read(event[1]) if event else None
    return isinstance(said, list) and 1 <= len(said) <= 2 and _is_name(said[0])


class Frames(SimpleWebSocketWSGI):  # type: ignore[misc]  # the library is untyped
    """A WebSocket that is over with the first frame that is none of the feed's."""

    def __init__(self, handler: Callable[..., Any], server: Any) -> None:
        """Frames too large to be looked at end it as well."""
        super().__init__(handler, server, max_message_size=LARGEST)

    def wait(self) -> str | None:
        """The next frame; None when there is none any more."""
        try:
            frame = self.ws.receive()
        except (simple_websocket.ConnectionClosed, UnicodeDecodeError):
            return None
        is_flooded = len(self.ws.input_buffer) > MOST_WAITING
        return frame if frame is not None and not is_flooded and is_spoken(frame) else None

    def close(self) -> None:
        """End it; two threads may want to at once, and one of them comes too late."""
        with suppress(simple_websocket.ConnectionClosed, LocalProtocolError, OSError):
            super().close()


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value not in _RESERVED


def _read(text: str) -> Any:
    try:
        return engine_json.loads(text)  # as it will be read again: it takes no endless numbers
    except (ValueError, RecursionError):
        return None
