"""Price scores by a tender's price rule, made again: docs/price-rules.md, version 1.

Figures are exact fractions until the rule rounds. What a tender's rule cannot contain (drawn
coefficients, a secret reference, its own ranking) and what its bids never claim (corrections,
discounts, bonuses) is not here: such a rule is not recomputed, and that is said.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from verifier.findings import Broken

Json = dict[str, Any]
_FOREIGN = ("drawn", "ranking")
_BITES: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "above": lambda price, value: price > value,
    "at_or_above": lambda price, value: price >= value,
    "below": lambda price, value: price < value,
    "at_or_below": lambda price, value: price <= value,
}
_PLACES = {"lowest": 0, "second_lowest": 1, "highest": -1}


class Unsupported(Exception):
    """The rule has something that is not recomputed here."""


class _TooFew(Exception):
    """There are too few prices for an expression."""


def scores(rule: Json, prices: Mapping[str, Fraction], out: set[str]) -> dict[str, Fraction]:
    """Rounded price score by bid, of those that are valid; `out`: rejected by the committee.

    Raises Unsupported, Broken.
    """
    try:
        return _scores(rule, prices, out)
    except _TooFew as fault:
        raise Broken("price.too_few", "有效报价不足，无法计算") from fault


def rounded(figure: Fraction, how: Any) -> Fraction:
    """The figure to so many decimals: half up of the magnitude, `down` or `up`."""
    places, mode = (how["places"], how.get("mode")) if isinstance(how, dict) else (how, None)
    units, rest = divmod(abs(figure) * 10 ** int(places), 1)
    goes_up = 2 * rest >= 1 if mode in (None, "half_up") else mode == "up" and rest > 0
    return Fraction(int(units) + goes_up, 10 ** int(places)) * (1 if figure >= 0 else -1)


def left(figures: Sequence[Fraction], table: Sequence[Json]) -> list[Fraction]:
    """The figures that a trimming table leaves, ascending."""
    ordered = sorted(figures)
    band = next(b for b in table if b.get("up_to") is None or len(ordered) <= b["up_to"])
    return ordered[band.get("lowest", 0) : len(ordered) - band.get("highest", 0)]


def _scores(rule: Json, prices: Mapping[str, Fraction], out: set[str]) -> dict[str, Fraction]:
    is_secret = rule.get("reference") == "secret"
    if rule["version"] != 1 or rule["method"] != "score" or is_secret:
        raise Unsupported("method")
    if found := next((name for name in _FOREIGN if rule.get(name)), None):
        raise Unsupported(found)
    rounding = rule["rounding"]
    if "evaluated_price" in rounding:
        how = rounding["evaluated_price"]
        evaluated = {bid: rounded(price, how) for bid, price in prices.items()}
    else:
        evaluated = dict(prices)
    valid = _valid(rule, prices, evaluated, out)
    if not valid:
        return {}
    benchmark = _value(rule, rule["benchmark"], [evaluated[bid] for bid in valid])
    if "benchmark" in rounding:
        benchmark = rounded(benchmark, rounding["benchmark"])
    return {bid: _score(rule, evaluated[bid], benchmark) for bid in valid}


def _valid(
    rule: Json, prices: Mapping[str, Fraction], evaluated: Mapping[str, Fraction], out: set[str]
) -> list[str]:
    """Whom the checks leave; each looks at all that stand when it begins."""
    valid = [bid for bid in sorted(prices) if bid not in out]
    for check in rule.get("validity", []):
        looked_at = evaluated if check.get("price") == "evaluated" else prices
        try:
            value = _value(rule, check["value"], [looked_at[bid] for bid in valid])
        except _TooFew:
            continue
        if check["effect"] == "invalid":
            bites = _BITES[check["when"]]
            valid = [bid for bid in valid if not bites(looked_at[bid], value)]
    return valid


def _value(rule: Json, expression: Json, prices: Sequence[Fraction]) -> Fraction:
    figure = _figure(rule, expression, prices)
    how = expression.get("rounding")
    return figure if how is None else rounded(figure, how)


def _figure(rule: Json, node: Json, prices: Sequence[Fraction]) -> Fraction:
    kind = node["kind"]
    if kind == "mean" or kind in _PLACES:
        return _statistic(rule, node, prices)
    if kind == "given":
        return Fraction(node["amount"])
    if kind in ("ceiling", "reference"):
        return Fraction(rule[kind])
    if kind == "times":
        return _value(rule, node["value"], prices) * Fraction(node["factor"])
    if kind == "minus_percent":
        return _value(rule, node["value"], prices) * (1 - Fraction(node["percent"]) / 100)
    if kind == "composite":
        first, second = (_value(rule, node[name], prices) for name in ("first", "second"))
        weight = Fraction(node["weight"])
        return first * weight + second * (1 - weight)
    if kind == "nearest":
        return _nearest(node, _value(rule, node["to"], prices), prices)
    raise Unsupported(kind)


def _nearest(node: Json, target: Fraction, prices: Sequence[Fraction]) -> Fraction:
    near = [price for price in prices if price <= target or not node.get("not_above")]
    if not near:
        raise _TooFew
    return min(near, key=lambda price: (abs(price - target), price))


def _statistic(rule: Json, node: Json, prices: Sequence[Fraction]) -> Fraction:
    within = list(prices)
    if node.get("not_below") is not None:
        low = _value(rule, node["not_below"], prices)
        within = [price for price in within if price >= low]
    if node.get("not_above") is not None:
        high = _value(rule, node["not_above"], prices)
        within = [price for price in within if price <= high]
    counted = left(within, node.get("trimming") or [{}]) if within else []
    place = _PLACES.get(node["kind"], 0)
    if len(counted) <= place or not counted:
        raise _TooFew
    return sum(counted, Fraction(0)) / len(counted) if node["kind"] == "mean" else counted[place]


def _score(rule: Json, price: Fraction, benchmark: Fraction) -> Fraction:
    told, rounding = rule["score"], rule["rounding"]
    unit = told.get("unit_amount")
    measure = benchmark / 100 if unit is None else Fraction(unit)
    deviation = (price - benchmark) / measure
    if "deviation" in rounding:
        deviation = rounded(deviation, rounding["deviation"])
    raw, highest = _raw(told, price, benchmark, deviation)
    cap = Fraction(told["cap"]) if told.get("cap") is not None else highest
    floor = Fraction(told.get("floor") or 0)
    return rounded(min(max(raw, floor), cap), rounding["score"])


def _raw(
    told: Json, price: Fraction, benchmark: Fraction, deviation: Fraction
) -> tuple[Fraction, Fraction]:
    """The score by the formula alone, and the most that the formula gives."""
    kind = told["kind"]
    if kind == "ratio":
        return Fraction(told["full"]) * benchmark / price, Fraction(told["full"])
    if kind == "linear":
        full, slope = Fraction(told["full"]), told["above" if deviation > 0 else "below"]
        return full - abs(deviation) * Fraction(slope), full
    if kind == "steps":
        bands = told["bands"]
        hit = next(band for band in bands if _holds(band, deviation))
        return Fraction(hit["score"]), max(Fraction(band["score"]) for band in bands)
    if kind == "lines":
        points = [(Fraction(p["deviation"]), Fraction(p["score"])) for p in told["points"]]
        return _on_lines(points, deviation), max(score for _, score in points)
    raise Unsupported(kind)


def _holds(band: Json, deviation: Fraction) -> bool:
    if "up_to" in band:
        return deviation <= Fraction(band["up_to"])
    return "below" not in band or deviation < Fraction(band["below"])


def _on_lines(points: Sequence[tuple[Fraction, Fraction]], deviation: Fraction) -> Fraction:
    if deviation <= points[0][0]:
        return points[0][1]
    for (start, low), (end, high) in pairwise(points):
        if deviation <= end:
            return low + (high - low) * (deviation - start) / (end - start)
    return points[-1][1]
