from datetime import timedelta

import pyrage
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from evidence.models.streams import Fact
from kernel.errors import InvalidInput, NotYet, Refusal, TooLate
from outbox.models.messages import Message
from storage.database import snapshot
from tests.factories.hall import START, packed
from trading.rules import opening as rules
from trading.rules.opening import Outcome
from trading.states import LotState

INSTANT = timedelta(microseconds=1)


def test_all_bids_open_together_after_the_window(hall):
    hall.ready().all_bid().close()
    hall.all_release().end_window().publish().open()

    found = hall.outcomes()
    assert hall.state() is LotState.OPENED
    assert {o.outcome for o in found.values()} == {Outcome.OPENED}
    assert sorted(o.price_fen for o in found.values()) == [3141592653 + 100 * n for n in range(4)]
    stored = next(iter(found.values())).files["bid/技术标.txt"]
    assert hall.vault.read(stored[1]) == "施工组织设计".encode()


def test_no_price_and_no_identity_is_anywhere_before_the_opening(hall):
    hall.ready().all_bid().close()
    hall.all_release().end_window()

    with snapshot() as db:
        told = "".join(db.scalars(sa.select(Message.data)))
        recorded = "".join(db.scalars(sa.select(Fact.body)))
    kept = b"".join(path.read_bytes() for path in hall.vault._folder.rglob("*") if path.is_file())
    for secret in ("3141592", *(key["bid"] for key in hall.keys.values())):
        assert secret not in told + recorded
        assert secret.encode() not in kept
    public = [m for m in told.split("\n") if hall.bidders[0].username in m]
    assert public == []


def test_a_bid_that_is_never_released_stays_shut_and_the_others_open(hall):
    hall.ready().all_bid().close()
    hall.all_release(3).end_window().publish().open()

    shut = hall.outcomes()[hall.receipts["bidder4"]]
    assert hall.state() is LotState.OPENED
    assert (shut.outcome, shut.price_fen, shut.files) == (Outcome.NOT_RELEASED, None, {})


def test_fewer_than_three_opened_bids_fail(hall):
    hall.ready().all_bid().close()
    hall.all_release(2).end_window().publish().open()

    assert hall.state() is LotState.FAILED


def test_a_wrong_release_is_told_and_may_be_corrected_in_time(hall):
    hall.ready().all_bid().close()
    hall.all_release(3)
    wrong = {"bid": str(pyrage.x25519.Identity.generate())}
    hall.release(hall.bidders[3], keys=wrong)
    hall.end_window().publish()
    hall.do("lot.check_releases")
    assert hall.state() is LotState.UNSEALING

    with pytest.raises(TooLate):
        hall.release(hall.bidders[0])
    hall.release(hall.bidders[3])
    hall.do("lot.open")

    assert {o.outcome for o in hall.outcomes().values()} == {Outcome.OPENED}


@pytest.mark.attack("sealed-bids")
@pytest.mark.parametrize(
    "keys", [{}, {"other": "x"}, {"bid": "AGE-SECRET-KEY-1NONSENSE"}, {"bid": 1}, []]
)
def test_a_release_that_fits_no_seal_is_an_outcome_and_not_a_crash(hall, keys):
    hall.ready().all_bid().close()
    hall.all_release(3).release(hall.bidders[3], keys=keys)
    hall.end_window().publish().open()

    outcome = hall.outcomes()[hall.receipts["bidder4"]]
    assert (outcome.outcome, bool(outcome.finding)) == (Outcome.WRONG_RELEASE, True)


def test_the_last_release_in_time_counts(hall):
    hall.ready().all_bid().close()
    for bidder in hall.bidders:
        hall.release(bidder, blob=b"nonsense")
        hall.release(bidder)
    hall.end_window().publish().open()

    assert {o.outcome for o in hall.outcomes().values()} == {Outcome.OPENED}


def test_a_release_for_another_bidders_bid_is_not_found(hall):
    hall.ready().all_bid().close()

    with pytest.raises(Refusal) as refused:
        hall.release(hall.bidders[0], receipt=hall.receipts["bidder2"])

    assert refused.value.code == "receipt.not_found"


def test_releases_before_the_deadline_and_after_the_window_are_refused(hall):
    hall.ready().all_bid()
    with pytest.raises(NotYet) as early:
        hall.release(hall.bidders[0])
    hall.close().end_window()
    with pytest.raises(TooLate) as late:
        hall.release(hall.bidders[0])

    assert (early.value.code, late.value.code) == ("release.too_early", "release.too_late")


@pytest.mark.parametrize(
    ("at", "allowed"), [(-INSTANT, True), (0 * INSTANT, False), (INSTANT, False)]
)
def test_the_end_of_the_window_itself_is_too_late(at, allowed):
    problems = rules.release_problems(LotState.RELEASING, START, None, START + at)
    assert (problems == []) is allowed


def test_a_release_digest_or_signature_that_does_not_fit_is_refused(hall):
    hall.ready().all_bid().close()
    with pytest.raises(InvalidInput) as digest:
        hall.release(hall.bidders[0], release_sha256="0" * 64)
    hall.bidders[0].key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(InvalidInput) as signature:
        hall.release(hall.bidders[0])

    assert digest.value.code == "release.digest"
    assert signature.value.code == "statement.signature"


@pytest.mark.attack("sealed-bids")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda plain, digest: (plain, "0" * 64),
        lambda plain, digest: (b"not a tar", digest),
        lambda plain, digest: (packed(price="0")[0], digest),
        lambda plain, digest: packed(price="0"),
        lambda plain, digest: packed(price="1e5"),
        lambda plain, digest: packed(extra="field"),
        lambda plain, digest: (plain.replace("施工".encode(), "合谋".encode()), digest),
        lambda plain, digest: (plain[:1024], digest),
    ],
)
def test_a_bid_that_contradicts_itself_is_a_finding_and_the_others_open(hall, spoil):
    hall.ready()
    for bidder in hall.bidders[:3]:
        hall.bid(bidder, *packed())
    hall.bid(hall.bidders[3], *spoil(*packed()))
    hall.close()
    hall.all_release().end_window().publish().open()

    spoilt = hall.outcomes()[hall.receipts["bidder4"]]
    assert hall.state() is LotState.OPENED
    assert (spoilt.outcome, spoilt.price_fen, bool(spoilt.finding)) == (
        Outcome.UNREADABLE,
        None,
        True,
    )


def test_opening_twice_changes_nothing(hall):
    hall.ready().all_bid().close()
    hall.all_release().end_window().publish().open()
    with snapshot() as db:
        before = db.scalar(sa.select(sa.func.count()).select_from(Fact))

    hall.do("lot.open")

    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Fact)) == before
