"""Findings on agencies of the city, each at another stage, and one agency kept from business.

All of it runs by real time, so that what needs days to pass stays where it stands: a defence is
stated or waived at once, a period that nobody uses is still running.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from demo.city import RESTRICTED
from demo.stage import Stage
from evaluation.actions import pool
from evaluation.queries import expert_of_person
from identity.states import RestrictionKind
from kernel.periods import legal_date, months_after
from storage.base import real_now
from storage.database import snapshot
from supervision.actions import conduct, conduct_decisions
from supervision.actions.conduct import Observation
from supervision.actions.conduct_decisions import Decision
from supervision.models.conduct import Finding
from supervision.rules.conduct import RestrictionTerms
from supervision.states import FindingState, RestrictionBasis

REGULATOR = "regulator"
SUSPENDED_EXPERT = "expert60"
_RESTRICTED_MONTHS = 18


@dataclass(frozen=True)
class Case:
    """One finding: on whom, for which act, seen when and how, and what was done with it."""

    agency: str
    item: str
    days_ago: int
    evidence: str
    road: Sequence[Callable[[Stage, "Case", str], Any]] = ()


def _notice(stage: Stage, case: Case, code: str) -> None:
    _do(stage, case, conduct.send_notice, REGULATOR, code)


def _defend(stage: Stage, case: Case, code: str) -> None:
    statement = "我公司已当日更正，未对投标人造成影响，请予从轻处理。"
    _do(stage, case, conduct.state_defence, case.agency, code, statement=statement)


def _waive(stage: Stage, case: Case, code: str) -> None:
    _do(stage, case, conduct.waive_defence, case.agency, code)


def _decide(stage: Stage, case: Case, code: str) -> None:
    decision = Decision("省级代理机构管理办法 第27条", "事实清楚，证据确凿，依目录记分。")
    _do(stage, case, conduct_decisions.decide_finding, REGULATOR, code, decision)


def _restrict(stage: Stage, case: Case, code: str) -> None:
    with snapshot() as db:
        until = months_after(legal_date(real_now(db)), _RESTRICTED_MONTHS)
    terms = RestrictionTerms(
        RestrictionBasis.TENDERING_LAW,
        RestrictionKind.REGISTRATION,
        until,
        "与投标人串通，损害其他投标人合法权益",
    )
    ground = "与投标人串通的聊天记录、转账凭证相互印证，事实清楚。"
    decision = Decision("招标投标法 第50条", ground, terms)
    _do(stage, case, conduct_decisions.decide_finding, REGULATOR, code, decision)


def _dismiss(stage: Stage, case: Case, code: str) -> None:
    ground = "经核查，延误系平台维护所致，不可归责于该代理机构。"
    _do(stage, case, conduct_decisions.dismiss_finding, REGULATOR, code, ground=ground)


def _cancel(stage: Stage, case: Case, code: str) -> None:
    ground = "复议机关认定主要证据不足，决定撤销。"
    _do(stage, case, conduct_decisions.cancel_finding, REGULATOR, code, ground=ground)


CASES = (
    Case(RESTRICTED, "AG42", 40, "监管局移送的聊天记录与转账凭证，指向同一标段两家投标人。",
         (_notice, _waive, _restrict)),
    Case("agency4", "AG15", 30, "招标文件要求业绩限于本市，存证公告第 1 版。",
         (_notice, _defend, _decide)),
    Case("agency4", "AG38", 21, "候选人公示缺少评标情况说明。", (_notice, _waive, _decide)),
    Case("agency7", "AG23", 18, "异议于第四日方予答复，超出三日期限。", (_notice, _defend)),
    Case("agency8", "AG19", 12, "工程量清单与图纸矛盾，导致答疑三次。", (_notice, _waive)),
    Case("agency", "AG30", 6, "开标记录漏记一家投标人的工期。", (_notice,)),
    Case("agency9", "AG29", 4, "主持人迟到二十五分钟，现场影像为证。"),
    Case("agency5", "AG32", 25, "开标系统登记显示身份核验缺失。", (_notice, _defend, _dismiss)),
    Case("agency6", "AG18", 35, "收取超过上限的履约担保。", (_notice, _waive, _decide, _cancel)),
)  # fmt: skip


def play_cases(stage: Stage) -> None:
    """Every case that is not there yet; one that was begun goes on where it stands."""
    for case in CASES:
        _play_case(stage, case)
    _suspend_expert(stage)


def _play_case(stage: Stage, case: Case) -> None:
    """What a finding's state tells was done is not done again; one that is over is left alone."""
    note = f"finding-{case.agency}-{case.item}"
    kept = stage.notes.recall(note) if stage.notes.has(note) else {}
    if kept.get("is_over") and _is_known(kept["finding"]):
        return
    code = _standing(stage, case) or _record(stage, case)
    for step in case.road[_steps_behind(_state_of(code), case) :]:
        step(stage, case, code)
    stage.notes.remember(note, {"finding": code, "is_over": True})


def _steps_behind(state: FindingState, case: Case) -> int:
    """How many steps of the road a finding in this state has behind it."""
    if state is FindingState.RECORDED:
        return 0
    if state is FindingState.NOTICED:
        return 1
    if state in (FindingState.DEFENDED, FindingState.UNDEFENDED):
        return 2
    return 3 if state is FindingState.DECIDED else len(case.road)


def _record(stage: Stage, case: Case) -> str:
    with snapshot() as db:
        on: date = legal_date(real_now(db)) - timedelta(days=case.days_ago)
    seen = Observation(case.item, on, case.evidence)
    agency = stage.who(case.agency).organisation
    found = _do(stage, case, conduct.record_finding, REGULATOR, agency, seen)
    return str(found.code)


def _do(
    stage: Stage, case: Case, action: Callable[..., Any], who: str, *subject: Any, **more: Any
) -> Any:
    lock = [f"organisation:{stage.who(case.agency).organisation}"]
    return stage.act(action, who, *subject, lock=lock, **more)


def _standing(stage: Stage, case: Case) -> str | None:
    """The finding of this act that is there already, because a kill came between."""
    with snapshot() as db:
        rows = db.scalars(sa.select(Finding).where(Finding.item == case.item))
        mine = [
            row for row in rows if row.agency.credit_code == stage.who(case.agency).organisation
        ]
        return next((row.code for row in mine if row.evidence == case.evidence), None)


def _is_known(code: str) -> bool:
    with snapshot() as db:
        return db.scalar(sa.select(Finding.code).where(Finding.code == code)) is not None


def _state_of(code: str) -> FindingState:
    with snapshot() as db:
        return db.scalars(sa.select(Finding.state).where(Finding.code == code)).one()


def _suspend_expert(stage: Stage) -> None:
    """One expert may not be drawn for a while."""
    with snapshot() as db:
        found = expert_of_person(db, stage.who(SUSPENDED_EXPERT).code)
        assert found is not None  # noqa: S101 (entered before)
        code, is_active = found.code, found.state.value == "active"
    if is_active and not stage.notes.has("expert-suspended"):
        ground = "无故缺席评标活动，暂停抽取三个月。"
        lock = [f"person:{stage.who(SUSPENDED_EXPERT).code}"]
        centre = "centre"
        stage.act(pool.suspend_expert, centre, code, lock=lock, ground=ground)
    stage.notes.remember("expert-suspended", code)
