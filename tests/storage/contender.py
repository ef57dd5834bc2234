"""A process of many threads that all change the same rows; prints how many changes it made.

`python -m tests.storage.contender URL THREADS ROUNDS add|mixed`
"""

import random
import sys
import threading
from datetime import UTC, datetime

from evidence.actions.streams import record
from kernel.errors import Busy
from outbox.actions.messages import publish
from storage.database import Database
from storage.subjects import Clock


def add_one(database):
    """Read, add in Python, write: what a lost update would show."""
    with database.transaction(lock=["tender:shared"]) as (db, _now):
        clock = db.get_one(Clock, "shared")
        clock.shift = clock.shift + 1


def record_and_publish(database):
    """Locks, streams and channels in a random order."""
    lots = random.sample(["lot:a", "lot:b", "lot:c", "lot:d"], 2)
    streams = random.sample(["s1", "s2", "s3", "s4", "s5"], 3)
    topics = random.sample(["t1", "t2", "t3", "t4", "t5"], 3)
    with database.transaction(lock=lots) as (db, now):
        for stream in streams:
            record(db, stream=stream, kind="test.done", actor="x", subject="x", data={}, now=now)
        for topic in topics:
            publish(db, topic, "test.done", {"public": {}, "regulator": {}}, now)


def main(url, threads, rounds, what):
    act = {"add": add_one, "mixed": record_and_publish}[what]
    database, done = Database(url), []

    def work():
        for _ in range(rounds):
            while True:
                try:
                    act(database)
                except Busy:
                    continue
                done.append(datetime.now(UTC))
                break

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    database.dispose()
    print(len(done))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
