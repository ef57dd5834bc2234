"""Seats that nobody is left to fill: vacant, drawn for again, and never filled by choice."""

import json
import secrets
from hashlib import sha256

import pytest
import sqlalchemy as sa
from alembic import command

from evaluation import queries
from evaluation.actions import calls
from evaluation.actions.supplement import supplement_draw
from evaluation.rules.draw import Party, frozen_list, replay
from evaluation.rules.supplement import supplement_problems, vacant_seats
from evaluation.states import CallState, DrawState, MeetingState
from evidence.models.streams import Fact
from identity.states import OrganisationKind, Role
from kernel.errors import NotFound, Refusal, TransitionRefused
from storage.database import snapshot
from storage.migrations import configuration, upgrade
from tests.evaluation.test_draw import end_reveals
from tests.factories.evaluation import entry
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.verifier.test_recompute import replay_of
from verifier import drawing
from verifier.findings import Findings

ACCEPTED, CALLED, REFUSED = CallState.ACCEPTED, CallState.CALLED, CallState.REFUSED


def draw_of(evaluation):
    with snapshot() as db:
        return queries.draw_by_code(db, evaluation.draw)


def facts(kind):
    with snapshot() as db:
        bodies = db.scalars(sa.select(Fact.body).where(Fact.kind == kind).order_by(Fact.seq))
        return [json.loads(body)["data"] for body in bodies]


def refuse(evaluation, call):
    username = evaluation.experts[call.expert_code]
    evaluation.do(calls.refuse_call, username, evaluation.draw, reason="出差")


def waiting(evaluation, seat):
    return next((c for c in evaluation.calls() if (c.seat, c.state) == (seat, CALLED)), None)


def vacate(evaluation, seat=2):
    """Everybody who can be called for this seat refuses; all others accept."""
    for call in evaluation.drawn().calls():
        if call.seat != seat:
            username = evaluation.experts[call.expert_code]
            evaluation.do(calls.accept_call, username, evaluation.draw)
    while call := waiting(evaluation, seat):
        refuse(evaluation, call)
    return evaluation


def supplement(evaluation, username="agent"):
    evaluation.nonces = {party: secrets.token_bytes(32) for party in Party}
    return evaluation.do(supplement_draw, username, evaluation.draw)


def more_experts(evaluation, count=3):
    return {evaluation.add_expert(f"more{n}", entry(60 + n)) for n in range(count)}


def add_regulator():
    make_organisation(CODES[43], "临江市监督管理局", OrganisationKind.REGULATOR)
    make_person("regulator", CODES[43], Role.REGULATOR)


def refused(evaluation, username="agent"):
    with pytest.raises(Refusal) as refusal:
        supplement(evaluation, username)
    return refusal.value.code


@pytest.mark.parametrize(
    ("answers", "vacant"),
    [
        ([], [0, 1, 2]),
        ([(0, ACCEPTED), (1, CALLED), (2, ACCEPTED)], []),
        ([(0, ACCEPTED), (1, REFUSED), (2, CALLED)], [1]),
        ([(0, REFUSED), (0, CALLED), (1, REFUSED), (1, ACCEPTED), (2, REFUSED)], [2]),
    ],
)
def test_a_seat_is_vacant_that_nobody_holds_or_may_still_take(answers, vacant):
    assert vacant_seats(3, answers) == vacant


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ([(0, ACCEPTED), (1, ACCEPTED)], ["draw.no_vacancy"]),
        ([(0, CALLED), (1, ACCEPTED)], ["draw.no_vacancy"]),
        ([(0, CALLED), (1, REFUSED)], ["draw.still_answering"]),
        ([(0, ACCEPTED), (1, REFUSED)], []),
        ([(0, REFUSED), (1, REFUSED)], []),
    ],
)
def test_vacant_seats_are_drawn_for_when_nobody_has_still_to_answer(answers, codes):
    assert [problem.code for problem in supplement_problems(2, answers)] == codes


def test_who_is_called_last_may_refuse_too_and_the_seat_is_vacant(evaluation):
    vacate(evaluation)

    assert [c.state for c in evaluation.calls() if c.seat == 2] == [REFUSED] * 3
    assert [told["seat"] for told in facts("draw.seat_vacated")] == [2]
    assert len(evaluation.calls()) == 7


def test_a_vacant_seat_alone_is_drawn_for_by_fresh_commitments_and_a_fresh_list(evaluation):
    first = draw_of(vacate(evaluation))
    more = more_experts(evaluation)
    supplement(evaluation)
    begun = draw_of(evaluation)
    with pytest.raises(Refusal) as without:
        evaluation.freeze()
    evaluation.commit().freeze().reveal()

    second = draw_of(evaluation)
    called, listed = waiting(evaluation, 2), json.loads(second.frozen)
    assert (begun.state, begun.round, begun.seed) == (DrawState.COMMITTING, 2, None)
    assert without.value.code == "draw.too_few_parties"
    assert (called.round, called.expert_code in more) == (2, True)
    assert [each["seat"] for each in listed["seats"]] == [2]
    assert {each["expert"] for each in listed["candidates"]} == more
    assert {tuple(each["grounds"]) for each in listed["excluded"]} == {("called_before",)}
    assert len(listed["excluded"]) == 7
    assert second.seed != first.seed
    assert [told["seats"] for told in facts("draw.supplemented")] == [[2]]


def test_after_a_supplement_the_committee_is_convened(evaluation):
    more_experts(vacate(evaluation))
    supplement(evaluation)
    evaluation.commit().freeze().reveal()
    called = waiting(evaluation, 2)
    evaluation.do(calls.accept_call, evaluation.experts[called.expert_code], evaluation.draw)
    evaluation.convene()

    with snapshot() as db:
        assert queries.meeting_by_code(db, evaluation.meeting).state is MeetingState.CONVENED
        members = queries.members_of(db, evaluation.meeting)
    assert {member.seat: member.expert_code for member in members}[2] == called.expert_code
    assert len(members) == 5


def test_who_follows_in_a_supplement_is_next_in_the_order_of_its_own_seed(evaluation):
    more = more_experts(vacate(evaluation), 4)
    supplement(evaluation)
    evaluation.commit().freeze().reveal()
    refuse(evaluation, waiting(evaluation, 2))

    following, made = waiting(evaluation, 2), draw_of(evaluation)
    order = sorted(more, key=lambda code: sha256(made.seed + code.encode()).digest())
    assert [c.expert_code for c in evaluation.calls() if c.round == 2] == order[:2]
    assert following.expert_code == order[1]


def test_every_round_of_a_draw_is_made_again_by_the_verifier(evaluation):
    more_experts(vacate(evaluation))
    first = list(evaluation.nonces.values())
    supplement(evaluation)
    evaluation.commit().freeze().reveal()

    with snapshot() as db:
        rounds = queries.drawn_rounds(
            db,
            queries.draw_by_code(db, evaluation.draw),
            queries.nonces_by_round(db, evaluation.draw),
        )
    nonces = [first, list(evaluation.nonces.values())]
    seeded = [told["experts"] for told in facts("draw.seeded")]
    for made, brought, experts in zip(rounds, nonces, seeded, strict=True):
        seed, drawn = replay(made.frozen, brought)
        findings = Findings()
        again = drawing.check_draw(findings, replay_of(made.frozen, brought, seed), {})
        assert (seed, list(drawn.values()), again) == (made.seed, experts, experts)
        assert findings.problems == []
    assert [made.number for made in rounds] == [1, 2]


def test_a_list_of_before_seats_had_numbers_has_them_all():
    seats = [{"city": None, "speciality": None}, {"city": "临江", "speciality": "桥梁"}]
    candidates, read = frozen_list(json.dumps({"candidates": [], "seats": seats}))

    assert (candidates, list(read)) == ([], [0, 1])
    assert read[1].speciality == "桥梁"


def test_in_a_supplement_too_the_first_round_that_fails_is_repeated_freely(evaluation):
    more_experts(vacate(evaluation))
    supplement(evaluation)
    for state in (DrawState.COMMITTING, DrawState.WAITING):
        evaluation.commit().freeze().reveal(Party.PROCURING_ENTITY)
        end_reveals(evaluation)
        assert draw_of(evaluation).state is state
    assert draw_of(evaluation).round == 3


def test_with_too_few_new_experts_nothing_is_frozen(evaluation):
    supplement(vacate(evaluation))
    evaluation.commit()
    with pytest.raises(Refusal) as refusal:
        evaluation.freeze()

    assert refusal.value.code == "draw.too_few_experts"
    assert draw_of(evaluation).state is DrawState.COMMITTING


def test_nothing_is_drawn_for_again_before_a_seat_is_vacant(evaluation):
    evaluation.open_draw()
    before = refused(evaluation)
    evaluation.nonces = {party: secrets.token_bytes(32) for party in Party}
    evaluation.commit().freeze().reveal()
    drawn = refused(evaluation)
    while call := waiting(evaluation, 2):
        refuse(evaluation, call)

    assert (before, drawn) == ("draw.not_drawn", "draw.no_vacancy")
    assert refused(evaluation) == "draw.still_answering"
    assert draw_of(evaluation).state is DrawState.DRAWN


def test_calls_of_before_rounds_were_told_apart_are_of_the_round_that_was_drawn(
    evaluation, database
):
    evaluation.open_draw().commit().freeze().reveal(Party.WITNESS)
    end_reveals(evaluation)
    evaluation.commit().freeze().reveal()
    with database.writer.connect() as connection:
        command.downgrade(configuration(connection), "0008")
        connection.commit()
    upgrade(database)
    refuse(evaluation, evaluation.calls()[0])

    assert {call.round for call in evaluation.calls()} == {draw_of(evaluation).round} == {2}
    assert waiting(evaluation, 0) is not None


@pytest.mark.attack("permissions")
def test_only_the_agency_of_the_lot_has_seats_drawn_for_again(evaluation):
    vacate(evaluation)
    expert = next(iter(evaluation.experts.values()))

    assert refused(evaluation, "officer") == "tender.agency_only"
    for username in ("bidder1", expert):
        with pytest.raises(NotFound):
            supplement(evaluation, username)
    assert draw_of(evaluation).state is DrawState.DRAWN


def test_who_accepted_and_cannot_come_is_followed_by_the_next(evaluation):
    first = evaluation.drawn().accept_all().calls()[1]
    refuse(evaluation, first)

    states = [call.state for call in evaluation.calls() if call.seat == 1]
    assert states == [REFUSED, CALLED]
    with pytest.raises(TransitionRefused):
        refuse(evaluation, first)


def test_who_withdraws_during_a_supplement_leaves_a_seat_for_the_next_list(evaluation):
    more_experts(vacate(evaluation))
    supplement(evaluation)
    early = next(c for c in evaluation.calls() if c.state is ACCEPTED)
    refuse(evaluation, early)
    evaluation.commit().freeze()
    late = next(c for c in evaluation.calls() if c.state is ACCEPTED)
    refuse(evaluation, late)
    evaluation.reveal()

    held = {c.seat for c in evaluation.calls() if c.state is not REFUSED}
    assert set(range(5)) - held == {late.seat}
    assert [told["seat"] for told in facts("draw.seat_vacated")] == [2, early.seat, late.seat]


def test_who_was_drawn_in_an_earlier_round_is_not_followed_by_the_order_of_a_later_one(evaluation):
    more_experts(vacate(evaluation))
    supplement(evaluation)
    evaluation.commit().freeze().reveal()
    early = next(c for c in evaluation.calls() if c.state is ACCEPTED)
    refuse(evaluation, early)

    assert waiting(evaluation, early.seat) is None
    assert [told["seat"] for told in facts("draw.seat_vacated")] == [2, early.seat]


@pytest.mark.attack("states")
def test_nobody_withdraws_once_the_committee_is_convened(evaluation):
    call = evaluation.drawn().accept_all().calls()[0]
    evaluation.convene()
    with pytest.raises(Refusal) as refusal:
        refuse(evaluation, call)

    assert refusal.value.code == "draw.wrong_stage"
    assert evaluation.calls()[0].state is ACCEPTED


@pytest.mark.attack("permissions")
def test_which_seats_are_vacant_is_told_to_those_alone_who_run_the_tender(app, evaluation):
    called = vacate(evaluation).calls()[0]
    client, path = app.test_client(), f"/api/v1/draws/{evaluation.draw}"

    def told(username):
        return client.get(path, headers={"Authorization": f"Bearer {token(username)}"})

    assert [told(username).json["vacant"] for username in ("agent", "officer")] == [[2], [2]]
    for username in ("bidder1", evaluation.experts[called.expert_code]):
        assert (told(username).status_code, "vacant" in told(username).text) == (403, False)


def test_regulators_are_given_every_round_that_was_drawn(app, evaluation):
    more_experts(vacate(evaluation))
    supplement(evaluation)
    evaluation.commit()
    add_regulator()
    client, headers = app.test_client(), {"Authorization": f"Bearer {token('regulator')}"}
    path = f"/api/v1/draws/{evaluation.draw}/replay"
    present, first, none = (
        client.get(path + query, headers=headers) for query in ("", "?round=1", "?round=5")
    )

    assert (present.json["round"], present.json["seed"]) == (2, None)
    assert (first.json["round"], len(first.json["nonces"])) == (1, 3)
    assert first.json["seed"] == facts("draw.seeded")[0]["seed"]
    assert (none.status_code, none.json["error"]["code"]) == (404, "draw.no_such_round")
