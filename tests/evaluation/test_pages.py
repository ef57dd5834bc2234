"""What is done by hand on the pages of the pool and of the draw, without scripts."""

import pytest

from evaluation import queries
from evaluation.actions import calls
from evaluation.rules.draw import Party
from evaluation.states import CallState, DrawState, ExpertState
from identity.states import OrganisationKind, Role
from storage.database import snapshot
from storage.vault import Vault
from tests.evaluation.test_draw import end_reveals
from tests.evaluation.test_supplement import add_regulator, refuse, vacate, waiting
from tests.factories.evaluation import Evaluation
from tests.factories.identity import CODES, make_organisation, make_person
from tests.factories.pages import Reader
from trading import queries as trading
from trading.states import LotState


@pytest.fixture
def operator(app):
    make_organisation(CODES[42], "临江交易中心", OrganisationKind.TRADING_CENTRE)
    make_person("operator", CODES[42], Role.OPERATOR)
    return Reader(app.test_client(), "operator")


@pytest.fixture
def person(operator):
    make_organisation(CODES[41], "专家库", OrganisationKind.EXPERT_POOL)
    return make_person("expert", CODES[41], Role.EXPERT, name="卫国")


def form(person, **changes):
    return {
        "person": person,
        "expert_name": "卫国",
        "employer": CODES[50],
        "employer_name": "临江大学",
        "city": "临江",
        "specialities": "桥梁，隧道 桥梁",
        "interests": f"{CODES[10]}\n{CODES[11]}",
    } | changes


def test_the_centre_takes_an_expert_into_the_pool_suspends_and_reinstates(operator, person):
    assert person in operator.get("/centre/experts")
    address = operator.sent("/centre/experts", **form(person))
    code = address.rpartition("/")[2]
    with snapshot() as db:
        expert = queries.expert_by_code(db, code)
    operator.refused(f"{address}/suspension", 422, "ground", ground=" ")
    operator.sent(f"{address}/suspension", ground="正在调查")
    with snapshot() as db:
        suspended = queries.expert_by_code(db, code).state
    again = operator.send(f"{address}/suspension", ground="再次").status_code
    operator.sent(f"{address}/reinstatement", ground="查无实据")

    assert expert.specialities == ["桥梁", "隧道"]
    assert expert.interests == sorted([CODES[10], CODES[11]])
    assert (suspended, again) == (ExpertState.SUSPENDED, 409)
    assert "可抽取" in operator.get(address)
    assert "卫国" in operator.get("/centre/experts?q=卫")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"person": "PN0000000000"}, 404, "person"),
        ({"person": ""}, 422, "person"),
        ({"employer": "1"}, 422, "employer"),
        ({"specialities": ""}, 422, "specialities"),
        ({"interests": "1"}, 422, "interests"),
        ({"expert_name": ""}, 422, "expert_name"),
    ],
)
def test_a_refused_entry_comes_back_and_nobody_is_taken(operator, person, change, status, field):
    operator.refused("/centre/experts", status, field, **form(person) | change)
    with snapshot() as db:
        assert queries.experts(db) == []


@pytest.fixture
def evaluation(app, settings):
    return Evaluation(Vault(settings.files)).confirmed()


def draw_of(evaluation):
    with snapshot() as db:
        return queries.draw_of_lot(db, trading.lot_by_code(db, evaluation.lot).id)


def test_the_agency_draws_and_convenes_by_hand(app, evaluation):
    agent, address = Reader(app.test_client(), "agent"), f"/evaluation/lots/{evaluation.lot}"
    agent.sent(f"{address}/draw")
    evaluation.draw = draw_of(evaluation).code
    early = agent.refused(f"{address}/draw/freeze", 409, confirm="yes")
    evaluation.commit()
    agent.refused(f"{address}/draw/freeze", 422, "confirm")
    agent.sent(f"{address}/draw/freeze", confirm="yes")
    evaluation.reveal()
    seats_open = agent.refused(f"{address}/meeting", 409, confirm="yes")
    evaluation.accept_all()
    agent.sent(f"{address}/meeting", confirm="yes")

    page = agent.get(f"{address}/draw")
    assert "至少两方须先提交" in early
    assert "确认参加" in seats_open
    assert draw_of(evaluation).state is DrawState.DRAWN
    assert evaluation.lot_state() is LotState.EVALUATING
    assert page.count("已确认参加") == 5
    assert not any(f"专家{number}" in page for number in range(7))


def test_each_party_brings_its_number_from_the_page_of_the_draw(app, evaluation):
    evaluation.open_draw()
    officer, bidder = (Reader(app.test_client(), name) for name in ("officer", "bidder1"))
    address = f"/evaluation/lots/{evaluation.lot}/draw"
    desk, page = officer.get("/desk"), officer.get(address)
    evaluation.commit()
    waiting = officer.get(address)
    evaluation.freeze()
    revealing = officer.get(address)

    assert address in desk
    assert page.count('data-nonce="commit"') == 1
    assert 'data-nonce="commit"' not in waiting
    assert revealing.count('data-nonce="reveal"') == 1
    assert address in officer.get("/desk")
    evaluation.reveal()
    assert evaluation.nonces[Party.PROCURING_ENTITY].hex() in officer.get(address)
    bidder.get(address, 404)


def test_an_expert_finds_the_call_on_its_desk_and_not_the_project(app, evaluation):
    evaluation.drawn()
    username = evaluation.experts[evaluation.calls()[0].expert_code]
    page = Reader(app.test_client(), username).get("/desk")
    assert "答复评标通知" in page
    assert evaluation.draw in page
    assert not any(word in page for word in ("临江大桥", evaluation.lot))


def test_who_did_not_answer_is_passed_over_on_the_page_once_the_time_is_over(app, evaluation):
    evaluation.drawn()
    username = evaluation.experts[evaluation.calls()[0].expert_code]
    agent, officer, expert = (
        Reader(app.test_client(), name) for name in ("agent", "officer", username)
    )
    address, way = f"/evaluation/lots/{evaluation.lot}/draw", "draw/seats/0/successor"
    form = f"/evaluation/lots/{evaluation.lot}/{way}"
    early, call = agent.get(address), expert.get(f"/evaluation/calls/{evaluation.draw}")
    before = agent.get("/desk")
    evaluation.let_answer_time_end()
    late, beside = agent.get(address), officer.get(address)
    desks = [reader.get("/desk") for reader in (agent, officer)]
    agent.refused(form, 422, "confirm")
    agent.sent(form, confirm="yes")

    assert ("请于" in early, "请于" in call) == (True, True)
    assert "通知下一位专家" not in before
    assert (way in early, way in late, way in beside) == (False, True, False)
    assert ("重新打开本页" in early, "重新打开本页" in late) == (True, False)
    assert ["通知下一位专家" in desk for desk in desks] == [True, False]
    assert "逾期未答复" in agent.get(address)
    assert "您没有按时答复" in expert.get(f"/evaluation/calls/{evaluation.draw}")
    assert "逾期未答复" in expert.get("/evaluation/desk")
    assert "之后才能通知下一位" in agent.refused(form, 409, confirm="yes")


def test_vacant_seats_are_drawn_for_again_on_the_page(app, evaluation):
    vacate(evaluation)
    add_regulator()
    agent, officer, regulator = (
        Reader(app.test_client(), name) for name in ("agent", "officer", "regulator")
    )
    address, way = f"/evaluation/lots/{evaluation.lot}/draw", "draw/supplement"
    form = f"/evaluation/lots/{evaluation.lot}/{way}"
    before, beside = agent.get(address), officer.get(address)
    desks = [reader.get("/desk") for reader in (agent, officer)]
    agent.refused(form, 422, "confirm")
    agent.sent(form, confirm="yes")
    during, desk = agent.get(address), agent.get("/desk")
    watched = regulator.get(address)

    assert (way in before, way in beside, way in during) == (True, False, False)
    assert (before.count("都已通知过"), "召开评标会" in before) == (1, False)
    assert before.index("都已通知过") < before.index("第 4 席")
    assert ["补充抽取专家" in page for page in (*desks, desk)] == [True, False, False]
    assert ("正在补充抽取" in during, "第 2 轮" in during) == (True, True)
    assert (watched.count("与记录一致"), "replay?round=1" in watched) == (1, True)


def test_seats_are_not_drawn_for_again_while_somebody_has_still_to_answer(app, evaluation):
    evaluation.drawn()
    while call := waiting(evaluation, 2):
        refuse(evaluation, call)
    agent = Reader(app.test_client(), "agent")
    page = agent.get(f"/evaluation/lots/{evaluation.lot}/draw")

    assert "还有专家没有答复" in page
    assert "补充抽取专家" not in agent.get("/desk")


def test_who_accepted_withdraws_on_the_page_until_the_committee_is_convened(app, evaluation):
    first, second, *_ = evaluation.drawn().accept_all().calls()
    address = f"/evaluation/calls/{evaluation.draw}"
    early, late = (
        Reader(app.test_client(), evaluation.experts[each.expert_code]) for each in (first, second)
    )
    before = early.get(address)
    early.refused(f"{address}/refusal", 422, "reason", reason=" ")
    early.sent(f"{address}/refusal", reason="发烧")
    for call in evaluation.calls():
        if call.state is CallState.CALLED:
            evaluation.do(calls.accept_call, evaluation.experts[call.expert_code], evaluation.draw)
    evaluation.convene()

    assert "退出并说明理由" in before
    assert "退出并说明理由" not in early.get(address)
    assert "退出并说明理由" not in late.get(address)
    assert address in early.get("/evaluation/desk")


def test_without_a_draw_there_is_nothing_to_freeze(app, evaluation):
    agent = Reader(app.test_client(), "agent")
    address = f"/evaluation/lots/{evaluation.lot}/draw"
    assert agent.send(f"{address}/freeze", confirm="yes").status_code == 404
    assert "冻结专家名单" not in agent.get(address)
    assert "开始抽取" in agent.get(address)


def test_a_draw_that_waits_stands_on_the_desk_of_regulators_until_it_is_repeated(app, evaluation):
    make_organisation(CODES[46], "临江监管局", OrganisationKind.REGULATOR)
    make_person("regulator", CODES[46], Role.REGULATOR)
    regulator = Reader(app.test_client(), "regulator")
    address = f"/evaluation/lots/{evaluation.lot}/draw"
    evaluation.open_draw()
    before = regulator.get("/desk")
    for _ in range(2):
        evaluation.commit().freeze().reveal(Party.PROCURING_ENTITY)
        end_reveals(evaluation)

    waiting = regulator.get("/desk")
    regulator.sent(f"{address}/repetition", ground="重新抽取")

    assert address not in before
    assert address in waiting
    assert address not in regulator.get("/desk")
