"""Wording of states and regimes; the only place for display names. Chinese is the source."""

from collections.abc import Mapping
from enum import StrEnum

from trading.rules.guarantee import Cover
from trading.rules.opening import Outcome
from trading.states import Category, GuaranteeState, LotState, PassingOver, Regime


def _(text: str) -> str:
    """Marks a text for the catalogue; templates translate it when they show it."""
    return text


# By kind first: members of two kinds with one value ("opened") are equal as keys.
LABELS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    Regime: {
        Regime.CONSTRUCTION: _("工程建设招标投标"),
        Regime.GOVPROC: _("政府采购"),
    },
    Category: {
        Category.WORKS: _("工程"),
        Category.GOODS: _("货物"),
        Category.SERVICES: _("服务"),
    },
    LotState: {
        LotState.REGISTERED: _("已登记"),
        LotState.ANNOUNCED: _("招标中"),
        LotState.RELEASING: _("解密中"),
        LotState.UNSEALING: _("启封中"),
        LotState.OPENED: _("已开标"),
        LotState.CONFIRMED: _("开标已确认"),
        LotState.EVALUATING: _("评标中"),
        LotState.REPORTED: _("评标已完成"),
        LotState.CANDIDATES_PUBLISHED: _("中标候选人公示"),
        LotState.AWARDED: _("已定标"),
        LotState.ARCHIVED: _("已归档"),
        LotState.SUSPENDED: _("已暂停"),
        LotState.FAILED: _("流标"),
        LotState.TERMINATED: _("已终止"),
    },
    Outcome: {
        Outcome.OPENED: _("已开启"),
        Outcome.NOT_RELEASED: _("未解密（投标人原因）"),
        Outcome.WRONG_RELEASE: _("解密密钥不符"),
        Outcome.UNREADABLE: _("内容不可读"),
    },
    PassingOver: {
        PassingOver.GAVE_UP: _("放弃中标"),
        PassingOver.FORCE_MAJEURE: _("因不可抗力不能履行合同"),
        PassingOver.NO_PERFORMANCE_GUARANTEE: _("不按要求提交履约保证金"),
        PassingOver.UNLAWFUL_ACT: _("被查实存在影响中标结果的违法行为"),
        PassingOver.OTHER_LAWFUL: _("其他合法理由"),
    },
    Cover: {
        Cover.NOT_REQUIRED: _("不要求"),
        Cover.VALID: _("有效"),
        Cover.MISSING: _("缺少"),
        Cover.INVALID: _("无效"),
    },
    GuaranteeState: {
        GuaranteeState.ORDERED: _("待审核"),
        GuaranteeState.APPROVED: _("待签署"),
        GuaranteeState.REFUSED: _("已拒绝"),
        GuaranteeState.ISSUED: _("已开立（密文）"),
        GuaranteeState.LAPSED: _("已失效"),
        GuaranteeState.DISCLOSED: _("已明示"),
    },
}

NOTICE_FIELDS: Mapping[str, str] = {
    "content": _("招标内容"),
    "scope": _("招标范围"),
    "funds": _("资金来源"),
    "budget": _("预算金额"),
    "qualification": _("资格要求"),
    "document_access": _("招标文件获取"),
    "notice_period": _("公告期限"),
    "submission": _("投标文件递交"),
    "contacts": _("联系方式"),
    "objection_contact": _("异议渠道"),
}

# One colour each; the word beside it always says the same.
BADGES: Mapping[LotState, str] = {
    LotState.ANNOUNCED: "blue",
    LotState.RELEASING: "teal",
    LotState.UNSEALING: "teal",
    LotState.SUSPENDED: "danger",
    LotState.FAILED: "dark",
    LotState.TERMINATED: "dark",
}


def label(value: StrEnum) -> str:
    """The Chinese wording of a state."""
    return LABELS[type(value)][value]


def notice_label(field: str) -> str:
    """The Chinese wording of a notice's field; one that the law does not name stands as it is."""
    return NOTICE_FIELDS.get(field, field)


def badge(state: LotState) -> str:
    """The colour of a state's badge."""
    return BADGES.get(state, "secondary")
