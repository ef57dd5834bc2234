"""Wording of states and regimes; the only place for display names. Chinese is the source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trading.models.opening import OpenedBid
from trading.models.tendering import Lot
from trading.rules.guarantee import Cover
from trading.rules.opening import Outcome
from trading.rules.steps import Actor
from trading.rules.steps import Step as LotStep
from trading.states import BidState, Category, GuaranteeState, LotState, PassingOver, Regime


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
    BidState: {
        BidState.SUBMITTED: _("已收妥"),
        BidState.REPLACED: _("已被替换"),
        BidState.WITHDRAWN: _("已撤回"),
    },
    LotStep: {
        LotStep.PUBLISH_NOTICE: _("填写并发布公告"),
        LotStep.SUBMIT_BIDS: _("递交投标文件"),
        LotStep.RELEASE_BIDS: _("投标人释放解封密钥"),
        LotStep.OPEN_BIDS: _("见证程序公布开标密钥，平台统一启封"),
        LotStep.CONFIRM_OPENING: _("答复开标异议，确认开标记录"),
        LotStep.FORM_COMMITTEE: _("抽取评标专家，召集评标会"),
        LotStep.EVALUATE: _("评标委员会评审并签署报告"),
        LotStep.PUBLISH_CANDIDATES: _("公示中标候选人"),
        LotStep.DECIDE_AWARD: _("确定中标人"),
        LotStep.ARCHIVE: _("归档"),
        LotStep.RESUME: _("等待监督部门恢复"),
        LotStep.NOTHING: _("没有待办事项"),
    },
    Actor: {
        Actor.AGENCY: _("代理机构"),
        Actor.PROCURING_ENTITY: _("招标人（采购人）"),
        Actor.BIDDERS: _("投标人"),
        Actor.WITNESS: _("见证机构"),
        Actor.COMMITTEE: _("评标委员会"),
        Actor.REGULATOR: _("监督部门"),
        Actor.NOBODY: _("无"),
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

# Refusals name a field by its word, never by its name in the program.
FIELDS: Mapping[str, str] = {
    **NOTICE_FIELDS,
    "ceiling": _("最高投标限价"),
    "correction_minutes": _("更正时间（分钟）"),
    "deadline": _("投标截止时间"),
    "estimate": _("估算价"),
    "guarantee": _("投标保证金"),
    "issuer": _("出函机构"),
    "category": _("类别"),
    "lot_name": _("标段名称"),
    "lots.name": _("标段名称"),
    "method": _("评标办法"),
    "procuring_entity": _("招标人（采购人）"),
    "reason": _("理由"),
    "regime": _("适用制度"),
    "receipt": _("中标人"),
    "rehearsal_from": _("演练起始时间"),
    "tender_name": _("项目名称"),
    "to": _("拨至"),
    "validity_days": _("投标有效期（日）"),
    "window_minutes": _("解密时间（分钟）"),
}

# One colour each; the word beside it always says the same.
# The kind of each state: it decides colour and icon; what is not named stands idle.
BADGES: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    BidState: {BidState.SUBMITTED: "ok"},
    GuaranteeState: {
        GuaranteeState.ORDERED: "active",
        GuaranteeState.APPROVED: "active",
        GuaranteeState.REFUSED: "bad",
        GuaranteeState.ISSUED: "sealed",
        GuaranteeState.DISCLOSED: "ok",
    },
    LotState: {
        LotState.ANNOUNCED: "active",
        LotState.RELEASING: "active",
        LotState.UNSEALING: "active",
        LotState.OPENED: "active",
        LotState.CONFIRMED: "active",
        LotState.EVALUATING: "active",
        LotState.REPORTED: "active",
        LotState.CANDIDATES_PUBLISHED: "active",
        LotState.AWARDED: "ok",
        LotState.ARCHIVED: "ok",
        LotState.SUSPENDED: "bad",
    },
    Outcome: {
        Outcome.OPENED: "ok",
        Outcome.NOT_RELEASED: "bad",
        Outcome.WRONG_RELEASE: "bad",
        Outcome.UNREADABLE: "bad",
    },
}


@dataclass(frozen=True)
class Step:
    """One step of a procedure: what it is, and when it was or, if it is yet to come, is due."""

    name: str
    at: datetime | None
    is_done: bool


# The way of a lot that comes to its end: the fact by which each step is done, and its name.
_WAY: tuple[tuple[str, str], ...] = (
    ("lot.registered", _("登记项目")),
    ("lot.published", _("发布公告")),
    ("lot.closed", _("投标截止")),
    ("lot.window_ended", _("解密结束")),
    ("lot.opened", _("开标")),
    ("lot.confirmed", _("确认开标记录")),
    ("lot.evaluation_begun", _("评标开始")),
    ("lot.report_received", _("评标报告")),
    ("lot.candidates_published", _("公示中标候选人")),
    ("lot.awarded", _("确定中标人")),
    ("lot.archived", _("归档")),
)
_ENDS: Mapping[str, str] = {"lot.failed": _("流标"), "lot.terminated": _("终止")}


def steps_of(
    lot: Lot, moments: Mapping[str, datetime], *, publishes_candidates: bool
) -> list[Step]:
    """The way of a lot; `moments`: kind of its own facts → when. What ended it cuts the way off."""
    due = {"lot.closed": lot.deadline, "lot.window_ended": lot.window_ends_at}
    way = [(kind, name) for kind, name in _WAY if _is_on_the_way(kind, publishes_candidates)]
    steps = [Step(name, moments.get(kind) or due.get(kind), kind in moments) for kind, name in way]
    ended = [Step(name, moments[kind], True) for kind, name in _ENDS.items() if kind in moments]
    if not ended:
        return steps
    return [*[step for step in steps[:-1] if step.is_done], *ended, steps[-1]]


def _is_on_the_way(kind: str, publishes_candidates: bool) -> bool:
    return publishes_candidates or kind != "lot.candidates_published"


def label(value: StrEnum) -> str:
    """The Chinese wording of a state."""
    return LABELS[type(value)][value]


def cover_label(opened: OpenedBid) -> str:
    """The Chinese wording of whether an opened bid is backed by a guarantee."""
    return label(Cover(opened.guarantee["cover"]))


def notice_label(field: str) -> str:
    """The Chinese wording of a notice's field; one that the law does not name stands as it is."""
    return NOTICE_FIELDS.get(field, field)


# What the worker does at a legal moment, for those who wait for it.
DUTIES: Mapping[str, str] = {
    "lot.close": _("投标截止，封存投标文件"),
    "lot.end_window": _("解密结束"),
    "lot.check_releases": _("核对释放的密钥"),
    "lot.open": _("统一启封"),
    "lot.award_by_silence": _("逾期未定标，依法视同确定排名第一者"),
    "opening_record.draw": _("生成开标记录"),
}


def notice_order(text: Mapping[str, str]) -> list[str]:
    """The fields of a notice as the law lists them, then those that it does not name."""
    known = [name for name in NOTICE_FIELDS if name in text]
    return [*known, *(name for name in text if name not in NOTICE_FIELDS)]


def badge(state: StrEnum) -> str:
    """The kind of a state's badge."""
    return BADGES.get(type(state), {}).get(state, "idle")
