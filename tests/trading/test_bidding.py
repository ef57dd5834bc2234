import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import queries as evidence
from evidence.actions.tree import append_pending
from evidence.models.streams import Fact
from evidence.rules.sealing import close_root
from identity.states import Role
from kernel.errors import InvalidInput, NotFound, Refusal, TooLate
from outbox.models.messages import Message
from storage.database import snapshot, transaction
from storage.subjects import move_clock
from storage.vault import Vault
from tests.factories.identity import viewer
from tests.factories.trading import Bidder, make_cast, make_open_lot, make_tender, move_to
from trading import queries
from trading.actions import bidding
from trading.actions.closing import close_lot
from trading.actions.suspension import suspend_lot
from trading.models.bidding import Bid
from trading.rules import bidding as rules
from trading.states import BidState, LotState

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "files")


@pytest.fixture
def lot(database):
    make_cast(4)
    return make_open_lot(start=START)


@pytest.fixture
def bidders(lot):
    return [Bidder(f"bidder{number}").enrol() for number in range(1, 5)]


def deadline_of(lot):
    with snapshot() as db:
        return queries.lot_by_code(db, lot).deadline


def close(lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        return close_lot(db, lot, now=now)


def counted(*tables):
    with snapshot() as db:
        return [db.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]


@pytest.mark.parametrize(
    ("at", "codes"), [(-INSTANT, []), (0 * INSTANT, ["bid.too_late"]), (INSTANT, ["bid.too_late"])]
)
def test_bid_after_the_deadline_is_refused(at, codes):
    problems = rules.reception_problems(LotState.ANNOUNCED, START, START + at)
    assert [problem.code for problem in problems] == codes


@pytest.mark.parametrize("state", sorted(set(LotState) - {LotState.ANNOUNCED}))
def test_no_other_state_receives_bids(state):
    problems = rules.reception_problems(state, START, START - INSTANT)
    assert [problem.code for problem in problems] == ["bid.not_receiving"]


def test_a_submitted_bid_is_a_held_fact_with_a_salted_commitment(lot, bidders, vault):
    bid, fact = bidders[0].submit(lot, vault)

    assert bid.state is BidState.SUBMITTED
    assert len(fact.commitment) == 32
    with snapshot() as db:
        assert evidence.held_count(db, f"lot:{lot}") == 1
        assert fact.commitment.hex() not in "".join(db.scalars(sa.select(Message.data)))


def test_nothing_that_can_be_watched_changes_when_a_bid_comes(lot, bidders, vault):
    before = counted(Message)
    with snapshot() as db:
        waiting = evidence.pending_count(db)

    bidders[0].submit(lot, vault)

    assert counted(Message) == before
    with snapshot() as db:
        assert evidence.pending_count(db) == waiting


def test_a_repeated_request_finds_its_bid_and_makes_no_second_fact(lot, bidders, vault):
    bidder = bidders[0]
    seal, sealed = bidder.seal()
    upload, statement = bidder.upload(lot, sealed, vault), bidder.statement(lot, seal, sealed)
    first, _ = bidder.hand_in(lot, statement, upload, sealed)
    before = counted(Fact, Bid)

    second, fact = bidder.hand_in(lot, statement, upload, sealed)

    assert (second.receipt, fact, counted(Fact, Bid)) == (first.receipt, None, before)


def test_a_used_nonce_under_another_statement_is_refused(lot, bidders, vault):
    first, _ = bidders[0].submit(lot, vault, nonce="ab" * 16)

    with pytest.raises(InvalidInput) as refused:
        bidders[0].submit(lot, vault, nonce="ab" * 16, replaces=first.receipt)

    assert refused.value.code == "statement.nonce_used"


def test_a_replacement_names_the_bid_that_stands(lot, bidders, vault):
    first, _ = bidders[0].submit(lot, vault)

    with pytest.raises(Refusal) as refused:
        bidders[0].submit(lot, vault)
    second, _ = bidders[0].submit(lot, vault, replaces=first.receipt)

    assert refused.value.code == "bid.wrong_replacement"
    with snapshot() as db:
        states = dict(db.execute(sa.select(Bid.receipt, Bid.state)).all())
    assert states == {first.receipt: BidState.REPLACED, second.receipt: BidState.SUBMITTED}


def test_a_withdrawn_bid_does_not_stand_and_another_may_come(lot, bidders, vault):
    first, _ = bidders[0].submit(lot, vault)
    bidders[0].withdraw(lot, first.receipt)

    with pytest.raises(Refusal) as refused:
        bidders[0].withdraw(lot, first.receipt)
    second, _ = bidders[0].submit(lot, vault)

    assert refused.value.code == "bid.transition_refused"
    assert second.state is BidState.SUBMITTED


def test_another_bidder_cannot_withdraw_or_use_the_upload(lot, bidders, vault):
    first, _ = bidders[0].submit(lot, vault)
    with pytest.raises(NotFound):
        bidders[1].withdraw(lot, first.receipt)
    seal, sealed = bidders[1].seal()
    stolen = bidders[0].upload(lot, sealed, vault)
    with pytest.raises(NotFound):
        bidders[1].hand_in(lot, bidders[1].statement(lot, seal, sealed), stolen, sealed)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lot": "TD0000000000-01"}, "statement.addressed_elsewhere"),
        ({"tender": "TD0000000000"}, "statement.addressed_elsewhere"),
        ({"bidder": "91350100M000100Y43"}, "statement.addressed_elsewhere"),
        ({"type": "bid-submission/v2"}, "statement.malformed"),
        ({"nonce": "short"}, "statement.malformed"),
        ({"envelopes": []}, "statement.malformed"),
        ({"extra": 1}, "statement.malformed"),
        ({"escrow_sha256": "x"}, "statement.malformed"),
        ({"envelopes": [{"name": "bid"}]}, "statement.malformed"),
        ({"replaces": "RC0000000000"}, "bid.wrong_replacement"),
    ],
)
def test_a_wrong_statement_is_refused_and_leaves_no_trace(lot, bidders, vault, change, code):
    bidder = bidders[0]
    seal, sealed = bidder.seal()
    upload = bidder.upload(lot, sealed, vault)
    statement = bidder.statement(lot, seal, sealed) | change
    before = counted(Fact, Bid, Message)

    with pytest.raises(Refusal) as refused:
        bidder.hand_in(lot, statement, upload, sealed)

    assert (refused.value.code, counted(Fact, Bid, Message)) == (code, before)


@pytest.mark.parametrize("field", ["bytes", "parts_sha256"])
def test_an_upload_that_differs_from_the_statement_is_refused(lot, bidders, vault, field):
    bidder = bidders[0]
    seal, sealed = bidder.seal()
    upload, statement = bidder.upload(lot, sealed, vault), bidder.statement(lot, seal, sealed)
    envelope = statement["envelopes"][0]
    envelope[field] = len(sealed) + 1 if field == "bytes" else ["0" * 64]

    with pytest.raises(Refusal) as refused:
        bidder.hand_in(lot, statement, upload, sealed)

    assert refused.value.code in ("envelope.incomplete", "envelope.part_differs")


def test_a_signature_of_another_key_is_refused(lot, bidders, vault):
    bidder = bidders[0]
    bidder.key = ec.generate_private_key(ec.SECP256R1())

    with pytest.raises(InvalidInput) as refused:
        bidder.submit(lot, vault)

    assert refused.value.code == "statement.signature"


def test_an_envelope_for_two_recipients_is_refused(lot, bidders, vault):
    bidder = bidders[0]
    seal, sealed = bidder.seal()
    line = sealed.split(b"\n--- ")[0].split(b"\n", 1)[1]
    doubled = sealed.replace(b"\n--- ", b"\n" + line + b"\n--- ", 1)
    upload, statement = bidder.upload(lot, doubled, vault), bidder.statement(lot, seal, doubled)

    with pytest.raises(InvalidInput) as refused:
        bidder.hand_in(lot, statement, upload, doubled)

    assert refused.value.code == "seal.not_one_recipient"


@pytest.mark.parametrize(
    ("received", "offset", "length", "code"),
    [
        (0, 1, 10, "upload.wrong_offset"),
        (10, 0, 10, "upload.wrong_offset"),
        (0, 0, 9, "upload.wrong_length"),
        (0, 0, 11, "upload.wrong_length"),
        (10, 10, 0, "upload.wrong_length"),
    ],
)
def test_only_the_next_whole_part_of_an_upload_is_taken(received, offset, length, code):
    assert [p.code for p in rules.part_problems(10, received, offset, length)] == [code]


def test_the_sealed_set_is_fixed_at_the_deadline(lot, bidders, vault):
    stands = [bidder.submit(lot, vault) for bidder in bidders]
    replaced, _ = stands[0]
    again, fact = bidders[0].submit(lot, vault, replaces=replaced.receipt)
    bidders[3].withdraw(lot, stands[3][0].receipt)
    assert close(lot) is False
    move_to(lot, deadline_of(lot))

    assert close(lot) is True
    assert close(lot) is False

    wanted = [fact.commitment, stands[1][1].commitment, stands[2][1].commitment]
    with snapshot() as db:
        closed = queries.lot_by_code(db, lot)
        assert closed.state is LotState.RELEASING
        assert (closed.sealed_count, closed.sealed_root) == (3, close_root(wanted))
        assert evidence.held_count(db, f"lot:{lot}") == 0
        news = [
            m.kind
            for m in db.scalars(
                sa.select(Message).where(
                    Message.topic == f"lot:{lot}", Message.audience == "public"
                )
            )
        ]
    assert news == ["lot.published", "lot.closed"]
    assert again.state is BidState.SUBMITTED


def test_two_bids_are_not_opened(lot, bidders, vault):
    for bidder in bidders[:2]:
        bidder.submit(lot, vault)
    move_to(lot, deadline_of(lot))

    close(lot)

    with snapshot() as db:
        failed = queries.lot_by_code(db, lot)
        assert (failed.state, failed.sealed_count) == (LotState.FAILED, 2)


def test_a_bid_at_the_deadline_is_refused_by_the_door_too(lot, bidders, vault):
    bidder = bidders[0]
    seal, sealed = bidder.seal()
    upload, statement = bidder.upload(lot, sealed, vault), bidder.statement(lot, seal, sealed)
    move_to(lot, deadline_of(lot))

    with pytest.raises(TooLate) as refused:
        bidder.hand_in(lot, statement, upload, sealed)
    with pytest.raises(TooLate):
        bidder.upload(lot, sealed, vault)

    assert refused.value.code == "bid.too_late"
    assert counted(Bid) == [0]


@pytest.mark.parametrize(
    ("stops", "code"),
    [
        (lambda lot: move_to(lot, deadline_of(lot)), "bid.too_late"),
        (lambda lot: stop(suspend_lot, lot), "bid.not_receiving"),
    ],
    ids=["deadline", "suspended"],
)
@pytest.mark.attack("states")
def test_a_part_that_comes_when_nothing_is_received_is_refused(lot, bidders, vault, stops, code):
    who, sealed = viewer(bidders[0].username), b"sealed"
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        upload = bidding.begin_upload(db, who, lot, len(sealed), now).code
    stops(lot)

    with pytest.raises(Refusal) as refused, transaction() as (db, _):
        bidding.add_part(db, who, upload, offset=0, digest="ab" * 32, length=len(sealed))

    assert refused.value.code == code
    with snapshot() as db:
        assert queries.upload_of(db, upload, who.organisation).received == 0


def stop(action, lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        action(db, lot, actor="regulator", data={"ground": "投诉"}, now=now)


@pytest.mark.attack("states")
def test_before_the_notice_is_out_even_its_own_agency_can_bring_nothing(database):
    make_cast(1)
    lot = f"{make_tender()}-01"
    who = replace(viewer("agent"), roles=frozenset({Role.AGENT, Role.BIDDER}))

    with pytest.raises(Refusal) as refused, transaction(lock=[f"lot:{lot}"]) as (db, now):
        bidding.begin_upload(db, who, lot, 100, now)

    assert refused.value.code == "bid.not_receiving"


def test_bids_that_race_the_close_are_in_the_sealed_set_or_refused(lot, bidders, vault):
    prepared = []
    for bidder in bidders:
        seal, sealed = bidder.seal()
        upload = bidder.upload(lot, sealed, vault)
        prepared.append((bidder, bidder.statement(lot, seal, sealed), upload, sealed))
    deadline = deadline_of(lot)
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        tender = queries.lot_by_code(db, lot).tender
        move_clock(db, tender.clock, deadline - now - timedelta(seconds=0.15))
    accepted, refused = [], []

    def hand_in(bidder, *rest):
        try:
            accepted.append(bidder.hand_in(lot, *rest)[0].receipt)
        except TooLate:
            refused.append(bidder.username)

    def close_when_due():
        while not close(lot):
            pass

    threads = [threading.Thread(target=hand_in, args=each) for each in prepared]
    threads.append(threading.Thread(target=close_when_due))
    for number, thread in enumerate(threads):
        thread.start()
        threading.Event().wait(0.05 * (number % 3))
    for thread in threads:
        thread.join()

    with snapshot() as db:
        assert queries.lot_by_code(db, lot).sealed_count == len(accepted)
    assert len(accepted) + len(refused) == 4


def test_after_the_close_the_held_facts_are_in_the_tree_by_commitment(lot, bidders, vault):
    facts = [bidder.submit(lot, vault)[1] for bidder in bidders[:3]]
    move_to(lot, deadline_of(lot))
    close(lot)
    with transaction() as (db, _):
        append_pending(db, "test.invalid/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))

    with snapshot() as db:
        places = [evidence.fact_by_commitment(db, f.commitment).position for f in facts]
    ordered = sorted(range(3), key=lambda at: facts[at].commitment)
    assert sorted(places) == [places[at] for at in ordered]
    assert bidding.bid_stream("L", "B") == "lot:L/bidder:B"
