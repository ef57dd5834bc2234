"""Reads of documents that people sign in turn."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, lazyload

from identity.models.accounts import Person
from identity.models.papers import Paper, Turn
from identity.rules.papers import OPEN
from identity.states import PaperState, TurnState
from kernel.errors import NotFound


def paper_by_code(db: Session, code: str) -> Paper:
    """The paper with this public code. Raises NotFound."""
    found = db.get(Paper, code)
    if found is None:
        raise NotFound("paper.not_found", "没有编号为“%(value)s”的文件。", value=code[:40])
    return found


def owners_of_papers(db: Session, codes: Collection[str]) -> dict[str, str]:
    """Code of each of these papers → the subject that owns it."""
    query = sa.select(Paper.code, Paper.owner).where(Paper.code.in_(codes))
    return dict(db.execute(query).all())


def papers_of(db: Session, owner: str, kind: str) -> Sequence[Paper]:
    """Papers of this kind that belong to a subject, oldest first."""
    query = sa.select(Paper).where(Paper.owner == owner, Paper.kind == kind)
    return db.scalars(query.order_by(Paper.made_at, Paper.code)).all()


def turn_of(db: Session, code: str, person: str) -> Turn:
    """This person's turn on a paper. Raises NotFound, also for a paper of others."""
    query = sa.select(Turn).join(Person).where(Turn.paper_code == code, Person.code == person)
    found = db.scalar(query)
    if found is None:
        raise NotFound("paper.not_found", "没有编号为“%(value)s”的文件。", value=code[:40])
    return found


def turns_of(db: Session, person: str, limit: int | None = None, offset: int = 0) -> Sequence[Turn]:
    """Papers that this person is to sign or has signed, newest first; all without a limit."""
    query = sa.select(Turn).join(Person).join(Paper, Paper.code == Turn.paper_code)
    mine = query.where(Person.code == person).options(joinedload(Turn.paper))
    newest = mine.order_by(Paper.made_at.desc(), Paper.code)
    return db.scalars(newest.limit(limit).offset(offset)).all()


def turns_to_sign(db: Session, person: str, limit: int) -> Sequence[Turn]:
    """Papers that wait for this person's signature, oldest first."""
    waiting = Turn.state.in_((TurnState.WAITING, TurnState.PREPARED))
    query = sa.select(Turn).join(Person).join(Paper, Paper.code == Turn.paper_code)
    mine = query.where(Person.code == person, waiting, Paper.state == PaperState.SIGNING)
    alone = joinedload(Turn.paper).lazyload(Paper.turns)
    oldest = mine.options(alone, lazyload(Turn.person)).order_by(Paper.made_at, Paper.code)
    return db.scalars(oldest.limit(limit)).all()


def open_turn(db: Session, code: str) -> Turn | None:
    """The turn of a paper that is open now."""
    return db.scalar(sa.select(Turn).where(Turn.paper_code == code, Turn.state.in_(OPEN)))


def next_turn(db: Session, code: str) -> Turn | None:
    """The turn to prepare for: of those who asked the first; none while another is open."""
    if open_turn(db, code) is not None:
        return None
    query = sa.select(Turn).where(Turn.paper_code == code, Turn.state == TurnState.ASKED)
    first = query.order_by(Turn.asked_at, Turn.place).limit(1)
    return db.scalar(first.options(joinedload(Turn.paper)))
