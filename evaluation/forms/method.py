"""A method out of the fields of its form, and the fields of a method: both ways, nothing lost.

`method_in` reads fields (by place, see language.py) into the JSON that is stored, and gathers what
cannot be read; `fields_of` writes a method into fields. Whether the method may be used at all is
asked of rules/method.py.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.forms.language import (
    DEPTH,
    METHOD,
    Expression,
    Kind,
    Kinds,
    Leaf,
    Record,
    Rounded,
    Rows,
    Shape,
    Weighing,
    kinds_of,
)
from kernel.errors import Gathering, InvalidInput, Problem
from kernel.text import clean_line

PLACE = "method"
WEIGHING = "method.weighing"
MOST_FIELDS = 3_000
MOST_LEVELS = 24
Fields = Mapping[str, str]
_NUMBER = re.compile(r"-?\d{1,15}(?:\.(\d{1,20}))?")
_WHOLE = re.compile(r"\d{1,4}")
_SOURCE = "招标投标法实施条例 第49条"


def method_in(fields: Fields, regime: str, category: str) -> tuple[dict[str, Any], list[Problem]]:
    """The method as its fields say it, and what is wrong with single fields, in their order."""
    reader = _Reader(fields)
    body = reader.value(METHOD, PLACE)
    rule = body["price_rule"] = _constants(fields, regime, category) | body.get("price_rule", {})
    rule.setdefault("rounding", {})
    return {"version": 1} | body, reader.gathering.problems


def fields_of(method: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a method. Raises InvalidInput where it says what no form can hold."""
    fields = {WEIGHING: _weighing_of(method)}
    rule = method.get("price_rule")
    if isinstance(rule, Mapping) and isinstance(rule.get("category"), str):
        fields["method.price_rule.category"] = rule["category"]
    known = {name: value for name, value in method.items() if name != "version"}
    if isinstance(rule, Mapping):
        constants = {"version", "regime", "category", "method"}
        known["price_rule"] = {name: rule[name] for name in rule if name not in constants}
    fields.update(_written(METHOD, known, PLACE))
    return fields


def row_count(fields: Fields, place: str) -> int:
    """How many rows a list has."""
    start, found = f"{place}[", 0
    for name in fields:
        if name.startswith(start):
            number, _, _ = name[len(start) :].partition("]")
            if number.isdecimal() and len(number) < 4:
                found = max(found, int(number) + 1)
    return found


def new_code(taken: set[str]) -> str:
    """A code for an item that has none: the first that is free."""
    return next(code for n in range(1, MOST_FIELDS) if (code := f"item{n}") not in taken)


def _constants(fields: Fields, regime: str, category: str) -> dict[str, Any]:
    """What the tender says of its price rule; the category where the rule names one."""
    named = {"category": category} if fields.get("method.price_rule.category") else {}
    return {"version": 1, "regime": regime, "method": "score"} | named


def _weighing_of(method: Mapping[str, Any]) -> str:
    items = method.get("items")
    listed = items if isinstance(items, list) else []
    if any(isinstance(item, Mapping) and "weight" in item for item in listed):
        return Weighing.EACH
    return Weighing.COMMON if "technical_weight" in method else Weighing.POINTS


class _Reader:
    """Walks the shapes along the fields that are there."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.gathering = Gathering()
        self.weighing = fields.get(WEIGHING, Weighing.POINTS)

    def value(self, shape: Shape, place: str, depth: int = DEPTH) -> Any:
        """The value at this place; None if there is none."""
        match shape:
            case Leaf():
                return self._leaf(shape, place)
            case Rounded():
                return self._rounded(place)
            case Record():
                return self._record(shape, place, depth)
            case Rows():
                count = min(row_count(self.fields, place), shape.most)
                rows = [self.value(shape.row, f"{place}[{n}]", depth) for n in range(count)]
                return self._coded(rows) if place == "method.items" else rows or None
            case Kinds() | Expression():
                return self._kind(shape, place, depth)

    def _record(self, shape: Record, place: str, depth: int) -> dict[str, Any]:
        found = {}
        for name, inner in shape.fields.items():
            if not self._is_left_out(place, name):
                value = self.value(inner, f"{place}.{name}", depth)
                if value is not None:
                    found[name] = value
        return found

    def _is_left_out(self, place: str, name: str) -> bool:
        """Items that are not scored have no marks; weights belong to one way of weighing."""
        if place == PLACE:
            return name == "technical_weight" and self.weighing != Weighing.COMMON
        if not place.startswith("method.items["):
            return False
        scored = self.fields.get(f"{place}.kind") == "scored"
        is_weighed = scored and self.weighing == Weighing.EACH
        return {"max": not scored, "weight": not is_weighed}.get(name, False)

    def _kind(self, shape: Kinds | Expression, place: str, depth: int) -> dict[str, Any] | None:
        kind, known = self.fields.get(f"{place}.kind", ""), kinds_of(shape)
        if kind in known and depth > 0:
            return {"kind": kind} | self._record(known[kind], place, depth - 1)
        if shape.needed or kind:
            self._wrong("choice", "请在“%(field)s”中选择一项。", f"{place}.kind")
        return None

    def _rounded(self, place: str) -> Any:
        places = self._leaf(Leaf(Kind.WHOLE, needed=False), f"{place}.places")
        mode = self.fields.get(f"{place}.mode", "")
        return {"places": places, "mode": mode} if places is not None and mode else places

    def _leaf(self, leaf: Leaf, place: str) -> Any:
        text = self.fields.get(place, "").strip()
        if not text:
            if leaf.needed:
                self._wrong("empty", "“%(field)s”还没有填写。", place)
            return None
        with self.gathering.each():
            return _value(leaf, text, place)
        return None

    def _coded(self, rows: list[Any]) -> list[Any]:
        taken = {row["code"] for row in rows if "code" in row}
        for row in rows:
            if "code" not in row:
                row["code"] = new_code(taken)
                taken.add(row["code"])
        return rows

    def _wrong(self, code: str, message: str, place: str) -> None:
        problem = Problem(f"method.{code}", message, _SOURCE, place)
        self.gathering.note([problem], InvalidInput)


def _value(leaf: Leaf, text: str, place: str) -> Any:
    match leaf.kind:
        case Kind.NUMBER:
            return _number(leaf, text.replace(",", "").replace("，", ""), place)
        case Kind.WHOLE:
            if _WHOLE.fullmatch(text):
                return int(text)
            raise InvalidInput("method.not_whole", "“%(field)s”应填写整数。", _SOURCE, field=place)
        case Kind.WORD:
            if text in leaf.words:
                return text
            raise InvalidInput("method.choice", "请在“%(field)s”中选择一项。", _SOURCE, field=place)
        case Kind.FLAG:
            return text == "yes"
        case Kind.KEPT:
            return kept_json(text, place)
        case Kind.LINE:
            return clean_line(text, field=place, limit=100)


def _number(leaf: Leaf, text: str, place: str) -> str:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidInput("method.not_number", "“%(field)s”应填写数字。", _SOURCE, field=place)
    if len(match[1] or "") > leaf.places:
        message = "“%(field)s”最多 %(places)s 位小数。"
        raise InvalidInput("method.too_fine", message, _SOURCE, field=place, places=leaf.places)
    return text


def json_object(text: str, place: str) -> dict[str, Any]:
    """A whole method as JSON. Raises InvalidInput."""
    value = kept_json(text, place)
    if not isinstance(value, dict):
        raise _no_json(place)
    return value


def kept_json(text: str, place: str) -> Any:
    """JSON that was typed or kept, of no more levels than a method has. Raises InvalidInput."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise _no_json(place) from fault
    if not _is_shallow(value, MOST_LEVELS):
        raise _no_json(place)
    return value


def _is_shallow(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return True
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inner)


def _no_json(place: str) -> InvalidInput:
    message = "“%(field)s”应为一个 JSON 对象。"
    return InvalidInput("method.not_json", message, "", field=place)


def _written(shape: Shape, value: Any, place: str) -> Iterator[tuple[str, str]]:
    """The fields of a value, in the order of the form."""
    match shape:
        case Leaf():
            yield place, _text(shape, value, place)
        case Rounded():
            yield from _written_rounding(value, place)
        case Record():
            yield from _written_record(shape, value, place)
        case Rows():
            for number, row in enumerate(_a(list, value, place)):
                yield from _written_record(shape.row, row, f"{place}[{number}]")
        case Kinds() | Expression():
            kind = _a(dict, value, place).get("kind")
            if not isinstance(kind, str) or kind not in kinds_of(shape):
                raise _not_in_a_form(f"{place}.kind")
            yield f"{place}.kind", kind
            rest = {name: value[name] for name in value if name != "kind"}
            yield from _written_record(kinds_of(shape)[kind], rest, place)


def _written_record(shape: Record, value: Any, place: str) -> Iterator[tuple[str, str]]:
    for name in _a(dict, value, place):
        if name not in shape.fields:
            raise _not_in_a_form(f"{place}.{str(name)[:40]}")
    for name, inner in shape.fields.items():
        if value.get(name) is not None:
            yield from _written(inner, value[name], f"{place}.{name}")


def _written_rounding(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        mode = str(value.get("mode"))
        yield f"{place}.places", str(value.get("places"))
        yield f"{place}.mode", "" if mode == "half_up" else mode
    else:
        yield f"{place}.places", _text(Leaf(Kind.WHOLE), value, place)


def _text(leaf: Leaf, value: Any, place: str) -> str:
    if leaf.kind is Kind.KEPT:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, str | int):
        return str(value)
    raise _not_in_a_form(place)


def _a(kind: type[Any], value: Any, place: str) -> Any:
    if not isinstance(value, kind):
        raise _not_in_a_form(place)
    return value


def _not_in_a_form(place: str) -> InvalidInput:
    message = "表单不能表示“%(field)s”：请在专家模式中直接使用 JSON。"
    return InvalidInput("method.not_in_form", message, "", field=place)
