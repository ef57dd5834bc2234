"""One tender from registration to its price table, over real HTTP, by processes of their own.

One bid is replaced, one withdrawn, one never released; the only worker is killed between the
deadline and the close, the web process in the middle.
"""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests

from client import bidder, witness
from client.bidder import Form
from client.keys import KeyFolder
from client.session import Refused
from demo.people import CAST, demo_code
from evidence.rules import receipts, streams, tree
from tests.factories.trading import NOTICE
from tests.journeys.town import running, wait_for

PRICES = {"bidder1": "9800000.53", "bidder2": "10000000.53", "bidder3": "10200000.53"}
LOTS = [
    {
        "name": "第一标段",
        "estimate": "11000000",
        "ceiling": "12000000",
        "guarantee": "200000",
        "window_minutes": 30,
        "correction_minutes": 5,
    }
]
CODES = {row[0]: demo_code(number) for number, row in enumerate(CAST, 1)}


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request, tmp_path):
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    with running(tmp_path, url) as started:
        yield started


class Story:
    """Everybody of the story, each with their own account and keys."""

    def __init__(self, town, tmp_path):
        self.town, self.folder = town, tmp_path
        names = ("agency", "witness", "centre", *PRICES)
        self.people = {name: town.platform(name) for name in names}
        self.keys = {name: KeyFolder(tmp_path / "keys" / name) for name in names}
        for name in PRICES:
            self.keys[name].enrol(self.people[name])
        self.extra = self.another_bidder("bidder4", 81)
        self.second_extra = self.another_bidder("bidder5", 82)

    def another_bidder(self, name, number):
        code = demo_code(number)
        centre = self.people["centre"]
        centre.post("/organisations", {"credit_code": code, "name": name, "kinds": ["bidder"]})
        person = {"username": name, "name": "某某", "credit_code": code, "roles": ["bidder"]}
        centre.post("/people", person | {"password": "linjiang-demo-2026"})
        self.people[name] = self.town.platform(name)
        self.keys[name] = KeyFolder(self.folder / "keys" / name)
        self.keys[name].enrol(self.people[name])
        return name

    def announce(self, **changes):
        start = (datetime.now(UTC) - timedelta(days=40)).isoformat()
        body = {
            "regime": "CONSTRUCTION",
            "category": "works",
            "name": "临江大桥维修工程",
            "procuring_entity": CODES["buyer"],
            "lots": LOTS,
            "rehearsal_from": start,
        } | changes
        made = self.people["agency"].post("/tenders", body)
        self.tender, self.lot = made["tender"], made["lots"][0]
        deadline = (datetime.fromisoformat(start) + timedelta(days=21)).isoformat()
        self.people["agency"].post(
            f"/tenders/{self.tender}/publication", {"notice": NOTICE, "deadline": deadline}
        )
        return datetime.fromisoformat(deadline)

    def shown(self):
        answer = requests.get(f"{self.town.url}/api/v1/tenders/{self.tender}", timeout=10)
        return answer.json()["lots"][0]

    def submit(self, name, price, **more):
        path = self.folder / f"{name}.pdf"
        path.write_bytes(b"%PDF-1.7 " + name.encode() * 1000)
        form = Form(price, 180, "合格")
        platform, keys = self.people[name], self.keys[name]
        return bidder.submit(platform, keys, self.lot, form, {"技术标.pdf": path}, **more)

    def move(self, instant):
        def there():
            try:
                at = self.people["agency"].post(
                    f"/tenders/{self.tender}/clock", {"to": instant.isoformat()}
                )["now"]
            except Refused as refused:
                if refused.code == "rehearsal.work_due":
                    return False
                if refused.code == "rehearsal.backwards":
                    return True
                raise
            return datetime.fromisoformat(at) >= instant

        wait_for(there)


def in_parallel(calls):
    failures = []

    def run(call):
        try:
            call()
        except Exception as fault:
            failures.append(fault)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_tender_runs_from_registration_to_the_price_table(town, tmp_path):
    story = Story(town, tmp_path)
    deadline = story.announce()
    story.keys["witness"].enrol(story.people["witness"])
    witness.make_opening_key(story.people["witness"], story.keys["witness"], story.lot)

    first = story.submit("bidder1", "9999999.99")
    in_parallel([lambda n=n, p=p: story.submit(n, p) for n, p in PRICES.items() if n != "bidder1"])
    story.submit("bidder1", PRICES["bidder1"], replaces=first["code"])
    story.submit("bidder4", "1.00")
    bidder.withdraw(story.people["bidder4"], story.keys["bidder4"], story.lot)
    story.submit("bidder5", "10500000.53")
    assert "sealed" not in story.shown()
    town.kill("web")
    town.start("web")
    town.wait_until_ready()
    town.kill("worker")
    story.people["agency"].post(f"/tenders/{story.tender}/clock", {"to": deadline.isoformat()})
    assert story.shown()["state"] == "announced"
    with pytest.raises(Refused) as late:
        story.submit("bidder4", "5.00")
    assert late.value.code == "bid.too_late"
    town.start("worker")
    wait_for(lambda: story.shown()["state"] == "releasing")
    assert story.shown()["sealed"]["count"] == 4

    in_parallel(
        [lambda n=n: bidder.release(story.people[n], story.keys[n], story.lot) for n in PRICES]
    )
    assert requests.get(f"{town.url}/api/v1/lots/{story.lot}/opening", timeout=5).status_code == 404
    story.move(deadline + timedelta(minutes=30))
    wait_for(lambda: story.shown()["state"] == "unsealing")
    witness.attend(story.people["witness"], story.keys["witness"], story.lot)
    wait_for(lambda: story.shown()["state"] == "opened")

    table = requests.get(f"{town.url}/api/v1/lots/{story.lot}/opening", timeout=5).json()["table"]
    rows = [(row["bidder"], row["price_fen"], row["outcome"]) for row in table]
    wanted = [(CODES[n], int(p.replace(".", "")), "opened") for n, p in PRICES.items()]
    assert rows == [*wanted, (demo_code(82), None, "not_released")]
    check_receipt(story, "bidder2")
    check_nothing_leaked(story)
    confirmed = story.people["agency"].post(f"/lots/{story.lot}/opening-record/confirmation", {})
    assert confirmed["state"] == "confirmed"


def check_receipt(story, name):
    kept = story.keys[name].recall(f"receipt-{story.lot}")["receipt"]
    receipt = wait_for(
        lambda: (
            (now := story.people[name].get(f"/receipts/{kept['code']}")).get("proof") is not None
            and now
        )
    )
    commitment = bytes.fromhex(receipt["commitment"])
    public = base64.b64decode(receipt["key"])
    salt = bytes.fromhex(receipt["salt"])
    assert receipts.is_receipt_signature(public, base64.b64decode(receipt["signature"]), commitment)
    assert streams.commitment(salt, receipt["fact"].encode()) == commitment
    root = base64.b64decode(receipt["checkpoint"].split("\n")[2])
    proof = [bytes.fromhex(value) for value in receipt["proof"]]
    leaf = tree.leaf_hash(commitment)
    assert tree.verify_inclusion(leaf, receipt["index"], receipt["size"], proof, root)
    assert json.loads(kept["fact"])["kind"] == "bid.submitted"


def check_nothing_leaked(story):
    """No private half and no unreleased price is in any log or file of the platform."""
    secrets = [
        path.read_text()
        for path in (story.folder / "keys").rglob("*.key")
        if "witness" not in path.parts
    ]
    assert len(secrets) == 7  # one of them for the bid that came too late
    kept = [path for path in (story.town.var).rglob("*") if path.is_file()]
    texts = [path.read_bytes() for path in [story.town.log_path, *kept]]
    for secret in [*secrets, "10500000.53", "1050000053"]:
        assert not any(secret.encode() in text for text in texts)
