"""The second half of the story: from the draw of the experts to the archived lot."""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from client import expert, papers
from client.journey.cast import Person
from client.journey.trade import Trade, in_parallel, wait_for
from client.witness import look_after_draws

_PARTIES = {"procuring_entity": "buyer", "host": "centre"}
_ALL = 3


@dataclass
class Evaluation:
    """An evaluation on its way; every step can be taken alone."""

    trade: Trade
    draw: str = ""
    meeting: str = ""
    members: list[Person] = field(default_factory=list)
    chair: str = ""

    def draw_experts(self) -> None:
        """Witness, procuring entity and host commit and reveal; drawn experts accept."""
        agency = self.trade.cast["agency"].platform
        self.draw = agency.post(f"/lots/{self.trade.lot}/draw", {})["draw"]
        path = f"/draws/{self.draw}"
        wait_for(lambda: self._bring_nonces() and len(agency.get(path)["committed"]) == _ALL)
        agency.post(f"{path}/freeze", {})
        wait_for(lambda: self._bring_nonces() and agency.get(path)["state"] == "drawn")
        for name in self.trade.cast.experts.values():
            expert.answer_calls(self.trade.cast[name].platform, draw=self.draw)
        self.trade.say("experts drawn by commit and reveal")

    def convene(self) -> None:
        """The committee convenes, signs its commitments and elects a chair."""
        agency = self.trade.cast["agency"].platform
        self.meeting = agency.post(f"/lots/{self.trade.lot}/meeting", {})["meeting"]
        drawn = self.trade.cast["regulator"].platform.get(f"/meetings/{self.meeting}/supervision")
        experts = [row["expert"] for row in drawn["members"]]
        self.members = [self.trade.cast[self.trade.cast.experts[code]] for code in experts]
        in_parallel([partial(self._commit, person) for person in self.members])
        self.chair = experts[0]
        in_parallel([partial(self._vote, person) for person in self.members])
        self.trade.say(f"committee of {len(experts)} convened")

    def score(self) -> None:
        """All experts score at once; after the reveal one changes a mark, with a reason."""
        in_parallel([partial(self._score, seat) for seat in range(len(self.members))])
        chair = self.members[0].platform
        chair.post(f"/meetings/{self.meeting}/sheets/reveal", {})
        self._score(1, reason="复核后更正一项评分")
        chair.post(f"/meetings/{self.meeting}/sheets/lock", {})
        self.trade.say("sheets committed, revealed and locked")

    def rank(self) -> dict[str, Any]:
        """The ranking, recomputable by anybody entitled."""
        body = {"reasoning": "各有效投标报价均有竞争性。"}
        chair = self.members[0].platform
        made: dict[str, Any] = chair.post(f"/meetings/{self.meeting}/ranking", body)
        return made

    def sign_report(self) -> bytes:
        """The report is drawn, signed by every expert, sealed; returns the archive."""
        in_parallel([partial(papers.make_key, p.platform, p.pin) for p in self.members])
        chair = self.members[0].platform
        paper = chair.post(f"/meetings/{self.meeting}/report", {})["paper"]
        in_parallel([partial(papers.sign, p.platform, paper, p.pin) for p in self.members])
        agency = self.trade.cast["agency"].platform
        path = f"/meetings/{self.meeting}/report"
        wait_for(lambda: agency.get(path)["sha256"])
        self.trade.say("report signed by all experts, sealed and archived")
        return agency.get_bytes(f"{path}/file")

    def award(self) -> str:
        """Candidates where the regime has them, the award; returns the winner's credit code."""
        trade, buyer = self.trade, self.trade.cast["buyer"].platform
        if trade.plan.regime == "CONSTRUCTION":
            trade.cast["agency"].platform.post(f"/lots/{trade.lot}/candidates", {})
            shown = buyer.get(f"/lots/{trade.lot}/candidates")
            trade.say(f"{len(shown['candidates'])} candidates published")
            trade.move(trade.now() + timedelta(days=12))
        receipt = self._first()
        buyer.post(f"/lots/{trade.lot}/award", {"receipt": receipt})
        winner = str(buyer.get(f"/lots/{trade.lot}/award")["winner"])
        trade.say(f"awarded to {winner}")
        return winner

    def archive(self) -> None:
        """The lot is archived once nothing stands in its way."""
        self.trade.move(self.trade.now() + timedelta(days=12))
        self.trade.cast["agency"].platform.post(f"/lots/{self.trade.lot}/archive", {})
        self.trade.wait_for_state("archived")
        self.trade.say("archived")

    def _first(self) -> str:
        """The receipt of the bid that was ranked first."""
        ranking = self.trade.cast["buyer"].platform.get(f"/meetings/{self.meeting}/ranking")
        bid = ranking["ranking"][0]["bid"]
        return str(next(row["receipt"] for row in ranking["bids"] if row["bid"] == bid))

    def _bring_nonces(self) -> bool:
        for party, name in _PARTIES.items():
            person = self.trade.cast[name]
            look_after_draws(person.platform, person.keys, party)
        return True

    def _vote(self, person: Person) -> None:
        expert.vote(person.platform, self.meeting, self.chair)

    def _commit(self, person: Person) -> None:
        expert.sign_commitment(person.platform, person.keys, self.meeting)

    def _score(self, seat: int, *, reason: str = "") -> None:
        person = self.members[seat]
        shown = person.platform.get(f"/meetings/{self.meeting}")
        rng = random.Random(f"{self.trade.plan.seed}/{seat}/{reason}")  # noqa: S311 (marks)
        sheet = sheet_of(shown["bids"], shown["items"], rng)
        expert.commit_sheet(person.platform, person.keys, self.meeting, sheet, reason=reason)


def sheet_of(bids: list[str], items: list[dict[str, Any]], rng: random.Random) -> dict[str, Any]:
    """A full sheet: every objective item passes, marks from 60 to 95 per cent of the most."""
    checks = [item["code"] for item in items if item["kind"] == "pass_fail"]
    scored = [item for item in items if item["kind"] == "scored"]
    return {
        "checks": {bid: {code: {"pass": True} for code in checks} for bid in bids},
        "marks": {bid: {i["code"]: _mark(i["max"], rng) for i in scored} for bid in bids},
    }


def _mark(most: str, rng: random.Random) -> str:
    hundredths = int(most.replace(".", "")) * (1 if "." in most else 100)
    given = hundredths * rng.randint(60, 95) // 100
    return f"{given // 100}.{given % 100:02d}"
