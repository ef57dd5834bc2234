import base64
import json

import pytest

from evaluation import queries
from evaluation.actions import meeting as actions
from evaluation.actions.calls import accept_call
from evaluation.states import MEETING, MeetingEvent, MeetingState
from evidence.rules.streams import canonical
from kernel.errors import InvalidInput, NotFound, Refusal, TransitionRefused
from storage.database import snapshot
from storage.vault import Vault
from tests.factories.evaluation import Evaluation
from tests.factories.identity import token
from trading import queries as trading
from trading.states import LotState


@pytest.fixture
def evaluation(database, tmp_path):
    return Evaluation(Vault(tmp_path / "files")).confirmed().drawn()


@pytest.fixture
def convened(evaluation):
    return evaluation.accept_all().convene()


@pytest.fixture
def seen(client, tmp_path):
    """A meeting at its scoring, and what an expert's program gets of it."""
    made = Evaluation(Vault(tmp_path / "files")).confirmed().drawn().accept_all().convene()
    return made.scoring(), client


def get(client, path, username):
    return client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token(username)}"})


def meeting_of(evaluation):
    with snapshot() as db:
        return queries.meeting_by_code(db, evaluation.meeting)


def refused(call, *args, **kwargs):
    with pytest.raises(Refusal) as fault:
        call(*args, **kwargs)
    return fault.value


@pytest.mark.parametrize("state", list(MeetingState))
@pytest.mark.parametrize("event", list(MeetingEvent))
def test_every_pair_of_the_meetings_table_is_decided(state, event):
    if (state, event) in MEETING.moves:
        assert MEETING.after(state, event) is MEETING.moves[state, event]
    else:
        with pytest.raises(TransitionRefused):
            MEETING.after(state, event)


def test_a_meeting_waits_for_every_seat(evaluation):
    first = evaluation.calls()[0]
    evaluation.do(accept_call, evaluation.experts[first.expert_code], evaluation.draw)

    fault = refused(evaluation.do, actions.convene_meeting, "agent", evaluation.lot)

    assert (fault.code, evaluation.lot_state()) == ("meeting.seats_open", LotState.CONFIRMED)


def test_convening_begins_the_evaluation_and_is_the_agencys(evaluation):
    evaluation.accept_all()
    fault = refused(evaluation.do, actions.convene_meeting, "officer", evaluation.lot)
    evaluation.convene()

    assert fault.code == "tender.agency_only"
    assert evaluation.lot_state() is LotState.EVALUATING
    assert len(evaluation.bids) == 4


def test_all_commitments_open_the_election(convened):
    codes = list(convened.keys)
    for code in codes[:-1]:
        convened.sign(code)
    before = meeting_of(convened).state
    convened.sign(codes[-1])

    assert (before, meeting_of(convened).state) == (MeetingState.CONVENED, MeetingState.ELECTING)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"no_conflict": False}, "statement.malformed"),
        ({"type": "score-sheet/v1"}, "statement.malformed"),
        ({"extra": 1}, "statement.malformed"),
        ({"lot": "TD0000000000-01"}, "commitment.not_yours"),
        ({"expert": "EX0000000000"}, "commitment.not_yours"),
    ],
)
def test_a_commitment_for_something_else_is_refused(convened, change, code):
    fault = refused(convened.sign, next(iter(convened.keys)), **change)
    assert (fault.code, type(fault)) == (code, InvalidInput)


def test_a_commitment_signed_by_another_or_twice_is_refused(convened):
    first, second, *_ = convened.keys
    mine = convened.keys[first]
    convened.keys[first] = convened.keys[second]
    forged = refused(convened.sign, first)
    convened.keys[first] = mine
    convened.sign(first)

    assert forged.code == "statement.signature"
    assert refused(convened.sign, first).code == "commitment.signed"


def test_the_chair_needs_a_majority_of_the_committee_and_else_a_new_ballot(convened):
    a, b, c, d, e = convened.keys
    for code in convened.keys:
        convened.sign(code)
    for voter, choice in ((a, a), (b, a), (c, b), (d, b), (e, c)):
        convened.vote(voter, choice)
    tied = meeting_of(convened)
    for voter, choice in ((a, a), (b, a), (c, a), (d, b), (e, b)):
        convened.vote(voter, choice)
    elected = meeting_of(convened)

    assert (tied.state, tied.ballot, tied.chair) == (MeetingState.ELECTING, 2, None)
    assert (elected.state, elected.chair) == (MeetingState.SCORING, a)


def test_votes_are_equal_one_each_and_for_members(convened):
    a, *_ = convened.keys
    early = refused(convened.vote, a, a)
    for code in convened.keys:
        convened.sign(code)
    convened.vote(a, a)

    assert early.code == "meeting.wrong_stage"
    assert refused(convened.vote, a, a).code == "chair.voted"
    assert refused(convened.vote, a, "EX0000000000").code == "chair.not_a_member"


def test_an_expert_who_was_not_drawn_does_not_find_the_meeting(convened):
    outsider = next(n for c, n in convened.experts.items() if c not in convened.keys)
    fault = refused(
        convened.do, actions.vote_chair, outsider, convened.meeting, choice="EX0000000000"
    )
    assert isinstance(fault, NotFound)


def test_an_expert_sees_no_name_code_receipt_or_price_before_the_lock(seen):
    evaluation, client = seen
    with snapshot() as db:
        lot = trading.lot_by_code(db, evaluation.lot)
        opened = trading.opened_bids(db, lot.id)
        secrets = [
            text
            for each in opened
            for text in (
                each.bid.bidder.name,
                each.bid.bidder.credit_code,
                each.bid.receipt,
                str(each.price_fen),
                f"{each.price_fen / 100:.2f}",
            )
        ]
    expert = evaluation.experts[evaluation.chair]
    path = f"meetings/{evaluation.meeting}"
    pages = [get(client, path, expert).data, get(client, "calls", expert).data]
    for code in evaluation.keys:
        evaluation.hand_in(code)
    pages.append(get(client, path, expert).data)
    evaluation.reveal_sheets()
    pages.append(get(client, path, expert).data)
    evaluation.lock()
    after = get(client, path, expert).data.decode()

    assert len(secrets) == 20
    for page in pages:
        assert b"MT" in page or b"calls" in page
        assert [text for text in secrets if text.encode() in page] == []
    assert opened[0].bid.bidder.name in after


def test_another_experts_marks_are_not_shown_before_all_have_committed(seen):
    evaluation, client = seen
    first, second, *_ = evaluation.keys
    evaluation.hand_in(first, evaluation.sheet(marks={0: "6.79"}))
    path = f"meetings/{evaluation.meeting}"
    before = get(client, path, evaluation.experts[second]).data
    for code in list(evaluation.keys)[1:]:
        evaluation.hand_in(code)
    committed = get(client, path, evaluation.experts[second]).data
    evaluation.reveal_sheets()

    assert b"6.79" not in before + committed
    assert b"6.79" in get(client, path, evaluation.experts[second]).data


def test_doors_refuse_who_has_no_business_there(seen):
    evaluation, client = seen
    outsider = next(n for c, n in evaluation.experts.items() if c not in evaluation.keys)
    path = f"meetings/{evaluation.meeting}"

    assert get(client, path, outsider).status_code == 404
    assert get(client, path, "bidder1").status_code == 403
    assert get(client, f"{path}/supervision", "agent").status_code == 403
    assert get(client, f"{path}/ranking", "agent").status_code == 409
    assert get(client, f"draws/{evaluation.draw}/replay", "agent").status_code == 403
    shown = get(client, f"draws/{evaluation.draw}", "agent").data.decode()
    assert not [code for code in evaluation.experts if code in shown]


def test_a_sheet_is_committed_and_ranked_over_the_api(seen):
    evaluation, client = seen
    for code in list(evaluation.keys)[1:]:
        evaluation.hand_in(code)
    chair = {"Authorization": f"Bearer {token(evaluation.experts[evaluation.chair])}"}
    path = f"/api/v1/meetings/{evaluation.meeting}"
    sheet = evaluation.sheet()
    draft = client.put(f"{path}/sheet/draft", json={"draft": sheet}, headers=chair)
    statement, salt = evaluation.statement(evaluation.chair, sheet)
    signature = evaluation.keys[evaluation.chair].sign(canonical(statement))
    body = {
        "statement": statement,
        "sheet": sheet,
        "salt": salt.hex(),
        "signature": base64.b64encode(signature).decode(),
    }
    committed = client.post(f"{path}/sheet", json=body, headers=chair)
    steps = [
        client.post(f"{path}/sheets/{step}", headers=chair).status_code
        for step in ("reveal", "lock")
    ]
    ranked = client.post(f"{path}/ranking", json={}, headers=chair)
    shown = json.loads(get(client, f"meetings/{evaluation.meeting}/ranking", "agent").data)

    assert (draft.status_code, committed.status_code, steps) == (200, 201, [200, 200])
    assert ranked.status_code == 201
    assert shown["ranking"] == ranked.json["evaluation"]["result"]["ranking"]
    assert "sheets" not in shown
