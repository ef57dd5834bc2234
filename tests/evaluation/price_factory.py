"""Price rules and bids with the fewest surprises; a test states what it asserts."""

from typing import Any

from evaluation.rules.price import (
    PriceResult,
    PriceRow,
    parse_bids,
    parse_opened,
    parse_rule,
    score_prices,
)

TRIM_ABOVE_THREE = [{"up_to": 3}, {"highest": 1, "lowest": 1}]
MEAN = {"kind": "mean"}
LOWEST = {"kind": "lowest"}


def make_rule(benchmark: Any = None, score: Any = None, **more: Any) -> dict[str, Any]:
    """A rule that scores by ratio to the lowest price, two decimals, unless told otherwise."""
    return {
        "version": 1,
        "method": "score",
        "benchmark": benchmark or LOWEST,
        "score": score or {"kind": "ratio", "full": "100"},
        "rounding": {"score": 2},
    } | more


def lowest_rule(method: str = "lowest_evaluated", **more: Any) -> dict[str, Any]:
    return {"version": 1, "method": method, "rounding": {}} | more


def linear(full: str = "60", above: str = "1", below: str = "0.5", **more: Any) -> dict[str, Any]:
    return {"kind": "linear", "full": full, "above": above, "below": below} | more


def make_bids(*prices: str, **by_bidder: Any) -> list[dict[str, Any]]:
    """Bidders A, B, C … with these prices; what else a bid has is given under its letter."""
    bids = []
    for place, price in enumerate(prices):
        bidder = chr(ord("A") + place)
        bids.append({"bidder": bidder, "price": price} | by_bidder.get(bidder, {}))
    return bids


def result_of(rule: Any, bids: Any, opened: Any = None) -> PriceResult:
    parsed = parse_rule(rule)
    return score_prices(parsed, parse_bids(bids, parsed), parse_opened(opened or {}, parsed))


def rows_of(rule: Any, bids: Any, opened: Any = None) -> dict[str, PriceRow]:
    return {row.bidder: row for row in result_of(rule, bids, opened).rows}


def scores_of(rule: Any, bids: Any, opened: Any = None) -> list[str | None]:
    rows = result_of(rule, bids, opened).rows
    return [None if row.score is None else str(row.score) for row in rows]


def deviations_of(rule: Any, bids: Any, opened: Any = None) -> list[str]:
    return [str(row.deviation) for row in result_of(rule, bids, opened).rows]


def benchmark_of(benchmark: Any, *prices: str, opened: Any = None, **more: Any) -> str:
    rule = make_rule(benchmark, linear(), **more)
    return str(result_of(rule, make_bids(*prices), opened).benchmark)
