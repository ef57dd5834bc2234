"""Pages that live, in real Chromium: the regulator's wall and lot page move without a reload."""

import pytest
import sqlalchemy as sa

from demo.people import PASSWORD
from storage.database import Database
from tests.browser.conftest import needs_chromium
from tests.journeys.town import running
from trading.models.tendering import Lot

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with running(tmp_path_factory.mktemp("pages")) as started:
        database = Database(f"sqlite:///{started.var / 'zhaobiao.db'}")
        with database.snapshot() as db:
            started.lot = db.scalars(sa.select(Lot.code)).one()
        database.dispose()
        yield started


@pytest.fixture
def regulator(town, browser):
    """A page on which the regulator is signed in; anything on its console is kept."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.faults = []
    page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    page.goto(f"{town.url}/sign-in")
    page.fill("#username", "regulator")
    page.fill("#password", PASSWORD)
    page.click("main button.btn-primary")
    return page


def test_wall_and_lot_page_show_an_order_without_reload(town, regulator):
    lot = regulator.context.new_page()
    lot.goto(f"{town.url}/supervision/lots/{town.lot}")
    regulator.goto(f"{town.url}/supervision/wall")
    regulator.wait_for_timeout(1500)
    platform = town.platform("regulator")

    platform.post(
        f"/lots/{town.lot}/suspension", {"article": "实施条例 第62条", "ground": "投诉处理"}
    )

    for page in (regulator, lot):
        page.wait_for_selector("[data-live] .zb-state:has-text('已暂停')", timeout=5000)
    platform.post(
        f"/lots/{town.lot}/resumption", {"article": "实施条例 第62条", "ground": "已查清"}
    )
    for page in (regulator, lot):
        page.wait_for_selector("[data-live] .zb-state:has-text('招标中')", timeout=5000)
    assert regulator.faults == []


def test_pages_of_one_browser_share_a_socket_and_hand_it_on(town, regulator):
    sockets, lot = [], regulator.context.new_page()
    for page in (regulator, lot):
        page.on("websocket", lambda opened: sockets.append(opened.url))
    regulator.goto(f"{town.url}/supervision/wall")
    lot.goto(f"{town.url}/supervision/lots/{town.lot}")
    for page in (regulator, lot):
        page.wait_for_selector("[data-live-chip]:has-text('实时')")
    shared = len(sockets)

    regulator.close()
    platform = town.platform("regulator")
    order = {"article": "实施条例 第62条", "ground": "投诉处理"}
    platform.post(f"/lots/{town.lot}/suspension", order)
    lot.wait_for_selector("#title .zb-state:has-text('已暂停')", timeout=5000)
    platform.post(f"/lots/{town.lot}/resumption", order)

    lot.wait_for_selector("#title .zb-state:has-text('招标中')", timeout=5000)
    assert (shared, len(sockets)) == (1, 2)


def test_what_a_closed_page_watched_is_watched_no_more(town, regulator):
    sent, lot = [], regulator.context.new_page()
    regulator.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(text)))
    regulator.goto(f"{town.url}/supervision/wall")
    regulator.wait_for_selector("[data-live-chip]:has-text('实时')")
    lot.goto(f"{town.url}/supervision/lots/{town.lot}")
    lot.wait_for_selector("[data-live-chip]:has-text('实时')")

    lot.goto(f"{town.url}/verify")  # which watches nothing

    left = f'"leave",{{"topic":"lot:{town.lot}"}}'
    for _ in range(50):
        if any(left in str(text) for text in sent):
            break
        regulator.wait_for_timeout(100)
    else:
        raise AssertionError(sent)


def test_a_regulator_suspends_by_the_form_with_article_and_ground(town, regulator):
    regulator.goto(f"{town.url}/supervision/lots/{town.lot}")
    regulator.click("text=起草暂停令")
    regulator.fill("#article", "实施条例 第62条")
    regulator.fill("#ground", "收到投诉，需要核实。")
    regulator.click("button:has-text('责令暂停')")

    assert "收到投诉" in regulator.inner_text("main")
    regulator.click("text=起草恢复令")
    regulator.fill("#article", "实施条例 第62条")
    regulator.fill("#ground", "已核实。")
    regulator.click("button:has-text('责令恢复')")
    assert "责令暂停" in regulator.inner_text("main")


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize(("language", "word"), [("zh", "负面清单查询"), ("en", "Negative list")])
def test_public_pages_fit_both_widths_and_languages(town, browser, width, language, word):
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    for path in ("/", "/negative-list", "/sign-in", f"/tenders/{town.lot.rpartition('-')[0]}"):
        page.goto(f"{town.url}{path}?lang={language}")
        assert word in page.inner_text("nav.zb-nav")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
