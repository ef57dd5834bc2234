"""Rows 1a to 1d: one event to a thousand watchers, by our live process on PostgreSQL.

Interleaved in one run with Flask-SocketIO as it comes, Socket.IO's own server on Node and the floor
(a ready frame, one send for each). Ours counts from before the transaction that publishes; the others
count from the call that sends.
"""

import contextlib
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench._fanout_servers import Ours, floor, node, running, stock
from tests import engines
from tests.live.crowd import Crowd
from tests.live.house import live_house

WATCHERS, REPETITIONS = 1000, 5
BURST, PACED, RATE = 80, 20, 4
STALLED, PADDING = 10, 60_000
Figures = dict[str, float]


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
    for row in rows(found, stalled):
        print(json.dumps(row, ensure_ascii=False))


def measured(server: Any) -> Figures:
    """CPU microseconds a message in a burst, 99th percentile when paced, kB for each watcher."""
    with crowd_of(server, WATCHERS // 5) as few:
        few.join()
        begin = server.memory()
    with crowd_of(server, WATCHERS) as crowd:
        crowd.join(120)
        kb = (server.memory() - begin) / 1024 / (WATCHERS - WATCHERS // 5)
        before = server.cpu_seconds()
        receive(server, crowd, BURST, 0)
        spent = server.cpu_seconds() - before
        latencies = receive(server, crowd, PACED, RATE)
    cpu = spent * 1e6 / (BURST * WATCHERS)
    return {"cpu": cpu, "p99": latencies[int(len(latencies) * 0.99)] / 1000, "kb": kb}


def receive(server: Any, crowd: Crowd, events: int, rate: int) -> list[int]:
    """Publish so many and read them all; the latencies in microseconds, sorted."""
    del crowd.latencies[:]
    server.publish(events, rate)
    assert crowd.read(lambda c: len(c.latencies) >= events * len(c.watchers), 120)
    return sorted(crowd.latencies)


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
    cpu = "one event to 1000 watchers, server CPU a message, against "
    for other, name, goal in (
        ("floor", "the floor (one send)", "≤ 2.0 ×"),
        ("stock", "Flask-SocketIO on gevent", "≤ 0.45 ×"),
        ("node", "Socket.IO on Node", "≤ 0.8 ×"),
    ):
        yield compared("1a", cpu + name, found, other, "cpu", "µs", goal)
    p99 = "4 events a second to 1000 watchers, 99th percentile, against Flask-SocketIO"
    yield compared("1b", p99, found, "stock", "p99", "ms", "≤ 0.6 ×")
    yield {
        "row": "1c",
        "what": f"{STALLED} watchers that stop reading: broken streams; KiB kept for each",
        "ours": f"{stalled['broken']:.0f}; {stalled['kib']:.0f} KiB",
        "limit": "1024 KiB",
        "ratio": round(stalled["kib"] / 1024, 2),
        "goal": "none broken, ≤ 1 MiB each",
    }
    kb = statistics.median(each["kb"] for each in found["ours"])
    yield {
        "row": "1d",
        "what": "memory for each connected watcher",
        "ours": f"{kb:.0f} kB",
        "limit": "70 kB",
        "ratio": round(kb / 70, 2),
        "goal": "≤ 70 kB",
    }


def compared(
    row: str, what: str, found: dict[str, list[Figures]], other: str, key: str, unit: str, goal: str
) -> dict[str, Any]:
    """One row: medians of both, and the median of the ratios of each repetition."""
    mine, theirs = ([each[key] for each in found[name]] for name in ("ours", other))
    ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
    shown = {"ours": statistics.median(mine), "limit": statistics.median(theirs)}
    told = {name: f"{value:.1f} {unit}" for name, value in shown.items()}
    return {"row": row, "what": what, **told, "ratio": round(ratio, 2), "goal": goal}


if __name__ == "__main__":
    main()
