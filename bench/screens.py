"""How long do the screens of a million bids take, beside a pure csv read of the same file?

Two limits for the whole command: Python's csv reader with one float a row, which anything that
reads the table pays; and the same with the rows collected by tender in memory, the plain way that
checks nothing and whose memory grows with the table. The limit for the formulas alone is the mean
and standard deviation of the same figures by numpy. Run from the project root: `python -m bench.screens [--tenders 200000]`.
"""

import argparse
import csv
import io
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from supervision.actions.screens import screened_tenders
from supervision.rules.screens import Floats, figures_of

BIDS_A_TENDER = (3, 4, 5, 6, 7)
ROUNDS = 3
READS_ALLOWED, GROUPED_ALLOWED, MOMENTS_ALLOWED = 50, 8, 20


def main() -> None:
    """Make the table, time both ways in turn, print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenders", type=int, default=200_000)
    options = parser.parse_args()
    table, groups = make_table(options.tenders)
    bids = sum(group.size for group in groups)
    row(f"screens of {bids} bids, from CSV", lambda: screened(table), lambda: read(table),
        "csv read", READS_ALLOWED)  # fmt: skip
    row(f"screens of {bids} bids, from CSV", lambda: screened(table), lambda: grouped(table),
        "csv read, grouped in memory", GROUPED_ALLOWED)  # fmt: skip
    row(f"the seven figures of {bids} bids", lambda: [figures_of(one) for one in groups],
        lambda: moments(groups), "numpy mean and deviation", MOMENTS_ALLOWED)  # fmt: skip


def row(
    what: str, ours: Callable[[], object], limit: Callable[[], object], name: str, allowed: int
) -> None:
    """Print one row: medians of interleaved rounds, seconds of processor time."""
    pairs = [(timed(ours), timed(limit)) for _ in range(ROUNDS)]
    shown = {
        "ours": f"{statistics.median(pair[0] for pair in pairs):.2f} s",
        "limit": f"{statistics.median(pair[1] for pair in pairs):.3f} s ({name})",
        "ratio": round(statistics.median(a / b for a, b in pairs), 1),
        "goal": f"≤ {allowed} × {name}",
    }
    print(json.dumps({"row": "screens", "what": f"{what}, CPU", **shown}), flush=True)


def screened(table: bytes) -> int:
    """All that the command does but for printing; returns the number of tenders."""
    return sum(1 for _ in screened_tenders(io.BytesIO(table)))


def read(table: bytes) -> float:
    """Read every row and its price, and forget it."""
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(table), encoding="utf-8"))
    next(rows)
    return sum(float(price) for _, _, price in rows)


def grouped(table: bytes) -> dict[str, dict[str, float]]:
    """Read every row and collect the prices of each tender."""
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(table), encoding="utf-8"))
    next(rows)
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for tender, bidder, price in rows:
        found[tender][bidder] = float(price)
    return found


def moments(groups: list[Floats]) -> list[tuple[Floats, Floats]]:
    """The two cheapest figures that say anything about a tender's prices."""
    return [(one.mean(axis=-1), one.std(axis=-1, ddof=1)) for one in groups]


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def make_table(tenders: int) -> tuple[bytes, list[Floats]]:
    """The CSV, its rows scattered as a register exports them, and the prices by size of tender."""
    chance = np.random.default_rng(1)
    groups, rows = [], []
    for size in BIDS_A_TENDER:
        prices = chance.normal(1e7, 5e5, (tenders // len(BIDS_A_TENDER), size)).round(2)
        groups.append(prices)
        for number, tender in enumerate(prices.tolist()):
            rows += [f"T{size}-{number},B{b},{price:.2f}" for b, price in enumerate(tender)]
    chance.shuffle(rows)
    return "\n".join(["tender,bidder,price", *rows]).encode(), groups


if __name__ == "__main__":
    main()
