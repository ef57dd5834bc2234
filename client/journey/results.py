"""What the story leaves: archive, evidence, open data; checked by the independent programs."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from client.journey.evaluate import Evaluation
from client.journey.programs import ROOT
from client.journey.trade import Trade, wait_for


def fetch(trade: Trade, out: Path) -> None:
    """Download the party's evidence bundle and the public OCDS release, once the log is level."""
    centre, agency = trade.cast["centre"].platform, trade.cast["agency"].platform
    wait_for(lambda: centre.get("/health")["pending_facts"] == 0)
    bundle = agency.get_bytes(f"/tenders/{trade.tender}/bundle")
    (out / "evidence.zip").write_bytes(bundle)
    release = agency.get(f"/tenders/{trade.tender}/ocds")
    (out / "release.json").write_text(json.dumps(release, ensure_ascii=False, indent=1) + "\n")


def summary(
    trade: Trade, evaluation: Evaluation, feed: dict[str, Any], out: Path
) -> dict[str, Any]:
    """The summary of design.md §5, without the seconds."""
    agency = trade.cast["agency"].platform
    report = agency.get(f"/meetings/{evaluation.meeting}/report")
    archive = _run("-m", "flask", "evaluation", "verify", str(out / "evaluation.pdf"),
                   "--evidence", str(out / "evidence.zip"))  # fmt: skip
    evidence = _run("verifier/verify.py", str(out / "evidence.zip"))
    award = agency.get(f"/lots/{trade.lot}/award")
    result = {
        "bids": trade.shown()["sealed"]["count"],
        "opened": sum(row["outcome"] == "opened" for row in trade.opening_table()),
        "winner": award["winner"],
        "ranking": _ranking(agency.get(f"/meetings/{evaluation.meeting}/ranking")),
    }
    return {
        "tender": trade.tender,
        "regime": trade.plan.regime,
        "lots": 1,
        **result,
        "by_lot": {trade.lot: result},
        "archive": {"sha256": report["sha256"], "verdict": archive["verdict"]},
        "evidence": {"leaves": _leaves(out / "evidence.zip"), "verdict": evidence["verdict"]},
        "feed": feed,
    }


def holds(summary: dict[str, Any]) -> bool:
    """Whether everything that can be checked was found good."""
    feed = summary["feed"]
    verdicts = {summary["archive"]["verdict"], summary["evidence"]["verdict"]}
    return verdicts == {"valid"} and feed["gaps"] == 0 and feed["duplicates"] == 0


def _ranking(shown: dict[str, Any]) -> list[dict[str, Any]]:
    bidders = {row["bid"]: row["bidder"] for row in shown["bids"]}
    figures = ("price", "technical", "price_score", "total", "rank")
    return [
        {"bidder": bidders[line["bid"]], **{name: line[name] for name in figures}}
        for line in shown["ranking"]
    ]


def _leaves(bundle: Path) -> int:
    """Size of the log at the bundle's checkpoint."""
    with zipfile.ZipFile(bundle) as archive:
        return int(json.loads(archive.read("bundle.json"))["tree_size"])


def _run(*command: str) -> dict[str, Any]:
    """What an independent program says, as JSON, whatever its exit code."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=False)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as fault:
        raise ValueError(f"{command[0]}: {done.stderr.decode()[-500:]}") from fault
    return answer
