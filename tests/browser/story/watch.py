"""Two pages that a regulator leaves open: they must show each step without a reload, and soon."""

import statistics
import time

REFRESHED = "window.untouched = true"


class Watch:
    """The wall and the lot's page of one regulator; how long each step took to appear there."""

    def __init__(self, regulator, tender):
        self.delays, self.pages = {}, [regulator.page, regulator.new_page()]
        wall, lot = self.pages
        wall.goto(f"{regulator.site}/supervision/wall")
        lot.goto(f"{regulator.site}/supervision/lots/{tender}-01")
        self.row = f"[data-lot='{tender}-01']"
        for page in self.pages:
            page.wait_for_selector("[data-live-chip]:has-text('实时')")
            page.evaluate(REFRESHED)

    def shows(self, step, *, lot="", wall="", count=1):
        """Wait until both pages say so; `lot` is said `count` times, `wall` in the lot's row."""
        began = time.monotonic()
        if wall:
            self._until(self.pages[0], self.row, wall, 1)
            self.delays[f"{step}, wall"] = time.monotonic() - began
        if lot:
            self._until(self.pages[1], "main", lot, count)
            self.delays[f"{step}, lot"] = time.monotonic() - began

    def _until(self, page, place, words, count):
        page.wait_for_function(
            "([place, words, count]) => (document.querySelector(place)?.innerText ?? '')"
            ".split(words).length > count",
            arg=[place, words, count],
            polling="raf",
        )

    def is_gone(self):
        """The lot has left the wall: nothing is to be watched any more."""
        self.pages[0].wait_for_selector(self.row, state="detached")

    @property
    def median(self):
        """Seconds from a step's answer to its appearance, in the middle of all steps."""
        return statistics.median(self.delays.values())

    def were_reloaded(self):
        return [page.evaluate("window.untouched !== true") for page in self.pages]
