"""The sealed set and one's own envelope over HTTP: who gets them, from when, and what is in them."""

import hashlib
import json

import pyrage
import pytest

from evidence.rules.sealing import close_root
from storage.database import snapshot, transaction
from tests.factories.identity import token
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from tests.trading.test_pages import START
from trading import queries
from trading.actions.closing import close_lot


@pytest.fixture
def bidders(app):
    return [Bidder(name).enrol() for name in make_cast(4)]


@pytest.fixture
def vault(app):
    return app.extensions["vault"]


def get(client, address, who=None):
    headers = {"Authorization": f"Bearer {token(who)}"} if who else {}
    return client.get(f"/api/v1{address}", headers=headers)


def refused(answer):
    return answer.status_code, answer.get_json()["error"]["code"]


def closed(lot):
    with snapshot() as db:
        deadline = queries.lot_by_code(db, lot).deadline
    move_to(lot, deadline)
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        assert close_lot(db, lot, now=now)


def test_the_sealed_set_is_what_stood_at_the_close_and_nobody_s_name(client, bidders, vault):
    lot = make_open_lot(start=START)
    bids = [bidder.submit(lot, vault)[0] for bidder in bidders]
    again, _ = bidders[0].submit(lot, vault, replaces=bids[0].receipt)
    bidders[3].withdraw(lot, bids[3].receipt)
    closed(lot)

    told = get(client, f"/lots/{lot}/sealed-set").get_json()

    leaves = [bytes.fromhex(each) for each in told["commitments"]]
    assert set(told) == {"lot", "count", "root", "commitments"}
    assert (told["count"], told["root"]) == (3, close_root(leaves).hex())
    with snapshot() as db:
        standing = [again.receipt, bids[1].receipt, bids[2].receipt]
        assert sorted(leaves) == sorted(queries.commitments_of(db, standing))


def test_before_the_close_there_is_no_sealed_set_with_a_bid_or_without(client, bidders, vault):
    lots = [make_open_lot(start=START) for _ in range(2)]
    bidders[0].submit(lots[0], vault)

    for who in (None, bidders[0].username, "agent"):
        for lot in lots:
            answer = get(client, f"/lots/{lot}/sealed-set", who)
            assert refused(answer) == (404, "sealed_set.not_yet")


def test_a_bidder_gets_its_own_envelope_byte_for_byte_and_nobody_else_any(client, bidders, vault):
    lot = make_open_lot(start=START)
    bid, _ = bidders[0].submit(lot, vault, plaintext=b"price: 7")
    address = f"/bids/{bid.receipt}/envelopes/bid"

    answer = get(client, address, bidders[0].username)

    stated = json.loads(bid.statement)["envelopes"][0]
    content = answer.get_data()
    assert [hashlib.sha256(content).hexdigest()] == stated["parts_sha256"]
    identity = pyrage.x25519.Identity.from_str(bidders[0].identities[stated["seal"]])
    assert pyrage.decrypt(content, [identity]) == b"price: 7"
    assert refused(get(client, address, bidders[1].username)) == (404, "receipt.not_found")
    assert refused(get(client, f"{address}x", bidders[0].username)) == (404, "receipt.not_found")
    assert get(client, address, "agent").status_code == 403
    assert get(client, address).status_code == 401
