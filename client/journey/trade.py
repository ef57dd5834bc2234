"""The first half of the story: from registration to the confirmed opening.

One bidder replaces a bid, one withdraws, one never releases; the others' bids are opened.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from client import bidder, guarantee, issuer, papers
from client.journey.bids import files_of, form_of
from client.journey.cast import Cast, Person
from client.session import Refused

PATIENCE_SECONDS = 180.0
_BEGAN_DAYS_AGO = 40
_PERIOD_DAYS = 21
_WINDOW_MINUTES = 30
_NOTICE = {
    "content": "临江大桥桥面铺装与结构加固。",
    "scope": "按照招标文件所附工程量清单。",
    "funds": "财政资金，已落实。",
    "budget": "见各标段。",
    "qualification": "具有相应资质；不接受联合体。",
    "document_access": "自公告发布之日起在本平台免费下载，无需报名。",
    "notice_period": "自公告发布之日起 5 个工作日。",
    "submission": "通过本平台递交加密投标文件，截止即停止接收。",
    "contacts": "见招标文件。",
    "objection_contact": "通过本平台在线提出异议。",
}


@dataclass
class Plan:
    """What is to be played."""

    regime: str
    seed: int
    seats: int
    megabytes: int
    given: Path | None
    method: dict[str, Any]


@dataclass
class Trade:
    """A tender on its way; every step can be taken alone, so that tests disturb between them."""

    cast: Cast
    plan: Plan
    folder: Path
    say: Callable[[str], None]
    tender: str = ""
    lot: str = ""
    deadline: datetime = field(default_factory=lambda: datetime.now(UTC))

    def announce(self) -> None:
        """The agency registers a rehearsal with one lot and publishes it."""
        start = datetime.now(UTC) - timedelta(days=_BEGAN_DAYS_AGO)
        agency = self.cast["agency"].platform
        made = agency.post("/tenders", self._tender(start))
        self.tender, self.lot = made["tender"], made["lots"][0]
        self.deadline = start + timedelta(days=_PERIOD_DAYS)
        body = {"notice": _NOTICE, "deadline": self.deadline.isoformat()}
        agency.post(f"/tenders/{self.tender}/publication", body)
        self.say(f"tender {self.tender} announced")

    def wait_for_witnesses(self) -> None:
        """Both witness programs have a rehearsed opening key in the log."""
        path = f"/lots/{self.lot}/opening-keys"
        platform = self.cast["agency"].platform
        wanted = {self.cast[name].organisation for name in self.cast.witnesses}
        wait_for(lambda: wanted <= {key["witness"] for key in platform.get(path)["keys"]})
        self.say("opening keys rehearsed")

    def order_guarantees(self) -> None:
        """Every bidder but the last orders a guarantee, and the issuer signs the letters."""
        bank = self.cast["issuer"]
        papers.make_key(bank.platform, bank.pin)
        people = [self.cast[name] for name in self.cast.bidders[:-1]]
        orders = [guarantee.order(p.platform, p.keys, self.lot, bank.organisation) for p in people]
        for order in orders:
            issuer.issue(bank.platform, order, bank.pin)
        mine = f"/lots/{self.lot}/guarantee-orders/mine"
        for person in people:
            wait_for(partial(_is_issued, person, mine))
        self.say(f"{len(orders)} guarantees issued")

    def submit_all(self) -> None:
        """All bid at once; then the first replaces and the last withdraws."""
        in_parallel([partial(self.submit, name) for name in self.cast.bidders])
        first, last = self.cast.bidders[0], self.cast[self.cast.bidders[-1]]
        receipt = self.cast[first].keys.recall(f"receipt-{self.lot}")["receipt"]["code"]
        self.submit(first, replaces=receipt)
        bidder.withdraw(last.platform, last.keys, self.lot)
        self.say(f"{len(self.cast.bidders)} bids sealed, one replaced, one withdrawn")

    def submit(self, name: str, **more: Any) -> None:
        """One bidder seals and submits; prices follow from seed, bidder and version."""
        number = self.cast.bidders.index(name)
        rng = random.Random(f"{self.plan.seed}/{number}/{bool(more)}")  # noqa: S311 (a price list)
        person, shown = self.cast[name], self.shown()
        files = files_of(
            self.folder,
            name,
            megabytes=self.plan.megabytes,
            given=self.plan.given,
            number=number,
        )
        form = form_of(rng, shown["ceiling_fen"])
        bidder.submit(person.platform, person.keys, self.lot, form, files, **more)

    def close(self) -> None:
        """The clock reaches the deadline and the platform closes the lot."""
        self.move(self.deadline)
        self.wait_for_state("releasing")
        self.say(f"closed with {self.shown()['sealed']['count']} sealed bids")

    def release_all(self) -> None:
        """Everybody with a standing bid releases, except one who never does."""
        in_parallel([partial(self._release, name) for name in self.cast.bidders[:-2]])

    def open(self) -> None:
        """The window ends, a witness publishes its key, all bids open together."""
        self.move(self.deadline + timedelta(minutes=_WINDOW_MINUTES))
        self.wait_for_state("opened")
        self.say("opened")

    def confirm(self) -> None:
        """The agency confirms the opening record."""
        self.cast["agency"].platform.post(f"/lots/{self.lot}/opening-record/confirmation", {})

    def opening_table(self) -> list[dict[str, Any]]:
        """The price table."""
        table: list[dict[str, Any]] = self.cast["agency"].platform.get(f"/lots/{self.lot}/opening")[
            "table"
        ]
        return table

    def shown(self) -> dict[str, Any]:
        """The lot as the public sees it."""
        lots: list[dict[str, Any]] = self.cast["agency"].platform.get(f"/tenders/{self.tender}")[
            "lots"
        ]
        return lots[0]

    def now(self) -> datetime:
        """The tender's own time."""
        shown = self.cast["agency"].platform.get(f"/tenders/{self.tender}")
        return datetime.fromisoformat(shown["now"])

    def wait_for_state(self, *states: str) -> None:
        """Wait until the lot is in one of these states."""
        wait_for(lambda: self.shown()["state"] in states)

    def move(self, to: datetime) -> None:
        """Move the rehearsal's clock there, with everything that falls due on the way done."""
        wait_for(lambda: self._moved(to))

    def _moved(self, to: datetime) -> bool:
        try:
            body = {"to": to.isoformat()}
            at = self.cast["agency"].platform.post(f"/tenders/{self.tender}/clock", body)["now"]
        except Refused as refused:
            if refused.code in ("rehearsal.work_due", "rehearsal.backwards"):
                return refused.code == "rehearsal.backwards"
            raise
        return datetime.fromisoformat(at) >= to

    def _release(self, name: str) -> None:
        person = self.cast[name]
        bidder.release(person.platform, person.keys, self.lot)

    def _tender(self, start: datetime) -> dict[str, Any]:
        category = "works" if self.plan.regime == "CONSTRUCTION" else "goods"
        seats = [{"seats": self.plan.seats, "speciality": self.cast.speciality}]
        lot = {
            "name": "第一标段",
            "estimate": "11000000",
            "ceiling": "12000000",
            "guarantee": "200000",
            "window_minutes": _WINDOW_MINUTES,
            "correction_minutes": 5,
            "method": self.plan.method | {"seats": self.plan.seats, "cities": seats},
        }
        return {
            "regime": self.plan.regime,
            "category": category,
            "name": "临江大桥维修加固工程（演练）",
            "procuring_entity": self.cast["buyer"].organisation,
            "lots": [lot],
            "rehearsal_from": start.isoformat(),
        }


def _is_issued(person: Person, mine: str) -> bool:
    return bool(person.platform.get(mine)["orders"][0]["state"] == "issued")


def wait_for(check: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """The first true answer of `check`. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := check():
            return answer
        time.sleep(0.2)
    raise TimeoutError("it never came to that")


def in_parallel(calls: Sequence[Callable[[], Any]]) -> None:
    """Make all calls at once; the first failure is raised when all have ended."""
    failures: list[BaseException] = []

    def run(call: Callable[[], Any]) -> None:
        try:
            call()
        except Exception as fault:
            failures.append(fault)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
