"""`flask journey` as a process of its own; what a whole one leaves: test_check_it_yourself.py."""

import os
import re
import subprocess
import sys
from decimal import Decimal

import pytest

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


def check_ranking(ranking):
    assert [row["rank"] for row in ranking] == list(range(1, len(ranking) + 1))
    for row in ranking:
        assert set(row) == {"bidder", "rank", *FIGURES}
        assert all(re.fullmatch(r"\d+(\.\d+)?", row[name]) for name in FIGURES)
        # The total is rounded once, from the exact parts; the parts are rounded to be shown.
        parts = Decimal(row["technical"]) + Decimal(row["price_score"])
        assert abs(Decimal(row["total"]) - parts) <= Decimal("0.01")


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
