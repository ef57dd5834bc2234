"""Wording of findings: states, stages, severity, what follows; Chinese is the source."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from supervision.actions.conduct import hearing_of
from supervision.models.conduct import Finding
from supervision.rules.conduct import decision_due
from supervision.rules.conduct_catalogue import item_of
from supervision.states import (
    Consequence,
    FindingState,
    PointsBasis,
    RestrictionBasis,
    Severity,
    Stage,
)
from trading.labels import Step


def _(text: str) -> str:
    """Marks a text for the catalogue; templates translate it when they show it."""
    return text


# By kind first: members of two kinds with one value are equal as keys.
LABELS: Mapping[type[StrEnum], Mapping[str, str]] = {
    FindingState: {
        FindingState.RECORDED: _("已记录"),
        FindingState.NOTICED: _("申辩期内"),
        FindingState.DEFENDED: _("已申辩"),
        FindingState.UNDEFENDED: _("未申辩"),
        FindingState.DECIDED: _("已认定"),
        FindingState.DISMISSED: _("不予认定"),
        FindingState.CANCELLED: _("已撤销"),
    },
    Stage: {
        Stage.COMMISSION: _("承接委托"),
        Stage.PLANNING: _("方案核准"),
        Stage.NOTICE: _("发布公告"),
        Stage.DOCUMENTS: _("编制文件"),
        Stage.SUBMISSION: _("开标之前"),
        Stage.OPENING: _("开标"),
        Stage.EVALUATION: _("评标"),
        Stage.AWARD: _("定标及以后"),
        Stage.THROUGHOUT: _("各个阶段"),
    },
    Severity: {
        Severity.GRAVE: _("特别严重"),
        Severity.SERIOUS: _("严重"),
        Severity.MODERATE: _("较重"),
        Severity.MINOR: _("轻微"),
    },
    PointsBasis: {
        PointsBasis.LOCAL_TABLE: _("地方标准分值"),
        PointsBasis.PROFILE: _("平台配置分值"),
    },
    Consequence: {
        Consequence.NONE: _("未达到提醒分值"),
        Consequence.REMINDER: _("提醒"),
        Consequence.YELLOW_CARD: _("黄牌"),
        Consequence.RED_CARD: _("红牌，建议主管部门依法处理"),
    },
    RestrictionBasis: {
        RestrictionBasis.TENDERING_LAW: _("招标投标法 第50条"),
        RestrictionBasis.PROCUREMENT_LAW: _("政府采购法 第78条"),
    },
}

# One colour each; the word beside it always says the same.
BADGES: Mapping[FindingState, str] = {
    FindingState.NOTICED: "blue",
    FindingState.DEFENDED: "teal",
    FindingState.UNDEFENDED: "teal",
    FindingState.DECIDED: "danger",
    FindingState.CANCELLED: "dark",
}

FIELDS: Mapping[str, str] = {
    "agency": _("代理机构"),
    "basis": _("限制依据"),
    "evidence": _("事实和证据"),
    "fact": _("存证编号"),
    "item": _("行为"),
    "lot": _("标段编号"),
    "occurred_on": _("发生日期"),
    "restriction_ground": _("限制理由"),
    "state": _("状态"),
    "statement": _("申辩意见"),
}


def label(value: StrEnum) -> str:
    """The Chinese wording of a state, stage, severity or consequence."""
    return LABELS[type(value)][value]


def badge(state: FindingState) -> str:
    """The colour of a finding's badge."""
    return BADGES.get(state, "secondary")


def behaviour_of(finding: Finding) -> str:
    """The act in the words of the catalogue of its day."""
    item = item_of(finding.item, finding.occurred_on)
    return item.behaviour if item else finding.item


def steps_of(finding: Finding, now: datetime) -> list[Step]:
    """Where a finding stands, from the record to the end of its record period."""
    heard, decided = finding.heard_at, finding.decided_at
    steps = [
        Step(_("记录事实"), finding.recorded_at, True),
        Step(_("告知书送达"), finding.noticed_at, finding.noticed_at is not None),
        Step(_("陈述申辩"), heard or finding.defence_until, _is_past(heard, now)),
        Step(_("作出决定"), decided or decision_due(hearing_of(finding)), _is_past(decided, now)),
        Step(_("记分生效"), finding.starts_at, _is_past(finding.starts_at, now)),
        Step(_("记录期满"), finding.ends_at, _is_past(finding.ends_at, now)),
    ]
    if finding.cancelled_at is not None:
        steps = [*steps[:-2], Step(_("撤销认定"), finding.cancelled_at, True)]
    return steps


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
