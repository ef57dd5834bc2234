"""Which due work of lots the operator may be told of, and which would tell that somebody bids."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity import queries as identity
from storage.due import DueWork
from trading.models.tendering import Lot
from trading.rules.disclosure import may_name_work
from trading.states import LotState


def nameable_work(db: Session, works: Iterable[DueWork]) -> list[DueWork]:
    """Those of these pieces of work that may be named now, in the same order."""
    known = list(works)
    owners = identity.owners_of_papers(db, _codes("paper", (work.subject for work in known)))
    subjects = {work.id: _owner(work.subject, owners) for work in known}
    stages = _stages(db, _codes("lot", subjects.values()))
    return [work for work in known if may_name_work(work.kind, stages.get(subjects[work.id]))]


def _owner(subject: str, owners: Mapping[str, str]) -> str:
    """The subject that this work belongs to: a paper's owner for work on a paper."""
    kind, _, code = subject.partition(":")
    return owners[code] if kind == "paper" else subject


def _codes(kind: str, subjects: Iterable[str]) -> set[str]:
    return {code for each, _, code in (s.partition(":") for s in subjects) if each == kind}


def _stages(db: Session, codes: set[str]) -> dict[str, LotState]:
    lots = db.scalars(sa.select(Lot).where(Lot.code.in_(codes)))
    return {f"lot:{lot.code}": lot.stage for lot in lots}
