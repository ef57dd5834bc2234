"""Calls to drawn experts: refused, passed over in time, and what that leaves to whom."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from evaluation.actions import calls
from evaluation.rules.draw import ANSWER_TIME, pass_over_problems
from evaluation.states import CallState
from evidence.models.streams import Fact
from kernel.errors import NotFound, Refusal, TransitionRefused
from storage.database import snapshot, transaction
from supervision.actions.orders import issue_order
from supervision.states import OrderKind
from tests.factories.identity import viewer
from tests.factories.trading import move_to
from tests.factories.walk_steps import ORDER

UNTIL = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def of_seat(evaluation, seat):
    return [call for call in evaluation.calls() if call.seat == seat]


def pass_over(evaluation, seat, username="agent"):
    return evaluation.do(calls.pass_over_call, username, evaluation.draw, seat=seat)


def refused(evaluation, action, username, **given):
    with pytest.raises(Refusal) as refusal:
        evaluation.do(action, username, evaluation.draw, **given)
    return refusal.value.code


def order(evaluation, kind):
    with transaction(lock=[f"lot:{evaluation.lot}"]) as (db, now):
        issue_order(db, viewer("operator"), evaluation.lot, kind=kind, now=now, **ORDER)


def test_a_refused_call_goes_to_the_next_expert_for_the_same_seat(evaluation):
    first = evaluation.drawn().calls()[2]
    evaluation.do(
        calls.refuse_call, evaluation.experts[first.expert_code], evaluation.draw, reason="出差"
    )

    states = [call.state for call in of_seat(evaluation, 2)]
    assert states == [CallState.REFUSED, CallState.CALLED]
    assert len(evaluation.calls()) == 6


@pytest.mark.parametrize(
    ("now", "code"), [(UNTIL - MOMENT, "call.still_time"), (UNTIL, None), (UNTIL + MOMENT, None)]
)
def test_nobody_is_passed_over_before_the_time_to_answer_is_over(now, code):
    assert [problem.code for problem in pass_over_problems(UNTIL, now)] == ([code] if code else [])


def test_a_call_of_before_there_was_a_time_may_be_passed_over():
    assert pass_over_problems(None, UNTIL) == []


def test_who_has_not_answered_in_time_is_followed_by_the_next_for_the_same_seat(evaluation):
    silent = evaluation.drawn().calls()[1]
    early = refused(evaluation, calls.pass_over_call, "agent", seat=1)
    evaluation.let_answer_time_end()
    pass_over(evaluation, 1)

    passed, following = of_seat(evaluation, 1)
    assert early == "call.still_time"
    assert silent.answer_until - silent.called_at == ANSWER_TIME
    assert (passed.expert_code, passed.state) == (silent.expert_code, CallState.REFUSED)
    assert passed.answered_at is None
    assert following.state is CallState.CALLED
    assert len(evaluation.calls()) == 6


def test_that_somebody_was_passed_over_is_a_fact_by_the_agency(evaluation):
    silent = evaluation.drawn().let_answer_time_end().calls()[0]
    pass_over(evaluation, 0)

    with snapshot() as db:
        told = json.loads(db.scalars(sa.select(Fact.body).where(Fact.kind == "call.lapsed")).one())
    assert told["actor"] == viewer("agent").code
    assert told["data"]["expert"] == silent.expert_code


def test_an_answer_counts_until_the_next_one_is_called(evaluation):
    late, passed, *_ = evaluation.drawn().let_answer_time_end().calls()
    evaluation.do(calls.accept_call, evaluation.experts[late.expert_code], evaluation.draw)
    pass_over(evaluation, 1)

    with pytest.raises(TransitionRefused):
        evaluation.do(calls.accept_call, evaluation.experts[passed.expert_code], evaluation.draw)
    assert of_seat(evaluation, 0)[0].state is CallState.ACCEPTED
    assert refused(evaluation, calls.pass_over_call, "agent", seat=0) == "call.none_waiting"


def test_a_suspension_takes_nothing_of_the_time_to_answer(evaluation):
    before = evaluation.drawn().calls()[0].answer_until
    order(evaluation, OrderKind.SUSPEND)
    while_stopped = refused(evaluation, calls.pass_over_call, "agent", seat=0)
    move_to(evaluation.lot, before + timedelta(hours=1))
    order(evaluation, OrderKind.RESUME)

    assert while_stopped == "draw.wrong_stage"
    assert evaluation.calls()[0].answer_until > before + timedelta(hours=1)
    assert refused(evaluation, calls.pass_over_call, "agent", seat=0) == "call.still_time"


@pytest.mark.attack("permissions")
def test_only_the_agency_of_the_lot_passes_over(evaluation):
    first = evaluation.drawn().let_answer_time_end().calls()[0]
    assert refused(evaluation, calls.pass_over_call, "officer", seat=0) == "tender.agency_only"
    for username in ("bidder1", evaluation.experts[first.expert_code]):
        with pytest.raises(NotFound):
            pass_over(evaluation, 0, username)
    assert len(evaluation.calls()) == 5


def test_with_nobody_left_to_follow_the_seat_is_vacant(evaluation):
    evaluation.drawn()
    for _ in range(3):
        evaluation.let_answer_time_end()
        pass_over(evaluation, 0)

    assert [call.state for call in of_seat(evaluation, 0)] == [CallState.REFUSED] * 3
    assert refused(evaluation, calls.pass_over_call, "agent", seat=0) == "call.none_waiting"
