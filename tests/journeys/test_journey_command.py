"""`flask journey` as a process of its own, on PostgreSQL: its summary is the contract (design §5)."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal

import pytest
import sqlalchemy as sa

from client.journey.programs import ROOT
from client.watcher import missing_numbers

FIGURES = {"price", "technical", "price_score", "total"}
OUTPUTS = {"summary.json", "evaluation.pdf", "evidence.zip", "release.json"}


def journey(out, database, *options):
    """Exit code, last line of what the command prints, and what it tells."""
    command = [sys.executable, "-m", "flask", "journey", "--out", str(out), *options]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "FLASK_APP": "wsgi", **database},
        capture_output=True,
        check=False,
    )
    lines = done.stdout.decode().splitlines()
    return done.returncode, lines[-1] if lines else "", done.stderr.decode()[-2000:]


def schemas(url):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        return {name for name in sa.inspect(engine).get_schema_names() if "journey" in name}
    finally:
        engine.dispose()


def check_ranking(ranking):
    assert [row["rank"] for row in ranking] == list(range(1, len(ranking) + 1))
    for row in ranking:
        assert set(row) == {"bidder", "rank", *FIGURES}
        assert all(re.fullmatch(r"\d+(\.\d+)?", row[name]) for name in FIGURES)
        # The total is rounded once, from the exact parts; the parts are rounded to be shown.
        parts = Decimal(row["technical"]) + Decimal(row["price_score"])
        assert abs(Decimal(row["total"]) - parts) <= Decimal("0.01")


def test_the_journey_runs_government_procurement_and_sums_it_up(postgresql_url, tmp_path):
    out = tmp_path / "story"
    options = ("--regime", "GOVPROC", "--bidders", "7", "--experts", "7", "--bid-mb", "1")

    code, line, told = journey(out, {"DATABASE_URL": postgresql_url}, *options)

    assert code == 0, told
    summary = json.loads(line)
    assert summary == json.loads((out / "summary.json").read_text())
    assert re.fullmatch(r"TD[0-9A-Z]{10}", summary["tender"])
    lot = {name: summary[name] for name in ("bids", "opened", "winner", "ranking")}
    assert summary["by_lot"] == {f"{summary['tender']}-01": lot}
    assert (summary["regime"], summary["lots"]) == ("GOVPROC", 1)
    assert (summary["bids"], summary["opened"]) == (6, 5)
    assert summary["winner"] == summary["ranking"][0]["bidder"]
    check_ranking(summary["ranking"])
    assert set(summary["archive"]) == {"sha256", "verdict"}
    assert summary["archive"]["verdict"] == summary["evidence"]["verdict"] == "valid"
    assert summary["evidence"]["leaves"] > 50
    feed = summary["feed"]
    assert set(feed) == {"watchers", "messages", "gaps", "duplicates", "resent"}
    assert (feed["watchers"], feed["gaps"], feed["duplicates"]) == (2, 0, 0)
    assert feed["messages"] > 0 < feed["resent"]
    assert summary["seconds"] > 0
    replaced_by_the_next(out, postgresql_url)


def replaced_by_the_next(out, url):
    """A second run into the same folder takes away what the first left, and nothing else."""
    (out / "notes.txt").write_text("not of the journey")
    assert {path.name for path in out.iterdir()} >= OUTPUTS
    assert len(schemas(url)) == 1

    code, line, _ = journey(out, {"DATABASE_URL": url}, "--url", "http://127.0.0.1:1")

    assert (code, line) == (1, "")
    assert {path.name for path in out.iterdir()} == {"run", "notes.txt"}
    assert schemas(url) == set()


@pytest.mark.parametrize(
    "options",
    [("--bidders", "4"), ("--experts", "3"), ("--experts", "6"), ("--regime", "OTHER")],
    ids=" ".join,
)
def test_a_journey_that_cannot_be_played_is_a_usage_error(tmp_path, options):
    code, line, _ = journey(tmp_path / "story", {}, *options)

    assert (code, line) == (2, "")
    assert not (tmp_path / "story").exists()


@pytest.mark.parametrize(
    ("head", "last", "early", "missing"),
    [
        (5, 5, (), 0),
        (5, 4, (), 1),
        (5, 2, (4, 5), 1),
        (5, 3, (7,), 2),
        (5, 6, (), 0),
        (0, 0, (), 0),
    ],
    ids=["level", "one short", "a hole", "early beyond", "more since", "nothing"],
)
def test_a_gap_is_a_number_up_to_the_head_that_never_came(head, last, early, missing):
    assert missing_numbers(head, last, early) == missing
