import hashlib
import json
import random
import secrets
from collections import Counter

import pytest
import sqlalchemy as sa

from evaluation import queries
from evaluation.actions import draw as actions
from evaluation.actions import pool
from evaluation.rules.draw import (
    Candidate,
    Party,
    Seat,
    can_be_filled,
    draw,
    freeze_problems,
    order,
    replay,
    successor,
)
from evaluation.rules.recusal import Ground, Parties, recusal_grounds
from evaluation.states import CALL, DRAW, EXPERT, DrawState
from evaluation.timers import DUTIES
from evidence.models.streams import Fact
from identity.states import OrganisationKind, Role
from kernel.errors import InvalidInput, NotAllowed, NotFound, Refusal, TransitionRefused
from storage.database import snapshot, transaction
from storage.due import pending
from storage.vault import Vault
from tests.factories.evaluation import CENTRE, PARTIES, Evaluation, entry
from tests.factories.identity import CODES, make_organisation, make_person, token, viewer
from tests.factories.trading import move_to
from trading.actions.suspension import suspend_lot
from trading.actions.termination import terminate_lot

SEED = bytes(range(32))
LOT_PARTIES = Parties(frozenset({"B1", "B2"}), "AGENCY", "ENTITY")


def crowd(count=12, city="临江", *specialities):
    return [Candidate(f"EX{n:04d}", city, frozenset(specialities)) for n in range(count)]


def state_of(evaluation):
    with snapshot() as db:
        return queries.draw_by_code(db, evaluation.draw).state


def end_reveals(evaluation):
    with snapshot() as db:
        until = queries.draw_by_code(db, evaluation.draw).reveal_until
    move_to(evaluation.lot, until)
    with transaction(lock=[f"lot:{evaluation.lot}"]) as (db, now):
        DUTIES["draw.settle"].act(db, evaluation.lot, now, None)


def test_same_seed_draws_the_same_experts():
    first = [c.expert for c in draw(SEED, crowd(), [Seat()] * 5)]

    assert first == [c.expert for c in draw(SEED, crowd(), [Seat()] * 5)]
    assert first != [c.expert for c in draw(bytes(32), crowd(), [Seat()] * 5)]


def test_the_drawn_order_is_that_of_the_documented_digest():
    expected = sorted(c.expert for c in crowd())
    expected.sort(key=lambda code: hashlib.sha256(SEED + code.encode()).hexdigest())

    assert [c.expert for c in order(SEED, crowd())] == expected


def test_the_order_of_the_input_changes_nothing():
    shuffled = crowd()
    random.Random(1).shuffle(shuffled)

    assert draw(SEED, shuffled, [Seat()] * 5) == draw(SEED, crowd(), [Seat()] * 5)


def test_over_many_seeds_everybody_is_drawn_about_as_often():
    seeds = [hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(3000)]
    counts = Counter(c.expert for s in seeds for c in draw(s, crowd(10), [Seat()] * 5))

    # 1,500 are expected with a standard deviation of 27.4; five of them are allowed.
    assert all(abs(counts[c.expert] - 1500) < 137 for c in crowd(10))


def test_seats_go_to_experts_of_their_city_and_speciality():
    here, there = (
        crowd(6, "临江", "桥梁"),
        [Candidate(f"EY{n:04d}", "海州", frozenset({"道路"})) for n in range(6)],
    )
    seats = [*[Seat("临江", "桥梁")] * 3, *[Seat("海州")] * 2]

    drawn = draw(SEED, [*here, *there], seats)

    assert [c.city for c in drawn] == ["临江"] * 3 + ["海州"] * 2
    assert len(set(drawn)) == 5


def test_an_expert_who_alone_fits_a_later_seat_is_kept_for_it():
    only = Candidate("EX0000", "临江", frozenset({"造价"}))
    others = [Candidate(f"EX{n:04d}", "临江", frozenset()) for n in range(1, 3)]
    for number in range(50):
        seed = hashlib.sha256(bytes([number])).digest()
        assert draw(seed, [only, *others], [Seat(), Seat(None, "造价")])[1] == only


def test_too_few_experts_are_refused():
    assert not can_be_filled(crowd(4), [Seat()] * 5)
    with pytest.raises(Refusal) as refused:
        draw(SEED, crowd(4), [Seat()] * 5)
    assert refused.value.code == "draw.too_few_experts"


def test_who_refuses_is_followed_by_the_next_in_order():
    ordered = order(SEED, crowd(6))
    called = {candidate.expert for candidate in ordered[:5]}

    assert successor(SEED, crowd(6), Seat(), called) == ordered[5]
    assert successor(SEED, crowd(6), Seat(), {c.expert for c in ordered}) is None


@pytest.mark.parametrize(
    ("employers", "interests", "grounds"),
    [
        ({"X"}, [], []),
        ({"B1"}, [], [Ground.EMPLOYED_BY_BIDDER]),
        ({"AGENCY"}, [], [Ground.EMPLOYED_BY_AGENCY]),
        ({"ENTITY"}, [], [Ground.EMPLOYED_BY_PROCURING_ENTITY]),
        ({"X"}, ["B2"], [Ground.INTEREST_IN_BIDDER]),
        ({"X"}, ["AGENCY"], [Ground.INTEREST_IN_AGENCY]),
        ({"B1"}, ["ENTITY"], [Ground.EMPLOYED_BY_BIDDER, Ground.INTEREST_IN_PROCURING_ENTITY]),
    ],
)
def test_whoever_is_tied_to_a_party_is_recused(employers, interests, grounds):
    assert recusal_grounds(employers, interests, LOT_PARTIES) == grounds


@pytest.mark.parametrize(
    ("parties", "allowed"),
    [
        ([], False),
        ([Party.WITNESS], False),
        ([Party.PROCURING_ENTITY], False),
        ([Party.PROCURING_ENTITY, Party.HOST], True),
        ([Party.WITNESS, Party.HOST], True),
    ],
)
def test_two_opposed_parties_commit_before_the_freeze(parties, allowed):
    assert (freeze_problems(parties) == []) is allowed


@pytest.mark.parametrize("table", [DRAW, CALL, EXPERT])
def test_every_pair_of_the_draws_tables_is_decided(table):
    states = {type(s) for s, _ in table.moves}.pop()
    events = {type(e) for _, e in table.moves}.pop()
    for state in states:
        for event in events:
            if (state, event) in table.moves:
                assert table.after(state, event) is table.moves[state, event]
            else:
                with pytest.raises(TransitionRefused):
                    table.after(state, event)


def test_the_draw_can_be_replayed_from_the_list_and_the_nonces(evaluation):
    evaluation.drawn()

    with snapshot() as db:
        drawn = queries.draw_by_code(db, evaluation.draw)
        called = {call.seat: call.expert_code for call in queries.calls_of(db, evaluation.draw)}
    assert replay(drawn.frozen, list(evaluation.nonces.values())) == (drawn.seed, called)
    assert len(called) == 5


@pytest.mark.attack("states")
@pytest.mark.parametrize("stop", ["suspended", "terminated"])
def test_a_draw_of_a_lot_that_stands_still_is_not_repeated(evaluation, stop):
    evaluation.open_draw()
    for _ in range(2):
        evaluation.commit().freeze().reveal(Party.PROCURING_ENTITY)
        end_reveals(evaluation)
    if stop == "suspended":
        order = {"actor": "regulator", "data": {"ground": "投诉"}}
        with transaction(lock=[f"lot:{evaluation.lot}"]) as (db, now):
            suspend_lot(db, evaluation.lot, now=now, **order)
    else:
        evaluation.do(terminate_lot, "agent", evaluation.lot, ground="项目取消")

    with pytest.raises(Refusal) as refused:
        evaluation.do(actions.repeat_draw, "operator", evaluation.draw, ground="重新抽取")
    assert refused.value.code == "draw.wrong_stage"
    assert state_of(evaluation) is DrawState.WAITING


@pytest.mark.attack("permissions")
def test_a_draw_that_is_not_theirs_is_told_of_without_its_project(evaluation):
    make_organisation(CODES[30], "临江第二代理", OrganisationKind.AGENCY)
    make_person("agent2", CODES[30], Role.AGENT)
    evaluation.drawn()

    with pytest.raises(NotFound) as refused:
        evaluation.do(actions.freeze_draw, "agent2", evaluation.draw)
    assert refused.value.code == "draw.not_found"
    assert evaluation.lot.rpartition("-")[0] not in str(refused.value)


def test_who_does_not_reveal_is_named_and_the_draw_is_repeated_once(evaluation):
    evaluation.open_draw().commit().freeze().reveal(Party.WITNESS, Party.HOST)
    end_reveals(evaluation)
    with snapshot() as db:
        repeated = db.scalars(sa.select(Fact.body).where(Fact.kind == "draw.repeated")).one()
    evaluation.nonces = {party: secrets.token_bytes(32) for party in Party}
    evaluation.commit().freeze().reveal(Party.WITNESS)
    end_reveals(evaluation)

    with snapshot() as db:
        drawn = queries.draw_by_code(db, evaluation.draw)
    assert json.loads(repeated)["data"]["missing"] == ["procuring_entity"]
    assert (drawn.state, drawn.round) == (DrawState.DRAWN, 2)
    assert drawn.seed == replay(drawn.frozen, [evaluation.nonces[Party.WITNESS]])[0]


def test_when_all_have_revealed_nobody_waits_for_the_end_of_the_time(evaluation):
    evaluation.open_draw().commit().freeze()
    with snapshot() as db:
        before = [work.kind for work in pending(db, f"lot:{evaluation.lot}")]
    evaluation.reveal(*Party)

    with snapshot() as db:
        after = [work.kind for work in pending(db, f"lot:{evaluation.lot}")]
    assert state_of(evaluation) is DrawState.DRAWN
    assert (before.count("draw.settle"), after.count("draw.settle")) == (1, 0)


def test_a_draw_of_the_procuring_entity_alone_waits_for_the_regulator(evaluation):
    evaluation.open_draw()
    for _ in range(2):
        evaluation.commit().freeze().reveal(Party.PROCURING_ENTITY)
        end_reveals(evaluation)
    waiting = state_of(evaluation)
    evaluation.do(actions.repeat_draw, "operator", evaluation.draw, ground="重新抽取")

    assert (waiting, state_of(evaluation)) == (DrawState.WAITING, DrawState.COMMITTING)
    assert evaluation.calls() == []


def refused(evaluation, action, username, *args, **kwargs):
    with pytest.raises(Refusal) as fault:
        evaluation.do(action, username, *args, **kwargs)
    return fault.value


def test_the_steps_of_a_draw_are_refused_out_of_order(evaluation):
    evaluation.open_draw()
    code, nonce = evaluation.draw, {"party": Party.HOST, "nonce": evaluation.nonces[Party.HOST]}
    late = {"party": Party.HOST, "commitment": bytes(32)}

    assert refused(evaluation, actions.open_draw, "agent", evaluation.lot).code == "draw.known"
    assert refused(evaluation, actions.freeze_draw, "agent", code).code == "draw.too_few_parties"
    assert (
        refused(evaluation, actions.reveal_nonce, "host", code, **nonce).code
        == "draw.not_revealing"
    )
    evaluation.commit(Party.HOST, Party.WITNESS)
    twice = refused(evaluation, actions.commit_nonce, "host", code, **late)
    evaluation.freeze()
    after = refused(evaluation, actions.commit_nonce, "host", code, **late)
    wrong = refused(evaluation, actions.reveal_nonce, "host", code, party=Party.HOST, nonce=SEED)

    assert (twice.code, after.code) == ("draw.committed_already", "draw.frozen_already")
    assert (wrong.code, type(wrong)) == ("draw.wrong_nonce", InvalidInput)


@pytest.mark.parametrize(
    ("username", "party"),
    [
        ("agent", Party.HOST),
        ("agent", Party.PROCURING_ENTITY),
        ("officer", Party.WITNESS),
        ("bidder1", Party.WITNESS),
        ("host", Party.WITNESS),
    ],
)
def test_nobody_speaks_for_another_party(evaluation, username, party):
    evaluation.open_draw()
    fault = refused(
        evaluation, actions.commit_nonce, username, evaluation.draw, party=party, commitment=SEED
    )
    assert (fault.code, type(fault)) == ("draw.not_this_party", NotAllowed)


def test_only_experts_are_registered_and_only_once(evaluation):
    plain = make_person("plain", CENTRE, Role.HOST)
    known = viewer("expert0").code
    for code, expected in ((plain, "expert.no_role"), (known, "expert.known")):
        with pytest.raises(Refusal) as fault, transaction() as (db, now):
            pool.register_expert(db, viewer("operator"), code, entry(), now=now)
        assert fault.value.code == expected


def test_a_draw_runs_over_the_api_with_every_party_at_its_own_door(client, tmp_path):
    evaluation = Evaluation(Vault(tmp_path / "files")).confirmed()
    heads = {
        name: {"Authorization": f"Bearer {token(name)}"}
        for name in ("agent", "witness", "officer", "host", "bidder1")
    }

    def post(path, username, **body):
        return client.post(f"/api/v1/{path}", json=body, headers=heads[username])

    draw_code = post(f"lots/{evaluation.lot}/draw", "agent").json["draw"]
    path, stranger = f"draws/{draw_code}", {"party": "host", "sha256": "0" * 64}
    refused_statuses = [
        post(f"{path}/commitments", "bidder1", **stranger).status_code,
        post(f"{path}/commitments", "agent", **stranger).status_code,
        post(f"{path}/commitments", "host", party="host", sha256="zz").status_code,
        post(f"{path}/freeze", "host").status_code,
    ]
    for party, username in PARTIES.items():
        digest = hashlib.sha256(evaluation.nonces[party]).hexdigest()
        post(f"{path}/commitments", username, party=party.value, sha256=digest)
    frozen = post(f"{path}/freeze", "agent").json
    for party, username in PARTIES.items():
        nonce = evaluation.nonces[party].hex()
        last = post(f"{path}/nonces", username, party=party.value, nonce=nonce)

    assert refused_statuses == [403, 403, 422, 403]
    assert frozen["state"] == "revealing"
    assert last.json == frozen | {"state": "drawn"}
