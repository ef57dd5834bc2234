"""Who may not be drawn, and who may not accept: recused, suspended, gone, restricted."""

import json
from datetime import timedelta

import pytest

from evaluation import queries
from evaluation.actions import calls, pool
from evaluation.states import CallState
from identity import queries as identity
from identity.actions import standing
from identity.states import RestrictionKind
from kernel.errors import Refusal
from storage.base import real_now
from storage.database import snapshot, transaction
from tests.factories.evaluation import entry
from tests.factories.identity import CODES, viewer


def test_an_employee_of_a_bidder_is_recused_with_the_ground(evaluation):
    tied = evaluation.add_expert("tied", entry(employer=CODES[10]))
    declared = evaluation.add_expert("declared", entry(interests=(CODES[0],)))
    evaluation.open_draw().commit().freeze()

    with snapshot() as db:
        frozen = json.loads(queries.draw_by_code(db, evaluation.draw).frozen)
    assert {e["expert"]: e["grounds"] for e in frozen["excluded"]} == {
        tied: ["employed_by_bidder"],
        declared: ["interest_in_agency"],
    }
    assert not {tied, declared} & {c["expert"] for c in frozen["candidates"]}


def test_a_suspended_expert_is_not_drawn(evaluation):
    code = next(iter(evaluation.experts))
    with transaction() as (db, now):
        pool.suspend_expert(db, viewer("operator"), code, ground="擅离职守", now=now)
    evaluation.open_draw().commit().freeze()

    with snapshot() as db:
        frozen = queries.draw_by_code(db, evaluation.draw).frozen
    assert code not in frozen


@pytest.mark.attack("permissions")
def test_an_expert_whose_access_has_ended_is_not_drawn(evaluation):
    code, username = next(iter(evaluation.experts.items()))
    with transaction() as (db, now):
        person = identity.person_by_username(db, username)
        person.ended_at = now
    evaluation.open_draw().commit().freeze()

    with snapshot() as db:
        assert code not in queries.draw_by_code(db, evaluation.draw).frozen


@pytest.mark.attack("permissions")
@pytest.mark.parametrize(
    "named", [{"credit_code": CODES[50], "name": "他名"}, {"name": "临江大学"}]
)
def test_experts_of_an_employer_that_is_kept_from_evaluating_are_not_drawn(evaluation, named):
    tied = evaluation.add_expert("tied", entry(20, employer=CODES[50], employer_name="临江大学"))
    free = [evaluation.add_expert(f"free{n}", entry(n, **ELSEWHERE)) for n in range(30, 36)]
    restrict(RestrictionKind.EVALUATION, **named)
    evaluation.open_draw().commit().freeze()

    with snapshot() as db:
        frozen = json.loads(queries.draw_by_code(db, evaluation.draw).frozen)
    assert {"expert": tied, "grounds": ["employer_restricted"]} in frozen["excluded"]
    assert {each["expert"] for each in frozen["candidates"]} == set(free)


@pytest.mark.parametrize("kind", [RestrictionKind.BIDDING, RestrictionKind.REGISTRATION])
def test_a_restriction_of_another_kind_keeps_nobody_from_evaluating(evaluation, kind):
    restrict(kind, credit_code=CODES[50], name="临江大学")
    evaluation.open_draw().commit().freeze()

    with snapshot() as db:
        assert json.loads(queries.draw_by_code(db, evaluation.draw).frozen)["excluded"] == []


ELSEWHERE = {"employer": CODES[49], "employer_name": "临江设计院"}


def restrict(kind, *, name, credit_code=None):
    with transaction() as (db, _):
        now = real_now(db)
        standing.impose(
            db,
            credit_code=credit_code,
            name=name,
            kind=kind,
            ground="违规评标",
            finding="决定书 1 号",
            origin="临江市监管局",
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=1),
            actor="system",
        )


@pytest.mark.attack("permissions")
def test_an_expert_who_was_suspended_after_the_call_can_only_refuse(evaluation):
    call = evaluation.drawn().calls()[0]
    username = evaluation.experts[call.expert_code]
    with transaction() as (db, now):
        pool.suspend_expert(db, viewer("operator"), call.expert_code, ground="考核", now=now)

    with pytest.raises(Refusal) as refused:
        evaluation.do(calls.accept_call, username, evaluation.draw)
    assert refused.value.code == "call.expert_suspended"
    assert evaluation.calls()[0].state is CallState.CALLED
    evaluation.do(calls.refuse_call, username, evaluation.draw, reason="已被暂停")
    assert [each.state for each in evaluation.calls() if each.seat == call.seat] == [
        CallState.REFUSED,
        CallState.CALLED,
    ]
