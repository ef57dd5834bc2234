"""Pages of experts, of the draw and of regulators, as they come over the wire."""

import pytest

from evaluation import queries
from evaluation.actions import scoring
from evaluation.forms import draft_of
from evaluation.rules.disclosure import DrawMatter, Observer, may_see
from evaluation.states import CallState, DrawState, MeetingState
from identity.states import OrganisationKind, Role
from storage.database import snapshot
from storage.vault import Vault
from tests.factories.evaluation import Evaluation
from tests.factories.identity import CODES, make_organisation, make_person, token
from trading import queries as trading
from trading.states import LotState

ITEMS = [
    {"code": "fit", "name": "资格", "kind": "pass_fail"},
    {"code": "plan", "name": "组织设计", "kind": "scored", "max": "20.00"},
]


class Visitor:
    """Somebody with a token who reads pages and sends forms."""

    def __init__(self, client, username):
        self.client, self.username = client, username
        self.headers = {"Authorization": f"Bearer {token(username)}"}

    def get(self, path):
        return self.client.get(path, headers=self.headers)

    def text(self, path):
        return self.get(path).get_data(as_text=True)

    def send(self, path, **form):
        return self.client.post(path, data=form, headers=self.headers)


@pytest.fixture
def drawn(client, settings):
    """A lot whose experts are called, and its visitors."""
    made = Evaluation(Vault(settings.files)).confirmed().drawn()
    make_organisation(CODES[43], "临江市监督管理局", OrganisationKind.REGULATOR)
    make_person("regulator", CODES[43], Role.REGULATOR)
    return made


@pytest.fixture
def room(drawn, client):
    """The meeting at its scoring: the evaluation, the page's address, its chair and a member."""
    drawn.accept_all().convene().scoring()
    chair, member, *_ = (Visitor(client, drawn.experts[code]) for code in drawn.keys)
    return drawn, f"/evaluation/meetings/{drawn.meeting}", chair, member


def meeting_of(evaluation):
    with snapshot() as db:
        return queries.meeting_by_code(db, evaluation.meeting)


def code_in(answer):
    """The page of a refused form: its status, and the words of its summary."""
    return answer.status_code, answer.get_data(as_text=True)


def test_a_call_names_no_project_and_is_answered_once(drawn, client):
    call = drawn.calls()[0]
    expert = Visitor(client, drawn.experts[call.expert_code])
    pages = expert.text("/evaluation/desk") + expert.text(f"/evaluation/calls/{drawn.draw}")
    accepted = expert.send(f"/evaluation/calls/{drawn.draw}/acceptance")
    again = expert.send(f"/evaluation/calls/{drawn.draw}/acceptance")

    assert "临江大桥" not in pages
    assert drawn.lot not in pages
    assert (accepted.status_code, accepted.location) == (302, "/evaluation/desk")
    assert again.status_code == 409
    assert drawn.calls()[0].state is CallState.ACCEPTED


def test_a_call_is_refused_with_a_reason_only(drawn, client):
    call = drawn.calls()[0]
    expert = Visitor(client, drawn.experts[call.expert_code])
    path = f"/evaluation/calls/{drawn.draw}/refusal"
    status, page = code_in(expert.send(path, reason="  "))
    before = len(drawn.calls())
    refused = expert.send(path, reason="时间冲突")

    assert status == 422
    assert "“理由”不能为空" in page
    assert (before, len(drawn.calls())) == (5, 6)
    assert refused.status_code == 302


def test_an_expert_finds_no_call_and_no_meeting_of_others(room, client):
    evaluation, path, *_ = room
    outsider = next(n for c, n in evaluation.experts.items() if c not in evaluation.keys)
    visitor = Visitor(client, outsider)

    assert visitor.get(path).status_code == 404
    assert visitor.get(f"/evaluation/calls/{evaluation.draw}").status_code == 404
    for action in ("draft", "vote", "reveal", "lock", "ranking", "report"):
        assert visitor.send(f"{path}/{action}", confirm="yes").status_code == 404
    assert Visitor(client, "agent").get(path).status_code == 403


def test_a_draft_keeps_what_is_filled_in_and_only_its_expert_sees_it(room):
    evaluation, path, chair, member = room
    bid = evaluation.bids[0]
    form = {
        f"sheet.marks.{bid}.plan": " 17.25 ",
        f"sheet.checks.{bid}.qualification": "fail",
        f"sheet.checks.{bid}.qualification.ground": "资质证书过期",
        "sheet.marks.BB0000000000.plan": "1",
    }
    saved = member.send(f"{path}/draft", **form)

    assert saved.status_code == 302
    assert 'value="17.25"' in member.text(path)
    assert "资质证书过期" in member.text(path)
    assert "17.25" not in chair.text(path)
    assert "资质证书过期" not in chair.text(path)


def test_a_draft_is_read_from_the_form_item_by_item():
    form = {
        "sheet.marks.B1.plan": "9",
        "sheet.checks.B1.fit": "pass",
        "sheet.checks.B1.fit.ground": "不算数",
        "sheet.checks.B2.fit": "fail",
        "sheet.checks.B2.fit.ground": " 没有资质 ",
        "sheet.marks.B2.other": "5",
    }

    assert draft_of(form, ITEMS, ["B1", "B2"]) == {
        "checks": {
            "B1": {"fit": {"pass": True}},
            "B2": {"fit": {"pass": False, "ground": "没有资质"}},
        },
        "marks": {"B1": {"plan": "9"}, "B2": {}},
    }


@pytest.mark.parametrize("action", ["reveal", "lock", "ranking", "report"])
def test_the_chairs_steps_need_a_tick_and_are_the_chairs(room, action):
    evaluation, path, chair, member = room
    for code in evaluation.keys:
        evaluation.hand_in(code)
    status, page = code_in(chair.send(f"{path}/{action}"))
    other, told = code_in(member.send(f"{path}/{action}", confirm="yes"))

    assert (status, other) == (422, 409)
    assert "请先勾选确认" in page
    assert "只有评标委员会主任" in told
    assert meeting_of(evaluation).state is MeetingState.SCORING


def test_the_chair_goes_from_the_sheets_to_the_report_by_forms(room):
    evaluation, path, chair, _ = room
    early, told = code_in(chair.send(f"{path}/reveal", confirm="yes"))
    for code in evaluation.keys:
        evaluation.hand_in(code)
    steps = [chair.send(f"{path}/{step}", confirm="yes") for step in ("reveal", "lock", "ranking", "report")]  # fmt: skip

    assert (early, [step.status_code for step in steps]) == (409, [302] * 4)
    assert "还有 5 位专家没有提交评分表" in told
    assert meeting_of(evaluation).state is MeetingState.REPORTING
    assert "/papers/" in chair.text(path)
    assert chair.text("/evaluation/desk").count("阅读并签署评标报告") == 1


def test_no_sheet_is_shown_before_the_reveal_and_no_name_before_the_lock(room):
    evaluation, path, chair, member = room
    codes = list(evaluation.keys)
    evaluation.hand_in(codes[0], evaluation.sheet(marks={0: "6.79"}))
    before = member.text(path)
    for code in codes[1:]:
        evaluation.hand_in(code)
    committed = member.text(path)
    evaluation.reveal_sheets()
    revealed = member.text(path)
    evaluation.lock()
    locked = member.text(path)

    assert "6.79" not in before + committed
    assert "6.79" in revealed
    assert "临江建设" not in before + committed + revealed
    assert "临江建设10有限公司" in locked
    assert "6.79" in chair.text(path)


def test_experts_who_differ_on_an_objective_item_are_pointed_to_it(room):
    evaluation, path, chair, member = room
    first, *others = evaluation.keys
    evaluation.hand_in(first, evaluation.sheet(fail=[0]))
    for code in others:
        evaluation.hand_in(code)
    evaluation.reveal_sheets()

    for seen in (chair.text(path), member.text(path)):
        assert seen.count('class="is-bad"') == 1
        assert "不一致" in seen
    assert "客观项各位专家须一致" in chair.text(path)
    assert "客观项各位专家须一致" not in member.text(path)


def test_a_vote_for_nobody_is_refused_at_its_field(drawn, client):
    drawn.accept_all().convene()
    for code in drawn.keys:
        drawn.sign(code)
    path = f"/evaluation/meetings/{drawn.meeting}"
    expert = Visitor(client, drawn.experts[next(iter(drawn.keys))])
    status, page = code_in(expert.send(f"{path}/vote"))
    voted = expert.send(f"{path}/vote", choice=next(iter(drawn.keys)))

    assert status == 422
    assert "只能推选评标委员会成员" in page
    assert voted.status_code == 302
    assert "已投票，等待其他专家" in expert.text(path)


def test_a_regulator_sees_progress_and_no_score_before_the_lock(room, client):
    evaluation, *_ = room
    regulator, path = Visitor(client, "regulator"), f"/supervision/lots/{evaluation.lot}"
    scoring = regulator.text(path)
    for code in evaluation.keys:
        evaluation.hand_in(code, evaluation.sheet(marks={0: "6.79"}))
    evaluation.reveal_sheets()
    revealed = regulator.text(path)
    evaluation.lock()
    evaluation.rank(reasoning="有竞争性")
    ranked = regulator.text(path)

    assert "分数密封" in scoring
    assert "未提交" in scoring
    for page in (scoring, revealed):
        assert "6.79" not in page
        assert [bid for bid in evaluation.bids if bid in page] == []
    assert [bid for bid in evaluation.bids if bid not in ranked] == []
    assert "评分表已锁定" in ranked


def test_the_draw_is_followed_by_seat_and_made_again_for_regulators(drawn, client):
    path = f"/evaluation/lots/{drawn.lot}/draw"
    pages = {name: Visitor(client, name).text(path) for name in ("agent", "officer", "host", "witness")}  # fmt: skip
    regulator = Visitor(client, "regulator").text(path)

    for page in pages.values():
        assert page.count("待答复") == 5
        assert [code for code in drawn.experts if code in page] == []
    assert "与记录一致" in regulator
    assert [c for c in drawn.calls() if c.expert_code not in regulator] == []
    for name in ("bidder1", "expert0"):
        assert Visitor(client, name).get(path).status_code == 404


def test_the_draw_made_again_still_agrees_after_a_refusal(drawn, client):
    call = drawn.calls()[0]
    expert = Visitor(client, drawn.experts[call.expert_code])
    expert.send(f"/evaluation/calls/{drawn.draw}/refusal", reason="健康原因")

    page = Visitor(client, "regulator").text(f"/evaluation/lots/{drawn.lot}/draw")

    assert "与记录一致" in page
    assert "不能参加" in page


def test_only_regulators_see_who_could_be_drawn():
    assert [o for o in Observer if may_see(o, DrawMatter.REPLAY)] == [Observer.REGULATOR]
    assert all(may_see(o, m) for o in Observer for m in (DrawMatter.STEPS, DrawMatter.CALLS))


def test_the_agency_opens_freezes_and_convenes_by_forms(client, settings):
    made = Evaluation(Vault(settings.files)).confirmed()
    agent, path = Visitor(client, "agent"), f"/evaluation/lots/{made.lot}/draw"
    opened = agent.send(path)
    with snapshot() as db:
        draw = queries.draw_of_lot(db, trading.lot_by_code(db, made.lot).id)
    made.draw = draw.code
    unticked, told = code_in(agent.send(f"{path}/freeze"))
    early, few = code_in(agent.send(f"{path}/freeze", confirm="yes"))
    made.commit()
    listed = Visitor(client, "host").text("/evaluation/draws")
    frozen = agent.send(f"{path}/freeze", confirm="yes")
    made.reveal().accept_all()
    convened = agent.send(f"/evaluation/lots/{made.lot}/meeting", confirm="yes")

    assert [answer.status_code for answer in (opened, frozen, convened)] == [302] * 3
    assert (unticked, early) == (422, 409)
    assert "请先勾选确认" in told
    assert "至少两方" in few
    assert draw.code in listed
    assert made.lot_state() is LotState.EVALUATING


def test_a_draw_is_not_opened_or_repeated_by_who_may_not(drawn, client):
    path = f"/evaluation/lots/{drawn.lot}/draw"

    assert Visitor(client, "officer").send(f"{path}/freeze", confirm="yes").status_code == 403
    assert Visitor(client, "bidder1").send(path).status_code == 403
    status, page = code_in(Visitor(client, "regulator").send(f"{path}/repetition", ground="x"))
    assert status == 409
    assert "没有等待监管部门处理" in page
    with snapshot() as db:
        assert queries.draw_by_code(db, drawn.draw).state is DrawState.DRAWN


def test_regulators_read_the_files_of_an_opened_bid(drawn, client):
    receipt = drawn.hall.receipts["bidder1"]
    regulator = Visitor(client, "regulator")

    assert "技术标.txt" in regulator.text(f"/bids/{receipt}/files")
    assert receipt in regulator.text(f"/supervision/lots/{drawn.lot}")


def test_the_account_page_tells_which_key_counts(drawn, client):
    witness = Visitor(client, "witness")
    with snapshot() as db:
        key = trading.opening_keys(db, trading.lot_by_code(db, drawn.lot).id)[0].key_code

    assert f'data-current="{key}"' in witness.text("/account/keys")
    assert 'data-current=""' in Visitor(client, "host").text("/account/keys")


def test_the_scoring_room_has_every_cell_by_criterion_and_names_nobody(room, client):
    evaluation, path, _, member = room
    page = member.text(f"{path}/room")
    outsider = next(n for c, n in evaluation.experts.items() if c not in evaluation.keys)
    evaluation.do(scoring.save_draft, member.username, evaluation.meeting, {"marks": {evaluation.bids[0]: {"plan": "20.01"}}})  # fmt: skip
    kept = member.text(f"{path}/room")
    for code in evaluation.keys:
        evaluation.hand_in(code)
    evaluation.reveal_sheets().lock()

    assert page.count("data-cell ") == len(evaluation.bids) * len(evaluation.plan()["items"])
    assert "临江建设" not in page
    assert kept.count('aria-invalid="true"') == 1
    assert "现在不能评分" in member.text(f"{path}/room")
    assert Visitor(client, outsider).get(f"{path}/room").status_code == 404


def test_the_desk_names_the_step_that_waits_for_me(drawn, client):
    drawn.accept_all().convene()
    first = Visitor(client, drawn.experts[next(iter(drawn.keys))])
    seen = {"convened": first.text("/evaluation/desk")}
    drawn.scoring()
    seen["scoring"], seen["own desk"] = first.text("/evaluation/desk"), first.text("/desk")
    drawn.hand_in(next(iter(drawn.keys)))
    seen["handed in"] = first.text("/evaluation/desk")
    for code in list(drawn.keys)[1:]:
        drawn.hand_in(code)
    seen["chair"] = first.text("/evaluation/desk")

    assert "签署评标承诺书" in seen["convened"]
    assert "评分并提交评分表" in seen["scoring"]
    assert "评分并提交评分表" in seen["own desk"]
    assert "评分并提交评分表" not in seen["handed in"]
    assert "公开全部评分表" not in seen["handed in"]
    assert "公开全部评分表" in seen["chair"]


def test_steps_of_a_draw_that_cannot_succeed_are_disabled_with_the_reason(drawn, client):
    path = f"/evaluation/lots/{drawn.lot}/draw"
    agent = Visitor(client, "agent")
    early = agent.text(path)
    drawn.accept_all()
    late = agent.text(path)

    assert "已确认 0/5" in early
    assert "disabled" in early
    assert "已确认" not in late.replace("已确认参加", "")


def test_the_commitment_shows_no_bidder_and_says_why(drawn, client):
    drawn.accept_all().convene()
    page = Visitor(client, drawn.experts[next(iter(drawn.keys))]).text(f"/evaluation/meetings/{drawn.meeting}")  # fmt: skip

    assert "评分锁定之前不出示投标人名单" in page
    assert "临江建设" not in page
