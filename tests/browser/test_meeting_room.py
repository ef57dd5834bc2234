"""An evaluation by clicking: keys made in the browser, statements signed there, and a regulator
whose open page shows each step without a reload, also over a lost socket and without sockets.
"""

import re

import pytest

from evaluation import queries
from evaluation.states import MeetingState
from storage.database import snapshot
from tests.browser.conftest import needs_chromium, stage_in

pytestmark = needs_chromium
STEP_MS = 5000


@pytest.fixture
def stage(tmp_path, sqlite_template):
    with stage_in(tmp_path, sqlite_template) as started:
        started.evaluation.confirmed().drawn().accept_all().convene()
        yield started


@pytest.fixture
def polled(tmp_path, sqlite_template):
    """The same where no socket is to be had."""
    with stage_in(tmp_path, sqlite_template, ZHAOBIAO_SOCKETS="0") as started:
        started.evaluation.confirmed().drawn().accept_all().convene()
        yield started


def watching(stage, browser):
    """A regulator's open page of the lot, marked so that a reload would be seen."""
    page = stage.page_for(browser, "regulator")
    page.goto(f"{stage.url}/supervision/lots/{stage.evaluation.lot}")
    page.evaluate("window.untouched = true")
    page.wait_for_selector("[data-live-chip]:has-text('实时')")
    return page


def count_shown(page, word, number):
    """Wait until the committee's table of a page says this word so many times."""
    page.wait_for_function(
        "([word, number]) => document.querySelector('#evaluation').innerText"
        ".split(word).length - 1 === number",
        arg=[word, number],
        timeout=STEP_MS,
    )


def enrolled(stage, browser):
    """The room of the first expert, who has made a key in this browser."""
    code = next(iter(stage.evaluation.keys))
    page = stage.page_for(browser, stage.evaluation.experts[code])
    page.goto(f"{stage.url}/account/keys")
    page.click("text=在这个浏览器里登记新密钥")
    page.wait_for_selector("text=现在有效的密钥就在这个浏览器里。")
    page.goto(f"{stage.url}/evaluation/meetings/{stage.evaluation.meeting}")
    return code, page


def fill_in(page, mark="5.50"):
    for select in page.locator("form[data-sign] select").all():
        select.select_option("pass")
    for field in page.locator("form[data-sign] .zb-points").all():
        field.fill(mark)


def meeting_of(stage):
    with snapshot() as db:
        return queries.meeting_by_code(db, stage.evaluation.meeting)


def versions_of(stage, code):
    with snapshot() as db:
        return queries.versions_of(db, stage.evaluation.meeting, code)


def to_the_scoring(stage, me):
    """Everybody else signs, and all but me vote."""
    others = [code for code in stage.evaluation.keys if code != me]
    for code in others:
        stage.evaluation.sign(code)
    for code in others:
        stage.evaluation.vote(code, me)
    return others


def test_an_expert_signs_scores_and_chairs_by_clicking_while_a_regulator_watches(stage, browser):
    regulator = watching(stage, browser)
    me, expert = enrolled(stage, browser)
    expert.check("#confirm")
    expert.click("text=签名并提交承诺书")
    expert.wait_for_selector("text=承诺书已签署，等待其他专家")
    count_shown(regulator, "已签署", 1)
    others = to_the_scoring(stage, me)
    expert.wait_for_selector("text=我推选", timeout=STEP_MS)
    expert.check(f"input[value={me}]")
    expert.click("button:has-text('投票')")
    count_shown(regulator, "已投票", 5)

    fill_in(expert)
    expert.wait_for_selector("text=草稿已保存", timeout=10_000)
    expert.check("#confirm-sheet")
    expert.click("text=签名并提交评分表")
    expert.wait_for_selector("text=评分表第 1 版已签名提交")
    count_shown(regulator, "已提交（密封）", 1)
    for code in others:
        stage.evaluation.hand_in(code)
    count_shown(regulator, "已提交（密封）", 5)
    assert "5.50" not in regulator.inner_text("main")
    expert.wait_for_selector("text=公开全部评分表", timeout=STEP_MS)
    expert.check("#confirm")
    expert.click("text=公开全部评分表")
    count_shown(regulator, "已公开", 5)

    expert.click("text=更正我的评分")
    expert.locator(".zb-points").first.fill("6.25")
    expert.fill("#reason", "复核后更正一项评分")
    expert.check("#confirm-sheet")
    expert.click("text=签名并提交评分表")
    expert.wait_for_selector("#comparison:has-text('6.25')")
    expert.check("#confirm")
    expert.click("text=锁定全部评分表")
    expert.wait_for_selector("text=临江建设10有限公司")
    expert.check("#confirm")
    expert.click("button:has-text('汇总排序')")
    expert.wait_for_selector("text=排序已得出")
    regulator.wait_for_selector("#evaluation:has-text('总分')", timeout=STEP_MS)
    expert.check("#confirm")
    expert.click("button:has-text('编制评标报告')")
    expert.wait_for_selector("a:has-text('阅读并签署报告')")

    assert [(v.version, v.reason) for v in versions_of(stage, me)] == [
        (1, ""),
        (2, "复核后更正一项评分"),
    ]
    assert meeting_of(stage).state is MeetingState.REPORTING
    assert regulator.evaluate("window.untouched") is True
    assert (regulator.faults, expert.faults) == ([], [])


def test_an_incomplete_sheet_is_refused_in_words_and_nothing_typed_is_lost(stage, browser):
    me, expert = enrolled(stage, browser)
    stage.evaluation.keys.pop(me)
    expert.check("#confirm")
    expert.click("text=签名并提交承诺书")
    expert.wait_for_selector("text=承诺书已签署")
    to_the_scoring(stage, me)
    expert.wait_for_selector("text=我推选", timeout=STEP_MS)
    expert.check(f"input[value={me}]")
    expert.click("button:has-text('投票')")
    fill_in(expert)
    expert.locator(".zb-points").first.fill("999")
    expert.locator(".zb-points").last.fill("")
    expert.click("text=签名并提交评分表")
    unconfirmed = expert.evaluate("document.activeElement.id")
    expert.check("#confirm-sheet")
    expert.click("text=签名并提交评分表")
    expert.wait_for_selector("[data-problems]:visible")
    told = expert.inner_text("[data-problems]")
    expert.click("text=保存草稿")

    assert unconfirmed == "confirm-sheet"
    assert re.search(r"BB\w+ 施工组织设计 .*之间", told)
    assert "还没有填写" in told
    assert "sheet." not in told
    assert expert.locator(".zb-points").first.input_value() == "999"
    assert versions_of(stage, me) == []


def test_a_page_heals_after_the_server_was_gone(stage, browser):
    regulator = watching(stage, browser)
    stage.town.kill("web")
    regulator.wait_for_selector("[data-live-chip]:has-text('重连中')", timeout=STEP_MS)
    stage.evaluation.sign(next(iter(stage.evaluation.keys)))
    stage.town.start("web")
    stage.town.wait_until_ready()

    regulator.wait_for_selector("[data-live-chip]:has-text('实时')", timeout=15_000)
    count_shown(regulator, "已签署", 1)
    received, published = re.match(
        r"(\d+)/(\d+)", regulator.inner_text("[data-live-chip]")
    ).groups()
    assert received == published
    assert regulator.evaluate("window.untouched") is True


def test_a_page_polls_where_all_sockets_are_taken(polled, browser):
    page = polled.page_for(browser, "regulator")
    page.goto(f"{polled.url}/supervision/lots/{polled.evaluation.lot}")
    page.wait_for_selector("[data-live-chip]:has-text('轮询')")
    polled.evaluation.sign(next(iter(polled.evaluation.keys)))

    count_shown(page, "已签署", 1)


def test_without_scripts_the_page_says_how_to_sign_and_still_saves_drafts(stage, browser):
    evaluation = stage.evaluation
    code = next(iter(evaluation.keys))
    page = stage.page_for(browser, evaluation.experts[code], java_script_enabled=False)
    room = f"{stage.url}/evaluation/meetings/{evaluation.meeting}"
    page.goto(room)
    told = page.inner_text("main")
    evaluation.scoring()
    page.goto(room)
    page.locator(".zb-points").first.fill("7.5")
    page.click("text=保存草稿")

    assert "python -m client expert commit" in told
    assert page.locator("[data-sign-now]").is_hidden()
    assert page.locator(".zb-points").first.input_value() == "7.5"
    assert versions_of(stage, code) == []


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize(("language", "word"), [("zh", "我的评分表"), ("en", "My score sheet")])
def test_rooms_fit_both_widths_and_languages(stage, browser, width, language, word):
    evaluation = stage.evaluation.scoring()
    expert = evaluation.experts[evaluation.chair]
    paths = {
        expert: ("/evaluation/desk", f"/evaluation/meetings/{evaluation.meeting}"),
        "regulator": (
            f"/supervision/lots/{evaluation.lot}",
            f"/evaluation/lots/{evaluation.lot}/draw",
        ),
    }
    for username, addresses in paths.items():
        page = stage.page_for(browser, username, width=width, language=language)
        for address in addresses:
            page.goto(stage.url + address)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.locator("[data-live-chip]").count() in (0, 1)
            if username == expert and "meetings" in address:
                assert word in page.inner_text("main")
        assert page.faults == []


def test_the_parties_of_a_draw_commit_and_reveal_by_clicking(tmp_path, sqlite_template, browser):
    with stage_in(tmp_path, sqlite_template) as stage:
        evaluation = stage.evaluation.confirmed().open_draw()
        pages = [stage.page_for(browser, name) for name in ("host", "witness")]
        for page in pages:
            page.goto(f"{stage.url}/evaluation/lots/{evaluation.lot}/draw")
            page.click("text=生成随机数并提交承诺")
            # The page comes back without its button: another party's commitment says nothing.
            page.wait_for_selector("text=生成随机数并提交承诺", state="detached")
        evaluation.freeze()
        for page in pages:
            page.click("text=公开我的随机数", timeout=2 * STEP_MS)
        pages[0].wait_for_selector("text=抽取种子", timeout=2 * STEP_MS)

        assert len(evaluation.calls()) == 5
        assert pages[0].locator("text=待答复").count() == 5
        assert [page.faults for page in pages] == [[], []]
