"""A sealed envelope on its way, disturbed in every order: what is kept is what was announced.

Parts come twice, out of order, too long, too short, broken off, from two tabs and from a colleague
at once, after signing. A model says what the platform must have kept after each step; only an
envelope whose every byte is the signed one becomes a bid.
"""

import base64
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from evidence.rules.sealing import PART_BYTES
from evidence.rules.streams import canonical
from identity.states import Role
from storage.database import current_database, snapshot
from storage.subjects import legal_now
from tests.factories.hall import START
from tests.factories.identity import make_person, token, viewer
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from trading.actions import bidding
from trading.models.bidding import Bid, Upload
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from

pytestmark = pytest.mark.attack("hostile-input")

# One part, just two, just three: plain bytes such that the envelope ends after a boundary.
PLAIN = (100, PART_BYTES - 5_000, PART_BYTES + 1_000)
ROUNDS = 10
HOUSE = hypothesis.settings(
    database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@dataclass
class Site:
    """A lot that receives bids, its bidder, a colleague, and what both say over HTTP."""

    app: object
    lot: str = ""
    bidder: Bidder = None
    tokens: list = field(default_factory=list)

    def prepare(self):
        make_cast(1)
        self.bidder = Bidder("bidder1").enrol()
        make_person("colleague", viewer("bidder1").organisation, Role.BIDDER)
        self.tokens = [token("bidder1"), token("colleague")]
        return self.renew()

    def renew(self):
        """Another lot: how many uploads may be on their way is counted by lot."""
        self.lot = make_open_lot(start=START)
        return self

    def ask(self, method, path, *, who=0, **given):
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return self.app.test_client().open(
            f"/api/v1{path}", method=method, headers=headers, **given
        )

    def begin(self, size):
        return self.ask("POST", f"/lots/{self.lot}/uploads", json={"size": size})

    def put(self, code, offset, part, *, told=None, who=0):
        """Send a part; `told` is the length that the request claims."""
        return self.ask(
            "PUT",
            f"/uploads/{code}?offset={offset}",
            who=who,
            input_stream=io.BytesIO(part),
            content_length=len(part) if told is None else told,
        )

    def row(self, code):
        with snapshot() as db:
            return db.get_one(Upload, code)

    def bids(self):
        with snapshot() as db:
            return db.scalar(sa.select(sa.func.count()).select_from(Bid))


def site_on(folder, url):
    settings = settings_from({"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": url})
    prepare_keys(settings)
    return Site(create_app(settings))


class Uploading(RuleBasedStateMachine):
    """`kept` are the bytes that the platform said it has; `sealed` those that are to be signed."""

    site: Site
    steps = bids = 0

    def __init__(self):
        super().__init__()
        self.code, self.kept, self.sealed, self.seal = None, b"", b"", ""
        self.given_up = 0
        self.site.renew()

    @property
    def expected(self):
        return self.sealed[len(self.kept) : len(self.kept) + PART_BYTES]

    @precondition(lambda self: self.code is None)
    @rule(plain=st.sampled_from(PLAIN))
    def begin(self, plain):
        self.seal, self.sealed = self.site.bidder.seal(b"\x5a" * plain)
        answer = self.site.begin(len(self.sealed))
        is_room = self.given_up < bidding.UPLOADS_AT_ONCE
        assert answer.status_code == (201 if is_room else 429), answer.json
        self.code = answer.json["upload"] if is_room else None

    @precondition(lambda self: self.code)
    @rule(who=st.integers(0, 1))
    def send_next(self, who):
        self.take(self.site.put(self.code, len(self.kept), self.expected, who=who), self.expected)

    @precondition(lambda self: self.code and self.expected)
    @rule(at=st.integers(0, 2**31))
    def send_a_changed_byte(self, at):
        part = bytearray(self.expected)
        part[at % len(part)] ^= 1
        self.take(self.site.put(self.code, len(self.kept), bytes(part)), bytes(part))

    @precondition(lambda self: self.code and self.expected)
    @rule(cut=st.integers(1, 2**31), told=st.booleans())
    def break_off(self, cut, told):
        part = self.expected
        part = part[: len(part) - 1 - cut % len(part)]
        length = len(self.expected) if told else len(part)
        self.refused(self.site.put(self.code, len(self.kept), part, told=length))

    @precondition(lambda self: self.code)
    @rule(more=st.integers(1, 100))
    def send_too_much(self, more):
        self.refused(self.site.put(self.code, len(self.kept), self.expected + bytes(more)))

    @precondition(lambda self: self.code)
    @rule(
        offset=st.integers(-5, 2**40)
        | st.sampled_from((0, 1, PART_BYTES, 2 * PART_BYTES, PART_BYTES - 1))
    )
    def send_elsewhere(self, offset):
        hypothesis.assume(offset != len(self.kept))
        part = self.sealed[max(offset, 0) :][:PART_BYTES] or b"x"
        self.refused(self.site.put(self.code, offset, part))

    @precondition(lambda self: self.code and self.expected)
    @rule(tabs=st.integers(2, 4))
    def race(self, tabs):
        others = [bytes([number]) + self.expected[1:] for number in range(tabs)]
        with ThreadPoolExecutor(tabs) as pool:
            answers = list(
                pool.map(
                    lambda number: self.site.put(
                        self.code, len(self.kept), others[number], who=number % 2
                    ),
                    range(tabs),
                )
            )
        won = [
            part for answer, part in zip(answers, others, strict=True) if answer.status_code < 300
        ]
        assert len(won) == 1, [answer.status_code for answer in answers]
        assert all(answer.status_code in (200, 409) for answer in answers)
        self.kept += won[0]

    @precondition(lambda self: self.code)
    @rule()
    def sign(self):
        statement = self.site.bidder.statement(self.site.lot, self.seal, self.sealed)
        replaces = self.site.ask("GET", f"/lots/{self.site.lot}/bids/mine").json["bids"]
        statement["replaces"] = next(
            (each["receipt"] for each in replaces if each["state"] == "submitted"), None
        )
        signature = self.site.bidder.sign(canonical(statement))
        body = {
            "statement": statement,
            "signature": base64.b64encode(signature).decode(),
            "uploads": {"bid": self.code},
        }
        before = self.site.bids()
        answer = self.site.ask("POST", f"/lots/{self.site.lot}/bids", json=body)
        is_whole = self.kept == self.sealed
        assert (answer.status_code == 201) is is_whole, answer.json
        assert self.site.bids() == before + is_whole
        Uploading.bids += is_whole
        if not is_whole:
            assert answer.json["error"]["code"].startswith("envelope.")

    @precondition(lambda self: self.code)
    @rule()
    def give_up(self):
        """What has come whole waits to be signed, and takes no room of what is on its way."""
        self.given_up += len(self.kept) < len(self.sealed)
        self.code, self.kept, self.sealed = None, b"", b""

    @invariant()
    def what_is_kept_is_what_was_announced(self):
        Uploading.steps += 1
        if self.code is None:
            return
        row = self.site.row(self.code)
        parts = [self.kept[at : at + PART_BYTES] for at in range(0, len(self.kept), PART_BYTES)]
        assert row.parts == [hashlib.sha256(part).hexdigest() for part in parts]
        assert (row.received, row.size) == (len(self.kept), len(self.sealed))
        vault = self.site.app.extensions["vault"]
        assert b"".join(vault.chunks(row.parts)) == self.kept

    def take(self, answer, part):
        if not part:
            self.refused(answer)
            return
        assert answer.status_code == 200, answer.json
        assert answer.json["sha256"] == hashlib.sha256(part).hexdigest()
        self.kept += part
        assert answer.json["have"] == len(self.kept)

    @staticmethod
    def refused(answer):
        assert answer.status_code in (400, 409, 413, 422), answer.status_code
        assert answer.json["error"]["code"]


def submit_undisturbed(machine):
    """A whole one becomes a bid, so that refusals mean something."""
    machine.begin(PLAIN[-1])
    while machine.expected:
        machine.send_next(0)
    machine.sign()
    assert Uploading.bids == 1


def disturb(site, examples, steps):
    Uploading.site, Uploading.steps, Uploading.bids = site, 0, 0
    submit_undisturbed(Uploading())
    limits = hypothesis.settings(HOUSE, max_examples=examples, stateful_step_count=steps)
    run_state_machine_as_test(Uploading, settings=limits)
    return Uploading.steps


@pytest.fixture
def site(sqlite_url, tmp_path):
    made = site_on(tmp_path, sqlite_url).prepare()
    yield made
    current_database().dispose()


def test_what_is_kept_of_an_envelope_is_what_was_announced(site, tried):
    steps = disturb(site, examples=10, steps=14)

    assert steps >= 10
    tried(steps)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_what_is_kept_of_an_envelope_is_what_was_announced_at_length(site, tried):
    steps = disturb(site, examples=150, steps=30)

    assert steps >= 150
    tried(steps)


def test_uploads_that_broke_off_do_not_shut_their_bidder_out_for_good(site):
    begun = [site.begin(1_000).status_code for _ in range(bidding.UPLOADS_AT_ONCE)]
    refused = site.begin(1_000)
    with snapshot() as db:
        later = legal_now(db, f"lot:{site.lot}") + bidding.UPLOAD_EXPIRES
    move_to(site.lot, later)

    assert begun == [201] * bidding.UPLOADS_AT_ONCE
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "upload.too_many")
    assert site.begin(1_000).status_code == 201


def test_what_is_uploaded_and_never_submitted_fills_no_disk(site, monkeypatch):
    monkeypatch.setattr(bidding, "UNNAMED_LIMIT", 3_000)
    for _ in range(3):
        code = site.begin(1_000).json["upload"]
        assert site.put(code, 0, bytes(1_000)).status_code == 200

    at_the_limit = site.begin(1)

    assert (at_the_limit.status_code, at_the_limit.json["error"]["code"]) == (429, "upload.quota")


def test_announcing_first_and_sending_later_gets_round_no_limit(site, monkeypatch):
    monkeypatch.setattr(bidding, "UNNAMED_LIMIT", 3_000)
    codes = [site.begin(1_000).json["upload"] for _ in range(4)]
    sent = [site.put(code, 0, bytes(1_000)) for code in codes]

    assert [answer.status_code for answer in sent] == [200, 200, 200, 429]
    assert sent[-1].json["error"]["code"] == "upload.quota"
    assert site.row(codes[-1]).received == 0


def test_of_colleagues_who_send_the_same_part_at_once_one_is_told_that_it_is_kept(
    postgresql_url, tmp_path, tried
):
    site = site_on(tmp_path, postgresql_url).prepare()
    parts = [bytes([each]) * 1_000 for each in range(4)]
    for _ in range(ROUNDS):
        site.renew()
        code = site.begin(1_000).json["upload"]
        send = partial(site.put, code, 0)
        with ThreadPoolExecutor(len(parts)) as pool:
            sent = [pool.submit(send, part, who=who % 2) for who, part in enumerate(parts)]
        answers = [each.result() for each in sent]

        told = [answer.json["sha256"] for answer in answers if answer.status_code == 200]
        assert told == site.row(code).parts
        assert {answer.status_code for answer in answers} == {200, 409}

    tried(ROUNDS * len(parts))
    current_database().dispose()
