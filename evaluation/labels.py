"""Wording of experts, draws, calls and meetings; Chinese is the source."""

from collections.abc import Mapping
from enum import StrEnum

from evaluation.rules.draw import Party
from evaluation.states import CallState, DrawState, ExpertState, MeetingState


def _(text: str) -> str:
    """Marks a text for the catalogue; pages translate it when they show it."""
    return text


# By kind first: members of two kinds with one value are equal as keys.
LABELS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    ExpertState: {
        ExpertState.ACTIVE: _("可抽取"),
        ExpertState.SUSPENDED: _("暂停抽取"),
    },
    DrawState: {
        DrawState.COMMITTING: _("等待提交随机数承诺"),
        DrawState.REVEALING: _("等待公开随机数"),
        DrawState.DRAWN: _("已抽取"),
        DrawState.WAITING: _("等待监督部门决定"),
    },
    CallState: {
        CallState.CALLED: _("已通知"),
        CallState.ACCEPTED: _("已确认参加"),
        CallState.REFUSED: _("不能参加"),
    },
    MeetingState: {
        MeetingState.CONVENED: _("签署承诺"),
        MeetingState.ELECTING: _("推选组长"),
        MeetingState.SCORING: _("评分中"),
        MeetingState.REVEALED: _("评分对照"),
        MeetingState.LOCKED: _("评分已锁定"),
        MeetingState.RANKED: _("已排序"),
        MeetingState.REPORTING: _("签署报告"),
        MeetingState.REPORTED: _("报告已归档"),
        MeetingState.FAILED: _("评标未成"),
    },
    Party: {
        Party.WITNESS: _("见证机构"),
        Party.PROCURING_ENTITY: _("招标人（采购人）"),
        Party.HOST: _("场所主持人"),
    },
}

# One colour each; the word beside it always says the same.
BADGES: Mapping[StrEnum, str] = {
    ExpertState.ACTIVE: "green",
    ExpertState.SUSPENDED: "danger",
    DrawState.COMMITTING: "blue",
    DrawState.REVEALING: "blue",
    DrawState.DRAWN: "green",
    DrawState.WAITING: "danger",
    CallState.ACCEPTED: "green",
}

FIELDS: Mapping[str, str] = {
    "city": _("常驻城市"),
    "employer": _("工作单位的统一社会信用代码"),
    "employer_name": _("工作单位"),
    "expert_name": _("姓名"),
    "interests": _("需要回避的单位"),
    "nonce": _("随机数"),
    "person": _("账户编号"),
    "specialities": _("评审专业"),
}


def label(value: StrEnum) -> str:
    """The Chinese wording of a state or party."""
    return LABELS[type(value)][value]


def badge(state: StrEnum) -> str:
    """The colour of a state's badge."""
    return BADGES.get(state, "secondary")
