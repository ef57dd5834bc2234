"""Restrictions are imposed here (by supervision, or from an imported list) and asked for here."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity import queries
from identity.models.standing import Restriction
from identity.rules.standing import standing_problems
from identity.states import RestrictionKind
from kernel import codes
from kernel.errors import InvalidInput, NotAllowed, refuse_if
from kernel.periods import SHANGHAI
from kernel.text import clean_line, name_key
from storage.base import real_now

COLUMNS = ("credit_code", "name", "kind", "ground", "finding", "from", "until")
MAX_ROWS = 10_000


def impose(
    db: Session,
    *,
    credit_code: str | None,
    name: str,
    kind: RestrictionKind,
    ground: str,
    finding: str,
    origin: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
) -> Restriction:
    """Restrict an organisation from `starts_at` up to, not including, `ends_at` (real time)."""
    if starts_at >= ends_at:
        raise InvalidInput("standing.period", "限制期限的结束必须晚于开始。", field="until")
    restriction = Restriction(
        code=codes.new_code("RS"),
        credit_code=codes.credit_code(credit_code) if credit_code else None,
        name=clean_line(name, field="name"),
        name_key=name_key(name),
        kind=kind,
        ground=clean_line(ground, field="ground", limit=500),
        finding=clean_line(finding, field="finding", limit=80),
        origin=clean_line(origin, field="origin", limit=80),
        starts_at=starts_at,
        ends_at=ends_at,
    )
    db.add(restriction)
    record(
        db,
        stream="negative_list",
        kind="restriction.imposed",
        actor=actor,
        subject=f"restriction:{restriction.code}",
        data={
            "credit_code": restriction.credit_code,
            "name": restriction.name,
            "kind": kind.value,
            "ground": restriction.ground,
            "finding": restriction.finding,
            "from": starts_at.isoformat(),
            "until": ends_at.isoformat(),
        },
        now=real_now(db),
    )
    return restriction


def refuse_restricted(db: Session, credit_code: str, name: str, kind: RestrictionKind) -> None:
    """Raise NotAllowed if a restriction is in force. Ask under the organisation's lock."""
    found = queries.restrictions_on(db, credit_code, name)
    refuse_if(standing_problems(found, kind, real_now(db)), NotAllowed)


def import_list(db: Session, text: str, *, origin: str, actor: str) -> int:
    """Impose every row of a CSV list (columns COLUMNS, dates as 2026-11-24), all or none."""
    count = 0
    for line, row in _rows(text):
        _impose_row(db, line, row, origin=origin, actor=actor)
        count += 1
    return count


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    missing = set(COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise InvalidInput(
            "negative_list.columns", "缺少列：%(value)s。", value="、".join(sorted(missing))
        )
    for row in reader:
        if reader.line_num > MAX_ROWS + 1:
            raise InvalidInput("negative_list.too_long", "一次最多导入 10000 行。")
        yield reader.line_num, row


def _impose_row(db: Session, line: int, row: dict[str, str], *, origin: str, actor: str) -> None:
    try:
        impose(
            db,
            credit_code=row["credit_code"] or None,
            name=row["name"],
            kind=RestrictionKind(row["kind"]),
            ground=row["ground"],
            finding=row["finding"],
            origin=origin,
            starts_at=_day(row["from"]),
            ends_at=_day(row["until"]),
            actor=actor,
        )
    except (InvalidInput, ValueError, TypeError) as fault:
        raise InvalidInput(
            "negative_list.row", "第 %(line)s 行无法导入：%(why)s", line=line, why=str(fault)[:200]
        ) from fault


def _day(text: str) -> datetime:
    day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    return day.astimezone(UTC)
