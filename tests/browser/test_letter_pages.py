"""The inbox in real Chromium: opened by keyboard alone, without a barrier that axe finds."""

from pathlib import Path

import pytest

from identity.actions.letters import write_letter
from outbox.rules.letters import LetterKind
from storage.database import transaction
from tests.browser.conftest import needs_chromium, stage_in
from tests.factories.identity import CODES

pytestmark = needs_chromium
ROOT = Path(__file__).parents[2]
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def stage(tmp_path, sqlite_template):
    with stage_in(tmp_path, sqlite_template) as started:
        with transaction() as (db, now):
            data = {
                "name": "临江大桥维修工程",
                "lot_name": "第1标段",
                "receipt": "RC0",
                "lot": "TD0-01",
            }
            subject, to = "lot:TD0-01", [CODES[10]]
            write_letter(db, LetterKind.BID_RECEIVED, subject, to=to, now=now, data=data)
        yield started


def barriers(page):
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    return [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]]


@pytest.mark.parametrize("width", [1366, 390])
def test_a_letter_is_found_and_opened_by_keyboard(stage, browser, width):
    page = stage.page_for(browser, "bidder1", width=width, bypass_csp=True)
    page.goto(f"{stage.url}/inbox")
    listed = barriers(page)
    assert page.inner_text(".zb-nav .zb-unread") == "1"

    page.locator(".zb-letter a").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=平台已收妥您的投标文件，回执编号 RC0")

    assert listed == barriers(page) == []
    assert page.locator(".zb-unread").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{stage.url}/account/mail")
    assert (barriers(page), page.faults) == ([], [])
