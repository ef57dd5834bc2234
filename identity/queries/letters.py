"""Reads of the people to whom letters may go."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity.models.accounts import Person, PersonRole
from identity.models.organisations import Organisation
from identity.rules.letters import Candidate
from identity.states import Role


def candidates_for_letters(
    db: Session,
    roles: Collection[Role],
    everybody_with: Collection[Role],
    named: Collection[str],
) -> list[Candidate]:
    """People with one of `roles` among the named people and organisations, and everybody with
    one of `everybody_with`. Those whose access has ended get no letters.
    """
    of_named = sa.and_(
        PersonRole.role.in_(roles),
        sa.or_(Organisation.credit_code.in_(named), Person.code.in_(named)),
    )
    query = (
        sa.select(Person.code, Organisation.credit_code, PersonRole.role)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.ended_at.is_(None), sa.or_(of_named, PersonRole.role.in_(everybody_with)))
    )
    return [Candidate(*row) for row in db.execute(query)]
