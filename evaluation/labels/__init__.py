"""Wording of draws, calls, meetings and sheets; the only place for display names."""

from collections.abc import Mapping
from enum import StrEnum

from evaluation.rules.draw import Party
from evaluation.rules.presence import Connection
from evaluation.states import CallState, DrawState, ExpertState, MeetingState, SheetState


def _(text: str) -> str:
    """Marks a text for the catalogue; templates translate it when they show it."""
    return text


# By kind first: members of two kinds with one value are equal as keys.
LABELS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    ExpertState: {
        ExpertState.ACTIVE: _("可抽取"),
        ExpertState.SUSPENDED: _("暂停抽取"),
    },
    DrawState: {
        DrawState.COMMITTING: _("各方提交随机数承诺"),
        DrawState.REVEALING: _("名单已冻结，公开随机数"),
        DrawState.DRAWN: _("已抽取"),
        DrawState.WAITING: _("等待监管部门处理"),
    },
    CallState: {
        CallState.CALLED: _("待答复"),
        CallState.ACCEPTED: _("已确认参加"),
        CallState.REFUSED: _("不能参加"),
    },
    MeetingState: {
        MeetingState.CONVENED: _("签署承诺"),
        MeetingState.ELECTING: _("推选主任"),
        MeetingState.SCORING: _("独立评分"),
        MeetingState.REVEALED: _("评分复核"),
        MeetingState.LOCKED: _("评分已锁定"),
        MeetingState.RANKED: _("已排序"),
        MeetingState.REPORTING: _("签署报告"),
        MeetingState.REPORTED: _("报告已归档"),
        MeetingState.FAILED: _("评标失败"),
    },
    SheetState: {
        SheetState.DRAFT: _("未提交"),
        SheetState.COMMITTED: _("已提交（密封）"),
        SheetState.REVEALED: _("已公开"),
        SheetState.LOCKED: _("已锁定"),
    },
    Connection: {
        Connection.NEVER: _("未连接过"),
        Connection.HERE: _("已连接"),
        Connection.LOST: _("连接中断"),
    },
    Party: {
        Party.WITNESS: _("见证方"),
        Party.PROCURING_ENTITY: _("招标人"),
        Party.HOST: _("评标主场"),
    },
}

# One colour each; the word beside it always says the same.
BADGES: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    ExpertState: {ExpertState.ACTIVE: "ok", ExpertState.SUSPENDED: "bad"},
    DrawState: {
        DrawState.COMMITTING: "active",
        DrawState.REVEALING: "active",
        DrawState.DRAWN: "ok",
        DrawState.WAITING: "bad",
    },
    CallState: {CallState.CALLED: "active", CallState.ACCEPTED: "ok"},
    Connection: {Connection.HERE: "ok", Connection.LOST: "warn"},
    MeetingState: {
        MeetingState.RANKED: "ok",
        MeetingState.REPORTED: "ok",
        MeetingState.FAILED: "idle",
    },
    SheetState: {SheetState.COMMITTED: "ok", SheetState.LOCKED: "ok"},
}

STEPS: tuple[tuple[str, frozenset[MeetingState]], ...] = (
    (_("签署承诺"), frozenset({MeetingState.CONVENED})),
    (_("推选主任"), frozenset({MeetingState.ELECTING})),
    (_("独立评分"), frozenset({MeetingState.SCORING})),
    (_("评分复核"), frozenset({MeetingState.REVEALED})),
    (_("汇总排序"), frozenset({MeetingState.LOCKED, MeetingState.FAILED})),
    (_("编制并签署报告"), frozenset({MeetingState.RANKED, MeetingState.REPORTING})),
    (_("归档"), frozenset({MeetingState.REPORTED})),
)

# Refusals name a field by its word, never by its name in the program.
FIELDS: Mapping[str, str] = {
    "city": _("常驻城市"),
    "employer": _("工作单位的统一社会信用代码"),
    "employer_name": _("工作单位"),
    "expert_name": _("姓名"),
    "interests": _("需要回避的单位"),
    "nonce": _("随机数"),
    "person": _("账户编号"),
    "specialities": _("评审专业"),
    "choice": _("主任人选"),
    "confirm": _("确认"),
    "draft": _("评分表"),
    "reason": _("理由"),
    "reasoning": _("竞争性说明"),
}


def label(value: StrEnum) -> str:
    """The Chinese wording of a state or party."""
    return LABELS[type(value)][value]


# What the worker does at a legal moment, for those who wait for it.
DUTIES: Mapping[str, str] = {
    "draw.settle": _("公开随机数的时间届满，抽取专家"),
    "report.draw": _("编制评标报告"),
    "report.archive": _("核验并归档评标报告"),
}


def badge(state: StrEnum) -> str:
    """The colour of a state's badge."""
    return BADGES.get(type(state), {}).get(state, "idle")


def step_of(state: MeetingState) -> int:
    """At which of STEPS, from 0, a meeting in this state is."""
    return next(place for place, (_name, states) in enumerate(STEPS) if state in states)
