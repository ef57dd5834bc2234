"""`python -m tests.pictures [--url URL] [--only WORDS] [--readme]`: photograph and judge every page.

Pictures and a sheet go to /pictures/; with --readme only those of the README are taken, anew into
docs/pictures/. Exit 1 when anything is wrong with any page, 2 without Chromium.
"""

import argparse
import contextlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.journeys.program import ROOT
from tests.pictures.camera import Pages, Shown, photograph
from tests.pictures.finding import Finder, NoSubject
from tests.pictures.plan import PICTURES, Picture
from tests.pictures.readme import take_for_readme
from tests.pictures.sheet import write_sheet
from tests.pictures.site import site

FOLDER = ROOT / "pictures"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main(arguments: list[str]) -> int:
    """Parse, then walk through the site."""
    parser = argparse.ArgumentParser(prog="bootstrap.py pictures", description=__doc__)
    parser.add_argument("--url", help="a site with the demo city; without it one is made")
    parser.add_argument(
        "--only", default="", help="pages whose role or name has one of these words"
    )
    parser.add_argument("--readme", action="store_true", help="the README's alone; enrols a key")
    given = parser.parse_args(arguments)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is not installed (on Debian: apt install chromium)", file=sys.stderr)
        return 2
    with contextlib.ExitStack() as opened:
        url = given.url or opened.enter_context(site())
        playwright = opened.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        opened.callback(browser.close)
        if given.readme:
            return _take_for_readme(browser, url.rstrip("/"))
        shown = list(_walk(browser, url.rstrip("/"), _wanted(given.only)))
    faulty = [each for each in shown if each.faults]
    print(f"{len(shown)} pages, {len(faulty)} with faults: {write_sheet(FOLDER, shown)}")
    return 1 if faulty else 0


def _take_for_readme(browser: Browser, url: str) -> int:
    pages = Pages(browser, url)
    for place in take_for_readme(pages, Finder(url, pages), url, ROOT / "docs" / "pictures"):
        print(f"{place.relative_to(ROOT)} {place.stat().st_size // 1000} kB", flush=True)
    return 0


def _wanted(only: str) -> Sequence[Picture]:
    words = only.split(",")
    return [each for each in PICTURES if any(w in f"{each.who} {each.name}" for w in words)]


def _walk(browser: Browser, url: str, pictures: Sequence[Picture]) -> Iterator[Shown]:
    """Every picture in turn, told as it is taken."""
    pages = Pages(browser, url)
    finder = Finder(url, pages)
    for number, picture in enumerate(pictures, 1):
        shown = _shown(pages, finder, url, picture)
        print(f"{number}/{len(pictures)} {shown.line}", flush=True)
        yield shown


def _shown(pages: Pages, finder: Finder, url: str, picture: Picture) -> Shown:
    try:
        who = finder.seat(picture)
        path = finder.address(picture, who)
    except NoSubject as missing:
        return Shown(picture.who, picture, "", faults=[f"nothing to be seen: {missing}"])
    folder: Path = FOLDER / (who or "everybody")
    return photograph(pages, url, who, picture, path, folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
