"""An agency writes the method of a tender in a form, in a browser without scripts."""

import json

import pytest

from identity.states import Role
from storage.database import snapshot
from tests.evaluation.test_method_form import FULL_METHOD
from tests.factories.evaluation import method
from tests.factories.forms import form_fields
from tests.factories.identity import CODES, make_person
from tests.factories.pages import Reader, facts
from tests.factories.trading import TENDER_FORM, make_cast, make_tender, publish
from trading import queries

NEW = "/run/tenders/new"


@pytest.fixture
def reader(app):
    return lambda username: Reader(app.test_client(), username)


@pytest.fixture
def agent(app, reader):
    make_cast()
    return reader("agent")


def filled(agent, **changes):
    return form_fields(agent.get(NEW)) | TENDER_FORM | changes


def pressed(agent, form, deed):
    """The fields of the form after one of its buttons was pressed."""
    answer = agent.send(NEW, **form | {"do": deed})
    assert answer.status_code == 200
    return form_fields(answer.get_data(as_text=True))


def registered(agent, form):
    code = agent.sent("/run/tenders", **form | {"do": ""}).rpartition("/")[2]
    with snapshot() as db:
        return [lot.method for lot in queries.tender_by_code(db, code).lots]


def test_the_ready_method_of_the_form_is_stored_as_it_is_documented(agent):
    assert registered(agent, filled(agent)) == [method("construction")]


def test_a_method_is_written_by_fields_and_buttons_alone(agent):
    form = filled(agent)
    form = pressed(agent, form, "add:method.items") | {
        "method.items[4].name": "安全文明施工",
        "method.items[4].max": "5",
        "method.items[1].max": "15.00",
    }
    form = pressed(agent, form, "up:method.items:4")
    form = pressed(agent, form, "remove:method.items:2")
    form = pressed(agent, form | {"method.price_rule.benchmark.kind": "minus_percent"}, "update")
    form |= {"method.price_rule.benchmark.value.kind": "mean"}
    form |= {"method.price_rule.benchmark.percent": "1.5", "method.items[3].max": "20"}

    (stored,) = registered(agent, form)

    assert [(item["name"], item.get("max")) for item in stored["items"]] == [
        ("资格条件和实质性响应", None),
        ("施工组织设计", "15.00"),
        ("安全文明施工", "5"),
        ("类似业绩", "20"),
    ]
    assert stored["items"][2]["code"] == "item1"
    assert stored["price_rule"]["benchmark"] == {
        "kind": "minus_percent",
        "value": {"kind": "mean"},
        "percent": "1.5",
    }


def test_a_button_keeps_everything_that_was_typed_and_registers_nothing(agent):
    form, before = (
        filled(agent, tender_name="写了一半", estimate="一千万", **{"method.seats": "x"}),
        facts(),
    )

    after = pressed(agent, form | {"lots": "2"}, "frame")

    kept = {name: after[name] for name in form if name != "csrf_token"}
    assert kept == {n: v for n, v in (form | {"lots": "2"}).items() if n != "csrf_token"}
    assert "lot_name-2" in after
    assert facts() == before


def test_all_that_is_wrong_with_a_tender_is_told_at_once(agent):
    before = facts()
    form = filled(
        agent,
        tender_name=" ",
        estimate="很多",
        validity_days="366",
        procuring_entity="",
        **{"method.items[1].name": "", "method.seats": "4", "method.price_rule.score.full": "x"},
    )

    page = agent.refused("/run/tenders", 422, "tender_name", **form)

    wanted = {"tender_name", "estimate", "procuring_entity", "method.items[1].name"}
    wanted |= {"method.seats", "method.price_rule.score.full"}
    assert all(f'<a href="#{field}">' in page and f'id="{field}"' in page for field in wanted)
    assert "请改正 7 处" in page
    assert "评审项第 2 行 · 名称" in page
    assert form_fields(page) == form | {"csrf_token": form_fields(page)["csrf_token"]}
    assert facts() == before


def test_what_the_law_forbids_is_told_together_with_what_cannot_be_read(agent):
    form = filled(agent, guarantee="220000.01", **{"method.items[1].max": "21"})
    page = agent.refused("/run/tenders", 409, "guarantee", **form)
    assert '<a href="#method.items">' in page
    assert "请改正 2 处" in page
    assert "现为 101 分" in page


def test_the_preview_shows_points_rules_and_a_curve_of_the_real_rule(agent):
    page = agent.get(NEW)
    assert "合计 100 分" in page
    assert "招标投标法 第37条" in page
    assert "54.12" in page
    assert "<polyline" in page
    assert "报价等于评标基准价得 60 分" in page


def test_the_method_goes_out_as_json_and_comes_back_the_same(agent):
    form = filled(agent, regime="GOVPROC", category="goods", method=json.dumps(FULL_METHOD))

    form = pressed(agent, form, "import")
    assert form["method"] == ""
    answer = agent.send(NEW, **form | {"do": "export"})

    assert answer.get_json() == FULL_METHOD
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("text", ["[]", "{", '{"items": {}}'])
def test_json_that_no_form_can_hold_comes_back_with_its_words(agent, text):
    page = agent.refused(NEW, 422, **filled(agent, method=text) | {"do": "import"})
    assert form_fields(page)["method"] == text


def test_a_change_of_regime_takes_a_ready_method_of_that_regime(agent):
    form = pressed(agent, filled(agent) | {"regime": "GOVPROC", "category": "services"}, "frame")
    form = pressed(agent, form | {"preset": "govproc-services", "estimate": "9999999"}, "preset")

    assert registered(agent, form | {"guarantee": "0"}) == [method("govproc-services")]


def test_everybody_reads_the_method_of_a_published_tender_in_words(agent, app):
    code = agent.sent("/run/tenders", **filled(agent) | {"do": ""}).rpartition("/")[2]
    with snapshot() as db:
        (lot,) = queries.tender_by_code(db, code).lots
    publish(code)

    pages = [
        Reader(app.test_client()).get(f"/tenders/{code}"),
        agent.get(f"/run/lots/{lot.code}"),
        Reader(app.test_client(), "bidder1").get(f"/bids/lots/{lot.code}"),
    ]

    for page in pages:
        assert "施工组织设计" in page
        assert "报价等于评标基准价得 60 分；每高 1% 扣 1 分" in page
        assert "<polyline" in page


def test_a_lot_without_a_method_has_a_page_all_the_same(agent, app):
    code = make_tender()
    publish(code)
    assert "<polyline" not in Reader(app.test_client()).get(f"/tenders/{code}")


@pytest.mark.parametrize("username", ["officer", "bidder1"])
def test_nobody_but_an_agency_uses_the_form(agent, reader, username):
    make_person("officer", CODES[1], Role.PROCURING_OFFICER)
    other = reader(username)

    for address in (NEW, "/run/tenders"):
        assert other.send(address, **TENDER_FORM).status_code == 403
    assert other.client.get(NEW).status_code == 403
