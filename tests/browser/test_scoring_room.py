"""The scoring room in real Chromium: documents side by side, marks by keyboard, drafts that say
when they were kept, and nothing of a document that runs.
"""

import pytest

from evaluation import queries
from evaluation.actions import scoring
from evaluation.models.scoring import ScoreSheet
from storage.database import snapshot
from tests.browser.axe import violations
from tests.browser.conftest import needs_chromium, stage_in
from tests.factories import pdf

pytestmark = needs_chromium
PAGES = 1500
FILES = (
    {"技术标.pdf": pdf.document(PAGES), "说明.txt": "推进速度十五毫米".encode()},
    {"技术标.pdf": pdf.encrypted()},
    {"技术标.pdf": b"%PDF-1.7 no more than this"},
    {"技术标.pdf": pdf.with_script(), "清单.docx": b"PK"},
)


@pytest.fixture(scope="module")
def stage(browser, tmp_path_factory, sqlite_template):
    """A meeting at its scoring; of its bids one is long, one encrypted, one broken, one scripted."""
    with stage_in(tmp_path_factory.mktemp("room"), sqlite_template) as started:
        evaluation = started.evaluation.confirmed(files=FILES.__getitem__).drawn()
        evaluation.accept_all().convene().scoring()
        started.receipts = {}
        with snapshot() as db:
            for blind in queries.blind_bids(db, evaluation.meeting):
                started.receipts[blind.bid.bidder.name] = blind.code
        yield started


def code_of(stage, number):
    """The blind code of the bid with these files."""
    return stage.receipts[f"临江建设{number + 10}有限公司"]


@pytest.fixture(scope="module")
def expert(stage, browser):
    """The browser of the first expert, signed in once."""
    who = stage.evaluation.experts[next(iter(stage.evaluation.keys))]
    return who, stage.page_for(browser, who).context


@pytest.fixture
def room(stage, expert):
    """The room of an expert who has scored nothing yet."""
    who, context = expert
    stage.evaluation.do(scoring.save_draft, who, stage.evaluation.meeting, {})
    page = context.new_page()
    page.faults = []
    page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    page.goto(f"{stage.url}/evaluation/meetings/{stage.evaluation.meeting}/room")
    page.wait_for_selector("[data-keys-line]:visible")
    yield page
    page.evaluate("localStorage.clear()")
    page.close()


def choose(page, stage, number, side="left", suffix=".pdf"):
    """Open a file of a bid in a pane."""
    bid = code_of(stage, number)
    page.select_option(
        f"#file-{side}",
        page.locator(
            f"#file-{side} option[data-bid='{bid}'][data-suffix='{suffix}']"
        ).get_attribute("value"),
    )


def draft_of(stage):
    with snapshot() as db:
        code = next(iter(stage.evaluation.keys))
        return db.get_one(ScoreSheet, (stage.evaluation.meeting, code)).draft


def cell(page, place=0):
    return page.locator(".zb-points:visible").nth(place)


def to_marks(page):
    """The second criterion: the first one that is scored."""
    page.click("[data-go='1']")


def test_leafing_through_bids_faster_than_they_load_is_no_fault(room, stage):
    room.wait_for_function("document.querySelectorAll('#file-left option[data-bid]').length > 2")
    room.evaluate(
        """async () => {
            const choice = document.querySelector("#file-left");
            const files = [...choice.options].filter((each) => each.dataset.suffix === ".pdf");
            for (let turn = 0; turn < 60; turn++) {
                files[turn % files.length].selected = true;
                choice.dispatchEvent(new Event("change", { bubbles: true }));
                await new Promise((done) => setTimeout(done, Math.random() * 120));
            }
        }"""
    )
    choose(room, stage, 0)

    room.wait_for_selector("[data-pane=left] .textLayer:has-text('第1页')")
    room.wait_for_timeout(500)
    assert room.faults == []


def test_a_long_pdf_is_read_by_ranges_and_only_what_is_seen_is_drawn(room, stage):
    asked = []
    room.on("response", lambda r: asked.append(r.status) if "/files/" in r.url else None)
    choose(room, stage, 0)
    room.wait_for_selector("[data-pane=left] .textLayer:has-text('第1页')")
    room.fill("#page-left", "200")
    room.press("#page-left", "Enter")
    room.wait_for_selector("[data-pane=left] .textLayer:has-text('第200页')")
    drawn = room.locator("[data-pane=left] canvas").count()

    assert room.inner_text("[data-pane=left] [data-pane-pages]") == str(PAGES)
    assert 206 in asked
    assert 0 < drawn <= 12
    assert room.faults == []


def test_words_are_found_in_the_bid_that_is_read(room, stage):
    choose(room, stage, 0)
    room.wait_for_selector("[data-pane=left] .textLayer:has-text('第1页')")
    room.focus("[data-pane=left] [data-pane-scroll]")
    room.keyboard.press("Control+f")
    room.keyboard.type("施工组织设计 第37页")
    room.keyboard.press("Enter")
    room.wait_for_selector("[data-pane=left] .highlight.selected")
    room.wait_for_selector("[data-pane=left] [data-pane-found]:has-text('共 1 处')")
    found = room.input_value("#page-left")
    room.keyboard.press("Escape")

    assert found == "37"
    assert room.locator("[data-pane=left] [data-pane-find]").is_hidden()
    assert room.faults == []


@pytest.mark.parametrize(("number", "words"), [(1, "加了密"), (2, "损坏")])
def test_a_file_that_cannot_be_shown_is_told_in_words_with_a_way_to_download(
    room, stage, number, words
):
    choose(room, stage, number)
    room.wait_for_selector(f"[data-pane=left] [data-pane-note]:has-text('{words}')")
    link = room.locator("[data-pane=left] [data-pane-note] a")

    assert code_of(stage, number) in link.get_attribute("href")
    assert link.is_visible()


def test_other_kinds_of_files_are_offered_for_download(room, stage):
    choose(room, stage, 3, suffix=".docx")
    room.wait_for_selector("[data-pane=left] [data-pane-note]:has-text('请下载查看')")

    assert room.locator("[data-pane=left] [data-pane-note] a").is_visible()
    assert room.faults == []


def test_a_script_in_a_document_never_runs_and_is_told(room, stage):
    # A block, not an expression: a function that is the value would be called by the driver.
    room.evaluate("() => { window.alert = () => { window.ran = true }; }")
    untouched = room.evaluate("window.ran === undefined")
    choose(room, stage, 3)
    room.wait_for_selector("[data-pane=left] [data-pane-note]:has-text('不运行任何脚本')")
    room.wait_for_selector("[data-pane=left] .textLayer:has-text('第1页')")

    assert untouched
    assert room.evaluate("window.ran") is None
    assert room.faults == []


def test_a_text_file_is_shown_as_it_is_written(room, stage):
    choose(room, stage, 0, suffix=".txt")
    room.wait_for_selector("[data-pane=left] pre:has-text('推进速度十五毫米')")
    room.click("[data-pane=left] [data-pane-do=find]")
    room.fill("#find-left", "十五")
    room.press("#find-left", "Enter")
    room.wait_for_selector("[data-pane=left] [data-pane-found]:has-text('第 1 处，共 1 处')")

    assert room.locator("[data-pane=left] canvas").count() == 0
    assert room.faults == []


def test_marks_go_in_by_keyboard_and_the_draft_says_when_it_was_kept(room, stage):
    to_marks(room)
    cell(room).focus()
    room.keyboard.type("9.2")
    room.keyboard.press("ArrowUp")
    stepped = cell(room).input_value()
    room.keyboard.press("Enter")
    room.wait_for_selector("[data-draft-age]:has-text('秒前已存')")
    room.keyboard.type("6")
    room.keyboard.press("Control+s")
    room.wait_for_function(
        "() => document.querySelector('[data-draft-state]').textContent.includes('草稿已保存')"
    )
    room.wait_for_timeout(500)
    bids = sorted(stage.receipts.values())
    kept = draft_of(stage)["marks"]

    assert stepped == "9.30"
    assert (kept[bids[0]]["plan"], kept[bids[1]]["plan"]) == ("9.30", "6")
    assert "2 / 16 已评" in room.inner_text("[data-progress]")
    assert "还有 14 项未评" in room.inner_text("#missing")
    assert room.faults == []


def test_a_mark_out_of_its_range_is_marked_at_its_cell_and_kept_out_of_the_draft(room, stage):
    to_marks(room)
    cell(room, 2).fill("20.01")
    told = room.locator("[data-cell]:visible").nth(2).inner_text()
    room.keyboard.press("Control+s")
    room.wait_for_selector("[data-draft-state]:has-text('1 项超出范围，没有保存')")
    cell(room, 2).fill("20.00")
    at_the_limit = cell(room, 2).get_attribute("aria-invalid")
    cell(room, 2).fill("9.123")
    too_fine = cell(room, 2).get_attribute("aria-invalid")

    assert "超出范围" in told
    assert "0 至 20.00 分" in told
    assert (at_the_limit, too_fine) == ("false", "true")
    assert "plan" not in draft_of(stage)["marks"].get(sorted(stage.receipts.values())[2], {})


def test_keys_go_round_the_panes_change_bids_and_can_be_switched_off(room, stage):
    to_marks(room)
    cell(room).focus()
    room.keyboard.press("F6")
    first = room.evaluate("document.activeElement.closest('[data-pane]')?.dataset.pane")
    before = room.input_value("#file-left")
    room.keyboard.press("Alt+PageDown")
    after = room.input_value("#file-left")
    room.keyboard.press("Shift+F6")
    back = room.evaluate("document.activeElement.classList.contains('zb-points')")
    room.keyboard.press("F1")
    listed = room.inner_text("dialog[data-keys]")
    room.uncheck("[data-keys-on]")
    room.click("dialog[data-keys] button")
    value = cell(room).input_value()
    cell(room).focus()
    room.keyboard.press("ArrowUp")

    assert (first, back) == ("left", True)
    assert before != after
    assert "Alt+PgUp / Alt+PgDn" in listed
    assert cell(room).input_value() == value


def test_an_incomplete_sheet_leads_to_its_first_open_cell(room):
    assert room.get_attribute("[data-sign-now]", "aria-disabled") == "true"
    room.evaluate("document.querySelector('[data-sign-now]').hidden = false")
    room.click("[data-sign-now]", force=True)  # it says that it is disabled, and stays reachable
    assert room.evaluate("document.activeElement.closest('[data-cell]') !== null")


def test_notes_stay_with_the_expert_in_this_browser(room, stage):
    sent = []
    room.on("request", lambda r: sent.append(r.post_data or ""))
    to_marks(room)
    cell(room).focus()
    room.fill("[data-notes]", "第38页参数明确")
    cell(room, 1).focus()
    room.wait_for_function("() => document.querySelector('[data-notes]').value === ''")
    cell(room).focus()
    room.wait_for_function(
        "() => document.querySelector('[data-notes]').value === '第38页参数明确'"
    )
    room.keyboard.press("Control+s")
    room.wait_for_selector("[data-draft-age]:visible")

    assert "第38页" not in "".join(sent)


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_room_is_accessible_and_fits(stage, browser, width, language):
    who = stage.evaluation.experts[list(stage.evaluation.keys)[1]]
    page = stage.page_for(browser, who, width=width, language=language)
    page.goto(f"{stage.url}/evaluation/meetings/{stage.evaluation.meeting}/room")
    page.wait_for_selector("[data-choose]:visible")
    choose(page, stage, 0)
    page.wait_for_selector("[data-pane=left] .textLayer:has-text('第1页')")

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.faults == []
