"""Findings on the agency of the trading factory, driven through the same actions people use."""

from datetime import date, timedelta

from identity.states import OrganisationKind, RestrictionKind, Role
from storage.base import real_now
from storage.database import snapshot, transaction
from supervision import queries
from supervision.actions import conduct, conduct_decisions
from supervision.actions.conduct import Observation
from supervision.actions.conduct_decisions import Decision
from supervision.rules.conduct import RestrictionTerms
from supervision.states import RestrictionBasis
from tests.factories.identity import CODES, make_organisation, make_person, viewer

AGENCY, AUTHORITY = CODES[0], CODES[50]
LONG_AGO = timedelta(days=21)  # five working days are over by then, whatever the holidays


def make_authority():
    make_organisation(AUTHORITY, "临江市监管局", OrganisationKind.REGULATOR)
    make_person("regulator", AUTHORITY, Role.REGULATOR)


def real_time():
    with snapshot() as db:
        return real_now(db)


def do(action, username, *args, at=None, agency=AGENCY, **kwargs):
    """Code of the finding after this action under the agency's lock, at this instant or now."""
    with transaction(lock=[f"organisation:{agency}"]) as (db, now):
        return action(db, viewer(username), *args, now=at or now, **kwargs).code


def observed(item="AG23", *, on=date(2024, 6, 3), evidence="异议逾期十六小时答复", **more):
    return Observation(item=item, occurred_on=on, evidence=evidence, **more)


def record(item="AG23", *, at=None, agency=AGENCY, **more):
    seen = observed(item, **more)
    return do(conduct.record_finding, "regulator", agency, seen, at=at, agency=agency)


def noticed(item="AG23", *, at=None, agency=AGENCY, **more):
    """A finding whose defence period has begun; three weeks ago if nothing is said."""
    at = at or real_time() - LONG_AGO
    code = record(item, at=at, agency=agency, **more)
    return do(conduct.send_notice, "regulator", code, at=at, agency=agency)


def restriction(until, *, basis=RestrictionBasis.TENDERING_LAW, kind=RestrictionKind.REGISTRATION):
    return RestrictionTerms(basis, kind, until, "与投标人串通")


def decide(code, terms=None, *, at=None, agency=AGENCY):
    decision = Decision("招标投标法实施条例 第77条", "事实清楚，证据确凿", terms)
    return do(conduct_decisions.decide_finding, "regulator", code, decision, at=at, agency=agency)


def found(code):
    with snapshot() as db:
        return queries.finding_by_code(db, code)
