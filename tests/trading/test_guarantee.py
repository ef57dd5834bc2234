import json
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies

from evidence.actions.pdf_signatures import examine
from evidence.models.streams import HeldFact
from identity.actions import papers
from identity.states import OrganisationKind, Role
from kernel.errors import InvalidInput, NotFound, Refusal
from storage import due
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.evidence.signed_papers import authority
from tests.factories.hall import Hall, packed
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.papers import do_duty, enrol_document_key, sign, workshop_over
from tests.factories.trading import move_to
from trading import queries
from trading.actions import guarantee, rehearsal, suspension
from trading.rules import guarantee as rules
from trading.rules.guarantee import Cover, Guarantee, Need, Preimage
from trading.states import GuaranteeState, LotState

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/guarantee.json").read_text())
BANK, OTHER_BANK = CODES[43], CODES[44]
NEED = Need("TD", "TD-01", "B", 20_000_000, datetime(2026, 9, 22, 1, tzinfo=UTC), 90)
SALT = bytes(32)
DEADLINE = NEED.deadline.isoformat()
GOOD = Guarantee(
    state=GuaranteeState.ISSUED,
    is_of_bidder=True,
    code=rules.order_code(SALT, NEED, DEADLINE),
    amount_fen=20_000_000,
    valid_until=date(2026, 12, 31),
    sha256="ab" * 32,
)
PREIMAGE = Preimage("GO0000000000", SALT.hex(), DEADLINE, "ab" * 32)


class Bank:
    """A lot that asks for a guarantee, a bank that gives it, bidders who order it."""

    def __init__(self, vault, bidders=3, workshop=None, hall=None):
        self.hall = hall or Hall(vault, bidders)
        self.lot, self.workshop = self.hall.lot, workshop or workshop_over(vault)
        for code, name, username in (
            (BANK, "临江银行", "banker"),
            (OTHER_BANK, "临江保险", "insurer"),
        ):
            make_organisation(code, name, OrganisationKind.ISSUER)
            make_person(username, code, Role.ISSUER)
        enrol_document_key("banker", self.workshop)
        self.salts = {}

    def need(self):
        with snapshot() as db:
            return guarantee.need_of(queries.lot_by_code(db, self.lot))

    def order(self, username, issuer=BANK):
        self.salts[username] = salt = secrets.token_bytes(32)
        code = rules.order_code(salt, self.need(), self.need().deadline.isoformat())
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            made = guarantee.order_guarantee(
                db, viewer(username), self.lot, issuer=issuer, code=code, now=now
            )
            return made.code

    def approve(self, order, username="banker"):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            return guarantee.approve_order(db, viewer(username), order, now=now).paper.code

    def signed(self, order):
        paper = self.approve(order)
        do_duty(guarantee.DRAW, papers.subject_of(paper), self.workshop)
        sign("banker", paper, self.workshop)
        return order

    def issue(self, order):
        self.signed(order)
        do_duty(guarantee.ISSUED, f"lot:{self.lot}", self.workshop)
        return self.known(order)

    def known(self, order):
        with snapshot() as db:
            return queries.guarantee_by_code(db, order)

    def preimage(self, username, order):
        return {
            "order": order,
            "salt": self.salts[username].hex(),
            "deadline": self.need().deadline.isoformat(),
            "sha256": self.known(order).sha256,
        }

    def held(self):
        with snapshot() as db:
            return db.query(HeldFact).count()


@pytest.fixture
def bank(database, tmp_path):
    return Bank(Vault(tmp_path / "files"))


@pytest.mark.parametrize(
    ("required", "ordered"),
    [
        (1, 1_000),
        (1_000, 1_000),
        (1_001, 1_200),
        (20_000_000, 20_000_000),
        (20_000_001, 25_000_000),
        (60_000_000, 60_000_000),
        (80_000_000, 80_000_000),
        (80_000_001, 100_000_000),
    ],
)
def test_the_ordered_amount_is_the_next_step_of_the_ladder(required, ordered):
    assert rules.order_amount(required) == ordered


@given(strategies.integers(1, 10**15))
def test_the_ordered_amount_covers_and_costs_at_most_a_third_more(required):
    amount = rules.order_amount(required)
    assert amount >= required
    assert amount <= max(1_000, required * 4 / 3 + 1)


@pytest.mark.parametrize(
    ("days", "end"),
    [(1, date(2026, 9, 30)), (8, date(2026, 9, 30)), (9, date(2026, 10, 31)), (100, date(2026, 12, 31))],
    ids=["same month", "the last day itself", "the day after it", "the end of a year"],
)  # fmt: skip
def test_the_guarantee_holds_to_the_end_of_the_month(days, end):
    assert rules.order_valid_until(NEED.deadline, days) == end


def test_the_order_code_is_the_published_one():
    named = VECTOR["named"]
    deadline = datetime.fromisoformat(named["deadline"])
    need = Need(
        named["tender"], named["lot"], named["beneficiary"], named["required_fen"], deadline, 90
    )
    code = rules.order_code(bytes.fromhex(VECTOR["salt"]), need, named["deadline"])
    assert code.hex() == VECTOR["code"]


@pytest.mark.parametrize(
    ("change", "cover", "why"),
    [
        ({}, Cover.VALID, ""),
        ({"is_of_bidder": False}, Cover.INVALID, "没有该投标人的这份保函"),
        ({"state": GuaranteeState.APPROVED}, Cover.INVALID, "保函没有开立"),
        ({"code": bytes(32)}, Cover.INVALID, "保函的编码与本标段、受益人或金额不符"),
        ({"sha256": "cd" * 32}, Cover.INVALID, "保函文件与投标文件所载摘要不符"),
        ({"amount_fen": 19_999_999}, Cover.INVALID, "保函金额不足"),
        ({"valid_until": date(2026, 12, 21)}, Cover.VALID, ""),
        ({"valid_until": date(2026, 12, 20)}, Cover.INVALID, "保函有效期不足"),
    ],
    ids=["good", "another's", "not issued", "another code", "another file", "too little", "last day", "a day short"],
)  # fmt: skip
def test_a_guarantee_covers_a_bid_or_says_why_not(change, cover, why):
    changed = Guarantee(**({**GOOD.__dict__} | change))
    assert rules.cover_of(NEED, PREIMAGE, changed) == (cover, why)


def test_a_bid_without_a_guarantee_lacks_it_only_where_one_is_asked():
    assert rules.cover_of(NEED, None, None)[0] is Cover.MISSING
    free = Need("TD", "TD-01", "B", 0, NEED.deadline, 90)
    assert rules.cover_of(free, None, None) == (Cover.NOT_REQUIRED, "")


@pytest.mark.parametrize(
    "value",
    ["x", [], {}, {"order": "GO", "salt": "00", "deadline": "d", "sha256": "0"}],
    ids=["text", "list", "empty", "short salt"],
)
def test_a_malformed_preimage_is_refused_with_its_place(value):
    with pytest.raises(InvalidInput) as refused:
        rules.read_preimage(value)
    assert refused.value.problems[0].field.startswith("manifest.guarantee")


def test_a_signed_letter_is_verified_and_issued(bank):
    order = bank.issue(bank.order("bidder1"))

    assert order.state is GuaranteeState.ISSUED
    letter = bank.workshop.vault.read(order.sha256)
    with snapshot() as db:
        found = examine(letter, [authority().trust_pem], now=real_now(db))
    assert found.verdict.value == "valid"
    assert [finding.field for finding in found.findings] == ["issuer"]


def test_the_letter_does_not_tell_which_tender_it_backs(bank):
    order = bank.issue(bank.order("bidder1"))
    letter = bank.workshop.vault.read(order.sha256)
    pages = guarantee.letter_pages(
        guarantee.Letter("GO", "甲", "1", "乙", "2", 100, date(2026, 1, 1), "ab", False, datetime.now(UTC))
    )  # fmt: skip

    for secret in (bank.lot, bank.lot.rpartition("-")[0], bank.need().beneficiary):
        assert secret.encode() not in letter
        assert secret not in repr(pages)


def test_everything_is_held_back_until_the_close(bank):
    held = bank.held()
    bank.issue(bank.order("bidder1"))
    assert bank.held() == held + 3

    move_to(bank.lot, bank.need().deadline)
    bank.hall.close()

    assert bank.held() == 0


def test_a_second_order_for_the_same_lot_is_refused(bank):
    bank.order("bidder1")
    before = bank.held()

    with pytest.raises(Refusal) as refused:
        bank.order("bidder1")

    assert refused.value.code == "guarantee.ordered_already"
    assert bank.held() == before


def test_after_a_refusal_another_issuer_can_be_asked(bank):
    order = bank.order("bidder1")
    with transaction(lock=[f"lot:{bank.lot}"]) as (db, now):
        guarantee.refuse_order(db, viewer("banker"), order, reason="授信不足", now=now)

    assert bank.known(order).state is GuaranteeState.REFUSED
    assert bank.known(bank.order("bidder1", OTHER_BANK)).state is GuaranteeState.ORDERED


def test_only_an_issuer_can_be_asked(bank):
    with pytest.raises(Refusal) as refused:
        bank.order("bidder1", CODES[0])
    assert refused.value.code == "guarantee.not_an_issuer"


def test_an_order_is_not_known_to_another_issuer(bank):
    order = bank.order("bidder1")

    with pytest.raises(NotFound) as refused:
        bank.approve(order, "insurer")

    assert refused.value.code == "guarantee.not_found"
    assert bank.known(order).state is GuaranteeState.ORDERED


@pytest.mark.parametrize("offset", [0, 1], ids=["at the deadline", "after it"])
def test_a_guarantee_is_not_ordered_from_the_deadline_on(bank, offset):
    before = NEED.deadline - timedelta(microseconds=1)
    assert rules.ordering_problems(1, LotState.ANNOUNCED, NEED.deadline, before) == []
    late = NEED.deadline + timedelta(microseconds=offset)
    problems = rules.ordering_problems(1, LotState.ANNOUNCED, NEED.deadline, late)
    assert [problem.code for problem in problems] == ["guarantee.too_late"]

    move_to(bank.lot, bank.need().deadline + timedelta(microseconds=offset))
    with pytest.raises(Refusal) as refused:
        bank.order("bidder1")
    assert refused.value.code == "guarantee.too_late"


def test_an_order_cannot_be_approved_after_the_deadline(bank):
    order = bank.order("bidder1")
    move_to(bank.lot, bank.need().deadline)

    with pytest.raises(Refusal) as refused:
        bank.approve(order)

    assert refused.value.code == "guarantee.order_lapsed"


def test_a_letter_signed_too_late_lapses(bank):
    order = bank.signed(bank.order("bidder1"))
    move_to(bank.lot, bank.need().deadline)

    do_duty(guarantee.ISSUED, f"lot:{bank.lot}", bank.workshop)

    assert (bank.known(order).state, bank.known(order).sha256) == (GuaranteeState.LAPSED, None)


def named_to_the_operator():
    with transaction() as (db, _):
        for claim in due.claim_due(db):
            due.give_back(db, claim.id, "the time-stamp authority is down")
    with snapshot() as db:
        return {work.kind for work in queries.nameable_work(db, due.pending(db))}


def test_a_letter_that_fails_is_not_named_before_the_close(bank):
    bank.signed(bank.order("bidder1"))
    waiting = {"lot.close"}  # it comes with every announced lot
    assert named_to_the_operator() == waiting

    move_to(bank.lot, bank.need().deadline)
    bank.hall.close()

    assert {guarantee.DRAW, guarantee.ISSUED, papers.FINISH} <= named_to_the_operator()


def test_a_letter_signed_while_the_lot_stands_still_is_issued_after_the_resumption(bank):
    order = bank.order("bidder1")
    paper = bank.approve(order)
    do_duty(guarantee.DRAW, papers.subject_of(paper), bank.workshop)
    with transaction(lock=[f"lot:{bank.lot}"]) as (db, now):
        suspension.suspend_lot(db, bank.lot, actor="regulator", data={}, now=now)
    sign("banker", paper, bank.workshop)
    with transaction() as (db, _):
        assert guarantee.ISSUED not in {claim.kind for claim in due.claim_due(db)}

    with transaction(lock=[f"lot:{bank.lot}"]) as (db, now):
        suspension.resume_lot(db, bank.lot, actor="regulator", data={}, now=now)

    with transaction() as (db, _):
        assert guarantee.ISSUED in {claim.kind for claim in due.claim_due(db)}
    do_duty(guarantee.ISSUED, f"lot:{bank.lot}", bank.workshop)
    assert bank.known(order).state is GuaranteeState.ISSUED


def test_issuing_twice_is_issuing_once(bank):
    order = bank.issue(bank.order("bidder1"))
    held = bank.held()

    do_duty(guarantee.ISSUED, f"lot:{bank.lot}", bank.workshop)

    assert (bank.held(), bank.known(order.code).sha256) == (held, order.sha256)


def test_the_opening_finds_who_is_covered_and_discloses_the_guarantee(bank):
    hall = bank.hall.ready()
    order = bank.issue(bank.order("bidder1")).code
    hall.bid(hall.bidders[0], *packed(guarantee=bank.preimage("bidder1", order)))
    forged = bank.preimage("bidder1", order)
    hall.bid(hall.bidders[1], *packed("31415927.53", guarantee=forged))
    hall.bid(hall.bidders[2], *packed("31415928.53"))
    hall.close()
    hall.all_release().end_window().publish().open()

    with snapshot() as db:
        opened = queries.opened_bids(db, queries.lot_by_code(db, bank.lot).id)
        covers = [each.guarantee["cover"] for each in opened]
    assert covers == ["valid", "invalid", "missing"]
    assert bank.known(order).state is GuaranteeState.DISCLOSED


def test_a_rehearsals_clock_does_not_wait_for_a_letter_and_so_tell_of_it(bank):
    bank.signed(bank.order("bidder1"))
    tender = bank.lot.rpartition("-")[0]

    with transaction(lock=[f"tender:{tender}", f"lot:{bank.lot}"]) as (db, now):
        found = queries.tender_by_code(db, tender)
        later = now + timedelta(hours=1)
        reached = rehearsal.move_rehearsal(db, viewer("agent"), found, to=later, now=now)

    assert reached == later


@pytest.mark.parametrize(("username", "may"), [("agent", True), ("other", False)])
def test_an_agency_moves_the_clock_of_its_own_rehearsals_only(bank, username, may):
    make_organisation(CODES[45], "另一代理有限公司", OrganisationKind.AGENCY)
    make_person("other", CODES[45], Role.AGENT)
    tender = bank.lot.rpartition("-")[0]
    refused = ""

    with transaction(lock=[f"tender:{tender}"]) as (db, now):
        found = queries.tender_by_code(db, tender)
        try:
            rehearsal.move_rehearsal(db, viewer(username), found, to=now, now=now)
        except NotFound as refusal:
            refused = refusal.code

    assert refused == ("" if may else "tender.not_found")
