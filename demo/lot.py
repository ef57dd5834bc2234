"""One rehearsal lot under way, made once through the same actions that people use."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from demo.people import demo_code
from evaluation.rules.method import check_method
from identity import queries as identity
from identity.rules.permissions import Viewer
from storage.base import real_now
from storage.database import snapshot, transaction
from trading import queries
from trading.actions import tendering
from trading.rules.tendering import LotTerms, earliest_deadline
from trading.states import Category, Regime

METHOD = Path(__file__).parents[1] / "docs" / "methods" / "construction.json"
NAME = "临江大桥维修加固工程（演练）"
NOTICE = {
    "content": "临江大桥桥面铺装、伸缩缝更换与结构加固。",
    "scope": "施工总承包，含材料采购与交通组织。",
    "funds": "市级财政资金，已落实。",
    "qualification": "市政公用工程施工总承包二级及以上；不接受联合体。",
    "document_access": "自公告发布之日起在本平台免费下载，无需报名。",
    "submission": "通过本平台递交加密投标文件，截止即停止接收。",
    "contacts": "招标人：临江市住房和城乡建设局；代理机构：临江诚信招标代理有限公司。",
    "objection_contact": "通过本平台在线提出异议。",
}
TERMS = LotTerms(
    estimate_fen=1_100_000_000,
    ceiling_fen=1_200_000_000,
    guarantee_fen=20_000_000,
    validity_days=90,
    window_minutes=30,
    correction_minutes=5,
)


def make_demo_lot() -> str:
    """Code of the demo tender; made and announced if it is not there yet."""
    with snapshot() as db:
        agent = identity.person_by_username(db, "agency")
        assert agent is not None  # noqa: S101 (made just before)
        who = identity.viewer_of(agent)
        mine = queries.tenders_of_agency(db, agent.organisation_id)
        start = real_now(db) - timedelta(days=7)
    return mine[-1].code if mine else _make(who, start)


def _make(who: Viewer, start: datetime) -> str:
    code = tendering.new_tender_code()
    lots = tendering.lot_codes(code, 1)
    clock = f"tender:{code}"
    subjects = [f"organisation:{who.organisation}", clock, f"lot:{lots[0]}"]
    with transaction(lock=subjects, new_clock=(clock, start)) as (db, now):
        tendering.register_tender(
            db,
            who,
            code=code,
            regime=Regime.CONSTRUCTION,
            category=Category.WORKS,
            name=NAME,
            procuring_entity=demo_code(3),
            lots=[tendering.LotDraft("第一标段", TERMS, json.loads(METHOD.read_text("utf-8")))],
            clock=clock,
            check_method=check_method,
            now=now,
        )
        deadline = earliest_deadline(Regime.CONSTRUCTION, now)
        tendering.publish_tender(db, who, code, notice=NOTICE, deadline=deadline, now=now)
    return code
