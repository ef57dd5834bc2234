"""The whole story, from registration to the archive, while processes are killed in the middle.

The only worker dies between the deadline and the close and again while the report is signed, the
web process while bids are uploaded, the first of two witnesses in the window.
"""

import base64
import contextlib
import json
import threading
from functools import partial

import pytest

from client.journey import results
from client.journey.cast import DEMO_ACCOUNTS, PIN, gather
from client.journey.evaluate import Evaluation
from client.journey.programs import ROOT, Watch, Witnesses
from client.journey.trade import Plan, Trade
from client.session import Refused
from evidence.rules import receipts, streams, tree
from tests.journeys.town import running, wait_for

pytestmark = pytest.mark.attack("outages")

METHOD = json.loads((ROOT / "docs/methods/construction.json").read_text())
PLAN = Plan("CONSTRUCTION", seed=7, seats=5, megabytes=9, given=None, method=METHOD)


@contextlib.contextmanager
def meanwhile(act):
    """Do this beside what stands inside; its failure is the test's."""
    failures = []

    def run():
        try:
            act()
        except BaseException as fault:
            failures.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()
    assert failures == []


def is_uploading(town):
    """Whether a part is on its way to the disk."""
    return any(path.name.startswith(".") for path in (town.var / "files").glob(".*"))


def restart(town, name):
    town.kill(name)
    town.start(name)
    town.wait_until_ready()


def upload_while_the_web_dies(town, trade):
    with meanwhile(trade.submit_all):
        wait_for(partial(is_uploading, town))
        restart(town, "web")


def close_with_a_dead_worker(town, trade):
    """Nothing is late by it: the deadline decides, not whoever closes."""
    town.kill("worker")
    trade.move(trade.deadline)
    assert trade.shown()["state"] == "announced"
    with pytest.raises(Refused) as late:
        trade.submit(trade.cast.bidders[-1])
    assert late.value.code == "bid.too_late"
    town.start("worker")
    trade.wait_for_state("releasing")


def sign_while_the_worker_dies(town, evaluation):
    chair = evaluation.members[0].platform
    signed = []
    with meanwhile(lambda: signed.append(evaluation.sign_report())):
        wait_for(lambda: any(0 < p["signed"] < 5 for p in chair.get("/papers")["papers"]))
        town.kill("worker")
        town.start("worker")
    return signed[0]


@pytest.mark.slow  # the fleet dies with every change: tests/deploy
def test_a_tender_survives_the_death_of_every_process(tmp_path):
    with running(tmp_path, None, "--no-lot") as town:
        cast = gather(town.url, tmp_path / "run", DEMO_ACCOUNTS, bidders=5, experts=5)
        trade = Trade(cast, PLAN, tmp_path / "run", lambda _: None)
        evaluation, watch = Evaluation(trade), Watch(cast)
        with Witnesses(cast, tmp_path / "run") as witnesses:
            trade.announce()
            trade.wait_for_witnesses()
            upload_while_the_web_dies(town, trade)
            watch.begin()
            watch.follow(f"lot:{trade.lot}")
            close_with_a_dead_worker(town, trade)
            assert trade.shown()["sealed"]["count"] == 4
            witnesses.processes["witness1"].kill()
            trade.release_all()
            check_receipt(cast, "bidder2", trade.lot)
            check_nothing_leaked(town, tmp_path, cast)
            trade.open()
            trade.confirm()
            evaluation.draw_experts()
            evaluation.convene()
            watch.follow(f"meeting:{evaluation.meeting}")
            evaluation.score()
            evaluation.rank()
            (tmp_path / "evaluation.pdf").write_bytes(sign_while_the_worker_dies(town, evaluation))
            evaluation.award()
            evaluation.archive()
            feed = watch.account()
            results.fetch(trade, tmp_path)
            summary = results.summary(trade, evaluation, feed, tmp_path)
        check_nothing_leaked(town, tmp_path, cast)
    check_summary(summary)


def check_summary(summary):
    assert (summary["bids"], summary["opened"]) == (4, 3)
    assert summary["archive"]["verdict"] == summary["evidence"]["verdict"] == "valid"
    assert (summary["feed"]["gaps"], summary["feed"]["duplicates"]) == (0, 0)
    assert [row["rank"] for row in summary["ranking"]] == [1, 2, 3]
    assert summary["winner"] == summary["ranking"][0]["bidder"]


def check_receipt(cast, name, lot):
    """What the bidder kept is in the tree, by nothing but what stands in the receipt."""
    kept = cast[name].keys.recall(f"receipt-{lot}")["receipt"]
    address = f"/receipts/{kept['code']}"
    wait_for(lambda: cast[name].platform.get(address).get("proof") is not None)
    receipt = cast[name].platform.get(address)
    commitment = bytes.fromhex(receipt["commitment"])
    public, salt = base64.b64decode(receipt["key"]), bytes.fromhex(receipt["salt"])
    assert receipts.is_receipt_signature(public, base64.b64decode(receipt["signature"]), commitment)
    assert streams.commitment(salt, receipt["fact"].encode()) == commitment
    root = base64.b64decode(receipt["checkpoint"].split("\n")[2])
    proof = [bytes.fromhex(value) for value in receipt["proof"]]
    leaf = tree.leaf_hash(commitment)
    assert tree.verify_inclusion(leaf, receipt["index"], receipt["size"], proof, root)
    assert json.loads(kept["fact"])["kind"] == "bid.submitted"


def check_nothing_leaked(town, folder, cast):
    """No private key, token or PIN is in any file of the platform or any log of any process."""
    secrets = [path.read_text() for path in (folder / "run/keys").rglob("*.key")]
    secrets += [cast[name].token for name in cast.people]
    assert len(secrets) > 20
    kept = [path for path in town.var.rglob("*") if path.is_file()]
    logs = [town.log_path, *(folder / "run").glob("*.log")]
    assert len(logs) == 3
    texts = [path.read_bytes() for path in [*logs, *kept]]
    for secret in secrets:
        assert not any(secret.encode() in text for text in texts)
    assert not any(PIN in path.read_text(errors="replace") for path in logs)
