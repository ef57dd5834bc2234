"""What is dealt with apart from any lot: one finding, restriction, application, expert, key,
undertaking and colleague in every state that it can have, all in one database."""

from datetime import date, timedelta

from evaluation.actions import pool
from identity import queries
from identity.actions import applications, credentials, standing, undertakings
from identity.models.accounts import Person
from identity.rules.undertakings import text_of
from identity.states import OrganisationKind, RestrictionKind, Role
from storage.base import real_now
from storage.database import transaction
from supervision.actions import conduct, conduct_decisions
from tests.factories import supervision as findings
from tests.factories.evaluation import entry
from tests.factories.identity import (
    CODES,
    make_organisation,
    make_person,
    password_hash,
    token,
    viewer,
)
from tests.factories.trading import Bidder

PEOPLE = (
    ("agent", CODES[0], "临江招标代理有限公司", OrganisationKind.AGENCY, Role.AGENT),
    ("agent2", CODES[2], "临江第二代理", OrganisationKind.AGENCY, Role.AGENT),
    ("operator", CODES[42], "临江交易中心", OrganisationKind.TRADING_CENTRE, Role.OPERATOR),
    ("expert0", CODES[41], "临江专家库", OrganisationKind.EXPERT_POOL, Role.EXPERT),
    ("bidder1", CODES[10], "临江建设有限公司", OrganisationKind.BIDDER, Role.BIDDER),
    ("bidder2", CODES[11], "临江二建有限公司", OrganisationKind.BIDDER, Role.BIDDER),
)
DAY = timedelta(days=1)


def furnished():
    """Every code that a request may name, by kind and state: `finding.noticed`."""
    findings.make_authority()
    for name, code, title, kind, role in PEOPLE:
        make_organisation(code, title, kind)
        make_person(name, code, role)
    known = _findings() | _restrictions() | _applications() | _experts() | _keys() | _people()
    names = [*(person[0] for person in PEOPLE), "regulator", "admin"]
    return known | {"tokens": {name: token(name) for name in names}}


def _findings():
    """Each on another day: nobody is held to account twice for one act."""
    day = iter(date(2024, 6, 3) + DAY * n for n in range(20))
    now = findings.real_time()
    made = {
        "recorded": findings.record(on=next(day)),
        "noticed": findings.noticed(on=next(day), at=now),
        "unanswered": findings.noticed(on=next(day)),
    }
    for state in ("defended", "waived", "decided", "dismissed", "cancelled"):
        made[state] = findings.noticed(on=next(day), at=now if state in SPOKEN else None)
    say = {"statement": "当日系统故障"}
    findings.do(conduct.state_defence, "agent", made["defended"], **say)
    findings.do(conduct.waive_defence, "agent", made["waived"])
    for state in ("decided", "cancelled"):
        findings.decide(made[state])
    drop, cancel = conduct_decisions.dismiss_finding, conduct_decisions.cancel_finding
    findings.do(drop, "regulator", made["dismissed"], ground="查无实据")
    findings.do(cancel, "regulator", made["cancelled"], ground="复议撤销")
    return {f"finding.{state}": code for state, code in made.items()}


SPOKEN = ("defended", "waived")


def _restrictions():
    spans = {"coming": (1, 9), "in_force": (-9, 9), "lifted": (-9, 9), "ended": (-9, -1)}
    made = {state: _impose(*span) for state, span in spans.items()}
    with transaction() as (db, _):
        standing.lift(db, made["lifted"], ground="已改正", actor="system")
    return {f"restriction.{state}": code for state, code in made.items()}


def _impose(first, last):
    with transaction() as (db, _):
        now = real_now(db)
        return standing.impose(
            db,
            credit_code=CODES[12],
            name="临江三建有限公司",
            kind=RestrictionKind.BIDDING,
            ground="串通投标",
            finding="决定书 1 号",
            origin="临江市监管局",
            starts_at=now + DAY * first,
            ends_at=now + DAY * last,
            actor="system",
        ).code


def _applications():
    made = {}
    for number, state in enumerate(("pending", "confirmed", "refused"), 20):
        given = applications.Applicant(
            kind=OrganisationKind.BIDDER,
            credit_code=CODES[number],
            name=f"临江新桥{number}有限公司",
            contact="0519-88001230",
            person_name="周敏",
            username=f"zhou{number}",
        )
        with transaction(lock=[f"organisation:{CODES[number]}"]) as (db, now):
            made[state] = applications.apply(db, given, password_hash(), now=now).code
    with transaction() as (db, now):
        applications.confirm(db, viewer("operator"), made["confirmed"], now=now)
        applications.refuse(db, viewer("operator"), made["refused"], reason="材料不全", now=now)
    return {f"application.{state}": code for state, code in made.items()}


def _experts():
    made = {}
    for number, state in enumerate(("active", "suspended"), 1):
        person = make_person(f"pool{number}", CODES[41], Role.EXPERT)
        with transaction() as (db, now):
            facts = entry(number)
            made[state] = pool.register_expert(db, viewer("operator"), person, facts, now=now).code
    with transaction() as (db, now):
        pool.suspend_expert(db, viewer("operator"), made["suspended"], ground="考核", now=now)
    return {f"expert.{state}": code for state, code in made.items()}


def _keys():
    """An old key that was revoked, and the one that counts."""
    made = {}
    for state in ("revoked", "valid"):
        Bidder("bidder1").enrol()
        with transaction() as (db, now):
            who = viewer("bidder1")
            keys = {key.code for key in queries.keys_of(db, who.code)} - set(made.values())
            made[state] = keys.pop()
            if state == "revoked":
                credentials.revoke_key(db, who, made[state], now=now)
    return {f"key.{state}": code for state, code in made.items()}


def _people():
    """Colleagues of an administrator, and somebody who has undertaken what the role asks for."""
    admin = make_person("admin", CODES[11], Role.BIDDER)
    made = {"self": admin, "active": make_person("helper", CODES[11], Role.BIDDER)}
    made["ended"] = make_person("gone", CODES[11], Role.BIDDER)
    made["elsewhere"] = viewer("bidder1").code
    with transaction() as (db, now):
        for code, field, value in (
            (admin, "is_administrator", True),
            (made["ended"], "ended_at", now),
        ):
            person = db.query(Person).filter_by(code=code).one()
            setattr(person, field, value)
        undertakings.give_by_password(db, viewer("bidder2"), text_of("bidder", 1), now=now)
    return {f"colleague.{state}": code for state, code in made.items()}
