"""Reads of the pool of experts."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from evaluation.models.pool import Expert
from evaluation.states import ExpertState
from identity.models.accounts import Person, PersonRole
from identity.states import Role
from kernel.errors import NotFound


def expert_by_code(db: Session, code: str) -> Expert:
    """The expert with this public code. Raises NotFound."""
    found = db.get(Expert, code)
    if found is None:
        raise NotFound("expert.not_found", "专家库中没有编号为“%(value)s”的专家。", value=code[:40])
    return found


def expert_of_person(db: Session, person_code: str) -> Expert | None:
    """The expert that this person is."""
    query = sa.select(Expert).join(Person, Person.id == Expert.person_id)
    return db.scalar(query.where(Person.code == person_code))


def experts(
    db: Session, words: str = "", limit: int | None = None, offset: int = 0
) -> Sequence[Expert]:
    """The pool by code, without a limit all of it; `words` is part of a name or a code."""
    query = sa.select(Expert).order_by(Expert.code)
    if words:
        named = Expert.name.contains(words.strip(), autoescape=True)
        code = Expert.code.contains(words.strip().upper(), autoescape=True)
        query = query.where(sa.or_(named, code))
    return db.scalars(query.limit(limit).offset(offset)).all()


def people_without_entry(db: Session, limit: int) -> Sequence[Person]:
    """People with the role of an expert who are not in the pool yet, by sign-in name."""
    role = sa.exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.EXPERT)
    entry = sa.exists().where(Expert.person_id == Person.id)
    query = sa.select(Person).where(role, sa.not_(entry)).order_by(Person.username)
    return db.scalars(query.limit(limit)).all()


def active_experts(db: Session) -> Sequence[Expert]:
    """Everybody who may be drawn at all, by code: whoever cannot sign in could not answer."""
    query = sa.select(Expert).where(
        Expert.state == ExpertState.ACTIVE, Expert.person.has(Person.ended_at.is_(None))
    )
    return db.scalars(query.order_by(Expert.code)).all()
