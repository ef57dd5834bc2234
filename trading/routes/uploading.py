"""How many send bids at once, and how long a part may take: who sends slowly holds up no others.

A part occupies a thread of its web process while it comes. Above the limits the answer is "busy,
try again", which page and program do by themselves; a part that does not come is given up.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Request

from kernel.errors import Busy, Refusal
from storage.vault import Chunk
from trading.routes.arriving import body_of

EACH = 8
"""Parts of one person at once."""

LONGEST_SECONDS = 600
"""So long may one part take as a whole, and a tenth of it without a single byte."""


class Uploads:
    """The parts that are on their way to one web process."""

    def __init__(self, limit: int) -> None:
        """`limit` is for everybody together."""
        self._limit = limit
        self._guard = threading.Lock()
        self._by_person: Counter[str] = Counter()

    @contextmanager
    def one_of(self, person: str) -> Iterator[None]:
        """Room for one part of this person. Raises Busy when there is none."""
        with self._guard:
            if self._by_person.total() >= self._limit or self._by_person[person] >= EACH:
                raise Busy("upload.busy", "同时上传的内容太多，请稍候，系统将自动重试。")
            self._by_person[person] += 1
        try:
            yield
        finally:
            with self._guard:
                self._by_person[person] -= 1


class InTime:
    """The body of a request, as long as it comes in time."""

    def __init__(self, request: Request) -> None:
        """Nothing is read yet; the time runs."""
        self._source = body_of(request)
        self._end = time.monotonic() + LONGEST_SECONDS
        if connection := request.environ.get("gunicorn.socket"):
            connection.settimeout(LONGEST_SECONDS / 10)

    def read(self, size: int) -> Chunk:
        """At most so many bytes. Raises Refusal when they take too long."""
        try:
            piece = self._source.read(size)
        except TimeoutError as late:
            raise _too_slow() from late
        if time.monotonic() > self._end:
            raise _too_slow()
        return piece


def _too_slow() -> Refusal:
    return Refusal("upload.too_slow", "上传中断时间过长，请从已保存处继续上传。")
