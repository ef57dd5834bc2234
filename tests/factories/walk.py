"""A tender of two lots walked from its notice to the archive, with a copy of the database at every
stage; the second lot goes beside the first as far as its meeting, with everything of its own.

What the worker would have done is done by the factories, and its rows are told so: the clock of a
rehearsal waits for them.
"""

import copy
import io

import pyrage
import sqlalchemy as sa

from evaluation.actions import report
from evaluation.actions.meeting import advance_meeting
from evaluation.queries import meeting_by_code
from evaluation.states import MeetingEvent
from identity.actions import papers
from identity.states import OrganisationKind, Role
from storage.database import snapshot, transaction
from storage.due import DueWork
from storage.subjects import legal_now
from supervision.states import OrderKind
from tests.factories import walk_steps as steps
from tests.factories.awarding import ARCHIVE, ranked
from tests.factories.evaluation import Evaluation, entry
from tests.factories.hall import START
from tests.factories.identity import CODES, make_organisation, make_person, token, viewer
from tests.factories.papers import ask, do_duty, enrol_document_key, give, workshop_over
from tests.factories.trading import make_tender, move_to
from tests.trading.test_guarantee import Bank
from trading import queries
from trading.actions import (
    awarding,
    closing,
    documents,
    opening,
)
from trading.actions.documents import StoredFile
from trading.rules.awarding import RejectedBid, ReportResult
from trading.states import ObjectionKind

OTHERS = (
    ("agent2", CODES[2], "临江第二代理", OrganisationKind.AGENCY, Role.AGENT),
    ("officer2", CODES[3], "临江水利局", OrganisationKind.PROCURING_ENTITY, Role.PROCURING_OFFICER),
    ("regulator", CODES[51], "临江市监管局", OrganisationKind.REGULATOR, Role.REGULATOR),
    ("witness2", CODES[39], "临江第二公证处", OrganisationKind.WITNESS, Role.WITNESS),
)
PEOPLE = ("agent", "officer", "host", "operator", "witness", "banker", "insurer")
NOBODY = "NOSUCHCODE00"


class Known(dict):
    """The codes that a request may name; what there is not yet has the code of nothing."""

    def __missing__(self, _name):
        return NOBODY


class Walk:
    """The people, the two lots, and what is known of them now."""

    def __init__(self, vault, kept):
        self.kept, self.vault = kept, vault
        self.one = Evaluation(vault, experts=12, bidders=6, lots=2)
        for name, code, title, kind, role in OTHERS:
            make_organisation(code, title, kind)
            make_person(name, code, role)
        self.recused = self.one.add_expert("recused", entry(90, employer=CODES[10]))
        self.two = self._beside()
        self.bidders = self.one.hall.bidders
        self.one.hall.bidders = self.bidders[:4]
        self.two.hall.bidders = [*self.bidders[1:4], self.bidders[5]]
        self.bank = Bank(vault, workshop=workshop_over(vault), hall=self.one.hall)
        self.workshop, self.known = (
            self.bank.workshop,
            Known(version=1, **dict.fromkeys(("chair", "member", "called"), "recused")),
        )
        drafts = {
            "draft": make_tender(rehearsal_from=START, lots=2),
            "foreign": make_tender(rehearsal_from=START, agent="agent2"),
        }
        names = [*PEOPLE, *(each[0] for each in OTHERS), *self.one.experts.values()]
        names += [bidder.username for bidder in self.bidders]
        self.tell(tokens={name: token(name) for name in names}, **drafts)

    def tell(self, **codes):
        """These codes are known from now on."""
        self.known.update(codes)
        return self

    def keep(self, name, **codes):
        """This is a stage."""
        self.tell(**codes).kept.keep(name, self.known)
        return self

    def branch(self, back, name, step, **codes):
        """A stage beside the way: do this, keep it, and go back to where the way goes on."""
        before = copy.deepcopy(self.known)
        self.tell(**(step() or {}))
        self.settled().keep(name, **codes)
        self.known = before
        self.kept.load(back)

    def stopped(self, name):
        """Two stages beside this one: suspended, and terminated."""
        self.branch(name, f"{name}.suspended", lambda: steps.order(self, OrderKind.SUSPEND))
        self.branch(name, f"{name}.terminated", lambda: steps.terminate(self))

    def settled(self):
        """Everything that was due by now has been done."""
        with snapshot() as db:
            now = legal_now(db, f"lot:{self.one.lot}")
        with transaction() as (db, real):
            undone = sa.update(DueWork).where(DueWork.done_at.is_(None), DueWork.due_at <= now)
            db.execute(undone.values(done_at=real))
        return self

    def do(self, action, username, *args, **kwargs):
        return self.one.do(action, username, *args, **kwargs)

    def row(self, lot=None):
        with snapshot() as db:
            return queries.lot_by_code(db, lot or self.one.lot)

    def _beside(self):
        """The second lot with its own hall, by the same people."""
        two = copy.copy(self.one)
        hall = two.hall = copy.copy(self.one.hall)
        two.lot = hall.lot = self.one.lot[:-2] + "02"
        hall.identity = pyrage.x25519.Identity.generate()
        hall.receipts, hall.keys = {}, {}
        with transaction(lock=[f"lot:{two.lot}"]) as (db, _):
            queries.lot_by_code(db, two.lot).method = self.one.plan()
        return two


def walked(vault, kept):
    """All stages; the world stands at the last one."""
    walk = Walk(vault, kept)
    for part in (before_the_notice, until_the_deadline, opened, drawn, scored, signed, awarded):
        part(walk)
    return walk


def before_the_notice(walk):
    """The draft has a file; the walk's own lots are announced by then."""
    tender = walk.known["draft"]
    digest, size = walk.vault.put(io.BytesIO(b"%PDF-1.7"), limit=100)
    with transaction(lock=[f"tender:{tender}"]) as (db, now):
        file = StoredFile("招标文件.pdf", digest, size)
        made = documents.add_document(db, viewer("agent"), tender, file, now=now).code
    walk.keep("registered", tender=tender, lot=f"{tender}-01", document=made)
    walk.stopped("registered")
    lots = {"lot": walk.one.lot, "lot2": walk.two.lot}
    walk.keep("announced", tender=walk.one.lot.rpartition("-")[0], **lots)
    walk.branch("announced", "failed", lambda: steps.fail(walk))


def until_the_deadline(walk):
    """Keys, bids, uploads, guarantees, questions, an objection."""
    for lot in (walk.two, walk.one):
        lot.hall.ready().all_bid()
    receipts = walk.one.hall.receipts
    walk.tell(key=walk.one.hall.code, receipt=receipts["bidder1"], rival=receipts["bidder2"])
    walk.tell(receipt2=walk.two.hall.receipts["bidder6"])
    steps.upload(walk)
    steps.place_orders(walk)
    steps.ask_questions(walk)
    steps.register_spare_key(walk)
    walk.keep("bidding")
    walk.stopped("bidding")
    move_to(walk.one.lot, walk.row().deadline)
    walk.keep("deadline")


def opened(walk):
    """From the close to the confirmed record."""
    one, two = walk.one.hall, walk.two.hall
    one.close()
    with transaction(lock=[f"lot:{two.lot}"]) as (db, now):
        closing.close_lot(db, two.lot, now=now)
    walk.settled().keep("releasing")
    walk.stopped("releasing")
    for hall in (one, two):
        hall.all_release()
    walk.keep("released")
    move_to(one.lot, opening.window_end(walk.row()))
    walk.keep("window_over")
    for hall in (one, two):
        hall.do("lot.end_window")
    walk.settled().keep("unsealing").stopped("unsealing")
    for hall in (one, two):
        hall.publish()
    walk.keep("key_published")
    for hall in (one, two):
        hall.open()
    walk.settled().keep("opened").stopped("opened")
    walk.branch("opened", "opened.objected", lambda: steps.object_to(walk, ObjectionKind.OPENING))
    for lot in (walk.one, walk.two):
        lot.do(opening.confirm_opening, "agent", lot.lot)
    walk.settled().keep("confirmed")


def drawn(walk):
    """The second lot's committee is drawn first, so that nobody of it sits in the first one's."""
    one, two = walk.one, walk.two
    steps.suspend(walk, [walk.recused])
    two.drawn().accept_all()
    members = [call.expert_code for call in two.calls()]
    two.convene()
    walk.tell(draw2=two.draw, meeting2=two.meeting, member2=one.experts[members[0]])
    walk.tell(bid2=two.bids[0], expert2=members[0])
    walk.tell(members2=[one.experts[code] for code in members])
    steps.reinstate(walk, [walk.recused])
    steps.suspend(walk, members)
    walk.keep("confirmed.second")
    walk.keep("draw_open", draw=one.open_draw().draw)
    one.commit()
    walk.keep("draw_committed")
    one.freeze()
    steps.reinstate(walk, members)
    walk.settled().keep("draw_frozen")
    for after in ("", ".suspended", ".terminated"):
        walk.branch(
            "draw_frozen", f"draw_waiting{after}", lambda after=after: steps.stall(walk, after)
        )
    one.reveal()
    asked = {each.expert_code for each in one.calls()}
    idle = next(code for code in one.experts if code not in {*asked, *members, walk.recused})
    walk.tell(undrawn=one.experts[idle])
    call = one.calls()[0]
    walk.settled().keep("drawn", called=one.experts[call.expert_code], expert=call.expert_code)
    walk.stopped("drawn")
    walk.branch("drawn", "unanswered", lambda: steps.leave_unanswered(walk))
    walk.branch("drawn", "vacant", lambda: steps.vacate_first_seat(walk))
    one.accept_all()
    walk.keep("accepted")


def scored(walk):
    """From the meeting to the ranking."""
    one = walk.one.convene()
    first = next(iter(one.keys))
    names = [one.experts[code] for code in one.keys]
    member = {"member": names[0], "chair": names[0], "colleague": names[1], "expert": first}
    walk.tell(members=names)
    walk.keep("convened", meeting=one.meeting, bid=one.bids[0], **member)
    for code in one.keys:
        one.sign(code)
    walk.keep("electing")
    for code in one.keys:
        one.vote(code, first)
    one.chair = first
    walk.keep("scoring")
    walk.stopped("scoring")
    for code in one.keys:
        one.hand_in(code)
    walk.keep("scored", version=2)
    one.reveal_sheets()
    walk.keep("revealed")
    one.lock()
    walk.keep("locked")
    one.rank()
    walk.keep("ranked")


def signed(walk):
    """The report as far as the chair's signature."""
    chair = walk.known["chair"]
    enrol_document_key(chair, walk.workshop)
    made = walk.do(report.begin_report, chair, walk.known["meeting"]).paper.code
    subject = papers.subject_of(made)
    walk.keep("report_begun", paper=made)
    do_duty(report.DRAW, subject, walk.workshop)
    walk.keep("report_drawn")
    ask(chair, made)
    walk.keep("turn_asked")
    do_duty(papers.PREPARE, subject, walk.workshop)
    walk.keep("turn_prepared").stopped("turn_prepared")
    give(chair, made, walk.workshop)
    walk.keep("turn_signed")
    do_duty(papers.FINISH, subject, walk.workshop)
    walk.keep("turn_done")


def awarded(walk):
    """The report comes to trading, though not all have signed its file; then to the archive."""
    lot, meeting = walk.one.lot, walk.known["meeting"]
    with snapshot() as db:
        bids = queries.opened_bids(db, queries.lot_by_code(db, lot).id)
        figures = [(each.bid.receipt, each.price_fen) for each in bids]
    lines = tuple(ranked(*figure, rank) for rank, figure in enumerate(figures[:3], 1))
    result = ReportResult("ER0000000001", ARCHIVE, lines, (RejectedBid(figures[3][0], "没有资质"),))
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        found = meeting_by_code(db, meeting)
        advance_meeting(db, found, MeetingEvent.REPORTED, "platform", {}, now)
        awarding.receive_report(db, lot, result, actor="platform", now=now)
    walk.settled().keep("reported", winner=figures[0][0])
    for name, step in steps.GOVPROC.items():
        walk.branch("reported", name, lambda step=step: step(walk))
    walk.do(awarding.publish_candidates, "agent", lot)
    walk.keep("publicity").stopped("publicity")
    walk.branch("publicity", "publicity.objected", lambda: steps.object_to_result(walk))
    move_to(lot, steps.publicity_end(walk))
    walk.settled().keep("publicity_over")
    walk.do(awarding.decide_award, "officer", lot, receipt=figures[0][0])
    walk.keep("awarded")
    walk.do(awarding.archive_lot, "agent", lot)
    walk.keep("archived")
