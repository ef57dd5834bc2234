"""A ranking made again from what an archive holds, and evaluations that lie."""

import hashlib
import json
import random
from datetime import date
from decimal import Decimal

import pytest

from evaluation.rules import ranking as platform
from evaluation.rules.method import Frame, parse_method
from evaluation.rules.scoring import parse_sheet
from tests.verifier.conftest import ROOT
from verifier import ranking
from verifier.canonical import canonical
from verifier.findings import Findings

METHODS = sorted((ROOT / "docs/methods").glob("*.json"))


COMMITTEE = tuple(f"EX{number:010d}" for number in range(5))


def evaluation_of(path, rng):
    """What the platform makes of made-up sheets and prices; two bids are the same in all."""
    text = json.loads(path.read_text("utf-8")) | {"seats": len(COMMITTEE)}
    regime = platform.Regime(text["price_rule"]["regime"])
    category = platform.Category(text["price_rule"].get("category", "works"))
    frame = Frame(regime, category, date(2026, 9, 1), 500_000_000)
    method = parse_method(text, frame)
    offered = {f"B{n}": rng.randrange(900_000_000, 1_000_000_000) for n in range(6)}
    offered["B5"] = offered["B4"]
    sheets = [sheet_of(text, offered, expert, rng) for expert in COMMITTEE]
    parsed = [parse_sheet(each["sheet"], method, offered) for each in sheets]
    bids = [{"bid": b, "bidder": f"91{b}", "name": b, "price_fen": f} for b, f in offered.items()]
    record = platform.Record(
        "TD0000000000", "L", "M", COMMITTEE, COMMITTEE[0], tuple(bids), tuple(sheets), ""
    )
    result = platform.evaluate(method, offered, parsed)
    return platform.evaluation_json(frame, method, record, result)


def sheet_of(method, offered, expert, rng):
    """A salted sheet; three of five reject B1, two of five B2."""
    checks = [item["code"] for item in method["items"] if item["kind"] == "pass_fail"]
    against = {"B1": COMMITTEE[:3], "B2": COMMITTEE[:2]}
    no, yes = {"pass": False, "ground": "不符"}, {"pass": True}
    sheet = {
        "checks": {
            bid: {code: no if expert in against.get(bid, ()) else yes for code in checks}
            for bid in offered
        },
        "marks": {
            bid: {
                item["code"]: format(Decimal(item["max"]) * rng.randint(40, 100) / 100, ".2f")
                for item in method["items"]
                if item["kind"] == "scored"
            }
            for bid in offered
        },
    }
    sheet["marks"]["B5"] = sheet["marks"]["B4"]
    return sealed_sheet(expert, sheet)


def sealed_sheet(expert, sheet):
    digest = hashlib.sha256(bytes(32) + canonical(sheet)).hexdigest()
    return {"expert": expert, "salt": "00" * 32, "sheet": sheet, "sheet_sha256": digest}


def ranked(value):
    findings = Findings()
    lines = ranking.check_ranking(findings, canonical(value), {}, value)
    return {problem.code for problem in findings.problems}, lines


@pytest.mark.parametrize("path", METHODS, ids=lambda path: path.stem)
def test_a_ranking_made_again_is_that_of_the_platform_for_every_ready_method(path):
    value = evaluation_of(path, random.Random(path.stem))

    problems, lines = ranked(value)

    assert problems == set()
    stated = sorted((line["rank"], line["total"]) for line in value["result"]["ranking"])
    assert sorted((int(line["rank"]), line["total"]) for line in lines) == stated
    told = {line["bidder"]: line["rank"] for line in lines}
    assert told["91B4"] == told["91B5"]
    assert "91B1" not in told
    assert "91B2" in told


def mark_raised(value):
    """Signed again by the expert, but not what the result was made of."""
    each = value["sheets"][0]
    item = next(i["code"] for i in value["method"]["items"] if i["kind"] == "scored")
    each["sheet"]["marks"]["B0"][item] = "0.00"
    value["sheets"][0] = sealed_sheet(each["expert"], each["sheet"])


def mark_behind_the_digest(value):
    mark_raised(value)
    value["sheets"][0]["sheet_sha256"] = "00" * 32


def price_lowered(value):
    value["bids"][0]["price_fen"] -= 100_000_000


def ranks_swapped(value):
    first, last = value["result"]["ranking"][0], value["result"]["ranking"][-1]
    first["rank"], last["rank"] = last["rank"], first["rank"]


def rejected_one_ranked(value):
    value["result"]["ranking"].append({**value["result"]["ranking"][0], "bid": "B1"})


def rejection_hidden(value):
    value["result"]["rejected"].clear()


def sheet_left_out(value):
    value["sheets"].pop()


LIES = [
    (mark_raised, "ranking.line"),
    (mark_behind_the_digest, "ranking.sheet"),
    (price_lowered, "ranking.line"),
    (ranks_swapped, "ranking.line"),
    (rejected_one_ranked, "ranking.count"),
    (rejection_hidden, "ranking.count"),
    (sheet_left_out, "ranking.committee"),
]


@pytest.mark.attack("bundles")
@pytest.mark.parametrize("path", METHODS, ids=lambda path: path.stem)
def test_an_evaluation_that_lies_is_seen_under_every_ready_method(path, tried):
    for lie, code in LIES:
        value = evaluation_of(path, random.Random(path.stem))
        lie(value)

        problems, _ = ranked(value)

        assert code in problems, lie.__name__
    tried(len(LIES))
