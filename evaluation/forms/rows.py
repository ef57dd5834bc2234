"""What the buttons of a method's form do to its fields: add a row, take one away, move one.

A deed is written as `add:method.items`, `remove:method.items:2`, `up:…` or `down:…`, rows counted
from 0. What is no deed on a list that there is changes nothing.
"""

import re
from collections.abc import Mapping

from evaluation.forms.language import CITIES, EXPRESSION, ITEMS, PRICE_RULE, SCORE, Rows
from evaluation.forms.method import Fields, new_code, row_count

_DEED = re.compile(r"(add|remove|up|down):(method(?:\.\w+|\[\d{1,3}\])+)(?::(\d{1,3}))?")


def _rows(shapes: Mapping[str, object], name: str) -> Rows:
    found = shapes[name]
    if not isinstance(found, Rows):
        raise TypeError(f"{name} is no list")
    return found


# Every list of the language, by the name under which it stands.
_LISTS = {
    "items": ITEMS,
    "cities": CITIES,
    "validity": _rows(PRICE_RULE.fields, "validity"),
    "trimming": _rows(EXPRESSION["mean"].fields, "trimming"),
    "points": _rows(SCORE["lines"].fields, "points"),
    "bands": _rows(SCORE["steps"].fields, "bands"),
}


def changed(fields: Fields, deed: str) -> dict[str, str]:
    """The fields after this deed."""
    match = _DEED.fullmatch(deed)
    if match is None or (shape := _LISTS.get(match[2].rpartition(".")[2])) is None:
        return dict(fields)
    place, count = match[2], row_count(fields, match[2])
    if match[1] == "add":
        return _with_row(fields, place, count, shape)
    row = int(match[3]) if match[3] else count
    if row >= count:
        return dict(fields)
    order = list(range(count))
    if match[1] == "remove":
        del order[row]
    else:
        other = row - 1 if match[1] == "up" else row + 1
        if not 0 <= other < count:
            return dict(fields)
        order[row], order[other] = order[other], order[row]
    return _reordered(fields, place, order)


def _with_row(fields: Fields, place: str, count: int, shape: Rows) -> dict[str, str]:
    if count >= shape.most:
        return dict(fields)
    fresh = {f"{place}[{count}].{name}": value for name, value in shape.fresh.items()}
    if place == "method.items":
        taken = {text for name, text in fields.items() if name.endswith("].code")}
        fresh[f"{place}[{count}].code"] = new_code(taken)
    return {**fields, **fresh}


def _reordered(fields: Fields, place: str, order: list[int]) -> dict[str, str]:
    """The fields with the rows of a list in this order of their old numbers."""
    start = f"{place}["
    kept = {name: text for name, text in fields.items() if not name.startswith(start)}
    for number, old in enumerate(order):
        head = f"{place}[{old}]"
        for name, text in fields.items():
            if name.startswith(head):
                kept[f"{place}[{number}]{name[len(head) :]}"] = text
    return kept
