"""Row 4: appending to the tamper-evident log against a plain insert, SQLite WAL, in the same run.

The limit is one plain row a transaction; ours adds the leaf and the stored nodes of our tree,
commit each. Proofs are timed over a finished tree in memory.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from evidence.rules import tree
from storage.database import Database

ROUNDS, APPENDS, LEAVES = 5, 400, 1_000_000


def main() -> None:
    """Print the rows."""
    ratios, ours, limit = measured_appends()
    row = {"row": "4", "what": "append, one leaf a commit, CPU", "goal": "≤ 2.3 × plain insert"}
    print(json.dumps(row | {"ours": f"{ours:.0f} µs", "limit": f"{limit:.0f} µs", "ratio": ratios}))
    proof = measured_proof()
    row = {"row": "4", "what": f"inclusion proof at {LEAVES} leaves, CPU", "goal": "≤ 50 µs"}
    shown = {"ours": f"{proof:.0f} µs", "limit": "50 µs", "ratio": round(proof / 50, 2)}
    print(json.dumps(row | shown))


def measured_appends() -> tuple[float, float, float]:
    """(ratio, ours, limit): medians over interleaved rounds, in µs of processor time a row."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        with database.writer.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE plain (n INTEGER PRIMARY KEY, v BLOB)")
            connection.exec_driver_sql("CREATE TABLE leaf (n INTEGER PRIMARY KEY, v BLOB)")
            connection.exec_driver_sql(
                "CREATE TABLE node (level INTEGER, n INTEGER, v BLOB, PRIMARY KEY (level, n))"
            )
        pairs = [(_plain(database, at), _log(database, at)) for at in range(ROUNDS)]
        database.dispose()
    limit = statistics.median(pair[0] for pair in pairs)
    ours = statistics.median(pair[1] for pair in pairs)
    return round(statistics.median(b / a for a, b in pairs), 2), ours, limit


def measured_proof() -> float:
    """µs of processor time for one inclusion proof over a million leaves in memory."""
    levels: list[list[bytes]] = [[number.to_bytes(32, "big") for number in range(LEAVES)]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([tree.node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    began = time.process_time()
    for number in range(2000):
        tree.inclusion_proof(lambda level, at: levels[level][at], number * 499, LEAVES)
    return (time.process_time() - began) / 2000 * 1e6


def _plain(database: Database, round_: int) -> float:
    statement = sa.text("INSERT INTO plain VALUES (:n, :v)")
    first = round_ * APPENDS

    def work() -> None:
        for number in range(first, first + APPENDS):
            with database.writer.begin() as connection:
                connection.execute(statement, {"n": number, "v": bytes(250)})

    return _per_row(work)


def _log(database: Database, round_: int) -> float:
    leaf = sa.text("INSERT INTO leaf VALUES (:n, :v)")
    node = sa.text("INSERT INTO node VALUES (:level, :n, :v)")
    first = round_ * APPENDS
    frontier: dict[tuple[int, int], bytes] = {
        place: bytes(32) for place in tree.frontier_places(first)
    }

    def work() -> None:
        for number in range(first, first + APPENDS):
            made = tree.new_nodes(frontier, number, [number.to_bytes(32, "big")])
            rows = [{"level": level, "n": at, "v": value} for level, at, value in made]
            with database.writer.begin() as connection:
                connection.execute(leaf, {"n": number, "v": bytes(250)})
                connection.execute(node, rows)

    return _per_row(work)


def _per_row(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) / APPENDS * 1e6


if __name__ == "__main__":
    main()
