"""Wording of findings: states, stages, severity, what follows; Chinese is the source."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from supervision.models.conduct import Finding
from supervision.rules.conduct import decision_due
from supervision.rules.conduct_catalogue import item_of
from supervision.states import (
    AlertLevel,
    Consequence,
    FindingState,
    OrderKind,
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
    AlertLevel: {
        AlertLevel.YELLOW: _("黄牌"),
        AlertLevel.RED: _("红牌"),
    },
    OrderKind: {
        OrderKind.SUSPEND: _("责令暂停"),
        OrderKind.RESUME: _("责令恢复"),
    },
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

# What a live entry is called in the feed; its kind says what happened to what.
NEWS: Mapping[str, str] = {
    "alert.raised": _("有人试图办理法律不允许的步骤"),
    "amendment.published": _("澄清或修改招标文件"),
    "enquiry.answered": _("答复提问"),
    "objection.answered": _("答复异议"),
    "objection.raised": _("收到异议"),
    "bid.released": _("一份投标文件已解密"),
    "call.accepted": _("一位专家确认参加"),
    "call.lapsed": _("一位专家逾期未答复"),
    "call.refused": _("一位专家不能参加"),
    "draw.frozen": _("专家名单已冻结"),
    "draw.nonce_committed": _("一方提交了随机数承诺"),
    "draw.nonce_revealed": _("一方公开了随机数"),
    "draw.opened": _("专家抽取开始"),
    "draw.repeated": _("专家抽取重新进行"),
    "draw.seat_vacated": _("一个席位没有可通知的专家，空缺"),
    "draw.seeded": _("专家已抽取"),
    "draw.stalled": _("专家抽取等待监管部门处理"),
    "draw.successor_called": _("按顺序通知下一位专家"),
    "draw.supplemented": _("空缺席位补充抽取专家"),
    "lot.archived": _("标段已归档"),
    "lot.awarded": _("已定标"),
    "lot.candidates_published": _("中标候选人公示"),
    "lot.closed": _("投标截止，封存投标文件"),
    "lot.confirmed": _("开标记录已确认"),
    "lot.evaluation_begun": _("评标开始"),
    "lot.failed": _("流标"),
    "lot.opened": _("全部投标文件同时开启"),
    "lot.published": _("招标公告发布"),
    "lot.report_received": _("收到评标报告"),
    "lot.resumed": _("标段恢复"),
    "lot.suspended": _("标段暂停"),
    "lot.terminated": _("招标终止"),
    "lot.window_ended": _("解密时间结束"),
    "meeting.ballot_undecided": _("推选主任未过半数，再投一轮"),
    "meeting.chair_elected": _("评标委员会主任选出"),
    "meeting.chair_voted": _("一位专家投票推选主任"),
    "meeting.commitment_signed": _("一位专家签署承诺书"),
    "meeting.committed": _("全体专家已签署承诺书"),
    "meeting.failed": _("评标失败"),
    "meeting.locked": _("评分表已锁定"),
    "meeting.ranked": _("排序已得出"),
    "meeting.report_begun": _("评标报告开始签署"),
    "meeting.reported": _("评标报告已归档"),
    "meeting.revealed": _("评分表已向评标委员会公开"),
    "presence.came": _("一位专家的连接已接通"),
    "presence.lost": _("一位专家的连接中断"),
    "score_sheet.changed": _("一位专家更正评分表"),
    "score_sheet.committed": _("一位专家提交评分表"),
}

# One colour each; the word beside it always says the same.
BADGES: Mapping[StrEnum, str] = {
    AlertLevel.YELLOW: "warn",
    AlertLevel.RED: "bad",
    OrderKind.SUSPEND: "bad",
    OrderKind.RESUME: "ok",
    FindingState.NOTICED: "active",
    FindingState.DEFENDED: "active",
    FindingState.UNDEFENDED: "active",
    FindingState.DECIDED: "bad",
    FindingState.CANCELLED: "idle",
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


def badge(state: StrEnum) -> str:
    """The colour of a finding's badge."""
    return BADGES.get(state, "idle")


def news_label(kind: str) -> str:
    """The Chinese wording of a live entry; one without a wording stands as it is."""
    return NEWS.get(kind, kind)


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
        Step(_("作出决定"), decided or decision_due(finding.hearing), _is_past(decided, now)),
        Step(_("记分生效"), finding.starts_at, _is_past(finding.starts_at, now)),
        Step(_("记录期满"), finding.ends_at, _is_past(finding.ends_at, now)),
    ]
    if finding.cancelled_at is not None:
        steps = [*steps[:-2], Step(_("撤销认定"), finding.cancelled_at, True)]
    return steps


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
