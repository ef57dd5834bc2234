"""`python -m client.journey --url URL --out DIR`: play the story, check what it left, sum it up.

Progress goes to stderr; the last line of stdout is the summary, one JSON object. Exit 0 when the
archive, the evidence and the feed hold, 1 when one does not or the platform refused, 2 for usage.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import requests

from client.journey import results
from client.journey.cast import DEMO_ACCOUNTS, gather
from client.journey.evaluate import Evaluation
from client.journey.programs import ROOT, Watch, Witnesses
from client.journey.trade import Plan, Trade
from client.session import Refused


def main(arguments: list[str]) -> int:
    """Parse, play, print."""
    given = _parser().parse_args(arguments)
    try:
        plan = _plan(given)
        summary = play(given.url, given.out, plan, given.accounts, bidders=given.bidders)
    except (OSError, ValueError) as fault:
        _say(f"{fault}")
        return 1 if isinstance(fault, requests.RequestException) else 2
    except (Refused, TimeoutError) as fault:
        _say(f"failed: {fault}")
        return 1
    print(json.dumps(summary, ensure_ascii=False))
    return 0 if results.holds(summary) else 1


def play(url: str, out: Path, plan: Plan, accounts: Path, *, bidders: int) -> dict[str, Any]:
    """The whole story; returns the summary and writes everything into `out`."""
    began = time.monotonic()
    run = out / "run"
    run.mkdir(parents=True, exist_ok=True)
    cast = gather(url, run, accounts, bidders=bidders, experts=plan.seats)
    trade = Trade(cast, plan, run, _say)
    evaluation, watch = Evaluation(trade), Watch(cast)
    with Witnesses(cast, run):
        watch.begin()
        watch.follow("wall")
        play_trade(trade, watch)
        play_evaluation(evaluation, watch, out)
    feed = watch.account()
    results.fetch(trade, out)
    summary = results.summary(trade, evaluation, feed, out)
    summary["seconds"] = round(time.monotonic() - began, 1)
    (out / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
    return summary


def play_trade(trade: Trade, watch: Watch) -> None:
    """From the announcement to the confirmed opening."""
    trade.announce()
    watch.follow(f"lot:{trade.lot}")
    trade.wait_for_witnesses()
    trade.order_guarantees()
    trade.submit_all()
    watch.lose_one()
    trade.close()
    trade.release_all()
    watch.resume()
    trade.open()
    trade.confirm()


def play_evaluation(evaluation: Evaluation, watch: Watch, out: Path) -> None:
    """From the draw to the archive."""
    evaluation.draw_experts()
    evaluation.convene()
    watch.follow(f"meeting:{evaluation.meeting}")
    evaluation.score()
    evaluation.rank()
    (out / "evaluation.pdf").write_bytes(evaluation.sign_report())
    evaluation.award()
    evaluation.archive()


def _plan(given: argparse.Namespace) -> Plan:
    """The plan. Raises ValueError for numbers or files that cannot be played."""
    if given.bidders < 5:
        raise ValueError("--bidders must be at least 5")
    if given.experts < 5 or given.experts % 2 == 0:
        raise ValueError("--experts must be odd and at least 5")
    method = ROOT / "docs/methods" / f"{given.regime.lower()}.json"
    return Plan(
        regime=given.regime,
        seed=given.seed,
        seats=given.experts,
        megabytes=given.bid_mb,
        given=given.bid_files,
        method=json.loads(method.read_text(encoding="utf-8")),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m client.journey", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the platform")
    parser.add_argument("--out", type=Path, required=True, help="folder for what comes out")
    parser.add_argument("--regime", choices=("CONSTRUCTION", "GOVPROC"), default="CONSTRUCTION")
    parser.add_argument("--bidders", type=int, default=5, help="at least 5")
    parser.add_argument("--experts", type=int, default=5, help="odd, at least 5")
    parser.add_argument("--seed", type=int, default=1, help="prices and marks follow from it")
    parser.add_argument("--bid-mb", type=int, default=5, help="size of each bid")
    parser.add_argument("--bid-files", type=Path, help="folder with a sub-folder for each bidder")
    parser.add_argument("--accounts", type=Path, default=DEMO_ACCOUNTS, help="JSON of accounts")
    return parser


def _say(text: str) -> None:
    print(f"[journey] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
