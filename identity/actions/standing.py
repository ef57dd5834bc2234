"""Restrictions are imposed and lifted here (by supervision, or from a list) and asked for here."""

import dataclasses
from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity import queries
from identity.models.standing import Restriction
from identity.rules.negative_list import listed_restrictions
from identity.rules.standing import lifting_problems, standing_problems
from identity.states import RestrictionKind
from kernel import codes
from kernel.errors import InvalidInput, NotAllowed, refuse_if
from kernel.text import clean_line, name_key
from storage.base import real_now


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
    _record_imposed(db, restriction, actor)
    return restriction


def _record_imposed(db: Session, restriction: Restriction, actor: str) -> None:
    record(
        db,
        stream="negative_list",
        kind="restriction.imposed",
        actor=actor,
        subject=f"restriction:{restriction.code}",
        data={
            "credit_code": restriction.credit_code,
            "name": restriction.name,
            "kind": restriction.kind.value,
            "ground": restriction.ground,
            "finding": restriction.finding,
            "from": restriction.starts_at.isoformat(),
            "until": restriction.ends_at.isoformat(),
        },
        now=real_now(db),
    )


def refuse_restricted(db: Session, credit_code: str, name: str, kind: RestrictionKind) -> None:
    """Raise NotAllowed if a restriction is in force. Ask under the organisation's lock."""
    found = queries.restrictions_on(db, credit_code, name)
    refuse_if(standing_problems(found, kind, real_now(db)), NotAllowed)


def lift(db: Session, code: str, *, ground: str, actor: str) -> Restriction:
    """End a restriction before its time, on a decision with this ground. The row stays.

    Raises NotFound, or Refusal when it was lifted or has ended already.
    """
    restriction, now = queries.restriction_by_code(db, code), real_now(db)
    refuse_if(lifting_problems(queries.restriction_view(restriction), now))
    restriction.lifted_at, restriction.lifted_by = now, actor
    restriction.lift_ground = clean_line(ground, field="ground", limit=500)
    record(
        db,
        stream="negative_list",
        kind="restriction.lifted",
        actor=actor,
        subject=f"restriction:{code}",
        data={"finding": restriction.finding, "ground": restriction.lift_ground},
        now=now,
    )
    return restriction


def import_list(db: Session, text: str, *, origin: str, actor: str) -> int:
    """Impose every row of a CSV list, all or none; return how many. Raises InvalidInput."""
    rows = listed_restrictions(text)
    for row in rows:
        impose(db, origin=origin, actor=actor, **dataclasses.asdict(row))
    return len(rows)
