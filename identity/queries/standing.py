"""Reads of restrictions: the negative-list check."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity.models.standing import Restriction
from identity.rules.standing import RestrictionView, in_force
from identity.states import RestrictionKind
from kernel.errors import NotFound
from kernel.text import name_key


def restrictions_on(
    db: Session, credit_code: str | None = None, name: str | None = None
) -> list[RestrictionView]:
    """Restrictions that name this code or this name (by its key), of any period.

    This is the negative-list check; whoever decides asks it under the organisation's lock.
    """
    conditions = []
    if credit_code:
        conditions.append(Restriction.credit_code == credit_code)
    if name:
        conditions.append(Restriction.name_key == name_key(name))
    if not conditions:
        return []
    rows = db.scalars(sa.select(Restriction).where(sa.or_(*conditions)).order_by(Restriction.code))
    return [restriction_view(row) for row in rows]


@dataclass(frozen=True)
class Restricted:
    """Organisations that are kept from one kind of business now, by code and by name."""

    codes: frozenset[str]
    name_keys: frozenset[str]

    def holds(self, credit_code: str, name: str) -> bool:
        """Whether this organisation is one of them."""
        return credit_code in self.codes or name_key(name) in self.name_keys


def restricted_now(db: Session, kind: RestrictionKind, now: datetime) -> Restricted:
    """All that are restricted in this at this real instant, for whoever asks for many at once."""
    rows = db.scalars(sa.select(Restriction).where(Restriction.kind == kind))
    held = [row for row in rows if in_force(restriction_view(row), now)]
    codes = frozenset(row.credit_code for row in held if row.credit_code)
    return Restricted(codes, frozenset(row.name_key for row in held if row.name_key))


def restriction_view(row: Restriction) -> RestrictionView:
    """A restriction as rules see it."""
    return RestrictionView(
        row.code, row.kind, row.starts_at, row.ends_at, row.ground, row.finding, row.lifted_at
    )


def restriction_by_code(db: Session, code: str) -> Restriction:
    """The restriction with this public code. Raises NotFound."""
    found = db.get(Restriction, code)
    if found is None:
        raise NotFound("restriction.not_found", "没有编号为“%(value)s”的限制。", value=code[:40])
    return found


def restrictions_not_over(db: Session, now: datetime) -> Sequence[Restriction]:
    """Restrictions that hold at this instant or will later, the next to end first."""
    query = sa.select(Restriction).where(Restriction.lifted_at.is_(None), Restriction.ends_at > now)
    return db.scalars(query.order_by(Restriction.ends_at, Restriction.code)).all()


def restrictions_by_finding(db: Session, finding: str) -> Sequence[Restriction]:
    """Restrictions imposed on the ground of this finding, lifted ones too."""
    query = sa.select(Restriction).where(Restriction.finding == finding)
    return db.scalars(query.order_by(Restriction.code)).all()
