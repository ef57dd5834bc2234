"""Single steps of the walk (walk.py): what people do beside the way, and what the worker does."""

import pyrage

from evaluation.actions import calls, pool
from evaluation.queries import draw_by_code
from evaluation.states import CallState
from evaluation.timers import DUTIES
from identity.actions import papers
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from supervision.actions.orders import issue_order
from supervision.states import OrderKind
from tests.factories.identity import viewer
from tests.factories.papers import do_duty
from tests.factories.trading import move_to
from trading import queries
from trading.actions import awarding, bidding, guarantee, objections, termination
from trading.states import Category, ObjectionKind, Regime

ORDER = {"article": "招标投标法实施条例 第62条", "ground": "投诉处理期间暂停"}
ORDERS = ("ordered", "approved", "issued", "refused")


def order(walk, kind):
    lot = walk.known["lot"]
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        issue_order(db, viewer("regulator"), lot, kind=kind, now=now, **ORDER)


def fail(walk):
    """Nobody bids."""
    walk.one.hall.close()


def terminate(walk):
    lot = walk.known["lot"]
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        termination.terminate_lot(db, viewer("agent"), lot, ground="项目取消", now=now)


def object_to(walk, kind):
    """Somebody objects; the code is what is to be answered now."""
    raised = walk.do(objections.raise_objection, "bidder1", walk.one.lot, kind=kind, text="有异议")
    return {"objection": raised.code}


def suspend(walk, experts):
    for code in experts:
        with transaction() as (db, now):
            pool.suspend_expert(db, viewer("operator"), code, ground="已入席", now=now)


def reinstate(walk, experts):
    for code in experts:
        with transaction() as (db, now):
            pool.reinstate_expert(db, viewer("operator"), code, ground="恢复", now=now)


def stall(walk, after=""):
    """Nobody reveals twice: the draw waits for the regulator; and then the lot is stopped."""
    for again in (True, False):
        with snapshot() as db:
            until = draw_by_code(db, walk.one.draw).reveal_until
        move_to(walk.one.lot, until)
        with transaction(lock=[f"lot:{walk.one.lot}"]) as (db, now):
            DUTIES["draw.settle"].act(db, walk.one.lot, now, None)
        if again:
            walk.one.commit().freeze()
    if after == ".suspended":
        order(walk, OrderKind.SUSPEND)
    if after == ".terminated":
        terminate(walk)


def leave_unanswered(walk):
    walk.one.let_answer_time_end()


def vacate_first_seat(walk):
    """Nobody comes to the first seat; to all others the first who was called."""
    one = walk.one
    for call in one.calls():
        if call.seat:
            one.do(calls.accept_call, one.experts[call.expert_code], one.draw)
    while waiting := [call for call in one.calls() if call.state is CallState.CALLED]:
        username = one.experts[waiting[0].expert_code]
        one.do(calls.refuse_call, username, one.draw, reason="出差")


def object_to_result(walk):
    """An objection to the result, and the publicity over meanwhile."""
    made = object_to(walk, ObjectionKind.RESULT)
    move_to(walk.one.lot, publicity_end(walk))
    return made


def publicity_end(walk):
    with snapshot() as db:
        found = queries.lot_by_code(db, walk.one.lot)
        return queries.report_of(db, found.id).publicity_until


def upload(walk):
    """A whole envelope of a bidder without a bid, one just begun, and one of the second lot."""
    late, lot = walk.bidders[4], walk.one.lot
    walk.seal, walk.sealed = late.seal()
    whole = late.upload(lot, walk.sealed, walk.vault)
    with transaction() as (db, _now):
        who, size = viewer(late.username), len(walk.sealed)
        begun = bidding.begin_upload(db, who, lot, size, legal_now(db, f"lot:{lot}")).code
    first, beside = walk.bidders[0], late.upload(walk.two.lot, walk.sealed, walk.vault)
    again = first.upload(lot, walk.sealed, walk.vault)
    walk.tell(upload=whole, begun=begun, upload2=beside, upload_first=again)


def place_orders(walk):
    """One order in every state that it can have before the opening."""
    made = {name: walk.bank.order(f"bidder{n}") for n, name in enumerate(ORDERS, 1)}
    walk.tell(**made, order_paper=walk.bank.approve(made["approved"]))
    do_duty(guarantee.DRAW, papers.subject_of(walk.known["order_paper"]), walk.workshop)
    walk.bank.issue(made["issued"])
    walk.do(guarantee.refuse_order, "banker", made["refused"], reason="额度不足")


def ask_questions(walk):
    lot = walk.one.lot
    asked = [walk.do(objections.ask, "bidder1", lot, text="工期？").code for _ in range(2)]
    raised = object_to(walk, ObjectionKind.DOCUMENTS)["objection"]
    answered = object_to(walk, ObjectionKind.DOCUMENTS)["objection"]
    with transaction(lock=[f"tender:{walk.known['tender']}"]) as (db, now):
        objections.answer_enquiry(db, viewer("agent"), asked[1], answer="180 日", now=now)
    walk.do(objections.answer_objection, "agent", answered, answer="不成立")
    walk.tell(enquiry=asked[0], enquiry_done=asked[1], objection=raised, objection_done=answered)


def register_spare_key(walk):
    """A second opening key, registered and not rehearsed yet."""
    hall, first = walk.one.hall, walk.one.hall.identity
    hall.identity = pyrage.x25519.Identity.generate()
    code, answer = hall.register_key()
    hall.identity = first
    walk.tell(spare_key=code, challenge=answer)


def under_procurement_law(walk):
    """The same lot, bought by the other body of law."""
    with transaction() as (db, _):
        tender = queries.lot_by_code(db, walk.one.lot).tender
        tender.regime, tender.category = Regime.GOVPROC, Category.GOODS


def unless_decided(walk):
    """The time to decide is over, and the worker has not come yet."""
    under_procurement_law(walk)
    with snapshot() as db:
        due = queries.report_of(db, queries.lot_by_code(db, walk.one.lot).id).step_due
    move_to(walk.one.lot, due)


def decided(walk):
    """The purchaser has decided; the result notice is being shown."""
    under_procurement_law(walk)
    lot, winner = walk.one.lot, walk.known["winner"]
    walk.do(awarding.decide_award, "officer", lot, receipt=winner)


GOVPROC = {
    "reported.govproc": under_procurement_law,
    "reported.govproc_late": unless_decided,
    "awarded.govproc": decided,
}
