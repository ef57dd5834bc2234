"""Row 3: eight bidders at once send sealed bids, part by part, to the door that a bid goes through.

Counted: CPU of web process and its children for each MB, with SHA-256, fsync and the transaction of
each part; beside a multipart form of the same bytes, in the same run. Memory: the highest while all
eight are sending.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import requests
import sqlalchemy as sa

from storage.database import Database
from tests import engines
from tests.journeys.town import Town
from trading.models.tendering import Lot
from trading.rules.bidding import PART_BYTES

CLIENTS, PARTS, REPETITIONS = 8, 3, 5
MEBIBYTES = CLIENTS * PARTS * PART_BYTES / (1 << 20)
BODY = os.urandom(PART_BYTES)
_EDGE = b"--edge-of-a-part"


def main() -> None:
    """Print the rows; medians of interleaved repetitions."""
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "form": []}
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as town, form() as other:
        headers = town.platform("bidder1")._http.headers
        lot = only_lot(town)
        for _ in range(REPETITIONS):
            sends = [ready(town.url, headers, lot) for _ in range(CLIENTS)]
            found["ours"].append(measured(town.processes["web"].pid, sends))
            found["form"].append(measured(other[0], [send_form(other[1])] * CLIENTS))
    for row in rows(found):
        print(json.dumps(row))


def rows(found: dict[str, list[tuple[float, float]]]) -> Iterator[dict[str, Any]]:
    """CPU against the form, and memory against its limit."""
    mine, theirs = ([cpu for cpu, _ in found[name]] for name in ("ours", "form"))
    ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
    told = {
        name: f"{statistics.median(each):.1f} ms/MB"
        for name, each in (("ours", mine), ("limit", theirs))
    }
    what = "sealed bid in parts, CPU for each MB, against a multipart form"
    goal = "≤ 0.45 ×, ≤ 2.4 ms/MB"
    yield {"row": "3", "what": what, **told, "ratio": round(ratio, 2), "goal": goal}
    memory = statistics.median(memory for _, memory in found["ours"])
    yield {
        "row": "3",
        "what": "memory for each upload under way",
        "ours": f"{memory:.2f} MiB",
        "limit": "1 MiB",
        "ratio": round(memory, 2),
        "goal": "≤ 1 MiB",
    }


def measured(pid: int, sends: list[Callable[[], None]]) -> tuple[float, float]:
    """(CPU milliseconds a MB, MiB of memory for each client) while all send at once."""
    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    before, begin = spent(tree), memory_of(tree)
    with highest(tree) as peak, ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(send) for send in sends]:
            done.result()
    grown = (peak[0] - begin) / (1 << 20) / CLIENTS
    return (spent(tree) - before) * 1000 / MEBIBYTES, grown


@contextlib.contextmanager
def highest(tree: list[psutil.Process]) -> Iterator[list[int]]:
    """The highest memory of these processes while it lasts, looked at every 20 ms."""
    peak, over = [memory_of(tree)], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], memory_of(tree))

    looker = threading.Thread(target=look)
    looker.start()
    try:
        yield peak
    finally:
        over.set()
        looker.join()


def ready(url: str, headers: Any, lot: str) -> Callable[[], None]:
    """Announce an envelope; what is returned sends its parts."""
    size = PARTS * PART_BYTES
    address = f"{url}/api/v1/lots/{lot}/uploads"
    answer = requests.post(address, json={"size": size}, headers=headers, timeout=30)
    answer.raise_for_status()
    upload = answer.json()["upload"]

    def send() -> None:
        with requests.Session() as http:
            http.headers.update(headers)
            for number in range(PARTS):
                where = {"offset": number * PART_BYTES}
                sent = http.put(f"{url}/api/v1/uploads/{upload}", data=BODY, params=where)
                sent.raise_for_status()

    return send


def send_form(url: str) -> Callable[[], None]:
    """The same bytes in a form, as many times."""
    head = b'\r\nContent-Disposition: form-data; name="file"; filename="bid"\r\n\r\n'
    body = _EDGE + head + BODY + b"\r\n" + _EDGE + b"--\r\n"
    kind = f"multipart/form-data; boundary={_EDGE[2:].decode()}"

    def send() -> None:
        with requests.Session() as http:
            for _ in range(PARTS):
                http.post(url, data=body, headers={"Content-Type": kind}).raise_for_status()

    return send


@contextlib.contextmanager
def site(folder: Path) -> Iterator[Town]:
    """Our web process on a prepared database."""
    town = Town(folder)
    try:
        town.run("flask", "prepare")
        town.start("web")
        town.wait_until_ready()
        yield town
    finally:
        town.stop()


@contextlib.contextmanager
def form() -> Iterator[tuple[int, str]]:
    """(process, address) of the form, served just as ours is."""
    port = engines.free_port()
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "1", "--threads", "40"]
    process = subprocess.Popen([*command, "-b", f"127.0.0.1:{port}", "bench._upload_form:app"])
    try:
        engines.wait_for(port)
        time.sleep(1)
        yield process.pid, f"http://127.0.0.1:{port}/form"
    finally:
        process.terminate()
        process.wait(20)


def only_lot(town: Town) -> str:
    """The lot of the rehearsal that a prepared site has."""
    database = Database(f"sqlite:///{town.var / 'zhaobiao.db'}")
    with database.snapshot() as db:
        return db.scalars(sa.select(Lot.code)).one()


def spent(tree: list[psutil.Process]) -> float:
    """User and system seconds."""
    return sum(sum(each.cpu_times()[:2]) for each in tree)


def memory_of(tree: list[psutil.Process]) -> int:
    """Bytes in memory."""
    return sum(each.memory_info().rss for each in tree)


if __name__ == "__main__":
    main()
