import copy
from datetime import date

import pytest

from evaluation.rules.method import Frame, parse_method, price_points
from identity.states import OrganisationKind, Role
from kernel.errors import Refusal
from storage.database import snapshot
from tests.factories.evaluation import method
from tests.factories.identity import CODES, make_organisation, make_person, token
from trading.models.tendering import Tender
from trading.states import Category, Regime

DAY = date(2026, 9, 1)
CONSTRUCTION = Frame(Regime.CONSTRUCTION, Category.WORKS, DAY, 3_000_000_000)
GOVPROC = Frame(Regime.GOVPROC, Category.GOODS, DAY, 1_000_000_000)


def parsed(name, frame):
    return parse_method(method(name), frame)


@pytest.mark.parametrize(
    ("name", "frame", "points"), [("construction", CONSTRUCTION, 60), ("govproc", GOVPROC, 30)]
)
def test_the_documented_methods_are_valid(name, frame, points):
    made = parsed(name, frame)

    assert (len(made.checks), len(made.scored), price_points(made)) == (1, 3, points)


def test_a_technical_weight_counts_for_every_scored_item():
    plan = method("govproc", technical_weight="0.6", price_weight="0.4")
    plan["items"] = [
        {"code": "a", "name": "甲", "kind": "scored", "max": "70"},
        {"code": "b", "name": "乙", "kind": "scored", "max": "30"},
    ]

    made = parse_method(plan, GOVPROC)

    assert [str(item.weight) for item in made.scored] == ["3/5", "3/5"]


def changed(path, value, name="construction"):
    plan = copy.deepcopy(method(name))
    *way, last = path
    place = plan
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return plan


@pytest.mark.parametrize(
    ("path", "value", "code", "field"),
    [
        (["version"], 2, "method.version", "method.version"),
        (["version"], True, "method.version", "method.version"),
        (["extra"], 1, "statement.malformed", "method"),
        (["seats"], None, "statement.malformed", "method"),
        (["seats"], "5", "method.seats", "method.seats"),
        (["seats"], 4, "committee.even", "seats"),
        (["seats"], 3, "committee.too_small", "seats"),
        (["items"], [], "method.list", "method.items"),
        (["items", 1, "kind"], "other", "method.kind", "method.items[1].kind"),
        (["items", 1, "max"], "20.001", "statement.malformed", "method.items[1].max"),
        (["items", 1, "max"], 20, "statement.malformed", "method.items[1].max"),
        (["items", 1, "max"], "0", "method.max", "method.items[1].max"),
        (["items", 1, "max"], "21", "method.not_a_hundred", "method.items"),
        (["items", 1, "code"], "team", "method.item_twice", "method.items"),
        (["items", 1, "weight"], "0.5", "method.weights", "method.items"),
        (["items", 0, "name"], "", "statement.malformed", "method.items[0].name"),
        (["aggregation"], "best", "method.aggregation", "method.aggregation"),
        (["price_rule", "regime"], "GOVPROC", None, None),
        (["price_rule", "score", "full"], "59", "method.not_a_hundred", "method.items"),
        (["cities"], [{"city": "临江", "seats": 4}], "method.seats", "method.cities"),
        (["price_weight"], "0", "method.weight", "method.price_weight"),
    ],
)
def test_a_wrong_method_is_refused_with_its_place(path, value, code, field):
    with pytest.raises(Refusal) as refused:
        parse_method(changed(path, value), CONSTRUCTION)

    if code:
        assert (refused.value.code, refused.value.problems[0].field) == (code, field)


@pytest.mark.parametrize("value", [None, [], "method", 5])
def test_a_method_that_is_no_object_is_refused(value):
    with pytest.raises(Refusal) as refused:
        parse_method(value, CONSTRUCTION)
    assert refused.value.code == "statement.malformed"


def test_the_price_of_goods_weighs_at_least_thirty_per_cent():
    plan = method("govproc", price_weight="0.29")
    plan["items"][1]["weight"] = "0.41"

    with pytest.raises(Refusal) as refused:
        parse_method(plan, GOVPROC)

    assert refused.value.code == "method.price_weight_too_small"
    assert refused.value.problems[0].source == "财政部令第87号 第55条"


def test_a_large_procurement_needs_seven_seats():
    with pytest.raises(Refusal) as refused:
        parse_method(method("govproc", seats=5), GOVPROC)
    assert refused.value.code == "committee.too_small"


def test_seats_may_be_shared_out_over_cities_and_specialities():
    cities = [{"city": "临江", "speciality": "桥梁", "seats": 3}, {"city": "海州", "seats": 2}]

    made = parse_method(method(cities=cities), CONSTRUCTION)

    assert [(s.city, s.speciality) for s in made.seats] == [
        *[("临江", "桥梁")] * 3,
        *[("海州", None)] * 2,
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seats": 4}, "committee.even"),
        ({"aggregation": "best"}, "method.aggregation"),
        ({"items": []}, "method.list"),
        ({"extra": 1}, "statement.malformed"),
    ],
    ids=["even committee", "unknown aggregation", "no items", "unknown key"],
)
def test_a_tender_with_a_method_that_would_not_do_is_not_registered(client, changes, code):
    make_organisation(CODES[0], "临江招标代理有限公司", OrganisationKind.AGENCY)
    make_organisation(CODES[1], "临江市建设局", OrganisationKind.PROCURING_ENTITY)
    make_person("agent", CODES[0], Role.AGENT)
    lot = {"name": "第一标段", "estimate": "30000000", "ceiling": "32000000"}
    body = {
        "regime": "CONSTRUCTION",
        "category": "works",
        "name": "临江大桥维修工程",
        "procuring_entity": CODES[1],
        "lots": [lot | {"method": method("construction") | changes}],
    }

    headers = {"Authorization": f"Bearer {token('agent')}"}
    answer = client.post("/api/v1/tenders", json=body, headers=headers)

    assert answer.status_code in (409, 422)
    assert answer.json["error"]["code"] == code
    with snapshot() as db:
        assert db.query(Tender).count() == 0
