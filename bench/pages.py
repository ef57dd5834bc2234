"""Pages on the screen: first contentful paint in Chromium, each page against a static copy of it.

The site is `flask serve` over the demo city. The copy is the same HTML and the same static files,
sent from disk by the same kind of process (bench/_copy.py). Both are opened in turn by browsers
that have nothing of them yet, and then again; medians.
"""

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from identity.models.accounts import Person
from storage.database import Database
from trading.models.bidding import Bid
from trading.models.tendering import Lot
from trading.states import LotState

ROOT = Path(__file__).parents[1]
ACCOUNTS = json.loads((ROOT / "demo/accounts.json").read_text(encoding="utf-8"))["accounts"]
PAGES = (
    ("home", None, "/"),
    ("a tender", None, "/tenders/{tender}"),
    ("a lot, for its agency", "agency", "/run/lots/{lot}"),
    ("a lot, for its bidder", "bidder1", "/bids/lots/{lot}"),
    ("a lot, for regulators", "regulator", "/supervision/lots/{lot}"),
    ("the wall", "regulator", "/supervision/wall"),
)
TIMES = 15
_PAINT = """new Promise(told => new PerformanceObserver(list => {
  const paint = list.getEntriesByName('first-contentful-paint')[0];
  if (paint) told(paint.startTime);
}).observe({type: 'paint', buffered: true}))"""


def main() -> None:
    """Print a row for each page, opened again, and one for all of them, opened for the first time."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        codes = city(folder)
        with site(folder) as live, copy(folder) as still:
            opened = []
            for _what, who, address in PAGES:
                path, state = address.format(**codes), signed_in(browser, live, who)
                keep(folder / "copy", browser, live, path, state)
                opened.append((path, state))
            # All pages in every turn: what else the machine does falls on all of them.
            turns = [
                [
                    opened_twice(browser, (live + path, still + path), state, turn % 2)
                    for path, state in opened
                ]
                for turn in range(TIMES)
            ]
        browser.close()
    for (what, _who, _address), pages in zip(PAGES, zip(*turns, strict=True), strict=True):
        tell(f"{what}, opened again", *median_of([again for _first, again in pages]))
    first = [page[0] for pages in turns for page in pages]
    tell("the six pages, opened for the first time", *median_of(first))


def opened_twice(
    browser: Browser, addresses: tuple[str, str], state: Any, begins: int
) -> tuple[list[float], list[float]]:
    """Milliseconds to the first contentful paint of both, in a new browser and opened again."""
    first, again = [0.0, 0.0], [0.0, 0.0]
    for place in (begins, 1 - begins):
        context = browser.new_context(storage_state=state)
        first[place] = painted(context, addresses[place])
        again[place] = painted(context, addresses[place])
        context.close()
    return first, again


def median_of(pairs: list[list[float]]) -> list[float]:
    """The median of ours, and of the copy."""
    return [statistics.median(each) for each in zip(*pairs, strict=True)]


def painted(context: BrowserContext, address: str) -> float:
    """When the page at this address shows its first content, in a tab of its own."""
    page = context.new_page()
    page.goto(address)
    moment: float = page.evaluate(_PAINT)
    page.close()
    return moment


def tell(what: str, ours: float, still: float) -> None:
    """One row of the results."""
    row = {"row": "pages", "what": f"first contentful paint: {what}", "ours": f"{ours:.0f} ms"}
    limit = {"limit": f"{still:.0f} ms (static copy)", "ratio": round(ours / still, 2)}
    print(json.dumps(row | limit | {"goal": "≤ 1.5 × static copy"}), flush=True)


def city(folder: Path) -> dict[str, str]:
    """Play the demo city in this folder; the codes of a lot that went all the way, and its tender."""
    for words in (["flask", "prepare"], ["demo"], ["demo", "city"]):
        subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=_environment(folder),
            check=True,
            capture_output=True,
        )
    database = Database(f"sqlite:///{folder / 'var/zhaobiao.db'}")
    query = sa.select(Lot).join(Bid, Bid.lot_id == Lot.id)
    of_bidder = query.join(Person, Person.organisation_id == Bid.bidder_id)
    whole = of_bidder.where(Lot.ended_as == LotState.AWARDED, Person.username == "bidder1")
    with database.snapshot() as db:
        lot = db.scalars(whole).first()
        assert lot is not None
        return {"tender": lot.tender.code, "lot": lot.code}


@contextlib.contextmanager
def site(folder: Path) -> Iterator[str]:
    """`flask serve` over this folder; its address."""
    port = free_port()
    command = ["-m", "flask", "serve", "--no-city", "--port", str(port)]
    with process(command, _environment(folder), port) as address:
        yield address


@contextlib.contextmanager
def copy(folder: Path) -> Iterator[str]:
    """The static copy, in the same kind of process; its address."""
    port = free_port()
    environment = {**os.environ, "COPY_OF_PAGES": str(folder / "copy")}
    gunicorn = ["-m", "gunicorn", "--worker-class=gthread", "--workers=1", "--threads=400"]
    command = [*gunicorn, f"--bind=127.0.0.1:{port}", "--log-level=warning", "bench._copy:app"]
    with process(command, environment, port) as address:
        yield address


@contextlib.contextmanager
def process(words: list[str], environment: dict[str, str], port: int) -> Iterator[str]:
    """A server while it lasts; its address."""
    address = f"http://127.0.0.1:{port}"
    running = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment)
    try:
        wait_for(f"{address}/static/dist/manifest.json")
        yield address
    finally:
        running.terminate()
        running.wait()


def wait_for(address: str) -> None:
    """Until something answers there, a minute at most."""
    for _ in range(300):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(address).close()  # noqa: S310 (our own server)
            return
        time.sleep(0.2)
    raise TimeoutError(address)


def signed_in(browser: Browser, live: str, who: str | None) -> Any:
    """The cookies of this person, or of nobody."""
    context = browser.new_context()
    if who:
        page = context.new_page()
        page.goto(f"{live}/sign-in")
        page.fill("#username", who)
        page.fill("#password", ACCOUNTS[who]["password"])
        page.click("main button.btn-primary")
        page.wait_for_url(lambda address: "/sign-in" not in address)
    state = context.storage_state()
    context.close()
    return state


def keep(folder: Path, browser: Browser, live: str, path: str, state: Any) -> None:
    """Put what this page answers into the folder of the copy: headers, then the HTML."""
    context = browser.new_context(storage_state=state)
    answer = context.request.get(live + path)
    assert answer.status == 200, path
    place = folder / path.strip("/")
    place.mkdir(parents=True, exist_ok=True)
    (place / "headers.json").write_text(json.dumps(answer.headers))
    (place / "page.html").write_bytes(answer.body())
    context.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _environment(folder: Path) -> dict[str, str]:
    places = {"ZHAOBIAO_VAR": str(folder / "var"), "ZHAOBIAO_WITNESS": str(folder / "witness")}
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | places | {"FLASK_APP": "wsgi"}


if __name__ == "__main__":
    main()
