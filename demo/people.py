"""One demo account per role, made once, through the same actions that people use."""

import json
from pathlib import Path

from evaluation import queries as evaluation
from evaluation.actions.pool import register_expert
from evaluation.rules.pool import ExpertEntry
from identity import queries
from identity.actions import accounts
from identity.states import OrganisationKind as Kind
from identity.states import Role
from kernel.codes import credit_code_check
from storage.database import snapshot, transaction

FIRST_EMPLOYER = 101
"""Number of the first made-up employer of an expert, away from those of the cast."""

_FILE = Path(__file__).parent / "accounts.json"
"""User names and passwords that programs sign in with; printed at start-up."""

PASSWORD: str = json.loads(_FILE.read_text(encoding="utf-8"))["accounts"]["centre"]["password"]

POOL = "江东省综合评标专家库"
# More experts of the same pool, so that a committee of five can be drawn: name, employer, city.
EXPERTS = (
    ("expert2", "苏梅", "江东省交通规划设计院", "临江"),
    ("expert3", "潘岩", "青浦市政工程研究所", "青浦"),
    ("expert4", "葛青", "江北大学土木学院", "江北"),
    ("expert5", "奚川", "石桥路桥检测中心", "石桥"),
    ("expert6", "范舟", "青浦建设咨询公司", "青浦"),
    ("expert7", "彭湖", "江北水利设计院", "江北"),
)
SPECIALITIES = ("市政公用工程", "桥梁工程")

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


def demo_code(number: int) -> str:
    """A well-formed credit code of the made-up city."""
    body = f"91990100MA{number:07d}"
    return body + credit_code_check(body)


def make_demo_people() -> list[str]:
    """Make the accounts that are missing; return a line for each account."""
    with snapshot() as db:
        known = {row[0] for row in CAST if queries.person_by_username(db, row[0])}
    missing = [row for row in CAST if row[0] not in known]
    password_hash = accounts.hash_password(PASSWORD) if missing else ""
    for number, (username, organisation, kinds, name, roles) in enumerate(CAST, 1):
        if username in known:
            continue
        code = demo_code(number)
        with transaction(lock=[f"organisation:{code}"]) as (db, now):
            made = accounts.register_organisation(
                db,
                credit_code=code,
                name=organisation,
                kinds=kinds,
                actor="demo",
                now=now,
                is_training=True,
            )
            accounts.register_person(
                db,
                username=username,
                name=name,
                organisation=made,
                roles=roles,
                password_hash=password_hash,
                actor="demo",
                now=now,
            )
    _make_experts()
    lines = [f"{row[0]:<10} {PASSWORD}  {row[1]}" for row in CAST]
    return [*lines, f"expert2 … expert{len(EXPERTS) + 1} {PASSWORD}  {POOL}"]


def _make_experts() -> None:
    """The experts that are missing, and everybody's entry in the pool."""
    with snapshot() as db:
        pool = queries.person_with_username(db, "expert").organisation
        missing = [row for row in EXPERTS if not queries.person_by_username(db, row[0])]
    password_hash = accounts.hash_password(PASSWORD) if missing else ""
    for username, name, _employer, _city in missing:
        with transaction(lock=[f"organisation:{pool.credit_code}"]) as (db, now):
            accounts.register_person(
                db,
                username=username,
                name=name,
                organisation=queries.organisation_by_code(db, pool.credit_code),
                roles=(Role.EXPERT,),
                password_hash=password_hash,
                actor="demo",
                now=now,
            )
    everybody = (("expert", "卫国", "临江建筑科学研究院", "临江"), *EXPERTS)
    for number, row in enumerate(everybody, FIRST_EMPLOYER):
        _enter_pool(row, demo_code(number))


def _enter_pool(row: tuple[str, str, str, str], employer: str) -> None:
    username, name, employer_name, city = row
    with snapshot() as db:
        operator = queries.viewer_of(queries.person_with_username(db, "centre"))
        code = queries.person_with_username(db, username).code
        if evaluation.expert_of_person(db, code) is not None:
            return
    entry = ExpertEntry(
        name=name,
        employer=employer,
        employer_name=employer_name,
        city=city,
        specialities=SPECIALITIES,
    )
    with transaction(lock=[f"person:{code}"]) as (db, now):
        register_expert(db, operator, code, entry, now=now)
