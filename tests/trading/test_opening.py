import hashlib
import io
import json
import secrets
import tarfile
from datetime import UTC, datetime, timedelta

import pyrage
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from evidence.models.streams import Fact
from evidence.rules.streams import canonical
from identity.states import OrganisationKind, Role
from kernel.errors import InvalidInput, NotYet, Refusal, TooLate
from outbox.models.messages import Message
from storage import due
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.papers import workshop_over
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from trading import queries
from trading.actions import closing, opening, suspension, termination
from trading.rules import opening as rules
from trading.rules.opening import Outcome
from trading.states import LotState
from trading.timers import DUTIES

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
CANARY = "31415926.53"


def packed(price=CANARY, *, files=None, guarantee=None, **form):
    """The plaintext of a bid: manifest first, then its files."""
    files = {"技术标.txt": "施工组织设计".encode()} if files is None else files
    manifest = {
        "v": 1,
        "salt": secrets.token_hex(32),
        "form": {"price": price, "period_days": 180, "quality": "合格"} | form,
        "files": [
            {"name": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in files.items()
        ],
        "guarantee": guarantee,
    }
    raw = json.dumps(manifest, ensure_ascii=False).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:") as archive:
        for name, body in {"manifest.json": raw, **files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return buffer.getvalue(), hashlib.sha256(raw).hexdigest()


class Hall:
    """A lot on its way to the opening, with one witness and its bidders."""

    def __init__(self, vault, bidders=4, lots=1):
        self.vault = vault
        names = make_cast(bidders)
        make_organisation(CODES[40], "临江市公证处", OrganisationKind.WITNESS)
        make_person("witness", CODES[40], Role.WITNESS)
        self.lot = make_open_lot(start=START, lots=lots)
        self.witness = Bidder("witness").enrol()
        self.identity = pyrage.x25519.Identity.generate()
        self.bidders = [Bidder(name).enrol() for name in names]
        self.receipts, self.keys = {}, {}

    def statement(self, **changes):
        return {
            "type": rules.KEY_TYPE,
            "tender": self.lot.rpartition("-")[0],
            "lot": self.lot,
            "window": 30,
            "rehearsal": True,
            "recipient": str(self.identity.to_public()),
            "nonce": secrets.token_hex(16),
        } | changes

    def register_key(self, **changes):
        statement = self.statement(**changes)
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            key, challenge = opening.register_opening_key(
                db,
                viewer("witness"),
                rules.parse_opening_key(statement),
                lot_code=self.lot,
                signature=self.witness.sign(canonical(statement)),
                now=now,
            )
            return key.code, pyrage.decrypt(challenge, [self.identity])

    def rehearse(self, code, answer):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            opening.rehearse_opening_key(db, viewer("witness"), code, answer=answer, now=now)

    def ready(self):
        self.code, answer = self.register_key()
        self.rehearse(self.code, answer)
        return self

    def bid(self, bidder, plaintext, digest):
        seal, sealed = bidder.seal(plaintext)
        statement = bidder.statement(self.lot, seal, sealed)
        statement["envelopes"][0]["manifest_sha256"] = digest
        upload = bidder.upload(self.lot, sealed, self.vault)
        made, _ = bidder.hand_in(self.lot, statement, upload, sealed)
        self.receipts[bidder.username] = made.receipt
        self.keys[bidder.username] = {"bid": bidder.identities[seal]}

    def all_bid(self, files=lambda _number: None):
        for number, bidder in enumerate(self.bidders):
            self.bid(bidder, *packed(f"{31415926 + number}.53", files=files(number)))
        return self

    def close(self):
        with snapshot() as db:
            deadline = queries.lot_by_code(db, self.lot).deadline
        move_to(self.lot, deadline)
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            closing.close_lot(db, self.lot, now=now)
        return self

    def release(self, bidder, *, keys=None, receipt=None, blob=None, **changes):
        keys = self.keys[bidder.username] if keys is None else keys
        if blob is None:
            blob = pyrage.encrypt(json.dumps(keys).encode(), [self.identity.to_public()])
        statement = {
            "type": rules.RELEASE_TYPE,
            "receipt": receipt or self.receipts[bidder.username],
            "release_sha256": hashlib.sha256(blob).hexdigest(),
        } | changes
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            return opening.release_bid(
                db,
                viewer(bidder.username),
                rules.parse_release(statement),
                blob=blob,
                signature=bidder.sign(canonical(statement)),
                now=now,
            )

    def end_window(self):
        with snapshot() as db:
            ends = opening.window_end(queries.lot_by_code(db, self.lot))
        move_to(self.lot, ends)
        self.do("lot.end_window")
        return self

    def publish(self, identity=None):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            opening.publish_opening_key(
                db, viewer("witness"), self.code, identity=identity or str(self.identity), now=now
            )
        return self

    def do(self, kind):
        duty = DUTIES[kind]
        result = duty.work(self.lot, workshop_over(self.vault)) if duty.work else None
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            duty.act(db, self.lot, now, result)

    def open(self):
        self.do("lot.check_releases")
        self.do("lot.open")
        return self

    def state(self):
        with snapshot() as db:
            return queries.lot_by_code(db, self.lot).state

    def outcomes(self):
        with snapshot() as db:
            lot = queries.lot_by_code(db, self.lot)
            return {o.bid.receipt: o for o in queries.opened_bids(db, lot.id)}


@pytest.fixture
def hall(database, tmp_path):
    return Hall(Vault(tmp_path / "files"))


def test_all_bids_open_together_after_the_window(hall):
    hall.ready().all_bid().close()
    for bidder in hall.bidders:
        hall.release(bidder)
    hall.end_window().publish().open()

    found = hall.outcomes()
    assert hall.state() is LotState.OPENED
    assert {o.outcome for o in found.values()} == {Outcome.OPENED}
    assert sorted(o.price_fen for o in found.values()) == [3141592653 + 100 * n for n in range(4)]
    stored = next(iter(found.values())).files["bid/技术标.txt"]
    assert hall.vault.read(stored[1]) == "施工组织设计".encode()


def test_no_price_and_no_identity_is_anywhere_before_the_opening(hall):
    hall.ready().all_bid().close()
    for bidder in hall.bidders:
        hall.release(bidder)
    hall.end_window()

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
    for bidder in hall.bidders[:3]:
        hall.release(bidder)
    hall.end_window().publish().open()

    shut = hall.outcomes()[hall.receipts["bidder4"]]
    assert hall.state() is LotState.OPENED
    assert (shut.outcome, shut.price_fen, shut.files) == (Outcome.NOT_RELEASED, None, {})


def test_fewer_than_three_opened_bids_fail(hall):
    hall.ready().all_bid().close()
    for bidder in hall.bidders[:2]:
        hall.release(bidder)
    hall.end_window().publish().open()

    assert hall.state() is LotState.FAILED


def test_a_wrong_release_is_told_and_may_be_corrected_in_time(hall):
    hall.ready().all_bid().close()
    for bidder in hall.bidders[:3]:
        hall.release(bidder)
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
    for bidder in hall.bidders[:3]:
        hall.release(bidder)
    hall.release(hall.bidders[3], keys=keys)
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
    for bidder in hall.bidders:
        hall.release(bidder)
    hall.end_window().publish().open()

    spoilt = hall.outcomes()[hall.receipts["bidder4"]]
    assert hall.state() is LotState.OPENED
    assert (spoilt.outcome, spoilt.price_fen, bool(spoilt.finding)) == (
        Outcome.UNREADABLE,
        None,
        True,
    )


@pytest.mark.parametrize(
    "change",
    [{"window": 31}, {"rehearsal": False}, {"lot": "TD0000000000-01"}, {"tender": "TD0000000000"}],
)
def test_an_opening_key_that_differs_from_the_notice_is_refused(hall, change):
    with pytest.raises(Refusal) as refused:
        hall.register_key(**change)
    assert refused.value.code == "opening_key.differs_from_notice"


@pytest.mark.attack("states")
def test_a_key_is_not_rehearsed_after_the_deadline_though_nobody_has_closed_yet(hall):
    code, answer = hall.register_key()
    with snapshot() as db:
        deadline = queries.lot_by_code(db, hall.lot).deadline
    move_to(hall.lot, deadline)

    with pytest.raises(TooLate) as late:
        hall.rehearse(code, answer)

    assert (late.value.code, hall.state()) == ("opening_key.too_late", LotState.ANNOUNCED)
    with snapshot() as db:
        assert queries.opening_keys(db, queries.lot_by_code(db, hall.lot).id) == []


def test_an_opening_key_comes_before_the_deadline_and_is_rehearsed(hall):
    code, answer = hall.register_key()
    with pytest.raises(InvalidInput) as wrong:
        hall.rehearse(code, b"wrong")
    with snapshot() as db:
        lot = queries.lot_by_code(db, hall.lot)
        assert queries.opening_keys(db, lot.id) == []
    hall.rehearse(code, answer)
    hall.all_bid().close()
    hall.identity = pyrage.x25519.Identity.generate()
    with pytest.raises(Refusal) as late:
        hall.register_key()

    assert wrong.value.code == "opening_key.wrong_answer"
    assert late.value.code == "opening_key.too_late"


def test_the_private_half_is_published_after_the_window_and_must_fit(hall):
    hall.ready().all_bid().close()
    with pytest.raises(NotYet) as early:
        hall.publish()
    hall.end_window()
    with pytest.raises(InvalidInput) as wrong:
        hall.publish(str(pyrage.x25519.Identity.generate()))

    assert early.value.code == "opening_key.too_early"
    assert wrong.value.code == "opening_key.wrong_half"


def suspended(hall):
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        suspension.suspend_lot(db, hall.lot, actor="regulator", data={}, now=now)


def resumed(hall):
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        suspension.resume_lot(db, hall.lot, actor="regulator", data={}, now=now)


def terminated(hall):
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        termination.terminate_lot(db, viewer("agent"), hall.lot, ground="重大变故", now=now)


def kept_half(hall):
    with snapshot() as db:
        lot = queries.lot_by_code(db, hall.lot)
        return [key.identity for key in queries.opening_keys(db, lot.id)]


@pytest.mark.parametrize("stop", [suspended, terminated], ids=["suspended", "terminated"])
@pytest.mark.parametrize("is_closed", [False, True], ids=["before the deadline", "in the window"])
def test_a_private_half_stays_shut_where_the_window_never_ended(hall, stop, is_closed):
    hall.ready().all_bid()
    if is_closed:
        hall.close()
        hall.release(hall.bidders[0])
    stop(hall)
    move_to(hall.lot, START + timedelta(days=60))

    with pytest.raises(NotYet) as early:
        hall.publish()

    assert early.value.code == "opening_key.too_early"
    assert kept_half(hall) == [None]


def test_a_private_half_published_while_the_lot_stands_still_is_used_after_the_resumption(hall):
    hall.ready().all_bid().close()
    for bidder in hall.bidders:
        hall.release(bidder)
    hall.end_window()
    suspended(hall)
    hall.publish()
    with transaction() as (db, _):
        assert due.claim_due(db) == []

    resumed(hall)

    with transaction() as (db, _):
        assert "lot.check_releases" in {claim.kind for claim in due.claim_due(db)}


def test_opening_twice_changes_nothing(hall):
    hall.ready().all_bid().close()
    for bidder in hall.bidders:
        hall.release(bidder)
    hall.end_window().publish().open()
    with snapshot() as db:
        before = db.scalar(sa.select(sa.func.count()).select_from(Fact))

    hall.do("lot.open")

    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Fact)) == before
