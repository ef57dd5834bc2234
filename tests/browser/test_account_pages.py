"""One's own account in real Chromium: from a page for members to a signed undertaking and back."""

import pytest

from identity import queries
from identity.states import UndertakingMeans
from storage.database import snapshot
from tests.browser.conftest import needs_chromium, stage_in
from tests.factories.identity import PASSWORD, viewer

pytestmark = needs_chromium
WANTED = "/account/undertakings/regulator/1"


@pytest.fixture
def stage(tmp_path, sqlite_template):
    with stage_in(tmp_path, sqlite_template) as started:
        yield started


def test_an_undertaking_is_signed_with_a_key_made_on_the_way(stage, browser):
    context = browser.new_context()
    stage.contexts.append(context)
    page = context.new_page()
    page.goto(stage.url + WANTED)
    page.click("text=登录后继续")
    page.fill("#username", "regulator")
    page.fill("#password", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_url(f"{stage.url}/account/undertakings?next={WANTED}")
    page.click("text=以后再说，先继续")

    page.click("text=登记密钥")
    page.click("[data-make-key] button")
    page.wait_for_selector("text=现在有效的密钥就在这个浏览器里。")
    page.click("text=回到刚才的页面")
    page.check("#confirm")
    page.click("[data-sign-now]")

    page.wait_for_selector("text=用本人签名密钥签署")
    with snapshot() as db:
        (given,) = queries.undertakings_of(db, viewer("regulator").code)
    assert given.means is UndertakingMeans.KEY
