"""Witnesses of openings and parties of draws, lying, silent, started again, or at odds."""

import json
import secrets
from datetime import timedelta

import pyrage
import pytest
import sqlalchemy as sa

from evaluation import queries
from evaluation.actions import draw as actions
from evaluation.rules.draw import Party, replay
from evaluation.states import DrawState
from evidence.models.streams import Fact
from evidence.rules.streams import canonical
from identity.states import OrganisationKind, Role
from kernel.errors import NotFound, Refusal
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.crashes import everything
from tests.evaluation.test_draw import end_reveals
from tests.factories.evaluation import PARTIES, Evaluation
from tests.factories.hall import START, Hall
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.trading import Bidder, make_open_lot, move_to
from trading.actions import opening
from trading.rules.opening import Outcome, parse_opening_key
from trading.states import LotState

pytestmark = pytest.mark.attack("witnesses")


def publish(lot, code, half, username="witness"):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        opening.publish_opening_key(db, viewer(username), code, identity=half, now=now)


def refused(database, act, *args, **kwargs):
    """The code of a refusal that changed nothing."""
    before = everything(database)
    with pytest.raises(Refusal) as fault:
        act(*args, **kwargs)
    assert everything(database) == before
    return fault.value.code


@pytest.fixture
def hall(sqlite_database, tmp_path):
    made = Hall(Vault(tmp_path / "files"))
    make_organisation(CODES[39], "江北市公证处", OrganisationKind.WITNESS)
    make_person("witness2", CODES[39], Role.WITNESS)
    return made


def second_key(hall):
    """(code, private half) of an opening key that another witness rehearsed for the lot."""
    other, half = Bidder("witness2").enrol(), pyrage.x25519.Identity.generate()
    statement = hall.statement(recipient=str(half.to_public()))
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        key, challenge = opening.register_opening_key(
            db,
            viewer("witness2"),
            parse_opening_key(statement),
            lot_code=hall.lot,
            signature=other.sign(canonical(statement)),
            now=now,
        )
        answer = pyrage.decrypt(challenge, [half])
        opening.rehearse_opening_key(db, viewer("witness2"), key.code, answer=answer, now=now)
        return key.code, half


def test_a_witness_cannot_publish_what_is_not_its_half(hall, sqlite_database, tried):
    hall.ready().all_bid().close()
    hall.all_release().end_window()
    good = str(hall.identity)
    lies = {
        str(pyrage.x25519.Identity.generate()): "opening_key.wrong_half",
        good.title(): "opening_key.malformed",
        good[:-1] + ("Q" if good[-1] != "Q" else "P"): "opening_key.malformed",
        f"{good}\n": "opening_key.malformed",
        str(hall.identity.to_public()): "opening_key.malformed",
        hall.keys["bidder1"]["bid"]: "opening_key.wrong_half",
        "": "opening_key.malformed",
    }
    for half, code in lies.items():
        assert refused(sqlite_database, publish, hall.lot, hall.code, half) == code, half

    assert hall.state() is LotState.UNSEALING
    hall.publish().open()
    assert {o.outcome for o in hall.outcomes().values()} == {Outcome.OPENED}
    tried(len(lies))


def test_a_half_of_another_lot_or_of_another_witness_is_not_taken(hall, sqlite_database, tried):
    code, half = second_key(hall)
    hall.ready().all_bid().close().end_window()
    elsewhere = make_open_lot(start=START)

    assert refused(sqlite_database, publish, hall.lot, hall.code, str(half)) == (
        "opening_key.wrong_half"
    )
    before = everything(sqlite_database)
    with pytest.raises(NotFound):
        publish(hall.lot, code, str(half))
    with pytest.raises(NotFound):
        publish(elsewhere, "OK0000000000", str(half))
    assert everything(sqlite_database) == before
    tried(3)


def test_a_key_is_not_brought_into_another_lot(hall, sqlite_database, tried):
    hall.ready()
    other = make_open_lot(start=START)
    first, hall.lot = hall.lot, other

    assert refused(sqlite_database, hall.register_key) == "opening_key.used"
    hall.lot = first
    tried()


def test_any_one_of_two_witnesses_opens_while_the_other_is_silent(hall, tried):
    code, half = second_key(hall)
    hall.ready().all_bid().close()
    to = [hall.identity.to_public(), half.to_public()]
    for bidder in hall.bidders:
        keys = json.dumps(hall.keys[bidder.username]).encode()
        hall.release(bidder, blob=pyrage.encrypt(keys, to))
    hall.end_window()
    publish(hall.lot, code, str(half), "witness2")
    hall.open()

    assert {o.outcome for o in hall.outcomes().values()} == {Outcome.OPENED}
    tried()


def test_while_every_witness_is_silent_no_bid_opens_and_none_is_lost(hall, tried):
    hall.ready().all_bid().close()
    hall.all_release().end_window()
    move_to(hall.lot, START + timedelta(days=90))

    assert (hall.state(), hall.outcomes()) == (LotState.UNSEALING, {})
    hall.publish().open()
    assert {o.outcome for o in hall.outcomes().values()} == {Outcome.OPENED}
    tried()


@pytest.fixture
def evaluation(sqlite_database, tmp_path):
    return Evaluation(Vault(tmp_path / "files")).confirmed().open_draw()


def facts(kind):
    with snapshot() as db:
        return [
            json.loads(body)["data"]
            for body in db.scalars(sa.select(Fact.body).where(Fact.kind == kind))
        ]


def reveal(evaluation, party, nonce):
    evaluation.do(actions.reveal_nonce, PARTIES[party], evaluation.draw, party=party, nonce=nonce)


def test_a_party_reveals_nothing_but_what_it_committed_to(evaluation, sqlite_database, tried):
    evaluation.commit().freeze()
    lies = (
        secrets.token_bytes(32),
        evaluation.nonces[Party.HOST],
        evaluation.nonces[Party.WITNESS][:-1],
        evaluation.nonces[Party.WITNESS] + b"\x00",
        b"",
    )
    for nonce in lies:
        code = refused(sqlite_database, reveal, evaluation, Party.WITNESS, nonce)
        assert code == "draw.wrong_nonce"

    reveal(evaluation, Party.WITNESS, evaluation.nonces[Party.WITNESS])
    before = everything(sqlite_database)
    reveal(evaluation, Party.WITNESS, evaluation.nonces[Party.WITNESS])
    after = everything(sqlite_database)
    assert {name for name in after if after[name] != before[name]} <= {"table subject"}
    again = refused(sqlite_database, reveal, evaluation, Party.WITNESS, secrets.token_bytes(32))
    assert again == "draw.wrong_nonce"
    tried(len(lies) + 2)


def test_a_commitment_comes_once_and_before_the_freeze(evaluation, sqlite_database, tried):
    def commit(party):
        who, digest = PARTIES[party], secrets.token_bytes(32)
        evaluation.do(actions.commit_nonce, who, evaluation.draw, party=party, commitment=digest)

    evaluation.commit(Party.WITNESS, Party.HOST)
    twice = refused(sqlite_database, commit, Party.WITNESS)
    early = refused(sqlite_database, reveal, evaluation, Party.HOST, evaluation.nonces[Party.HOST])
    evaluation.freeze()
    late = refused(sqlite_database, commit, Party.PROCURING_ENTITY)
    never = evaluation.nonces[Party.PROCURING_ENTITY]
    uncommitted = refused(sqlite_database, reveal, evaluation, Party.PROCURING_ENTITY, never)

    assert (twice, early) == ("draw.committed_already", "draw.not_revealing")
    assert (late, uncommitted) == ("draw.frozen_already", "draw.not_committed")
    tried(4)


@pytest.mark.parametrize("silent", Party)
def test_who_refuses_to_reveal_is_named_the_draw_repeated_once_and_then_made_without_it(
    evaluation, sqlite_database, silent, tried
):
    """The same commitment again would let a party choose between two draws: each round has new ones."""
    others = [party for party in Party if party is not silent]
    evaluation.commit().freeze().reveal(*others)
    end_reveals(evaluation)
    told = facts("draw.repeated")
    old = evaluation.nonces[silent]
    late = refused(sqlite_database, reveal, evaluation, silent, old)
    evaluation.nonces = {party: secrets.token_bytes(32) for party in Party}
    evaluation.commit().freeze()
    other = refused(sqlite_database, reveal, evaluation, silent, old)
    evaluation.reveal(*others)
    end_reveals(evaluation)

    with snapshot() as db:
        drawn = queries.draw_by_code(db, evaluation.draw)
    assert [each["missing"] for each in told] == [[silent.value]]
    assert (late, other) == ("draw.not_revealing", "draw.wrong_nonce")
    assert (drawn.state, drawn.round) == (DrawState.DRAWN, 2)
    assert drawn.seed == replay(drawn.frozen, [evaluation.nonces[party] for party in others])[0]
    tried(3)
