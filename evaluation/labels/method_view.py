"""A method as pages show it: its items with their points, its price rule in words, an example."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from evaluation.labels.chart import Chart, chart_of, is_in_wan
from evaluation.labels.price_rule import rule_words
from evaluation.queries import frame_of
from evaluation.rules.method import (
    FULL,
    Aggregation,
    Check,
    Frame,
    Method,
    Parts,
    item_points,
    price_points,
    read_parts,
    total_points,
)
from evaluation.rules.method_example import Example, example_of
from evaluation.rules.price_numbers import Rounding, plain
from evidence.rules.streams import canonical
from kernel.errors import InvalidInput
from kernel.words import Say
from trading.models.tendering import Lot

_HUNDREDTHS = Rounding(2)


@dataclass(frozen=True)
class ItemLine:
    """A scored item: marks up to `most`, which bring up to `points` of 100."""

    name: str
    most: str
    weight: str
    points: str


@dataclass(frozen=True)
class SeatLine:
    """How many seats are drawn from where; empty: from anywhere, of any speciality."""

    seats: int
    city: str
    speciality: str


@dataclass(frozen=True)
class MethodView:
    """What can be shown of a method. Parts that cannot be read are empty.

    `missing` is what the points lack to 100, or, unless `is_short`, what they are too many.
    `weights` is the sum of the weights where these alone decide, each criterion being of 100.
    """

    checks: Sequence[Check]
    items: Sequence[ItemLine]
    price_points: str
    total: str
    missing: str
    is_short: bool
    weights: str
    rule: Sequence[Say]
    example: Example | None
    chart: Chart | None
    in_wan: bool
    aggregation: Aggregation | None
    size: int
    seats: Sequence[SeatLine]


def method_view(parts: Method | Parts, ceiling_fen: int) -> MethodView:
    """The method, with examples below this ceiling."""
    price, total = price_points(parts), total_points(parts)
    rule, weight = parts.price_rule, parts.price_weight
    example = example_of(rule, weight, ceiling_fen) if rule and weight else None
    return MethodView(
        checks=parts.checks or (),
        items=[
            ItemLine(i.name, f"{i.most:f}", plain(i.weight), _points(item_points(i)))
            for i in parts.scored or ()
        ],
        price_points="" if price is None else _points(price),
        total="" if total is None else _points(total),
        missing="" if total is None else _points(abs(FULL - total)),
        is_short=total is not None and total < FULL,
        weights=_weights(parts),
        rule=rule_words(rule) if rule else (),
        example=example,
        chart=chart_of(example) if example else None,
        in_wan=example is not None and is_in_wan(example),
        aggregation=parts.aggregation,
        size=len(parts.seats or ()),
        seats=_seat_lines(parts),
    )


def method_shown(lot: Lot) -> MethodView | None:
    """The evaluation method of a lot as everybody may read it; None where there is none."""
    return _frozen_view(canonical(lot.method), frame_of(lot), lot.ceiling_fen)


@lru_cache(maxsize=512)
def _frozen_view(text: bytes, frame: Frame, ceiling_fen: int) -> MethodView | None:
    """A method is frozen with its tender, so what it looks like is calculated once."""
    try:
        parts = read_parts(json.loads(text), frame)
    except InvalidInput:
        return None
    return None if parts.problems else method_view(parts, ceiling_fen)


def _weights(parts: Method | Parts) -> str:
    if not parts.scored or parts.price_weight is None:
        return ""
    if any(item.most != FULL or item.weight == 1 for item in parts.scored):
        return ""
    return plain(sum((item.weight for item in parts.scored), parts.price_weight))


def _seat_lines(parts: Method | Parts) -> list[SeatLine]:
    found: dict[tuple[str, str], int] = {}
    for seat in parts.seats or ():
        place = (seat.city or "", seat.speciality or "")
        found[place] = found.get(place, 0) + 1
    return [SeatLine(count, *place) for place, count in found.items()]


def _points(points: Fraction) -> str:
    return plain(_HUNDREDTHS.of(points))
