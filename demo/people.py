"""One demo account per role, made once, through the same actions that people use."""

import json
from pathlib import Path

from identity import queries
from identity.actions import accounts
from identity.states import OrganisationKind as Kind
from identity.states import Role
from kernel.codes import credit_code_check
from storage.database import snapshot, transaction

_FILE = Path(__file__).parent / "accounts.json"
"""User names and passwords that programs sign in with; printed at start-up."""

PASSWORD: str = json.loads(_FILE.read_text(encoding="utf-8"))["accounts"]["centre"]["password"]

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
    ("expert", "江东省综合评标专家库", (Kind.EXPERT_POOL,), "卫国", (Role.EXPERT,)),
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
    return [f"{row[0]:<10} {PASSWORD}  {row[1]}" for row in CAST]
