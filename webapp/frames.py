"""What a socket may say: the few frames of the live feed. Whatever else comes ends that socket.

Looked at before the libraries read it: they would follow a client that names its event `disconnect`
(and leave a socket that hears on without a seat), keep parts of binary events without end, and run
out of stack over deep JSON.
"""

import re
from typing import Any

from engineio import json as engine_json

LARGEST = 128 << 10
"""Characters of a frame: a browser says no more than the name of a topic."""

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


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value not in _RESERVED


def _read(text: str) -> Any:
    try:
        return engine_json.loads(text)  # as it will be read again: it takes no endless numbers
    except (ValueError, RecursionError):
        return None
