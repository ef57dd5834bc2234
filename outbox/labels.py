"""Wording of letters and e-mail; Chinese is the source. Places in %(…)s are the letter's values."""

from collections.abc import Mapping
from enum import StrEnum

from outbox.models.mail import MailState
from outbox.rules.letters import LetterKind


def _(text: str) -> str:
    """Marks a text for the catalogue; pages translate it when they show it."""
    return text


_K = LetterKind
LABELS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    MailState: {
        MailState.WAITING: _("等待发送"),
        MailState.SENT: _("已交邮件服务器"),
        MailState.GIVEN_UP: _("未能发出"),
    },
    LetterKind: {
        _K.BID_RECEIVED: _("投标文件已收妥"),
        _K.BID_REPLACED: _("投标文件已替换"),
        _K.BID_WITHDRAWN: _("投标文件已撤回"),
        _K.GUARANTEE_ORDERED: _("收到保函申请"),
        _K.GUARANTEE_ISSUED: _("保函已开立"),
        _K.GUARANTEE_REFUSED: _("保函申请未获同意"),
        _K.GUARANTEE_LAPSED: _("保函申请已失效"),
        _K.DEADLINE_MOVED: _("投标截止时间有变"),
        _K.LOT_SUSPENDED: _("标段已暂停"),
        _K.LOT_RESUMED: _("标段已恢复"),
        _K.LOT_TERMINATED: _("标段已终止"),
        _K.LOT_FAILED: _("标段流标"),
        _K.RELEASE_NEEDED: _("请释放开标密钥"),
        _K.RELEASE_WRONG: _("释放的密钥有误，请更正"),
        _K.OPENING_DONE: _("开标完成"),
        _K.BID_WON: _("中标通知"),
        _K.BID_NOT_WON: _("评审结果：未中标"),
        _K.BID_REJECTED: _("评审结果：投标被否决"),
        _K.REPORT_RECEIVED: _("收到评标报告"),
        _K.CANDIDATES_DUE: _("请公示中标候选人"),
        _K.AWARD_DUE: _("请确定中标人"),
        _K.AWARD_DECIDED: _("中标人已确定"),
        _K.ENQUIRY_ASKED: _("收到对招标文件的提问"),
        _K.OBJECTION_RAISED: _("收到异议"),
        _K.OBJECTION_WATCHED: _("有投标人提出异议"),
        _K.ORDER_ISSUED: _("收到监督部门的指令"),
        _K.FINDING_NOTICED: _("收到行为认定告知书"),
        _K.FINDING_DECIDED: _("行为认定已作出决定"),
        _K.EXPERT_CALLED: _("您被抽取为评标专家"),
        _K.MEETING_CONVENED: _("评标会已召集"),
        _K.REPORT_TO_SIGN: _("评标报告待您签署"),
        _K.DRAW_WAITS: _("专家抽取等待监督部门处理"),
        _K.ALERT_RAISED: _("有人尝试了被禁止的操作"),
        _K.OPENING_KEY_NEEDED: _("请为新标段准备开标密钥"),
        _K.REGISTRATION_WAITING: _("有登记申请待办"),
    },
}

TEXTS: Mapping[LetterKind, str] = {
    _K.BID_RECEIVED: _("平台已收妥您的投标文件，回执编号 %(receipt)s。截止前可以替换或撤回。"),
    _K.BID_REPLACED: _("新的投标文件已收妥，回执编号 %(receipt)s；原回执 %(replaced)s 不再有效。"),
    _K.BID_WITHDRAWN: _("回执 %(receipt)s 的投标文件已撤回。截止前可以重新投标。"),
    _K.GUARANTEE_ORDERED: _("有投标人向贵机构申请保函，申请编号 %(order)s，请审核。"),
    _K.GUARANTEE_ISSUED: _("您申请的保函已由出函机构签署开立，申请编号 %(order)s。"),
    _K.GUARANTEE_REFUSED: _("出函机构没有同意申请 %(order)s，理由：%(reason)s"),
    _K.GUARANTEE_LAPSED: _("申请 %(order)s 的保函没有在截止前开立，已失效。"),
    _K.DEADLINE_MOVED: _("招标文件有澄清或修改，投标截止时间现为 %(deadline)s。"),
    _K.LOT_SUSPENDED: _("标段暂停，一切期限停止计算。理由：%(ground)s"),
    _K.LOT_RESUMED: _("标段恢复，未到的期限相应顺延。理由：%(ground)s"),
    _K.LOT_TERMINATED: _("标段已终止，理由：%(ground)s"),
    _K.LOT_FAILED: _("有效投标不足法定数量，标段流标，不进入评标。"),
    _K.RELEASE_NEEDED: _(
        "投标已截止，请在 %(until)s 之前释放开标密钥；逾期不释放，视为撤销投标文件。"
    ),
    _K.RELEASE_WRONG: _("您释放的密钥打不开投标文件，请在 %(until)s 之前更正，逾期不能开启。"),
    _K.OPENING_DONE: _("开标完成，开标一览表已经公布。对开标有异议的，应当当场提出。"),
    _K.BID_WON: _("您的投标被确定为中标。中标通知书见标段页面。"),
    _K.BID_NOT_WON: _("您的投标没有中标：总分 %(total)s，排名第 %(rank)s。中标人：%(winner)s。"),
    _K.BID_REJECTED: _("评标委员会否决了您的投标，理由：%(why)s 中标人：%(winner)s。"),
    _K.REPORT_RECEIVED: _("评标委员会的报告已经签署归档，可以查阅。"),
    _K.CANDIDATES_DUE: _("请在 %(due)s 之前公示中标候选人。"),
    _K.AWARD_DUE: _("请在期限内确定中标人。期限或公示期的终点：%(due)s。"),
    _K.AWARD_DECIDED: _("中标人已确定：%(winner)s。各投标人已同时得到通知。"),
    _K.ENQUIRY_ASKED: _("有人对招标文件提问（%(enquiry)s），请答复；平台不告知提问者是谁。"),
    _K.OBJECTION_RAISED: _("有投标人提出异议（%(objection)s），请按期限处理。"),
    _K.OBJECTION_WATCHED: _("有投标人对该标段提出异议（%(objection)s），由招标一方答复。"),
    _K.ORDER_ISSUED: _("监督部门发出指令 %(order)s，依据：%(article)s。理由：%(ground)s"),
    _K.FINDING_NOTICED: _("认定 %(finding)s：可以在 %(until)s 之前陈述申辩。"),
    _K.FINDING_DECIDED: _("认定 %(finding)s 已作出决定，请查阅。"),
    _K.EXPERT_CALLED: _(
        "抽取 %(draw)s 抽中了您，请尽快答复能否参加；不能参加或逾期未答复的，由下一位递补。"
    ),
    _K.MEETING_CONVENED: _("评标会 %(meeting)s 已召集，请签署承诺书后参加。"),
    _K.REPORT_TO_SIGN: _("评标报告 %(paper)s 已生成，请签署；有不同意见的，可以书面说明。"),
    _K.DRAW_WAITS: _("抽取 %(draw)s 的随机数没有由对立各方公开，不能自行继续，请处理。"),
    _K.ALERT_RAISED: _(
        "预警 %(alert)s：有人尝试了被禁止的操作，已被平台拒绝。这一小时内的其他预警不另写信。"
    ),
    _K.OPENING_KEY_NEEDED: _("该标段已发布公告，请在 %(deadline)s 之前登记并演练开标密钥。"),
    _K.REGISTRATION_WAITING: _("收到登记申请 %(application)s，请核实后办理。"),
}

# Of the places in a text those that are instants; every other value stands as it is.
MOMENTS = frozenset({"deadline", "due", "until"})

MAIL_SUBJECT = _("有一封给您的信件")
MAIL_TEXT = _("您在“%(site)s”有一封新信件。为保密，邮件不写内容，请登录阅读：%(address)s")
MAIL_MATTER = _("事项：%(kind)s（标段 %(lot)s）")
CODE_SUBJECT = _("邮箱验证码")
CODE_TEXT = _(
    "您在“%(site)s”登记了这个邮箱，验证码：%(code)s，一小时内有效。若非本人操作，请忽略本邮件。"
)


def label(value: StrEnum) -> str:
    """The Chinese title of a letter, or the wording of a state."""
    return LABELS[type(value)][value]
