import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.forms.draft import draft_in, draft_of, fields_after
from evaluation.forms.method import fields_of, method_in
from evaluation.forms.presets import PRESETS, preset_method
from evaluation.forms.rows import changed
from evaluation.rules.method import Frame, parse_method
from evaluation.rules.price import parse_rule
from kernel.errors import InvalidInput
from tests.evaluation.test_method import CONSTRUCTION, DAY, GOVPROC
from tests.factories.evaluation import METHODS, method
from trading.states import Category, Regime

NOW = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
EXAMPLES = sorted((METHODS.parent / "price-rules/examples").glob("*.json"))


def again(value):
    rule = value["price_rule"]
    back, problems = method_in(fields_of(value), rule["regime"], rule.get("category", ""))
    assert problems == []
    return back


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.code)
def test_a_ready_method_is_lawful_and_comes_out_of_its_form_unchanged(preset):
    value = preset_method(preset.code, preset.regime)

    assert again(value) == value
    parse_method(value, Frame(preset.regime, preset.category, DAY, 999_999_999))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_documented_rule_that_a_method_may_have_comes_out_of_its_form_meaning_the_same(path):
    rule = json.loads(path.read_text(encoding="utf-8"))["rule"]
    if rule["method"] != "score" or "drawn" in rule or "ranking" in rule or "regime" not in rule:
        return
    rule.setdefault("regime", "CONSTRUCTION")
    if rule.get("reference") == "secret":
        return

    back = again(method(price_rule=rule))["price_rule"]

    assert parse_rule(back) == parse_rule(rule)


FULL_METHOD = method(
    "govproc",
    cities=[{"city": "临江", "seats": 3}, {"speciality": "市政", "seats": 4}],
    price_rule={
        "version": 1,
        "title": "低价优先",
        "source": "招标文件第三章",
        "regime": "GOVPROC",
        "category": "goods",
        "method": "score",
        "ceiling": "1200000",
        "evaluated_price": {"discounts": [{"for": "small_firm", "percent": "10"}]},
        "validity": [
            {"when": "above", "value": {"kind": "ceiling"}, "effect": "invalid", "why": "超过限价"},
            {
                "price": "evaluated",
                "when": "below",
                "value": {
                    "kind": "composite",
                    "first": {"kind": "mean", "not_below": {"kind": "given", "amount": "5"}},
                    "second": {"kind": "nearest", "to": {"kind": "lowest"}, "not_above": True},
                    "weight": "0.5",
                    "rounding": {"places": 2, "mode": "down"},
                },
                "effect": "ask",
                "why": "偏低",
            },
        ],
        "benchmark": {"kind": "lowest"},
        "score": {"kind": "ratio", "full": "100", "bonus": [{"for": "x", "percent": "2"}]},
        "rounding": {"score": {"places": 2, "mode": "up"}, "benchmark": 4},
    },
)


def test_a_method_with_everything_in_it_comes_out_of_its_form_unchanged():
    assert again(FULL_METHOD) == FULL_METHOD


def test_the_three_ways_of_weighing_come_out_of_the_form_unchanged():
    common = method("govproc", technical_weight="0.6", price_weight="0.4")
    for item in common["items"]:
        item.pop("weight", None)

    assert again(common) == common
    assert again(method("construction")) == method("construction")
    assert again(method("govproc")) == method("govproc")


@pytest.mark.parametrize(
    ("path", "value"),
    [("price_rule", {"benchmark": {"kind": "magic"}}), ("items", {}), ("extra", 1), ("seats", 1.5)],
)
def test_a_method_that_no_form_can_hold_is_refused_with_its_place(path, value):
    with pytest.raises(InvalidInput) as refused:
        fields_of(method(**{path: value}))

    assert refused.value.code == "method.not_in_form"
    assert refused.value.problems[0].field.startswith(f"method.{path}")


def fields(**changes):
    return fields_of(method("construction")) | {f"method.{k}": v for k, v in changes.items()}


def names(found):
    value, _ = method_in(found, "CONSTRUCTION", "works")
    return [item["name"] for item in value["items"]]


def test_rows_are_added_moved_and_taken_away():
    before = fields()
    first, second, *rest = names(before)

    assert names(changed(before, "down:method.items:0")) == [second, first, *rest]
    assert names(changed(before, "up:method.items:1")) == [second, first, *rest]
    assert names(changed(before, "remove:method.items:1")) == [first, *rest]
    added = changed(before, "add:method.items")
    assert added["method.items[4].kind"] == "scored"
    assert added["method.items[4].code"] == "item1"


@pytest.mark.parametrize(
    "deed",
    ["", "up:method.items:0", "down:method.items:3", "remove:method.items:9", "add:method.nothing",
     "add:seats", "remove:method.items", "x" * 500, "down:method.items:999"],
)  # fmt: skip
def test_a_deed_that_there_is_not_changes_nothing(deed):
    assert changed(fields(), deed) == fields()


def test_lists_take_no_more_rows_than_their_limit():
    found = fields()
    for _ in range(80):
        found = changed(found, "add:method.items")

    assert len([name for name in found if name.endswith("].kind")]) == 60


def test_new_items_get_codes_of_their_own():
    found = {name: text for name, text in fields().items() if not name.endswith("].code")}

    value, problems = method_in(found, "CONSTRUCTION", "works")

    assert problems == []
    assert [item["code"] for item in value["items"]] == ["item1", "item2", "item3", "item4"]


def test_everything_that_is_wrong_is_told_at_once_by_row_and_field():
    found = fields() | {
        "method.items[0].name": " ",
        "method.items[2].max": "很多",
        "method.price_rule.score.full": "",
        "method.seats": "6",
    }

    draft = draft_of(found, CONSTRUCTION)

    told = {problem.field: (problem.code, str(problem)) for problem in draft.problems}
    assert told == {
        "method.items[0].name": ("method.empty", "“评审项第 1 行 · 名称”还没有填写。"),
        "method.items[2].max": ("method.not_number", "“评审项第 3 行 · 满分”应填写数字。"),
        "method.price_rule.score.full": ("method.empty", "“价格分 · 满分”还没有填写。"),
        "method.seats": ("committee.even", "评标委员会成员人数应为单数，现为 6 人。"),
    }


def test_a_fault_of_the_rule_leads_to_a_field_that_the_form_shows():
    found = fields() | {"method.price_rule.benchmark.trimming[0].up_to": ""}

    (problem,) = draft_of(found, CONSTRUCTION).problems

    assert (problem.code, problem.field) == (
        "price.last_band",
        "method.price_rule.benchmark.trimming[0].up_to",
    )


def test_points_that_are_not_a_hundred_lead_to_the_items():
    (problem,) = draft_of(fields() | {"method.items[1].max": "21"}, CONSTRUCTION).problems
    assert (problem.code, problem.field) == ("method.not_a_hundred", "method.items")


def test_goods_need_thirty_per_cent_for_the_price_in_the_form_too():
    found = fields_of(method("govproc")) | {
        "method.price_weight": "0.29",
        "method.items[1].weight": "0.41",
    }

    (problem,) = draft_of(found, GOVPROC).problems

    assert (problem.code, problem.field, problem.source) == (
        "method.price_weight_too_small",
        "method.price_weight",
        "财政部令第87号 第55条",
    )


def form(**changes):
    return {"regime": "CONSTRUCTION", "category": "works", "lots": "1", **fields(), **changes}


def test_the_json_in_the_box_counts_before_the_fields():
    other = method("construction", seats=7)

    draft = draft_in(form(method=json.dumps(other)), NOW)

    assert (draft.value, draft.problems, draft.is_json) == (other, (), True)


DEEP = json.dumps(method()).replace('"seats": 5', '"seats": 5, "cities": ' + "[" * 900 + "]" * 900)


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"version": 1}', "[" * 5000, DEEP])
def test_json_that_is_no_method_leads_to_the_box(text):
    draft = draft_in(form(method=text), NOW)
    assert {problem.field for problem in draft.problems} == {"method"}
    assert draft.text == "{}"


def test_json_is_taken_into_the_fields():
    taken = fields_after(form(method=json.dumps(FULL_METHOD)), "import")
    assert method_in(taken, "GOVPROC", "goods") == (FULL_METHOD, [])


def test_the_largest_estimate_and_the_category_decide_what_the_method_must_fit():
    asked = form(
        regime="GOVPROC", category="services", lots="2", estimate="1", **{"estimate-2": "1e"}
    )
    frame = draft_in(asked | {"estimate": "10,000,000.00"}, NOW).frame

    assert frame == Frame(Regime.GOVPROC, Category.SERVICES, date(2026, 9, 1), 1_000_000_000)


def test_a_rehearsal_before_any_law_is_read_by_the_first_one():
    assert draft_in(form(rehearsal_from="2001-10-14T09:00"), NOW).frame.day == date(2017, 12, 28)


KEYS = st.sampled_from(sorted(fields_of(FULL_METHOD)))
HOSTILE = st.sampled_from(
    ["", " ", "-1", "1e9", "９", "\x00", "[]", "{", "9" * 40, "mean", "‮", "yes"]
)


@given(st.dictionaries(KEYS, HOSTILE, max_size=6), st.dictionaries(st.text(max_size=30), HOSTILE))
def test_whatever_is_typed_is_answered_with_problems_and_never_with_a_fault(some, others):
    found = (
        fields_of(FULL_METHOD) | some | {f"method.{name}": text for name, text in others.items()}
    )
    draft = draft_of(found, GOVPROC)
    for problem in draft.problems:
        assert str(problem)
