"""An agency writes an evaluation method in real Chromium: rows, kinds, preview, registration."""

import pytest

from storage.database import snapshot
from tests.browser.axe import violations
from tests.browser.conftest import needs_chromium, stage_in
from tests.factories.evaluation import method
from tests.factories.identity import CODES
from trading import queries

pytestmark = needs_chromium


@pytest.fixture
def stage(tmp_path, sqlite_template):
    with stage_in(tmp_path, sqlite_template) as started:
        yield started


def field(name):
    return f'[id="method.{name}"]'


def test_a_method_is_written_by_rows_and_kinds_and_registered(stage, browser):
    page = stage.page_for(browser, "agent")
    page.goto(f"{stage.url}/run/tenders/new")
    page.fill("#tender_name", "临江大桥维修工程")
    page.select_option("#procuring_entity", CODES[1])
    page.fill("#lot_name", "第一标段")
    page.fill("#estimate", "11000000")
    page.fill("#ceiling", "12000000")

    page.click("text=添加评审项")
    page.wait_for_selector(field("items[4].name"))
    assert page.evaluate("document.activeElement.id") == "method.items[4].name"
    page.keyboard.type("安全文明施工")
    page.fill(field("items[4].max"), "5")
    page.wait_for_selector("#method-preview >> text=多出 5 分")
    page.fill(field("items[1].max"), "15")
    page.wait_for_selector("#method-preview >> text=全部符合")
    page.click('button[value="up:method.items:4"]')
    page.wait_for_selector(field("items[3].name") + ":focus")
    assert page.input_value(field("items[3].name")) == "安全文明施工"
    page.select_option(field("price_rule.benchmark.kind"), "minus_percent")
    page.wait_for_selector(field("price_rule.benchmark.percent"))
    page.select_option(field("price_rule.benchmark.value.kind"), "mean")
    page.wait_for_selector("text=添加一档去高去低")
    page.fill(field("price_rule.benchmark.percent"), "2")
    page.wait_for_selector("#method-preview >> text=有效报价的平均值下浮 2%")
    assert page.input_value("#tender_name") == "临江大桥维修工程"
    assert violations(page) == []
    page.click("button.btn-primary")
    page.wait_for_url(f"{stage.url}/run/tenders/TD*")

    with snapshot() as db:
        stored = queries.tender_by_code(db, page.url.rpartition("/")[2]).lots[0].method
    assert [item["name"] for item in stored["items"]] == [
        "资格条件和实质性响应",
        "施工组织设计",
        "项目管理机构",
        "安全文明施工",
        "类似业绩",
    ]
    wanted = {"kind": "minus_percent", "value": {"kind": "mean"}, "percent": "2"}
    assert stored["price_rule"] == method()["price_rule"] | {"benchmark": wanted}
    assert page.faults == []


@pytest.mark.parametrize("width", [1366, 390])
def test_a_refused_form_leads_to_each_field(stage, browser, width):
    page = stage.page_for(browser, "agent", width=width)
    page.goto(f"{stage.url}/run/tenders/new?regime=GOVPROC")
    page.fill(field("items[2].weight"), "很多")
    page.fill(field("seats"), "6")

    page.click("button.btn-primary")
    page.wait_for_selector("#problems")
    page.click("#problems >> text=评审项第 3 行 · 权重")

    assert page.url.endswith("#method.items[2].weight")
    assert page.input_value(field("items[2].weight")) == "很多"
    assert page.locator("#problems li", has_text="单数").count() == 1
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
