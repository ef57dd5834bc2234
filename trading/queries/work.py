"""Which due work of lots the operator may be told of, and which would tell that somebody bids."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity import queries as identity
from storage.due import DueWork
from trading.models.tendering import Lot
from trading.rules.disclosure import may_name_work
from trading.states import LotState


def nameable_work(db: Session, works: Iterable[DueWork]) -> list[DueWork]:
    """Those of these pieces of work that may be named now, in the same order."""
    return [work for work in works if may_name_work(work.kind, _stage(db, work.subject))]


def _stage(db: Session, subject: str) -> LotState | None:
    """Where the lot stands that this work belongs to; None for work that is of no lot."""
    kind, _, code = subject.partition(":")
    if kind == "paper":
        return _stage(db, identity.paper_by_code(db, code).owner)
    lot = db.scalar(sa.select(Lot).where(Lot.code == code)) if kind == "lot" else None
    return lot.stage if lot else None
