"""A method while it is being written: its fields, the JSON that they make, and what is wrong.

What is in the box for JSON counts before the fields. Every problem names its row and its field
in words, and leads to a field that the form shows.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from evaluation.forms.method import (
    MOST_FIELDS,
    Fields,
    fields_of,
    json_object,
    method_in,
    row_count,
)
from evaluation.forms.presets import preset_method
from evaluation.forms.rows import changed
from evaluation.labels.method import worded_problem
from evaluation.rules.method import Frame, Parts, law_problems, read_parts
from kernel.errors import InvalidInput, Problem, Refusal
from kernel.money import fen_from_yuan
from kernel.periods import instant_of, legal_date
from trading.forms import lot_count, lot_suffix
from trading.rules.limits import first_day
from trading.states import Category, Regime

BOX = "method"
MOST_JSON = 20_000
GROUPS = frozenset(
    {
        "method.items",
        "method.cities",
        "method.price_rule.benchmark",
        "method.price_rule.score",
        "method.price_rule.validity",
        "method.price_rule.rounding",
    }
)
_ROWS_OF_SCORE = {
    "lines": "method.price_rule.score.points",
    "steps": "method.price_rule.score.bands",
}
_LAST = re.compile(r"(?:\.\w+|\[\d+\])$")


@dataclass(frozen=True)
class MethodDraft:
    """A method as far as it is written. `parts` is None where the JSON is no method at all.

    `unread` is what cannot be read, `unlawful` what may not stand so.
    """

    fields: Mapping[str, str]
    value: Any
    frame: Frame
    parts: Parts | None
    unread: tuple[Problem, ...]
    unlawful: tuple[Problem, ...]
    is_json: bool = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong."""
        return (*self.unread, *self.unlawful)

    @property
    def text(self) -> str:
        """The method as JSON for people."""
        return json.dumps(self.value, ensure_ascii=False, indent=2)


def regime_in(form: Mapping[str, str]) -> Regime:
    """The regime that a form names; construction while it names none."""
    asked = form.get("regime", "")
    return Regime(asked) if asked in set(Regime) else Regime.CONSTRUCTION


def frame_in(form: Mapping[str, str], real: datetime) -> Frame:
    """What the rest of the form says that the method must fit, as far as it can be read."""
    regime, asked = regime_in(form), form.get("category", "")
    budgets = [
        _fen(form.get(f"estimate{lot_suffix(number)}", ""))
        for number in range(1, lot_count(form.get("lots", "")) + 1)
    ]
    return Frame(
        regime=regime,
        category=Category(asked) if asked in set(Category) else _usual_category(regime),
        day=max(_day(form, real), first_day(regime)),
        budget_fen=max(budgets),
    )


def ceiling_in(form: Mapping[str, str]) -> int:
    """The first lot's ceiling in fen; 0 while there is none."""
    return _fen(form.get("ceiling", ""))


def fresh_fields(regime: Regime, preset: str = "") -> dict[str, str]:
    """The fields of a ready method."""
    return fields_of(preset_method(preset, regime))


def method_fields(form: Mapping[str, str]) -> dict[str, str]:
    """The fields of the method out of a whole form; those of a ready one where it has none."""
    named = ((name, text) for name, text in form.items() if name.startswith("method."))
    found = dict(islice(named, MOST_FIELDS))
    return found or fresh_fields(regime_in(form), form.get("preset", ""))


def fields_after(form: Mapping[str, str], deed: str) -> dict[str, str]:
    """The fields after a button was pressed. Raises InvalidInput for JSON that no form holds."""
    if deed == "preset":
        return fresh_fields(regime_in(form), form.get("preset", ""))
    if deed == "import":
        return fields_of(json_object(form.get(BOX, "")[:MOST_JSON], BOX))
    return _with_first_rows(changed(method_fields(form), deed))


def _with_first_rows(fields: dict[str, str]) -> dict[str, str]:
    """Where a way of scoring needs rows and has none yet, two to begin with."""
    listed = _ROWS_OF_SCORE.get(fields.get("method.price_rule.score.kind", ""))
    if listed and not row_count(fields, listed):
        fields = changed(changed(fields, f"add:{listed}"), f"add:{listed}")
    return fields


def draft_of(fields: Fields, frame: Frame) -> MethodDraft:
    """The method that these fields make."""
    value, unread = method_in(fields, frame.regime.value, frame.category.value)
    whole = {"items": [], "aggregation": "", "seats": 0} | value
    parts = read_parts(whole, frame)
    found = {_part_of(problem.field) for problem in unread}
    more = [problem for problem in parts.problems if _part_of(problem.field) not in found]
    return MethodDraft(
        fields=fields,
        value=value,
        frame=frame,
        parts=parts,
        unread=tuple(_placed(problem, fields) for problem in (*unread, *more)),
        unlawful=tuple(_placed(each, fields) for each in law_problems(parts, frame)),
    )


def draft_of_json(text: str, fields: Fields, frame: Frame) -> MethodDraft:
    """The method that stands in the box, whatever the fields say."""
    try:
        value = json_object(text[:MOST_JSON], BOX)
        parts = read_parts(value, frame)
    except Refusal as refusal:
        boxed = tuple(_boxed(problem) for problem in refusal.problems)
        return MethodDraft(fields, {}, frame, None, boxed, (), is_json=True)
    return MethodDraft(
        fields=fields,
        value=value,
        frame=frame,
        parts=parts,
        unread=tuple(_boxed(problem) for problem in parts.problems),
        unlawful=tuple(_boxed(problem) for problem in law_problems(parts, frame)),
        is_json=True,
    )


def draft_in(form: Mapping[str, str], real: datetime) -> MethodDraft:
    """The method of a whole form: its JSON if there is any, else its fields."""
    fields, frame, text = method_fields(form), frame_in(form, real), form.get(BOX, "").strip()
    return draft_of_json(text, fields, frame) if text else draft_of(fields, frame)


def _usual_category(regime: Regime) -> Category:
    return Category.WORKS if regime is Regime.CONSTRUCTION else Category.GOODS


def _fen(text: str) -> int:
    try:
        return fen_from_yuan(text.replace(",", "").strip())
    except InvalidInput:
        return 0


def _day(form: Mapping[str, str], real: datetime) -> Any:
    """The legal day on which the tender would be registered."""
    try:
        return legal_date(min(instant_of(form.get("rehearsal_from", ""), field=""), real))
    except InvalidInput:
        return legal_date(real)


def _part_of(place: str) -> str:
    """The first name under the method: parts are read each for itself."""
    part = re.split(r"[.\[]", place.removeprefix("method."), maxsplit=1)[0]
    return "items" if part in ("items", "technical_weight") else part


def _placed(problem: Problem, fields: Fields) -> Problem:
    """The problem in words, at a field that the form shows."""
    place = {"seats": "method.seats", "price_weight": "method.price_weight"}.get(
        problem.field, problem.field
    )
    return replace(worded_problem(replace(problem, field=place)), field=_shown(place, fields))


def _shown(place: str, fields: Fields) -> str:
    while place:
        for name in (place, f"{place}.places", f"{place}.kind"):
            if name in fields or name in GROUPS:
                return name
        if place.endswith("]") and (row := [n for n in fields if n.startswith(f"{place}.")]):
            return row[0]
        place, before = _LAST.sub("", place), place
        if place == before:
            break
    return "method.items"


def _boxed(problem: Problem) -> Problem:
    """A problem of the JSON in the box: told in words, and leading to the box."""
    return replace(worded_problem(problem), field=BOX)
