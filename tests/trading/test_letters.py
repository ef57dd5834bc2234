"""Letters of a tender, and that before the opening a letter about a bid reaches its bidder alone."""

from datetime import timedelta

import pyrage

from outbox.rules.letters import LetterKind
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.awarding import Awarding
from tests.factories.identity import viewer
from tests.factories.letters import inbox, letters_to, readers
from tests.trading.test_guarantee import Bank
from trading import queries
from trading.actions import documents, guarantee, objections, suspension, termination
from trading.states import ObjectionKind

K = LetterKind
SIDES = ["agent"]


def locked(lot, action, *args, **kwargs):
    with transaction(lock=[f"tender:{lot.rpartition('-')[0]}", f"lot:{lot}"]) as (db, now):
        return action(db, *args, now=now, **kwargs)


def test_witnesses_are_asked_for_a_key_when_a_lot_is_announced(hall):
    assert inbox("witness") == [K.OPENING_KEY_NEEDED]
    assert letters_to("witness")[0].data["lot"] == hall.lot


def test_a_bid_is_told_to_its_own_people_only_until_the_close(hall):
    hall.ready()
    first, second = hall.bidders[:2]
    bid, _ = first.submit(hall.lot, hall.vault)
    again, _ = first.submit(hall.lot, hall.vault, replaces=bid.receipt)
    first.withdraw(hall.lot, again.receipt)

    assert inbox("bidder1") == [K.BID_RECEIVED, K.BID_REPLACED, K.BID_WITHDRAWN]
    assert letters_to("bidder1")[1].data["replaced"] == bid.receipt
    for other in (second.username, "agent"):
        assert inbox(other) == []


def test_guarantees_are_told_to_bidder_and_issuer_without_the_tender(database, tmp_path):
    bank = Bank(Vault(tmp_path / "files"))
    order = bank.order("bidder1")
    bank.issue(order)
    refused = bank.order("bidder2")
    locked(bank.lot, guarantee.refuse_order, viewer("banker"), refused, reason="授信不足")

    assert inbox("banker") == [K.GUARANTEE_ORDERED] * 2
    assert inbox("bidder1") == [K.GUARANTEE_ISSUED]
    assert inbox("bidder2") == [K.GUARANTEE_REFUSED]
    assert (inbox("bidder3"), inbox("insurer"), inbox("agent")) == ([], [], [])
    told = [(letter.subject, letter.data) for letter in letters_to("banker")]
    assert bank.lot.partition("-")[0] not in str(told)
    assert {frozenset(data) for _, data in told} == {frozenset({"order", "rehearsal"})}


def test_only_who_has_to_do_with_a_lot_is_told_that_it_moved_stopped_or_ended(hall):
    hall.ready()
    hall.bidders[0].submit(hall.lot, hall.vault)
    gone, _ = hall.bidders[1].submit(hall.lot, hall.vault)
    hall.bidders[1].withdraw(hall.lot, gone.receipt)
    with snapshot() as db:
        later = queries.lot_by_code(db, hall.lot).deadline + timedelta(days=20)
    tender = hall.lot.rpartition("-")[0]
    amendment = {"text": "答疑", "files": (), "deadline": later, "affects_bids": True}
    locked(hall.lot, documents.publish_amendment, viewer("agent"), tender, **amendment)
    order = {"ground": "核查举报"}
    locked(hall.lot, suspension.suspend_lot, hall.lot, actor="x", data=order)
    locked(hall.lot, suspension.resume_lot, hall.lot, actor="x", data=order)
    locked(hall.lot, termination.terminate_lot, viewer("agent"), hall.lot, ground="项目取消" * 10)

    told = [K.DEADLINE_MOVED, K.LOT_SUSPENDED, K.LOT_RESUMED, K.LOT_TERMINATED]
    assert inbox("bidder1") == [K.BID_RECEIVED, *told]
    assert inbox("bidder2") == [K.BID_RECEIVED, K.BID_WITHDRAWN]
    assert [inbox(name) for name in ("bidder3", "bidder4", "agent")] == [[], [], []]


def test_a_lot_with_too_few_bids_is_told_as_failed(hall):
    hall.ready()
    hall.bidders[0].submit(hall.lot, hall.vault)
    hall.close()
    assert readers(K.LOT_FAILED) == ["agent", "bidder1"]
    assert readers(K.RELEASE_NEEDED) == []


def test_bidders_are_told_to_release_and_of_a_wrong_release_and_all_of_the_opening(hall):
    hall.ready().all_bid().close()
    names = [bidder.username for bidder in hall.bidders]
    assert readers(K.RELEASE_NEEDED) == names
    wrong = {"bid": str(pyrage.x25519.Identity.generate())}
    hall.release(hall.bidders[0], keys=wrong)
    for bidder in hall.bidders[1:]:
        hall.release(bidder)
    hall.end_window().publish()
    hall.do("lot.check_releases")
    assert readers(K.RELEASE_WRONG) == ["bidder1"]

    hall.open()

    assert readers(K.OPENING_DONE) == sorted([*names, *SIDES])


def test_questions_and_objections_reach_those_who_answer_and_name_nobody(hall):
    hall.ready()
    locked(hall.lot, objections.ask, viewer("bidder1"), hall.lot, text="工期如何计算？")
    kind = ObjectionKind.DOCUMENTS
    objection = {"kind": kind, "text": "资格条件排斥外地企业"}
    locked(hall.lot, objections.raise_objection, viewer("bidder2"), hall.lot, **objection)

    assert inbox("agent") == [K.ENQUIRY_ASKED, K.OBJECTION_RAISED]
    assert inbox("bidder1") == inbox("bidder2") == []
    told = str([letter.data for letter in letters_to("agent")])
    for name in ("bidder1", "bidder2"):
        who = viewer(name)
        assert not {who.organisation, who.organisation_name, who.code} & set(told.split("'"))


def test_the_result_is_told_to_each_bidder_with_its_own_figures(database, tmp_path):
    made = Awarding(Vault(tmp_path / "files"))
    made.receive().publish()
    made.decide(at=made.report().publicity_until)

    results = {K.BID_WON, K.BID_NOT_WON, K.BID_REJECTED}
    told = {
        bidder.username: [kind for kind in inbox(bidder.username) if kind in results]
        for bidder in made.evaluation.hall.bidders
    }
    assert all(len(kinds) == 1 for kinds in told.values())
    assert sum(kinds == [K.BID_WON] for kinds in told.values()) == 1
    assert readers(K.CANDIDATES_DUE) == ["agent"]
    assert readers(K.AWARD_DUE) == ["officer"]
    assert readers(K.REPORT_RECEIVED) == readers(K.AWARD_DECIDED) == ["agent", "officer"]


def test_experts_are_called_and_convened_by_letters_that_name_no_tender(database, tmp_path):
    made = Awarding(Vault(tmp_path / "files"))
    called, convened = readers(K.EXPERT_CALLED), readers(K.MEETING_CONVENED)
    assert called == convened == sorted(made.evaluation.experts[c] for c in made.evaluation.keys)
    told = [letter.data for letter in letters_to(called[0])]
    assert [set(data) for data in told] == [{"draw", "rehearsal"}, {"meeting", "rehearsal"}]
