"""Rows 1a to 1d: one event to a thousand watchers, by our live process on PostgreSQL.

Interleaved in one run with Flask-SocketIO as it comes, Socket.IO's own server on Node and the floor
(a ready frame, one send for each). Ours counts from before the transaction that publishes; the others
count from the call that sends. Latencies are read together over all repetitions: with a few dozen
events one unlucky one would decide the 99th percentile.
"""

import contextlib
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench._fanout_servers import Ours, floor, node, running, stock
from tests import engines
from tests.live.crowd import Crowd
from tests.live.house import live_house

WATCHERS, REPETITIONS = 1000, 5
BURST, PACED, RATE = 80, 40, 4
STALLED, PADDING = 10, 60_000


@dataclass(frozen=True)
class Figures:
    """Of one repetition: CPU µs a message in a burst, kB a watcher, microseconds when paced."""

    cpu: float
    kb: float
    paced: list[int]


def main() -> None:
    """Print the rows; medians of the repetitions, every repetition with all servers in turn."""
    found: dict[str, list[Figures]] = {"ours": [], "stock": [], "node": [], "floor": []}
    with tempfile.TemporaryDirectory() as folder, engines.postgresql() as url:
        with live_house(Path(folder), url) as house:
            ours = Ours(house, url)
            for _ in range(REPETITIONS):
                found["ours"].append(measured(ours))
                for name, start in (("stock", stock), ("node", node), ("floor", floor)):
                    with running(start()) as server:
                        found[name].append(measured(server))
            stalled = stalled_of(house.crowd, house.publish, house.memory)
    for each in rows(found, stalled):
        print(json.dumps(each, ensure_ascii=False))


def measured(server: Any) -> Figures:
    """A burst and a paced run to a thousand watchers."""
    with crowd_of(server, WATCHERS // 5) as few:
        few.join()
        begin = server.memory()
    with crowd_of(server, WATCHERS) as crowd:
        crowd.join(120)
        kb = (server.memory() - begin) / 1024 / (WATCHERS - WATCHERS // 5)
        before = server.cpu_seconds()
        receive(server, crowd, BURST, 0)
        spent = server.cpu_seconds() - before
        return Figures(spent * 1e6 / (BURST * WATCHERS), kb, receive(server, crowd, PACED, RATE))


def receive(server: Any, crowd: Crowd, events: int, rate: int) -> list[int]:
    """Publish so many and read them all; the latencies in microseconds."""
    del crowd.latencies[:]
    server.publish(events, rate)
    assert crowd.read(lambda c: len(c.latencies) >= events * len(c.watchers), 120)
    return list(crowd.latencies)


def stalled_of(
    crowd_by: Callable[[int], Crowd], publish: Callable[..., None], memory: Callable[[], int]
) -> dict[str, float]:
    """What becomes of watchers that read no more while 12 MB are sent to each."""
    crowd = crowd_by(STALLED + 1)
    crowd.join()
    stalled, before = crowd.watchers[:STALLED], memory()
    for watcher in stalled:
        crowd.stall(watcher)
    publish(200, padding=PADDING, rate=60)
    kib = (memory() - before) / 1024 / STALLED
    for watcher in stalled:
        crowd.wake(watcher)
    assert crowd.read(lambda _: all(watcher.ends for watcher in stalled))
    broken = sum(watcher.gaps + watcher.repeats for watcher in stalled)
    crowd.close()
    return {"broken": broken, "kib": max(0.0, kib)}


@contextlib.contextmanager
def crowd_of(server: Any, count: int) -> Iterator[Crowd]:
    """A crowd that goes home after."""
    crowd = server.crowd(count)
    try:
        yield crowd
    finally:
        crowd.close()


def rows(found: dict[str, list[Figures]], stalled: dict[str, float]) -> Iterator[dict[str, Any]]:
    """The rows of the goal table."""
    against = "one event to 1000 watchers, server CPU a message, against "
    for other, name, goal in (
        ("floor", "the floor (one send)", "≤ 2.0 ×"),
        ("stock", "Flask-SocketIO on gevent", "≤ 0.45 ×"),
        ("node", "Socket.IO on Node", "≤ 0.8 ×"),
    ):
        pairs = list(zip(found["ours"], found[other], strict=True))
        ratio = statistics.median(mine.cpu / theirs.cpu for mine, theirs in pairs)
        shown = [f"{cpu_of(found[each]):.1f} µs" for each in ("ours", other)]
        yield row("1a", against + name, shown[0], shown[1], ratio, goal)
    late = {name: late_of(figures) for name, figures in found.items()}
    what = "4 events a second to 1000 watchers, 99th percentile, against Flask-SocketIO"
    shown = [f"{late[name]:.1f} ms" for name in ("ours", "stock")]
    yield row("1b", what, shown[0], shown[1], late["ours"] / late["stock"], "≤ 0.6 ×")
    told = f"{stalled['broken']:.0f}; {stalled['kib']:.0f} KiB"
    what = f"{STALLED} watchers that stop reading: broken streams; KiB kept for each"
    goal = "none broken, ≤ 1 MiB each"
    yield row("1c", what, told, "1024 KiB", stalled["kib"] / 1024, goal)
    most = max(each.kb for each in found["ours"])  # later crowds sit where the first one sat
    what = "memory for each connected watcher"
    yield row("1d", what, f"{most:.0f} kB", "70 kB", most / 70, "≤ 70 kB")


def cpu_of(figures: list[Figures]) -> float:
    """Microseconds a message, median of the repetitions."""
    return statistics.median(each.cpu for each in figures)


def late_of(figures: list[Figures]) -> float:
    """Milliseconds after which 99 of 100 had arrived, over all repetitions."""
    latencies = sorted(each for repetition in figures for each in repetition.paced)
    return latencies[int(len(latencies) * 0.99)] / 1000


def row(name: str, what: str, ours: str, limit: str, ratio: float, goal: str) -> dict[str, Any]:
    """One row of the goal table."""
    told = {"row": name, "what": what, "ours": ours, "limit": limit}
    return told | {"ratio": round(ratio, 2), "goal": goal}


if __name__ == "__main__":
    main()
