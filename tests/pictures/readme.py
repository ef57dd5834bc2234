"""The few pictures that stand in the README: taken, made small, kept in docs/pictures/."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.pictures.camera import Pages
from tests.pictures.finding import Finder
from tests.pictures.plan import EVERYBODY, MEMBER, Picture

LARGEST_BYTES = 120_000
_WIDEST = 1366
_QUALITIES = range(90, 30, -5)
_SETTLE_MS = 1500
_P = Picture
Deed = Callable[[Page, Pages, str], None]


@dataclass(frozen=True)
class Shown:
    """One picture: the page, the size of the window, and what is done on it before."""

    name: str
    picture: Picture
    height: int = 860
    width: int = 1366
    language: str = "zh"
    deed: Deed | None = None


def _fill_bid(page: Page, _pages: Pages, _url: str) -> None:
    """The first step of sealing, ready to go on: the key of this browser and the bid are there."""
    page.click("[data-do=enrol]:visible")
    page.wait_for_selector("[data-check=key].is-ok")
    body = b"construction plan\n" * 40_000
    plan = {"name": "施工组织设计.pdf", "mimeType": "application/pdf", "buffer": body}
    page.fill("#price", "11,986,400.00")
    page.fill("#period_days", "180")
    page.fill("#quality", "合格")
    page.set_input_files("#files", plan)


def _mark_bids(page: Page, _pages: Pages, _url: str) -> None:
    """Go to the first item with marks and give some of them."""
    page.click("[data-go='1']")
    cells = page.query_selector_all("[data-cell] input.zb-points:visible")
    for cell, points in zip(cells, ("16.50", "14.00", "17.20"), strict=False):
        cell.fill(points)
        cell.dispatch_event("change")


def _verify_report(page: Page, pages: Pages, url: str) -> None:
    """Bring the signed report of an archived lot, as a regulator downloads it."""
    picture = _P("regulator.lot", "regulator", tender="archived-works")
    regulator = pages["regulator"]
    regulator.goto(url + Finder(url, pages).address(picture, "regulator"))
    found = regulator.get_attribute("a[href$='/report/file']", "href")
    body = regulator.request.get(f"{url}{found}").body()
    report = {"name": "评标报告.pdf", "mimeType": "application/pdf", "buffer": body}
    page.goto(f"{url}/verify")  # the search for the lot was on this page
    page.set_input_files("#file", report)
    page.click("main form button")
    page.wait_for_load_state()


PICTURES = (
    Shown("public", _P("public.tender", EVERYBODY, tender="near"), 900, language="en"),
    Shown("sealing", _P("sealing.seal", "bidder1", tender="near"), 1180, deed=_fill_bid),
    Shown("receipt", _P("sealing.show_receipt", "bidder1", on="/bids/lots/{window}"), 820),
    Shown("opening", _P("sealing.opening", "bidder1", tender="opened"), 760),
    Shown(
        "scoring",
        _P("scoring.room", MEMBER, tender="scoring", on="/evaluation/desk"),
        960,
        deed=_mark_bids,
    ),
    Shown("regulator", _P("regulator.lot", "regulator", tender="scoring"), 1000),
    Shown("wall", _P("regulator.wall", "regulator"), 1080, 1920),
    Shown("verifier", _P("verifying.page", EVERYBODY), 860, deed=_verify_report),
    Shown("phone", _P("desk.desk", "bidder1"), 844, 390, language="en"),
)


def take_for_readme(pages: Pages, finder: Finder, url: str, folder: Path) -> Iterator[Path]:
    """Take each picture as a reader of the README sees it; the place of each as it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for shown in PICTURES:
        who = finder.seat(shown.picture)
        page, path = pages[who], finder.address(shown.picture, who)
        page.set_viewport_size({"width": shown.width, "height": shown.height})
        page.goto(f"{url}{path}?lang={shown.language}")
        if shown.deed:
            shown.deed(page, pages, url)
        page.evaluate("scrollTo(0, 0); document.activeElement?.blur()")
        page.wait_for_timeout(_SETTLE_MS)
        place = folder / f"{shown.name}.webp"
        place.write_bytes(_small(page.screenshot()))
        yield place


def _small(png: bytes) -> bytes:
    """The picture as WebP, as good as its size may be."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, image.height * _WIDEST // image.width), Image.LANCZOS)
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= LARGEST_BYTES:
            return buffer.getvalue()
    raise ValueError("the picture shows too much to be small")
