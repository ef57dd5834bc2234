"""Is the part `score` of a rule well formed?

Unless stated, the floor is 0 and the cap the full score (steps and lines: their highest score).
Source: 财政部令第87号 第55条; 政府采购促进中小企业发展管理办法 第9条 (bonus for works).
"""

import itertools
from collections.abc import Sequence
from fractions import Fraction

from evaluation.rules.price_numbers import Rounding
from evaluation.rules.price_reading import (
    amount_at,
    distinct,
    list_at,
    number_at,
    object_at,
    percent_at,
    positive_at,
    text_at,
    under,
    wrong,
)
from evaluation.rules.price_scoring import Linear, Lines, Point, Ratio, Scoring, Step, Steps

MOST_POINTS = 1_000
DEVIATION_LIMIT = 10**9
_KEYS = {
    "ratio": ("full",),
    "linear": ("full", "above", "below"),
    "steps": ("bands",),
    "lines": ("points",),
}
_OPTIONAL = ("floor", "cap", "unit_amount", "bonus", "bonus_cap")


def scoring_at(value: object, path: str, rounding: Rounding) -> Scoring:
    """The scoring formula. Bounds finer than the score's rounding are refused."""
    if not isinstance(value, dict):
        raise wrong("not_object", "应为对象。", path)
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _KEYS:
        words = "、".join(_KEYS)
        raise wrong("not_a_choice", "应为下列之一：%(words)s。", under(path, "kind"), words=words)
    fields = object_at(value, path, ("kind", *_KEYS[kind]), _OPTIONAL)
    formula = _formula(kind, fields, path)
    floor = _bound(fields, path, "floor", rounding) or Fraction(0)
    cap = _bound(fields, path, "cap", rounding)
    cap = _highest(formula) if cap is None else cap
    bonus_cap = _bound(fields, path, "bonus_cap", rounding)
    if floor > cap:
        raise wrong("floor_above_cap", "最低分高于最高分。", under(path, "floor"))
    if rounding.of(cap) != cap:
        raise wrong("finer_than_score", "小数位数多于得分保留的位数。", under(path, "cap"))
    unit = fields.get("unit_amount")
    return Scoring(
        formula,
        floor,
        cap,
        None if unit is None else positive_at(unit, under(path, "unit_amount")),
        dict(_bonuses(fields, path)),
        bonus_cap,
    )


def _formula(kind: str, fields: dict[str, object], path: str) -> Ratio | Linear | Steps | Lines:
    if kind == "steps":
        return Steps(_bands(fields["bands"], under(path, "bands")))
    if kind == "lines":
        return Lines(_points(fields["points"], under(path, "points")))
    full = positive_at(fields["full"], under(path, "full"), MOST_POINTS)
    if kind == "ratio":
        return Ratio(full)
    above = number_at(fields["above"], under(path, "above"), 0, MOST_POINTS)
    return Linear(full, above, number_at(fields["below"], under(path, "below"), 0, MOST_POINTS))


def _highest(formula: Ratio | Linear | Steps | Lines) -> Fraction:
    match formula:
        case Steps(bands):
            return max(band.score for band in bands)
        case Lines(points):
            return max(point.score for point in points)
        case _:
            return formula.full


def _bound(fields: dict[str, object], path: str, key: str, rounding: Rounding) -> Fraction | None:
    if fields.get(key) is None:
        return None
    bound = number_at(fields[key], under(path, key), 0, MOST_POINTS)
    if rounding.of(bound) != bound:
        raise wrong("finer_than_score", "小数位数多于得分保留的位数。", under(path, key))
    return bound


def _bonuses(fields: dict[str, object], path: str) -> Sequence[tuple[str, Fraction]]:
    here = under(path, "bonus")
    bonuses = list_at(fields.get("bonus", []), here, _bonus)
    distinct((name for name, _ in bonuses), here)
    return bonuses


def _bonus(value: object, path: str) -> tuple[str, Fraction]:
    fields = object_at(value, path, ("for", "percent"))
    percent = percent_at(fields["percent"], under(path, "percent"))
    return text_at(fields["for"], under(path, "for")), percent


def _bands(value: object, path: str) -> tuple[Step, ...]:
    bands = list_at(value, path, _band, least=1)
    for place, band in enumerate(bands):
        if (band.limit is None) != (place == len(bands) - 1):
            message = "只有最后一档不写 up_to 或 below，且必须不写。"
            raise wrong("last_band", message, f"{path}[{place}]")
    _rising([band.limit for band in bands if band.limit is not None], path)
    return bands


def _band(value: object, path: str) -> Step:
    fields = object_at(value, path, ("score",), ("up_to", "below"))
    score = number_at(fields["score"], under(path, "score"), 0, MOST_POINTS)
    if "up_to" in fields and "below" in fields:
        raise wrong("both", "up_to 与 below 只能写一个。", path)
    for key in ("up_to", "below"):
        if key in fields:
            return Step(_deviation(fields[key], under(path, key)), key == "up_to", score)
    return Step(None, True, score)


def _points(value: object, path: str) -> tuple[Point, ...]:
    points = list_at(value, path, _point, least=2)
    _rising([point.deviation for point in points], path)
    return points


def _point(value: object, path: str) -> Point:
    fields = object_at(value, path, ("deviation", "score"))
    score = amount_at(fields["score"], under(path, "score"))
    if score > MOST_POINTS:
        raise wrong("out_of_range", "不应大于 %(most)s。", under(path, "score"), most=MOST_POINTS)
    return Point(_deviation(fields["deviation"], under(path, "deviation")), score)


def _deviation(value: object, path: str) -> Fraction:
    return number_at(value, path, -DEVIATION_LIMIT, DEVIATION_LIMIT)


def _rising(figures: Sequence[Fraction], path: str) -> None:
    for place, (left, right) in enumerate(itertools.pairwise(figures)):
        if left >= right:
            raise wrong("not_rising", "应逐项增大。", f"{path}[{place + 1}]")
