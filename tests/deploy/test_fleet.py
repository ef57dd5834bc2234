"""A whole tender through the scaled deployment, while one of each kind of process is killed."""

import pytest
import requests

from client.journey import results
from client.journey.cast import DEMO_ACCOUNTS, gather
from client.journey.evaluate import Evaluation
from client.journey.programs import Watch, Witnesses
from client.journey.trade import Trade
from tests.deploy.fleet import running
from tests.journeys.test_with_violence import PLAN, check_receipt, check_summary, meanwhile
from tests.journeys.town import wait_for

pytestmark = pytest.mark.attack("outages")


def keys_in(fleet, kind):
    return {path.name for path in (fleet.vars[kind] / "keys").iterdir()}


def check_web_holds_no_key_of_the_log(fleet):
    assert keys_in(fleet, "worker") >= {"checkpoint.key", "receipt.key"}
    assert keys_in(fleet, "web") == {
        "session.key", "receipt.key", "second-factor.key", "checkpoint.pub",
    }  # fmt: skip


def check_metrics_stay_inside(fleet):
    assert requests.get(f"{fleet.url}/metrics", timeout=5).status_code == 404


@pytest.mark.timeout(600)
def test_a_tender_survives_the_death_of_one_of_each(tmp_path, postgresql_url, tried):
    with running(tmp_path, postgresql_url) as fleet:
        check_metrics_stay_inside(fleet)
        cast = gather(fleet.url, tmp_path / "run", DEMO_ACCOUNTS, bidders=5, experts=5)
        trade = Trade(cast, PLAN, tmp_path / "run", lambda _: None)
        evaluation, watch = Evaluation(trade), Watch(cast)
        with Witnesses(cast, tmp_path / "run") as witnesses:
            trade.announce()
            trade.wait_for_witnesses()
            with meanwhile(trade.submit_all):
                fleet.restart("web1")
            watch.begin()
            watch.follow(f"lot:{trade.lot}")
            fleet.kill("worker1")
            trade.move(trade.deadline)
            trade.wait_for_state("releasing")
            witnesses.processes["witness1"].kill()
            fleet.restart("live1")
            wait_for(lambda: not all(w.is_connected for w in watch.watchers))
            watch.resume()
            trade.release_all()
            check_receipt(cast, "bidder2", trade.lot)
            trade.open()
            trade.confirm()
            fleet.start("worker1")
            evaluation.draw_experts()
            evaluation.convene()
            watch.follow(f"meeting:{evaluation.meeting}")
            evaluation.score()
            evaluation.rank()
            with meanwhile(lambda: keep_report(evaluation, tmp_path)):
                fleet.kill("worker2")
                fleet.kill("web2")
            evaluation.award()
            evaluation.archive()
            fleet.restart("live2")
            feed = watch.account()
            results.fetch(trade, tmp_path)
            summary = results.summary(trade, evaluation, feed, tmp_path)
        check_web_holds_no_key_of_the_log(fleet)
        wait_for(lambda: requests.get(f"{fleet.url}/readyz", timeout=5).ok)
    check_summary(summary)
    tried(7)


def keep_report(evaluation, folder):
    (folder / "evaluation.pdf").write_bytes(evaluation.sign_report())
