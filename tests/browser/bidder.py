"""One bidder at a browser, who clicks: seals, signs, releases. Hooks, not words: any language."""

PASSPHRASE = "一把足够长的口令 2026"
STEP_MS = 30_000
SMALL = b"construction plan\n" * 1000


class Desk:
    """One bidder at a browser, who clicks."""

    def __init__(self, stage, browser, number=0, **options):
        self.stage, self.lot = stage, stage.hall.lot
        self.bidder = stage.hall.bidders[number]
        self.page = stage.page_for(browser, self.bidder.username, **options)
        self.page.set_default_timeout(STEP_MS)

    def open(self, what="seal"):
        self.page.goto(f"{self.stage.url}/bids/lots/{self.lot}/{what}".rstrip("/"))
        return self

    def enrol(self):
        self.open()
        self.do("enrol")
        self.page.wait_for_selector("[data-check=key].is-ok")
        return self

    def do(self, deed):
        self.page.click(f"[data-do={deed}]:visible")

    def fill(self, files, price="31,415,926.53"):
        self.page.fill("#price", price)
        self.page.fill("#period_days", "180")
        self.page.fill("#quality", "合格")
        self.page.set_input_files("#files", files)
        if self.page.is_visible("#no-guarantee"):
            self.page.check("#no-guarantee")
        self.do("begin")
        return self

    def make_key(self, folder):
        self.page.fill("#passphrase", PASSPHRASE)
        self.page.fill("#passphrase-again", PASSPHRASE)
        with self.page.expect_download() as saved:
            self.do("make-key")
        self.key = folder / saved.value.suggested_filename
        saved.value.save_as(self.key)
        return self

    def rehearse(self, file=None, passphrase=PASSPHRASE):
        self.page.set_input_files("#key-file", file or self.key)
        self.page.fill("#key-passphrase", passphrase)
        self.do("rehearse")
        return self

    def sign(self):
        self.page.wait_for_selector("#checked:visible")
        self.page.check("#checked")
        self.do("submit")
        self.page.wait_for_selector("[data-proof-good]:visible")
        return self.page.locator(".zb-receipt header .zb-code").inner_text()

    def seal(self, folder, files=None):
        return self.fill(files or [file("plan.txt", SMALL)]).make_key(folder).rehearse()


class Hall(Desk):
    """A bidder in the opening hall."""

    def release(self, file, passphrase=""):
        self.page.set_input_files("#release-file", file)
        self.page.fill("#release-passphrase", passphrase)
        self.do("release")
        return self

    def enrol_here(self):
        self.page.click("[data-release] [data-do=enrol]:visible")
        self.page.wait_for_selector("[data-release-no-key]", state="hidden")
        return self

    def shows(self, words):
        self.page.wait_for_selector(f"#own-state:has-text('{words}')", timeout=20_000)
        return self


def file(name, body):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": body}
