"""Keeping the pool: experts are registered, suspended and reinstated; each step is a fact."""

from datetime import datetime

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.models.pool import Expert
from evaluation.rules.pool import ExpertEntry, clean_entry
from evaluation.states import EXPERT, ExpertEvent, ExpertState
from evidence.actions.streams import advance, record
from identity import queries as identity
from identity.rules.permissions import Viewer
from identity.states import Role
from kernel import codes
from kernel.errors import NotFound, Refusal
from kernel.text import clean_line


def register_expert(
    db: Session, who: Viewer, person_code: str, entry: ExpertEntry, *, now: datetime
) -> Expert:
    """Take a person with the role of an expert into the pool. The caller holds the person.

    Raises NotFound, Refusal if the person is no expert or already there, InvalidInput.
    """
    entry = clean_entry(entry)
    person = identity.person_by_code(db, person_code)
    if person is None:
        raise NotFound("account.not_found", "没有这个账户。", field="person")
    if Role.EXPERT not in {row.role for row in person.roles}:
        raise Refusal("expert.no_role", "该账户没有评标专家角色。", field="person")
    if queries.expert_of_person(db, person_code) is not None:
        raise Refusal("expert.known", "该人员已在专家库中。", field="person")
    expert = Expert(
        code=codes.new_code("EX"),
        person=person,
        state=ExpertState.ACTIVE,
        name=entry.name,
        employer=entry.employer,
        employer_name=entry.employer_name,
        city=entry.city,
        specialities=list(entry.specialities),
        interests=list(entry.interests),
        registered_at=now,
    )
    db.add(expert)
    data = {
        "person": person_code,
        "employer": entry.employer,
        "city": entry.city,
        "specialities": list(entry.specialities),
        "interests": list(entry.interests),
    }
    name = f"expert:{expert.code}"
    record(
        db, stream=name, kind="expert.registered", actor=who.code, subject=name, data=data, now=now
    )
    return expert


def suspend_expert(db: Session, who: Viewer, code: str, *, ground: str, now: datetime) -> Expert:
    """Keep an expert out of future draws, for a stated ground."""
    return _move(db, who, code, ExpertEvent.SUSPENDED, ground, now)


def reinstate_expert(db: Session, who: Viewer, code: str, *, ground: str, now: datetime) -> Expert:
    """Let an expert be drawn again, for a stated ground."""
    return _move(db, who, code, ExpertEvent.REINSTATED, ground, now)


def _move(
    db: Session, who: Viewer, code: str, event: ExpertEvent, ground: str, now: datetime
) -> Expert:
    expert, name = queries.expert_by_code(db, code), f"expert:{code}"
    data = {"ground": clean_line(ground, field="ground")}
    advance(
        db, expert, EXPERT, event, stream=name, actor=who.code, subject=name, data=data, now=now
    )
    return expert
