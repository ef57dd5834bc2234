"""A regulator's program that watches topics over a socket, and accounts for every number.

It can drop its socket and resume from the last number. Messages may overtake each other between
threads: one that comes early waits for those before it, and what stays missing is asked for.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

import socketio

_PATIENCE_SECONDS = 15
Entry = dict[str, Any]


class Watcher:
    """One account at one platform, watching any number of topics.

    `last`: the last number of each topic up to which nothing is missing; `kinds`: what came, in
    order; `counts`: first, live, resent (by answers after a lost socket), twice (live twice).
    """

    def __init__(self, url: str, token: str) -> None:
        """Connects at once."""
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}
        self._guard = threading.RLock()
        self._early: dict[str, dict[int, Entry]] = defaultdict(dict)
        self._live: dict[str, set[int]] = defaultdict(set)
        self.last: dict[str, int] = {}
        self.kinds: dict[str, list[str]] = {}
        self.counts: Counter[str] = Counter()
        self._connect()

    @property
    def is_connected(self) -> bool:
        """Whether the socket is there, as far as this side knows."""
        return bool(self._socket.connected)

    def watch(self, topic: str) -> None:
        """Follow a topic from its beginning; a socket that was lost meanwhile is had again."""
        with self._guard:
            self.last.setdefault(topic, 0)
            self.kinds.setdefault(topic, [])
        if not self.is_connected:
            self.resume()
        self._catch_up(topic, "first")

    def drop(self) -> None:
        """Lose the socket, as a network does."""
        self._socket.disconnect()

    def resume(self) -> None:
        """Connect again and ask for everything after the last number of each topic."""
        self._connect()
        for topic in list(self.last):
            self._catch_up(topic, "resent")

    def missing(self, heads: dict[str, int]) -> int:
        """How many numbers up to these heads never came."""
        with self._guard:
            return sum(
                missing_numbers(head, self.last[topic], self._early[topic])
                for topic, head in heads.items()
            )

    def close(self) -> None:
        """End watching."""
        self._socket.disconnect()

    def _connect(self) -> None:
        self._socket = socketio.Client(reconnection=False)
        self._socket.on("entry", self._take_live)
        self._socket.connect(self._url, headers=self._headers, transports=["websocket"])

    def _catch_up(self, topic: str, how: str) -> None:
        while True:
            asked = {"topic": topic, "after": self.last[topic]}
            answer = self._socket.call("watch", asked, timeout=_PATIENCE_SECONDS)
            if "error" in answer:
                raise RuntimeError(f"{topic}: {answer['error']['code']}")
            with self._guard:
                for entry in answer["entries"]:
                    self._take(entry, how)
            if not answer["more"]:
                return

    def _take_live(self, entry: Entry) -> None:
        with self._guard:
            seen = self._live[entry["topic"]]
            self.counts["twice"] += entry["seq"] in seen
            seen.add(entry["seq"])
            self._take(entry, "live")

    def _take(self, entry: Entry, how: str) -> None:
        """Keep an entry once, in the order of the numbers."""
        topic, seq = entry["topic"], entry["seq"]
        early = self._early[topic]
        if seq <= self.last[topic] or seq in early:
            return
        self.counts[how] += 1
        early[seq] = entry
        while (following := self.last[topic] + 1) in early:
            self.kinds[topic].append(early.pop(following)["kind"])
            self.last[topic] = following


def missing_numbers(head: int, last: int, early: Collection[int]) -> int:
    """How many numbers up to `head` are missing when all to `last` and these early ones came.

    What came after the head was read fills no gap of another topic.
    """
    return max(0, head - last) - sum(last < seq <= head for seq in early)
