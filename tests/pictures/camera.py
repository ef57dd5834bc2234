"""Takes the pictures of one page and says what is wrong with it, at every width and language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from playwright.sync_api import Browser, ConsoleMessage, Page

from demo.people import PASSWORD
from tests.browser.axe import violations
from tests.pictures.plan import Picture

LANGUAGES = ("zh", "en")
_HEIGHTS = {390: 844, 1920: 1080}
_SETTLE_MS = 150
_CALM = "reduce"
_PATIENCE_MS = 20_000
_WIDTHS = """() => {
  const cut = [...document.querySelectorAll("h1, h2, h3, .btn, .zb-state, .zb-tag, legend, label")]
    .filter((each) => each.checkVisibility() && !each.matches(".visually-hidden"))
    .filter((each) => each.scrollWidth > each.clientWidth + 2 && each.clientWidth > 0)
    .filter((each) => getComputedStyle(each).display !== "inline");
  return [document.documentElement.scrollWidth - innerWidth, cut.map((each) => each.innerText)];
}"""
"""How much wider than its window the page is, and the words for which their own box is too small."""


@dataclass
class Shown:
    """One page as it was found: its address, its pictures, what is wrong with it."""

    who: str
    picture: Picture
    path: str
    status: int = 0
    title: str = ""
    files: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def line(self) -> str:
        """One line for the terminal."""
        judged = "; ".join(self.faults) or "good"
        who = self.who or "everybody"
        return (
            f"{who:<10} {self.status} {self.picture.name} {self.path} {self.seconds:.1f} s {judged}"
        )


class Pages(dict[str, Page]):
    """One page for each user name, signed in when it is first asked for."""

    def __init__(self, browser: Browser, url: str) -> None:
        """`url` is the site; the empty name is somebody who is not signed in."""
        super().__init__()
        self._browser, self._url = browser, url
        self.said: dict[str, list[str]] = {}

    def __missing__(self, who: str) -> Page:
        context = self._browser.new_context(
            viewport={"width": 1366, "height": 800}, reduced_motion=_CALM, locale="zh-CN"
        )
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        said = self.said.setdefault(who, [])
        page.on("console", lambda message: said.extend(_heard(message)))
        page.on("pageerror", lambda fault: said.append(f"script: {fault}"))
        if who:
            page.goto(f"{self._url}/sign-in")
            page.fill("#username", who)
            page.fill("#password", PASSWORD)
            page.click("main button.btn-primary")
        self[who] = page
        return page


def photograph(
    pages: Pages, url: str, who: str, picture: Picture, path: str, folder: Path
) -> Shown:
    """Open the page in each language and take it at each width; axe reads the Chinese one."""
    page, said, began = pages[who], pages.said.setdefault(who, []), monotonic()
    shown = Shown(who, picture, path)
    for language in LANGUAGES:
        page.set_viewport_size({"width": picture.widths[0], "height": 800})
        said.clear()
        joint = "&" if "?" in path else "?"
        answer = page.goto(f"{url}{path}{joint}lang={language}")
        shown.status = answer.status if answer else 0
        shown.title = page.title() if language == "zh" else shown.title
        if shown.status != picture.status:
            shown.faults.append(f"status {shown.status}")
        for width in picture.widths:
            shown.files.append(_take(page, f"{picture.name}_{language}_{width}", width, folder))
            shown.faults += _judged(page, language, width)
        expected = f"status of {picture.status}"
        shown.faults += [f"{language}: {text}" for text in said if expected not in text]
    shown.seconds = monotonic() - began
    return shown


def _take(page: Page, name: str, width: int, folder: Path) -> str:
    page.set_viewport_size({"width": width, "height": _HEIGHTS.get(width, 800)})
    page.wait_for_timeout(_SETTLE_MS)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name)}.png"
    page.screenshot(path=file, full_page=True)
    return file.name


def _judged(page: Page, language: str, width: int) -> Iterator[str]:
    over, cut = page.evaluate(_WIDTHS)
    if over > 0:
        yield f"{language} {width}: {over} px too wide"
    for words in cut:
        yield f"{language} {width}: cut off: {words}"
    if language == LANGUAGES[0]:
        for rule, place, _summary in violations(page):
            yield f"{width}: axe {rule} {' '.join(map(str, place))}"


def _heard(message: ConsoleMessage) -> Iterator[str]:
    """What a page must not say: errors, among them what its content policy forbade."""
    if message.type == "error":
        kind = "policy" if "Content Security Policy" in message.text else "console"
        yield f"{kind}: {message.text}"
