"""Relay: from the commit of a message to its delivery, SQLite, against a plain sleep of one poll.

The limit is the poll interval itself: a message waits half of it on average.
"""

import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

from outbox.actions.messages import publish
from outbox.actions.relay import POLL_SECONDS, Relay
from outbox.queries import FeedEntry
from storage.database import Database
from storage.migrations import upgrade

MESSAGES = 200


def main() -> None:
    """Print the rows: median and 99th percentile of the latency in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        upgrade(database)
        latencies = sorted(measured(database))
        database.dispose()
    poll = POLL_SECONDS * 1000
    for what, value in (
        ("median", statistics.median(latencies)),
        ("99th percentile", latencies[int(len(latencies) * 0.99)]),
    ):
        row = {"row": "relay", "what": f"commit to delivery, {what}", "goal": "≤ 3 × the poll"}
        shown = {"ours": f"{value:.1f} ms", "limit": f"{poll:.0f} ms"}
        print(json.dumps(row | shown | {"ratio": round(value / poll, 2)}))


def measured(database: Database) -> list[float]:
    """Milliseconds from each commit to its delivery."""
    committed: dict[int, float] = {}
    delivered: dict[int, float] = {}
    done = threading.Event()

    def deliver(_channel: tuple[str, str], entries: list[FeedEntry]) -> None:
        for entry in entries:
            delivered[entry.seq] = time.perf_counter()
        if len(delivered) == MESSAGES:
            done.set()

    relay = Relay(database, deliver)
    relay.follow(("bench", "public"), 0)
    for number in range(1, MESSAGES + 1):
        with database.transaction() as (db, now):
            publish(db, "bench", "bench.sent", {"public": {"n": number}}, now)
        committed[number] = time.perf_counter()
        time.sleep(0.013)
    done.wait(10)
    relay.stop()
    return [(delivered[n] - committed[n]) * 1000 for n in committed]


if __name__ == "__main__":
    main()
