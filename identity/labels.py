"""Wording of people, organisations, keys, papers and restrictions, and of the fields that people
fill in; Chinese is the source.
"""

from collections.abc import Mapping
from enum import StrEnum

from identity.states import (
    ApplicationState,
    KeyPurpose,
    OrganisationKind,
    PaperState,
    RestrictionKind,
    Role,
    TurnState,
    UndertakingMeans,
)


def _(text: str) -> str:
    """Marks a text for the catalogue; pages translate it when they show it."""
    return text


# By kind first: members of two kinds with one value ("bidder") are equal as keys.
LABELS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    RestrictionKind: {
        RestrictionKind.REGISTRATION: _("登记代理新项目"),
        RestrictionKind.BIDDING: _("参加投标"),
        RestrictionKind.EVALUATION: _("参加评审"),
    },
    OrganisationKind: {
        OrganisationKind.AGENCY: _("代理机构"),
        OrganisationKind.PROCURING_ENTITY: _("招标人（采购人）"),
        OrganisationKind.BIDDER: _("投标人"),
        OrganisationKind.ISSUER: _("出函机构"),
        OrganisationKind.TRADING_CENTRE: _("交易中心"),
        OrganisationKind.REGULATOR: _("监督部门"),
        OrganisationKind.WITNESS: _("见证机构"),
        OrganisationKind.EXPERT_POOL: _("评标专家库"),
    },
    Role: {
        Role.AGENT: _("代理机构经办人"),
        Role.PROCURING_OFFICER: _("招标人（采购人）经办人"),
        Role.BIDDER: _("投标人经办人"),
        Role.ISSUER: _("出函机构经办人"),
        Role.EXPERT: _("评标专家"),
        Role.REGULATOR: _("监督人员"),
        Role.WITNESS: _("见证人员"),
        Role.HOST: _("场所主持人"),
        Role.OPERATOR: _("交易中心管理员"),
    },
    KeyPurpose: {
        KeyPurpose.STATEMENT: _("签署声明（私钥由本人保管）"),
        KeyPurpose.DOCUMENT: _("签署文件（凭口令使用）"),
    },
    UndertakingMeans: {
        UndertakingMeans.KEY: _("用本人签名密钥签署"),
        UndertakingMeans.PASSWORD: _("以密码确认（当时没有签名密钥）"),
    },
    ApplicationState: {
        ApplicationState.PENDING: _("等待交易中心核对"),
        ApplicationState.CONFIRMED: _("已确认，可以登录"),
        ApplicationState.REFUSED: _("未予确认"),
    },
    PaperState: {
        PaperState.DRAWING: _("正在生成"),
        PaperState.SIGNING: _("签署中"),
        PaperState.SEALING: _("加盖平台印章中"),
        PaperState.COMPLETE: _("已完成"),
    },
    TurnState: {
        TurnState.WAITING: _("待我申请签署"),
        TurnState.ASKED: _("排队准备中"),
        TurnState.PREPARED: _("待我输入口令"),
        TurnState.SIGNED: _("正在写入签名"),
        TurnState.DONE: _("我已签署"),
    },
}

PAPERS: Mapping[str, str] = {
    "guarantee": _("投标保函"),
    "report": _("评标报告"),
}

# What may have happened to an account while its owner was away, by the kind of fact.
NEWS: Mapping[str, str] = {
    "key.enrolled": _("登记了签名密钥"),
    "key.revoked": _("停用了签名密钥"),
    "password.changed": _("修改了密码"),
    "second_factor.enrolled": _("启用了动态码"),
    "second_factor.ended": _("停用了动态码"),
    "second_factor.reset": _("交易中心重置了动态码"),
    "recovery_codes.renewed": _("更换了恢复码"),
    "recovery_code.used": _("使用了一个恢复码"),
}

# One colour each; the word beside it always says the same.
BADGES: Mapping[StrEnum, str] = {
    TurnState.WAITING: "active",
    TurnState.ASKED: "ok",
    TurnState.PREPARED: "active",
    TurnState.SIGNED: "ok",
    TurnState.DONE: "ok",
}

# Refusals name a field by its word, never by its name in the program.
FIELDS: Mapping[str, str] = {
    "application": _("申请编号"),
    "article": _("依据条款"),
    "code": _("统一社会信用代码"),
    "credit_code": _("统一社会信用代码"),
    "csv": _("清单内容"),
    "finding": _("认定编号"),
    "from": _("开始日期"),
    "ground": _("事实和理由"),
    "contact": _("联系电话"),
    "kind": _("类型"),
    "kinds": _("单位类型"),
    "name": _("单位名称"),
    "origin": _("清单来源"),
    "old": _("现在的密码"),
    "password": _("密码"),
    "person_name": _("姓名"),
    "pin": _("签名口令"),
    "reason": _("理由"),
    "roles": _("角色"),
    "until": _("结束日期"),
    "username": _("登录名"),
}


def label(value: StrEnum) -> str:
    """The Chinese wording of a kind, role or state."""
    return LABELS[type(value)][value]


def badge(state: StrEnum) -> str:
    """The colour of a state's badge."""
    return BADGES.get(state, "idle")


def paper_label(kind: str) -> str:
    """The Chinese wording of a kind of paper; one that is not listed stands as it is."""
    return PAPERS.get(kind, kind)


def change_label(kind: str) -> str:
    """The Chinese wording of what happened to an account."""
    return NEWS[kind]
