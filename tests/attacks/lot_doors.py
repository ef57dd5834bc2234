"""Every door through which a lot is acted upon, as the right person would use it.

`who` is a sign-in name, or the name of what the walk knows it by; an address names codes of the
walk. What is sent is whole and right, so that only the state or the person can speak against it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.attacks import lot_requests as sent
from tests.factories.papers import PIN
from tests.factories.walk_steps import ORDER, ORDERS

PUTS = {"trading_api.add_part", "meeting_api.save_draft"}


@dataclass(frozen=True)
class Door:
    """One way in; `name` is the endpoint, and after the slash with what it is used."""

    name: str
    who: str
    address: str
    given: Callable = lambda walk, known: {}

    @property
    def endpoint(self):
        return self.name.partition("/")[0]

    @property
    def is_api(self):
        return self.address.startswith("/api/")

    @property
    def method(self):
        return "PUT" if self.endpoint in PUTS else "POST"

    def person(self, known):
        """Who is to use it."""
        return known.get(self.who, self.who)

    def request(self, walk, known):
        """What the test client sends."""
        given = self.given(walk, known)
        if not {"data", "json"} & set(given):
            given = {"json" if self.is_api else "data": given}
        return {"path": self.address.format_map(known), "method": self.method, **given}


_TENDER, _LOT = "/api/v1/tenders/{tender}", "/api/v1/lots/{lot}"
_DRAW, _MEETING = "/api/v1/draws/{draw}", "/api/v1/meetings/{meeting}"
_REPORT = {"reasoning": "竞争充分"}

TRADING = (
    Door("trading_api.publish_tender", "agent", _TENDER + "/publication", sent.publication),
    Door("trading_api.move_clock", "agent", _TENDER + "/clock", sent.clock),
    Door("trading_api.begin_upload", "bidder5", _LOT + "/uploads", sent.plain(size=100)),
    Door("trading_api.add_part", "bidder5", "/api/v1/uploads/{begun}", sent.part),
    Door("trading_api.submit_bid", "bidder5", _LOT + "/bids", sent.submission(4, None, "upload")),
    Door(
        "trading_api.submit_bid/again",
        "bidder1",
        _LOT + "/bids",
        sent.submission(0, "receipt", "upload_first"),
    ),
    Door("trading_api.withdraw_bid", "bidder1", _LOT + "/withdrawal", sent.withdrawal),
    Door(
        "guarantee_api.order_guarantee", "bidder5", _LOT + "/guarantee-orders", sent.guarantee_order
    ),
    *(
        Door(
            f"guarantee_api.{act}/{order}",
            "banker",
            f"/api/v1/guarantee-orders/{{{order}}}/{way}",
            given,
        )
        for order in ORDERS
        for act, way, given in (
            ("approve_order", "approval", sent.plain()),
            ("refuse_order", "refusal", sent.plain(reason="额度不足")),
        )
    ),
    *(
        Door(f"issuer.{act}", "banker", f"/orders/{{ordered}}/{way}", given)
        for act, way, given in (
            ("approve", "approval", sent.plain(**sent.YES)),
            ("refuse", "refusal", sent.plain(reason="额度不足")),
        )
    ),
    Door("opening_api.register_opening_key", "witness", _LOT + "/opening-keys", sent.opening_key),
    Door(
        "opening_api.rehearse_opening_key",
        "witness",
        "/api/v1/opening-keys/{spare_key}/rehearsal",
        sent.challenge,
    ),
    Door(
        "opening_api.publish_opening_key",
        "witness",
        "/api/v1/opening-keys/{key}/publication",
        sent.identity,
    ),
    Door("opening_api.release_bid", "bidder1", "/api/v1/bids/{receipt}/release", sent.release),
    Door("opening_api.confirm_opening", "agent", _LOT + "/opening-record/confirmation"),
    Door("award_api.publish_candidates", "agent", _LOT + "/candidates"),
    Door("award_api.decide_award", "officer", _LOT + "/award", sent.award),
    Door("award_api.archive_lot", "agent", _LOT + "/archive"),
    Door("award_api.terminate_lot", "agent", _LOT + "/termination", sent.plain(ground="项目取消")),
    Door("supervision_api.suspend", "regulator", _LOT + "/suspension", sent.plain(**ORDER)),
    Door("supervision_api.resume", "regulator", _LOT + "/resumption", sent.plain(**ORDER)),
)

TRADING_PAGES = (
    Door("agency.publish_notice", "agent", "/run/tenders/{tender}/notice", sent.notice_form),
    Door("agency.move_clock", "agent", "/run/tenders/{tender}/clock", sent.clock_form),
    Door("documents.add", "agent", "/run/tenders/{tender}/documents", sent.document),
    Door("documents.remove", "agent", "/run/tenders/{tender}/documents/{document}/removal"),
    Door("documents.amend", "agent", "/run/tenders/{tender}/amendments", sent.amendment),
    Door("objections.ask", "bidder1", "/bids/lots/{lot}/enquiries", sent.plain(text="工期？")),
    *(
        Door(
            f"objections.raise_objection/{kind}",
            "bidder1",
            "/bids/lots/{lot}/objections",
            sent.plain(kind=kind, ground="有异议"),
        )
        for kind in ("documents", "opening", "result")
    ),
    *(
        Door(
            f"objections.answer_{kind}/{code}",
            "agent",
            f"/run/{way}/{{{code}}}/answer",
            sent.plain(answer="不成立"),
        )
        for kind, way in (("enquiry", "enquiries"), ("objection", "objections"))
        for code in (kind, f"{kind}_done")
    ),
    Door("lots.confirm_opening", "agent", "/run/lots/{lot}/opening-record", sent.plain(**sent.YES)),
    Door("lots.publish_candidates", "agent", "/run/lots/{lot}/candidates", sent.plain(**sent.YES)),
    Door("lots.decide_award", "officer", "/run/lots/{lot}/award", sent.award_form),
    Door("lots.archive", "agent", "/run/lots/{lot}/archive", sent.plain(**sent.YES)),
    Door(
        "lots.terminate",
        "agent",
        "/run/lots/{lot}/termination",
        sent.plain(ground="项目取消", **sent.YES),
    ),
    Door(
        "regulator.order/suspend",
        "regulator",
        "/supervision/lots/{lot}/orders",
        sent.order("suspend"),
    ),
    Door(
        "regulator.order/resume",
        "regulator",
        "/supervision/lots/{lot}/orders",
        sent.order("resume"),
    ),
)

EVALUATION = (
    Door("evaluation_api.open_draw", "agent", _LOT + "/draw"),
    Door("evaluation_api.commit_nonce", "witness", _DRAW + "/commitments", sent.committed_nonce),
    Door("evaluation_api.freeze_draw", "agent", _DRAW + "/freeze"),
    Door("evaluation_api.reveal_nonce", "witness", _DRAW + "/nonces", sent.revealed_nonce),
    Door(
        "evaluation_api.repeat_draw", "regulator", _DRAW + "/repetition", sent.plain(ground="重抽")
    ),
    Door("evaluation_api.accept_call", "called", _DRAW + "/acceptance"),
    Door("evaluation_api.refuse_call", "called", _DRAW + "/refusal", sent.plain(reason="出差")),
    Door("evaluation_api.pass_over_call", "agent", _DRAW + "/seats/0/successor"),
    Door("evaluation_api.supplement_draw", "agent", _DRAW + "/supplement"),
    Door("meeting_api.convene_meeting", "agent", _LOT + "/meeting"),
    Door("meeting_api.sign_commitment", "member", _MEETING + "/commitment", sent.commitment),
    Door("meeting_api.vote_chair", "member", _MEETING + "/chair-vote", sent.choice),
    Door("meeting_api.save_draft", "member", _MEETING + "/sheet/draft", sent.plain(draft={})),
    Door("meeting_api.commit_sheet", "member", _MEETING + "/sheet", sent.sheet),
    Door("meeting_api.reveal_sheets", "chair", _MEETING + "/sheets/reveal"),
    Door("meeting_api.lock_sheets", "chair", _MEETING + "/sheets/lock"),
    Door("meeting_api.rank_bids", "chair", _MEETING + "/ranking", sent.plain(**_REPORT)),
    Door("report_api.begin_report", "chair", _MEETING + "/report"),
    *(
        Door(f"papers_api.{act}/{code}", who, f"/api/v1/papers/{{{code}}}/{way}", given)
        for code, who in (("paper", "chair"), ("order_paper", "banker"))
        for act, way, given in (
            ("ask_turn", "turn", sent.plain()),
            ("give_signature", "signature", sent.plain(pin=PIN)),
        )
    ),
)

_ROOM = "/evaluation/meetings/{meeting}"
EVALUATION_PAGES = (
    Door("draw.open_draw", "agent", "/evaluation/lots/{lot}/draw"),
    Door("draw.freeze", "agent", "/evaluation/lots/{lot}/draw/freeze", sent.plain(**sent.YES)),
    Door(
        "draw.repeat",
        "regulator",
        "/evaluation/lots/{lot}/draw/repetition",
        sent.plain(ground="重抽"),
    ),
    Door(
        "draw.pass_over",
        "agent",
        "/evaluation/lots/{lot}/draw/seats/0/successor",
        sent.plain(**sent.YES),
    ),
    Door(
        "draw.supplement",
        "agent",
        "/evaluation/lots/{lot}/draw/supplement",
        sent.plain(**sent.YES),
    ),
    Door("draw.convene", "agent", "/evaluation/lots/{lot}/meeting", sent.plain(**sent.YES)),
    Door("expert.accept_call", "called", "/evaluation/calls/{draw}/acceptance"),
    Door(
        "expert.refuse_call",
        "called",
        "/evaluation/calls/{draw}/refusal",
        sent.plain(reason="出差"),
    ),
    Door("expert.vote", "member", _ROOM + "/vote", sent.choice),
    Door("expert.save_draft", "member", _ROOM + "/draft"),
    Door("expert.reveal", "chair", _ROOM + "/reveal", sent.plain(**sent.YES)),
    Door("expert.lock", "chair", _ROOM + "/lock", sent.plain(**sent.YES)),
    Door("expert.rank", "chair", _ROOM + "/ranking", sent.plain(**sent.YES, **_REPORT)),
    Door("expert.begin_report", "chair", _ROOM + "/report", sent.plain(**sent.YES)),
    Door("papers.ask_turn", "chair", "/papers/{paper}/turn"),
    Door("papers.sign", "chair", "/papers/{paper}/signature", sent.plain(pin=PIN)),
)
DOORS = (*TRADING, *TRADING_PAGES, *EVALUATION, *EVALUATION_PAGES)
