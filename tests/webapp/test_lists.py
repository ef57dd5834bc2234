"""A list asks the database as often for thirty rows as for three, whatever it lists."""

import io
import secrets
from datetime import date, timedelta

import pytest

from evaluation.actions import pool
from evaluation.models.draw import Call, Draw
from evaluation.models.meeting import Meeting, Member
from evaluation.models.scoring import ScoreSheet
from evaluation.states import CallState, DrawState, MeetingState, SheetState
from identity import queries as identity
from identity.actions import applications, sign_ins, standing
from identity.actions.applications import Applicant
from identity.states import OrganisationKind, RestrictionKind, Role
from kernel import codes
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories import supervision
from tests.factories.evaluation import entry
from tests.factories.hall import START
from tests.factories.identity import (
    CODES,
    make_organisation,
    make_person,
    password_hash,
    token,
    valid_code,
    viewer,
)
from tests.factories.pages import Reader
from tests.factories.papers import enrol_document_key, workshop_over
from tests.factories.statements import asked
from tests.factories.trading import Bidder, make_cast, make_open_lot, make_tender, publish
from trading import queries
from trading.actions import documents, guarantee, objections
from trading.actions.documents import StoredFile
from trading.models.opening import OpeningKey
from trading.rules import guarantee as rules

BANK, CENTRE, POOL, NOTARY = CODES[43], CODES[42], CODES[41], CODES[40]
FEW, MANY, MOST = 3, 30, 8
A_FEW_ROWS = 500  # characters: a list that shows more rows is longer
LISTS = {
    None: ("/", "/tenders/{tender}", "/negative-list"),
    "agent": (
        "/desk",
        "/inbox",
        "/run/tenders",
        "/run/tenders/{tender}/questions",
        "/run/tenders/{draft}/documents",
        "/evaluation/draws",
        "/conduct",
        "/account/sign-ins",
    ),
    "officer": ("/desk", "/run/tenders", "/evaluation/draws"),
    "bidder1": (
        "/desk",
        "/inbox",
        "/bids",
        "/bids/mine",
        "/bids/lots/{lot}/questions",
        "/account/keys",
    ),
    "banker": ("/desk", "/orders", "/papers"),
    "witness": ("/desk", "/witness", "/evaluation/draws"),
    "expert": ("/desk", "/evaluation/desk"),
    "regulator": (
        "/supervision/lots",
        "/supervision/wall",
        "/supervision/findings",
        "/supervision/restrictions",
        "/evaluation/draws",
    ),
    "operator": (
        "/centre/organisations",
        "/centre/people",
        "/centre/experts",
        "/centre/applications",
    ),
}


PEOPLE = (
    (BANK, "临江银行", OrganisationKind.ISSUER, "banker", Role.ISSUER),
    (CENTRE, "临江市交易中心", OrganisationKind.TRADING_CENTRE, "operator", Role.OPERATOR),
    (POOL, "临江市专家库", OrganisationKind.EXPERT_POOL, "expert", Role.EXPERT),
    (NOTARY, "临江市公证处", OrganisationKind.WITNESS, "witness", Role.WITNESS),
)


class Street:
    """One tender after another, each with all that can be listed of it and of its people."""

    def __init__(self, vault):
        self.vault, self.rows = vault, 0
        make_cast(1)
        for code, name, kind, username, role in PEOPLE:
            make_organisation(code, name, kind)
            make_person(username, code, role)
        make_person("officer", CODES[1], Role.PROCURING_OFFICER)
        supervision.make_authority()
        self.expert = self.do(pool.register_expert, "operator", viewer("expert").code, entry()).code
        Bidder("witness").enrol()
        with snapshot() as db:
            self.witness = identity.keys_of(db, viewer("witness").code)[0].code
        enrol_document_key("banker", workshop_over(vault))
        self.draft = make_tender()
        self.lot = make_open_lot(start=START)

    def do(self, action, username, *given, lock=(), **more):
        with transaction(lock=lock) as (db, now):
            return action(db, viewer(username), *given, now=now, **more)

    def grow(self, rows):
        for number in range(self.rows, rows):
            self._tender(number)
            self._questions(number)
            self._people(number)
        self.rows = rows

    def _tender(self, number):
        lot = make_open_lot(start=START)
        bidder = Bidder("bidder1").enrol()
        bidder.submit(lot, self.vault)
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            found = queries.lot_by_code(db, lot)
            need = guarantee.need_of(found)
            code = rules.order_code(secrets.token_bytes(32), need, need.deadline.isoformat())
            order = guarantee.order_guarantee(
                db, viewer("bidder1"), lot, issuer=BANK, code=code, now=now
            )
            if number % 2:
                guarantee.approve_order(db, viewer("banker"), order.code, now=now)
            db.add(self._opening_key(found.id, now))
            self._committee(db, found.id, number, now)

    def _opening_key(self, lot, now):
        return OpeningKey(
            code=codes.new_code("OK"),
            lot_id=lot,
            witness=NOTARY,
            recipient=secrets.token_hex(20),
            statement="{}",
            signature=b"-",
            key_code=self.witness,
            challenge_sha256=secrets.token_hex(32),
            registered_at=now,
            rehearsed_at=now,
        )

    def _committee(self, db, lot, number, now):
        """A draw that is open, a call of it, and a meeting, in which the same expert sits."""
        draw, meeting = codes.new_code("DR"), codes.new_code("MT")
        db.add(Draw(code=draw, lot_id=lot, state=DrawState.COMMITTING, opened_at=now))
        db.add(Meeting(code=meeting, lot_id=lot, state=MeetingState.CONVENED, convened_at=now))
        db.flush()  # what the seats refer to
        mine = {"expert_code": self.expert}
        db.add(Member(meeting_code=meeting, seat=0, **mine))
        db.add(ScoreSheet(meeting_code=meeting, state=SheetState.DRAFT, **mine))
        called = {"state": CallState.CALLED, "called_at": now}
        db.add(Call(draw_code=draw, seat=0, **mine, **called))

    def _questions(self, number):
        lock = [f"lot:{self.lot}"]
        question = self.do(objections.ask, "bidder1", self.lot, text=f"第{number}问", lock=lock)
        if number % 2:
            tender = [f"tender:{self.places()['tender']}"]
            words = {"answer": "请看第三章。", "lock": tender}
            self.do(objections.answer_enquiry, "agent", question.code, **words)
        digest, size = self.vault.put(io.BytesIO(b"%PDF-1.7"), limit=100)
        file = StoredFile(f"图纸{number}.pdf", digest, size)
        self.do(documents.add_document, "agent", self.draft, file, lock=[f"tender:{self.draft}"])

    def _people(self, number):
        code, day = valid_code(1000 + number), date(2024, 6, 3) + timedelta(days=number)
        make_organisation(code, f"单位{number}", OrganisationKind.BIDDER)
        self.do(pool.register_expert, "operator", self._person(number), entry(number))
        a_week_ago = supervision.real_time() - timedelta(days=7)
        supervision.decide(supervision.noticed(on=day), at=a_week_ago)
        applicant = (OrganisationKind.BIDDER, valid_code(2000 + number), f"新来{number}", "010")
        given = Applicant(*applicant, "新人", f"newcomer{number}")
        ends = supervision.real_time() + timedelta(days=400)
        with transaction() as (db, now):
            applications.apply(db, given, password_hash(), now=now)
            agent = identity.person_with_username(db, "agent")
            sign_ins.open_sign_in(db, agent, user_agent="Firefox", now=now)
            standing.impose(
                db,
                credit_code=code,
                name=f"单位{number}",
                kind=RestrictionKind.REGISTRATION,
                ground="与投标人串通",
                finding=f"决定{number}",
                origin="监管部门",
                starts_at=now,
                ends_at=ends,
                actor="system",
            )
        token("agent")

    def _person(self, number):
        return make_person(f"person{number}", POOL, Role.EXPERT)

    def places(self):
        """The codes that addresses of lists name."""
        tender = self.lot.rpartition("-")[0]
        return {"tender": tender, "lot": self.lot, "draft": self.draft}


@pytest.fixture
def street(app, settings):
    return Street(Vault(settings.files))


def opened(app, street):
    """(who, address) → how many statements each list takes now, and how long its page is."""
    found = {}
    for who, lists in LISTS.items():
        visitor = Reader(app.test_client(), who)
        for address in lists:
            with asked() as texts:
                page = visitor.get(address.format(**street.places()))
            found[who, address] = len(texts), len(page)
    return found


def test_a_list_asks_as_often_for_thirty_rows_as_for_three(app, street):
    street.grow(FEW)
    few = opened(app, street)
    street.grow(MANY)
    many = opened(app, street)

    assert {place: asks for place, (asks, _) in many.items() if asks != few[place][0]} == {}
    assert {place: asks for place, (asks, _) in many.items() if asks > MOST} == {}
    assert [place for place in many if many[place][1] < few[place][1] + A_FEW_ROWS] == []


@pytest.mark.parametrize("who", [None, "agent"])
def test_a_tender_asks_as_often_for_twenty_lots_as_for_two(app, street, who):
    page = "/run/tenders/{}" if who else "/tenders/{}"
    visitor, found = Reader(app.test_client(), who), []
    for lots in (2, 20):
        tender = make_tender(lots=lots)
        publish(tender)
        with asked() as texts:
            visitor.get(page.format(tender))
        found.append(len(texts))

    assert found[0] == found[1]
