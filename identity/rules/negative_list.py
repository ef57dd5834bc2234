"""A negative list as it comes in, a CSV: every row read, every line at fault told, or all taken.

Days are legal days in China; a restriction holds from the first instant of `from` up to, not
including, that of `until`.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from identity.states import RestrictionKind
from kernel.codes import credit_code
from kernel.errors import InvalidInput, Problem
from kernel.periods import day_of, start_of
from kernel.text import clean_line

COLUMNS = ("credit_code", "name", "kind", "ground", "finding", "from", "until")
MAX_ROWS = 10_000
MAX_TOLD = 50
SAMPLE = (
    f"{','.join(COLUMNS)}\n"
    ",某某招标代理有限公司,registration,出借资质,某发改罚〔2026〕1号,2026-01-01,2027-01-01\n"
)


@dataclass(frozen=True)
class ListedRestriction:
    """One row of a list. The body is named by its code, if the list has it, and by its name."""

    credit_code: str | None
    name: str
    kind: RestrictionKind
    ground: str
    finding: str
    starts_at: datetime
    ends_at: datetime


def listed_restrictions(text: str) -> list[ListedRestriction]:
    """The rows of a list. Raises InvalidInput with one problem a line, at most MAX_TOLD of them."""
    rows: list[ListedRestriction] = []
    problems: list[Problem] = []
    for line, raw in _lines(text):
        try:
            rows.append(_row(raw))
        except InvalidInput as refusal:
            problems.append(_on_line(line, refusal.problems[0]))
    if problems:
        raise InvalidInput.of(problems[:MAX_TOLD])
    if not rows:
        raise InvalidInput("negative_list.empty", "清单里没有任何一行。", field="csv")
    return rows


def _lines(text: str) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """Line number and cells of every row; the line is the one on which the row ends."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), strict=True)
    try:
        missing = set(COLUMNS) - set(reader.fieldnames or ())
        if missing:
            raise InvalidInput(
                "negative_list.columns",
                "缺少列：%(value)s。",
                field="csv",
                value="、".join(sorted(missing)),
            )
        for count, row in enumerate(reader, 1):
            if count > MAX_ROWS:
                raise InvalidInput(
                    "negative_list.too_long",
                    "一次最多导入 %(limit)s 行。",
                    field="csv",
                    limit=MAX_ROWS,
                )
            yield reader.line_num, row
    except csv.Error as fault:
        raise InvalidInput.of([_on_line(reader.reader.line_num, _MALFORMED)]) from fault


def _row(raw: Mapping[str, str | None]) -> ListedRestriction:
    cells = {column: raw.get(column) or "" for column in COLUMNS}
    starts_at, ends_at = (start_of(day_of(cells[name], field=name)) for name in ("from", "until"))
    if starts_at >= ends_at:
        raise InvalidInput("standing.period", "限制期限的结束必须晚于开始。", field="until")
    return ListedRestriction(
        credit_code(cells["credit_code"]) if cells["credit_code"].strip() else None,
        clean_line(cells["name"], field="name"),
        _kind(cells["kind"]),
        clean_line(cells["ground"], field="ground", limit=500),
        clean_line(cells["finding"], field="finding", limit=80),
        starts_at,
        ends_at,
    )


def _kind(text: str) -> RestrictionKind:
    known = {kind.value: kind for kind in RestrictionKind}
    if text.strip() not in known:
        raise InvalidInput(
            "negative_list.kind",
            "“%(value)s”不是限制种类，应为 %(known)s 之一。",
            field="kind",
            value=text[:40],
            known="、".join(known),
        )
    return known[text.strip()]


_MALFORMED = Problem("negative_list.malformed", "不是合格的 CSV。", field="csv")


def _on_line(line: int, problem: Problem) -> Problem:
    values = {"line": line, "why": problem}
    return Problem("negative_list.row", "第 %(line)s 行：%(why)s", "", "csv", values)
