"""The accounts of the made-up city, made once, through the same actions that people use.

One per role is there as soon as the site is (CAST); the rest of the city comes with its tenders.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from demo.city import FIRST_EMPLOYER, RESIDENTS, SPECIALISTS, Resident, Specialist
from evaluation import queries as evaluation
from evaluation.actions.pool import register_expert
from evaluation.rules.pool import ExpertEntry
from identity import queries
from identity.actions import accounts
from identity.states import OrganisationKind as Kind
from identity.states import Role
from kernel.codes import credit_code_check
from storage.database import snapshot, transaction

_FILE = Path(__file__).parent / "accounts.json"
"""User names and passwords that programs sign in with; printed at start-up."""

PASSWORD: str = json.loads(_FILE.read_text(encoding="utf-8"))["accounts"]["centre"]["password"]

POOL = "江东省综合评标专家库"
BRIDGES = "桥梁工程"
"""What only the first seven experts know: lots that people go on with by hand are scored by them."""

# More experts of the same pool, so that a committee of five can be drawn: name, employer, city.
EXPERTS = (
    ("expert2", "苏梅", "江东省交通规划设计院", "临江"),
    ("expert3", "潘岩", "青浦市政工程研究所", "青浦"),
    ("expert4", "葛青", "江北大学土木学院", "江北"),
    ("expert5", "奚川", "石桥路桥检测中心", "石桥"),
    ("expert6", "范舟", "青浦建设咨询公司", "青浦"),
    ("expert7", "彭湖", "江北水利设计院", "江北"),
)
SPECIALITIES = ("市政公用工程", BRIDGES)

CAST = (
    (
        "centre",
        "临江市公共资源交易中心",
        (Kind.TRADING_CENTRE,),
        "周明",
        (Role.OPERATOR, Role.HOST),
    ),
    ("agency", "临江诚信招标代理有限公司", (Kind.AGENCY,), "吴静", (Role.AGENT,)),
    (
        "buyer",
        "临江市住房和城乡建设局",
        (Kind.PROCURING_ENTITY,),
        "郑海",
        (Role.PROCURING_OFFICER,),
    ),
    ("bidder1", "临江第一建设工程有限公司", (Kind.BIDDER,), "王磊", (Role.BIDDER,)),
    ("bidder2", "临江大川路桥有限公司", (Kind.BIDDER,), "冯雪", (Role.BIDDER,)),
    ("bidder3", "临江南岸建筑有限公司", (Kind.BIDDER,), "陈东", (Role.BIDDER,)),
    ("issuer", "临江银行股份有限公司", (Kind.ISSUER,), "褚岩", (Role.ISSUER,)),
    ("expert", POOL, (Kind.EXPERT_POOL,), "卫国", (Role.EXPERT,)),
    ("regulator", "临江市公共资源交易监督管理局", (Kind.REGULATOR,), "蒋平", (Role.REGULATOR,)),
    ("witness", "临江市公证处", (Kind.WITNESS,), "沈言", (Role.WITNESS,)),
)
_POOL_NUMBER = 8
_AT_ONCE = 10


def demo_code(number: int) -> str:
    """A well-formed credit code of the made-up city."""
    body = f"91990100MA{number:07d}"
    return body + credit_code_check(body)


def make_demo_people() -> list[str]:
    """Make the accounts that are missing; return a line for each account."""
    missing = _missing([row[0] for row in CAST])
    password_hash = accounts.hash_password(PASSWORD) if missing else ""
    for number, (username, organisation, kinds, name, roles) in enumerate(CAST, 1):
        if username in missing:
            _register(number, organisation, kinds, [(username, name, roles)], password_hash)
    _register_experts([(row[0], row[1]) for row in EXPERTS])
    everybody = (("expert", "卫国", "临江建筑科学研究院", "临江"), *EXPERTS)
    _enter_pool(
        [
            Specialist(username, number, name, employer, city, SPECIALITIES)
            for number, (username, name, employer, city) in enumerate(everybody, FIRST_EMPLOYER)
        ]
    )
    lines = [f"{row[0]:<10} {PASSWORD}  {row[1]}" for row in CAST]
    return [*lines, f"expert2 … expert{len(EXPERTS) + 1} {PASSWORD}  {POOL}"]


def make_residents() -> None:
    """Everybody else of the city who is missing, with the same password."""
    missing = _missing([each.username for each in RESIDENTS])
    password_hash = accounts.hash_password(PASSWORD) if missing else ""
    for each in RESIDENTS:
        if each.username in missing:
            _register_resident(each, password_hash)
    _register_experts([(each.username, each.person) for each in SPECIALISTS])
    _enter_pool(SPECIALISTS)


def _missing(usernames: Sequence[str]) -> set[str]:
    with snapshot() as db:
        return {name for name in usernames if queries.person_by_username(db, name) is None}


def _register_resident(each: Resident, password_hash: str) -> None:
    person = (each.username, each.person, (each.role,))
    _register(each.number, each.organisation, (each.kind,), [person], password_hash)


def _register(
    number: int,
    organisation: str,
    kinds: Sequence[Kind],
    people: Sequence[tuple[str, str, Sequence[Role]]],
    password_hash: str,
) -> None:
    """People with their organisation; without a name for it they belong to one that is known."""
    code = demo_code(number)
    with transaction(lock=[f"organisation:{code}"]) as (db, now):
        if organisation:
            accounts.register_organisation(
                db,
                credit_code=code,
                name=organisation,
                kinds=kinds,
                actor="demo",
                now=now,
                is_training=True,
            )
        for username, name, roles in people:
            accounts.register_person(
                db,
                username=username,
                name=name,
                organisation=queries.organisation_by_code(db, code),
                roles=roles,
                password_hash=password_hash,
                actor="demo",
                now=now,
            )


def _register_experts(rows: Sequence[tuple[str, str]]) -> None:
    missing = _missing([username for username, _ in rows])
    password_hash = accounts.hash_password(PASSWORD) if missing else ""
    wanted = [(name, person, (Role.EXPERT,)) for name, person in rows if name in missing]
    for at in range(0, len(wanted), _AT_ONCE):
        _register(_POOL_NUMBER, "", (), wanted[at : at + _AT_ONCE], password_hash)


def _enter_pool(rows: Sequence[Specialist]) -> None:
    """The entries in the pool that are missing, a few in a transaction."""
    with snapshot() as db:
        operator = queries.viewer_of(queries.person_with_username(db, "centre"))
        known = {expert.person.username for expert in evaluation.experts(db)}
        wanted = [
            (queries.person_with_username(db, each.username).code, each)
            for each in rows
            if each.username not in known
        ]
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]
        with transaction(lock=[f"person:{code}" for code, _ in some]) as (db, now):
            for code, each in some:
                register_expert(db, operator, code, _entry(each), now=now)


def _entry(each: Specialist) -> ExpertEntry:
    return ExpertEntry(
        name=each.person,
        employer=demo_code(each.number),
        employer_name=each.employer,
        city=each.city,
        specialities=each.specialities,
    )
