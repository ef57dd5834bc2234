"""How long does a rule take for its bids, beside a bare Decimal loop doing the same arithmetic?

The largest case, 10,000 bids under one rule, and many small ones, 1,000 different rules of ten
bids each; then both together, 10,000 bids × 1,000 rules, from a sample of the rules. The loop
knows its rule beforehand: no checks, no exact fractions, no reading of what was written, nothing
to explain afterwards. It gives the same scores, or the run fails. Run from the project root: `python -m bench.price`.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from evaluation.rules.price import parse_bids, parse_rule, score_prices

BIDS, RULES, FEW, SAMPLE, ROUNDS = 10_000, 1_000, 10, 5, 3
CENT, TOLD = Decimal("0.01"), Decimal("0.0001")
LOOPS_ALLOWED = 60
TRIMMING = [{"up_to": 2}, {"highest": 1, "lowest": 1}]
Scores = list[Decimal | None]


def main() -> None:
    """Print the rows: medians of interleaved rounds, seconds of processor time."""
    chance = random.Random(1)
    rules = [make_rule(number) for number in range(RULES)]
    many = make_prices(chance, BIDS)
    sample = rules[:: RULES // SAMPLE]
    row(f"one rule, {BIDS} bids", rules[:1], [many], 1)
    row(f"{RULES} rules, {FEW} bids each", rules, [make_prices(chance, FEW) for _ in rules], 1)
    scale = RULES // SAMPLE
    row(f"{RULES} rules × {BIDS} bids, by {SAMPLE} of the rules", sample, [many] * SAMPLE, scale)


def row(what: str, rules: list[dict[str, Any]], prices: list[list[str]], scale: int) -> None:
    """Time both ways in turn and print one row, as many times as large as what was run."""
    cases = [
        (rule, written, [Decimal(price) for price in written])
        for rule, written in zip(rules, prices, strict=True)
    ]
    pairs = []
    for _ in range(ROUNDS):
        mine, seconds = timed(lambda: [ours(rule, written) for rule, written, _ in cases])
        loop, limit = timed(lambda: [bare(rule, figures) for rule, _, figures in cases])
        if mine != loop:
            sys.exit(f"{what}: the loop gives other scores")
        pairs.append((seconds * scale, limit * scale))
    shown = {
        "ours": f"{statistics.median(pair[0] for pair in pairs):.2f} s",
        "limit": f"{statistics.median(pair[1] for pair in pairs):.3f} s (bare Decimal loop)",
        "ratio": round(statistics.median(a / b for a, b in pairs), 1),
        "goal": f"≤ {LOOPS_ALLOWED} × bare Decimal loop",
    }
    print(json.dumps({"row": "price", "what": f"{what}, CPU", **shown}), flush=True)


def timed(work: Callable[[], list[Scores]]) -> tuple[list[Scores], float]:
    """The answer and the processor seconds of one call."""
    began = time.process_time()
    answer = work()
    return answer, time.process_time() - began


def make_rule(number: int) -> dict[str, Any]:
    """A mean without the two ends, less a percentage; points off for each percent beside it."""
    return {
        "version": 1,
        "method": "score",
        "benchmark": {
            "kind": "minus_percent",
            "value": {"kind": "mean", "trimming": TRIMMING, "rounding": 2},
            "percent": str(Decimal(number % 50) / 10),
            "rounding": 2,
        },
        "score": {
            "kind": "linear",
            "full": str(30 + number % 31),
            "above": "1",
            "below": "0.5",
        },
        "rounding": {"deviation": 4, "score": 2},
    }


def make_prices(chance: random.Random, count: int) -> list[str]:
    """Prices about ten million yuan, to the fen."""
    return [f"{chance.randint(900_000_000, 1_100_000_000) / 100:.2f}" for _ in range(count)]


def ours(rule: dict[str, Any], prices: list[str]) -> Scores:
    """The scores by the rule's own calculation, read from what was written."""
    bids = [{"bidder": f"B{place}", "price": price} for place, price in enumerate(prices)]
    parsed = parse_rule(rule)
    return [row.score for row in score_prices(parsed, parse_bids(bids, parsed)).rows]


def bare(rule: dict[str, Any], prices: list[Decimal]) -> Scores:
    """The same arithmetic and roundings for this one kind of rule."""
    counted = sorted(prices)[1:-1]
    mean = (sum(counted) / len(counted)).quantize(CENT, ROUND_HALF_UP)
    less = 1 - Decimal(rule["benchmark"]["percent"]) / 100
    benchmark = (mean * less).quantize(CENT, ROUND_HALF_UP)
    full, above, below = (Decimal(rule["score"][name]) for name in ("full", "above", "below"))
    scores: Scores = []
    for price in prices:
        deviation = ((price - benchmark) / benchmark * 100).quantize(TOLD, ROUND_HALF_UP)
        slope = above if deviation > 0 else below
        scores.append(max(full - abs(deviation) * slope, Decimal(0)).quantize(CENT, ROUND_HALF_UP))
    return scores


if __name__ == "__main__":
    main()
