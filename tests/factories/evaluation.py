"""A lot driven from registration to its evaluation, through the same actions that people use."""

import hashlib
import json
import secrets
from pathlib import Path

from evaluation import queries
from evaluation.actions import calls, draw, meeting, pool, ranking, scoring
from evaluation.rules import scoring as rules
from evaluation.rules.draw import Party
from evaluation.rules.pool import ExpertEntry
from evidence.rules.sealing import nonce_commitment
from evidence.rules.streams import canonical
from identity.states import OrganisationKind, Role
from storage.database import snapshot, transaction
from tests.factories.hall import Hall
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.trading import Bidder, move_to
from trading import queries as trading
from trading.actions import opening
from trading.states import Category, Regime

METHODS = Path(__file__).parents[2] / "docs" / "methods"
EXPERT_POOL, CENTRE = CODES[41], CODES[42]
PARTIES = {
    Party.WITNESS: "witness",
    Party.PROCURING_ENTITY: "officer",
    Party.HOST: "host",
}


def method(name="construction", **changes):
    return json.loads((METHODS / f"{name}.json").read_text()) | changes


def entry(number=0, **changes):
    facts = {
        "name": f"专家{number}",
        "employer": CODES[50],
        "employer_name": "临江大学",
        "city": "临江",
        "specialities": ("桥梁",),
    } | changes
    return ExpertEntry(**facts)


class Evaluation:
    """A confirmed lot with a pool of experts, on its way to the ranking."""

    def __init__(
        self, vault, *, experts=7, bidders=4, regime=Regime.CONSTRUCTION, plan=None, lots=1
    ):
        self.hall = Hall(vault, bidders, lots)
        self.lot = self.hall.lot
        make_organisation(EXPERT_POOL, "临江市专家库", OrganisationKind.EXPERT_POOL)
        make_organisation(CENTRE, "临江市交易中心", OrganisationKind.TRADING_CENTRE)
        make_person("officer", CODES[1], Role.PROCURING_OFFICER)
        make_person("host", CENTRE, Role.HOST)
        make_person("operator", CENTRE, Role.OPERATOR)
        self.experts = {}
        for number in range(experts):
            self.add_expert(f"expert{number}", entry(number))
        with transaction(lock=[f"lot:{self.lot}"]) as (db, _):
            lot = trading.lot_by_code(db, self.lot)
            lot.method = plan or method(regime.value.lower())
            lot.tender.regime = regime
            lot.tender.category = (
                Category.WORKS if regime is Regime.CONSTRUCTION else Category.GOODS
            )
        self.nonces = {party: secrets.token_bytes(32) for party in Party}

    def add_expert(self, username, entry):
        code = make_person(username, EXPERT_POOL, Role.EXPERT, name=entry.name)
        with transaction(lock=[f"person:{code}"]) as (db, now):
            made = pool.register_expert(db, viewer("operator"), code, entry, now=now).code
        self.experts[made] = username
        return made

    def confirmed(self, **bids):
        self.hall.ready().all_bid(**bids).close()
        for bidder in self.hall.bidders:
            self.hall.release(bidder)
        self.hall.end_window().publish().open()
        self.do(opening.confirm_opening, "agent", self.lot)
        return self

    def do(self, action, username, *args, **kwargs):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            return action(db, viewer(username), *args, now=now, **kwargs)

    def open_draw(self):
        self.draw = self.do(draw.open_draw, "agent", self.lot).code
        return self

    def commit(self, *parties):
        for party in parties or Party:
            commitment = nonce_commitment(self.nonces[party])
            self.do(
                draw.commit_nonce, PARTIES[party], self.draw, party=party, commitment=commitment
            )
        return self

    def freeze(self):
        self.do(draw.freeze_draw, "agent", self.draw)
        return self

    def reveal(self, *parties):
        for party in parties or Party:
            self.do(
                draw.reveal_nonce, PARTIES[party], self.draw, party=party, nonce=self.nonces[party]
            )
        return self

    def drawn(self):
        return self.open_draw().commit().freeze().reveal()

    def calls(self):
        with snapshot() as db:
            return queries.calls_of(db, self.draw)

    def accept_all(self):
        for call in self.calls():
            self.do(calls.accept_call, self.experts[call.expert_code], self.draw)
        return self

    def let_answer_time_end(self):
        """Nobody answers the calls for as long as they may."""
        move_to(self.lot, max(call.answer_until for call in self.calls()))
        return self

    def convene(self):
        self.meeting = self.do(meeting.convene_meeting, "agent", self.lot).code
        with snapshot() as db:
            codes = [m.expert_code for m in queries.members_of(db, self.meeting)]
            self.bids = queries.blind_codes(db, self.meeting)
        self.keys = {code: Bidder(self.experts[code]).enrol() for code in codes}
        return self

    def commitment(self, code, **changes):
        return {
            "type": rules.COMMITMENT_TYPE,
            "meeting": self.meeting,
            "lot": self.lot,
            "expert": code,
            "no_conflict": True,
        } | changes

    def sign(self, code, **changes):
        statement = self.commitment(code, **changes)
        return self.do(
            meeting.sign_commitment,
            self.experts[code],
            self.meeting,
            rules.parse_commitment(statement),
            signature=self.keys[code].sign(canonical(statement)),
        )

    def vote(self, code, choice):
        return self.do(meeting.vote_chair, self.experts[code], self.meeting, choice=choice)

    def scoring(self):
        """All commitments signed and the first member elected chair."""
        for code in self.keys:
            self.sign(code)
        self.chair = next(iter(self.keys))
        for code in self.keys:
            self.vote(code, self.chair)
        return self

    def sheet(self, *, marks=None, fail=()):
        """A full sheet: by place of the bid the marks of every item, and who fails the check."""
        items = [i for i in self.plan()["items"] if i["kind"] == "scored"]
        checks = [i for i in self.plan()["items"] if i["kind"] == "pass_fail"]
        marks = marks or {}
        return {
            "checks": {
                bid: {
                    c["code"]: {"pass": False, "ground": "没有资质"}
                    if place in fail
                    else {"pass": True}
                    for c in checks
                }
                for place, bid in enumerate(self.bids)
            },
            "marks": {
                bid: {i["code"]: marks.get(place, "5.00") for i in items}
                for place, bid in enumerate(self.bids)
            },
        }

    def plan(self):
        with snapshot() as db:
            return trading.lot_by_code(db, self.lot).method

    def statement(self, code, sheet, *, version=1, **changes):
        """What an expert signs about a sheet, and the salt."""
        salt = secrets.token_bytes(32)
        stated = {
            "type": rules.SHEET_TYPE,
            "meeting": self.meeting,
            "expert": code,
            "version": version,
            "sheet_sha256": hashlib.sha256(salt + canonical(sheet)).hexdigest(),
        }
        return stated | changes, salt

    def hand_in(self, code, sheet=None, *, version=1, reason="", signer=None, **changes):
        sheet = sheet or self.sheet()
        statement, salt = self.statement(code, sheet, version=version, **changes)
        signer = signer or code
        return self.do(
            scoring.commit_sheet,
            self.experts[signer],
            self.meeting,
            rules.parse_sheet_statement(statement),
            sheet=sheet,
            salt=salt,
            signature=self.keys[signer].sign(canonical(statement)),
            reason=reason,
        )

    def reveal_sheets(self):
        self.do(scoring.reveal_sheets, self.experts[self.chair], self.meeting)
        return self

    def lock(self):
        self.do(scoring.lock_sheets, self.experts[self.chair], self.meeting)
        return self

    def scored(self, **sheet):
        for code in self.keys:
            self.hand_in(code, self.sheet(**sheet))
        return self.reveal_sheets().lock()

    def rank(self, **kwargs):
        made = self.do(ranking.rank_bids, self.experts[self.chair], self.meeting, **kwargs)
        return json.loads(made.text)

    def lot_state(self):
        with snapshot() as db:
            return trading.lot_by_code(db, self.lot).state
