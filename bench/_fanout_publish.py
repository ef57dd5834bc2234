"""Publishes to a topic of the platform from a process of its own: URL TOPIC EVENTS RATE."""

import sys
import time

from outbox.actions.messages import publish
from storage.database import Database
from tests.live.house import news


def main(url: str, topic: str, events: int, rate: int) -> None:
    """One transaction an event, as an action of the platform has it."""
    database = Database(url)
    with database.snapshot():
        began = time.monotonic()
    for number in range(1, events + 1):
        with database.transaction() as (db, now):
            publish(db, topic, "lot.moved", {"public": news()}, now)
        if rate:
            time.sleep(max(0.0, began + number / rate - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
