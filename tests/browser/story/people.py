"""People of the story at browsers of their own: they look, click and type, and nothing else.

Every page that somebody comes to is looked at by axe once, and must fit its window.
"""

import re

from playwright.sync_api import Error

from client.journey.cast import PIN
from demo.people import PASSWORD
from tests.browser.axe import violations
from tests.browser.bidder import PASSPHRASE, SMALL, STEP_MS, Hall, file
from tests.factories import pdf

TRIES = 5
# What Playwright says, or axe, when the page they looked at was replaced by the next.
_MOVED_ON = ("navigat", "of null (reading 'documentElement')")


class Citizen:
    """Anybody at a browser, signed in nowhere; what goes wrong on the pages' consoles is kept."""

    def __init__(self, site, browser, *, width=1366, language="zh"):
        self.site = site
        self.context = browser.new_context(viewport={"width": width, "height": 800})
        self.faults, self.barriers, self.looked_at = [], [], set()
        self.page = self.new_page()
        self.page.goto(f"{site}/?lang={language}")

    def new_page(self):
        page = self.context.new_page()
        page.set_default_timeout(STEP_MS)
        page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        return page

    def walk(self, *words):
        """From the navigation to a page, link by link."""
        self.page.click(f".zb-nav a:visible:has-text('{words[0]}')")
        for each in words[1:]:
            self.page.click(f"main a:visible:has-text('{each}')")
        return self.look()

    def look(self):
        """Barriers of this page in this state, if it was not looked at before."""
        for _ in range(TRIES):
            try:
                return self._look()
            except Error as moved_on:  # the page went on by itself, as some do after a signature
                if not any(sign in str(moved_on) for sign in _MOVED_ON):
                    raise
                self.page.wait_for_load_state()
        raise AssertionError(f"{self.page.url} does not come to rest")

    def _look(self):
        headings = self.page.locator("main h1, main h2").all_inner_texts()
        state = (re.sub(r"[A-Z0-9]{8,}(-\d+)?", "*", self.page.url), *headings)
        if state not in self.looked_at:
            found = [(self.page.url, each) for each in violations(self.page)]
            if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append((self.page.url, "wider than its window"))
            self.barriers += found
            self.looked_at.add(state)
        return self

    def press(self, words):
        """The button or link in the page with these words."""
        self.page.locator("main").locator("button, a, summary").filter(
            has_text=words, visible=True
        ).first.click()
        return self

    def fill(self, **values):
        for name, value in values.items():
            self.page.fill(f"#{name}", value)
        return self

    def confirm(self):
        self.page.locator("main input[name=confirm]:visible").first.check()
        return self

    def sees(self, words):
        self.page.locator("main").filter(has_text=words).wait_for()
        return self.look()

    def downloads(self, words, folder, page=None):
        """The file behind a link with these words, under the name that it comes with."""
        with (page or self.page).expect_download() as saved:
            (page or self.page).click(f"main a:visible:has-text('{words}')")
        path = folder / saved.value.suggested_filename
        saved.value.save_as(path)
        return path


class Person(Citizen):
    """Somebody who is signed in."""

    def __init__(self, site, browser, username, **options):
        super().__init__(site, browser, **options)
        self.username = username
        self.page.click("a[href='/sign-in']")
        self.page.fill("#username", username)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button.btn-primary")
        self.page.wait_for_selector(".zb-me")

    def sign_paper(self, words="签署这份文件"):
        """On the page of a paper: ask for one's turn, and sign it with the PIN."""
        self.press("申请签署")
        self.page.wait_for_selector("#pin")
        self.fill(pin=PIN)
        return self.press(words)

    def make_signing_keys(self):
        """The key in this browser, and the one for documents behind a PIN."""
        self.page.goto(f"{self.site}/account/keys")
        self.press("在这个浏览器里登记新密钥")
        self.page.wait_for_selector("[data-key-here]:visible")  # its words are there before, hidden
        return self.make_paper_key()

    def make_paper_key(self):
        self.walk("待签文件").fill(pin=PIN)
        self.press("生成密钥").sees("当前密钥")
        return self


class Bidder(Person, Hall):
    """A bidder who finds the lot by himself; his hooks are those of the sealing tests."""

    def __init__(self, site, browser, username, **options):
        Person.__init__(self, site, browser, username, **options)

    def find(self, tender):
        """The lot, from what is on offer."""
        self.page.click(".zb-nav a[href='/bids']")
        self.page.click(f"main a:has-text('{tender}')")
        return self

    def find_own(self, tender):
        """The same lot, from one's own bids."""
        self.page.click(".zb-nav a[href='/bids/mine']")
        self.page.click(f"main a:has-text('{tender}')")
        return self

    def order_guarantee(self):
        self.page.click("main a[href$='/seal']:visible")
        self.do("enrol")
        self.page.wait_for_selector("[data-check=key].is-ok")
        self.do("order")
        self.page.wait_for_selector("[data-check=guarantee] [data-check-text]:visible")
        return self

    def bid(self, price, folder):
        """Seal, keep the key, rehearse it, sign; returns the receipt's code."""
        self.page.reload()
        self.page.wait_for_selector("[data-check=guarantee].is-ok")
        folder.mkdir()
        files = [file("施工组织设计.pdf", pdf.document(3)), file("说明.txt", SMALL)]
        Hall.fill(self, files, price)
        self.make_key(folder).rehearse()
        return self.sign()

    def release_key(self):
        """From the lot into the hall, with the key file that was saved."""
        self.page.click("main a[href$='/opening']:visible")
        self.release(self.key, PASSPHRASE)
        self.page.wait_for_selector("#own-state .is-ok")
        return self
