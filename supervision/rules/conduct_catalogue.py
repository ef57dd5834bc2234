"""The negative list of agencies: every forbidden act with stage, severity, points and period.

The acts come from the articles named. Points marked LOCAL come from a local deduction table;
the others are scaled to it, an authority may set its own as a new catalogue with its first day.
What happened is judged by the catalogue of that day. Source: domain.md 6.
"""

from dataclasses import dataclass
from datetime import date

from kernel.errors import Problem
from supervision.states import PointsBasis, Severity, Stage


def _(text: str) -> str:
    """Marks a text for the catalogue of translations; pages translate it when they show it."""
    return text


@dataclass(frozen=True)
class Item:
    """One forbidden act. `points` stand for `months` after the decision; `source` names it."""

    code: str
    stage: Stage
    severity: Severity
    points: int
    months: int
    basis: PointsBasis
    behaviour: str
    source: str


@dataclass(frozen=True)
class Catalogue:
    """The list in force from a day on."""

    in_force_from: date
    items: tuple[Item, ...]


_LOCAL, _PROFILE = PointsBasis.LOCAL_TABLE, PointsBasis.PROFILE
_GRAVE, _SERIOUS, _MODERATE, _MINOR = Severity
_LAW, _REG = "招标投标法", "招标投标法实施条例"
_O87, _O20, _N1117 = "财政部令第87号", "电子招标投标办法", "发改法规规〔2022〕1117号"
_TABLE = "地方代理机构记分标准"
_CQ, _NB, _PY = "重庆市招标投标条例", "宁波市公共资源交易管理条例", "濮阳市公共资源交易管理条例"
_903 = "省级代理机构管理办法"

# fmt: off
_ITEMS = (
    Item("AG01", Stage.COMMISSION, _GRAVE, 10, 12, _LOCAL,
         _("以行贿、回扣或者其他不正当手段承揽业务"),
         f"{_TABLE}; {_N1117} 第16项"),
    Item("AG02", Stage.COMMISSION, _GRAVE, 10, 12, _LOCAL,
         _("出借或者借用名义、资格证明、印章，挂靠执业"),
         f"{_TABLE}; {_CQ} 第13条第2项"),
    Item("AG03", Stage.COMMISSION, _GRAVE, 10, 12, _LOCAL,
         _("未经委托人同意转让或者分包代理业务"),
         f"{_TABLE}; {_CQ} 第13条第3项"),
    Item("AG04", Stage.COMMISSION, _SERIOUS, 5, 6, _LOCAL,
         _("超越委托范围代理"),
         f"{_TABLE}; {_REG} 第13条; {_CQ} 第13条第1项"),
    Item("AG05", Stage.COMMISSION, _GRAVE, 10, 12, _LOCAL,
         _("登记的单位或者人员信息虚假"),
         f"{_TABLE}; {_903} 第30条"),
    Item("AG06", Stage.COMMISSION, _MODERATE, 4, 6, _LOCAL,
         _("使用非本单位人员（无劳动合同或者社会保险）"),
         _TABLE),
    Item("AG07", Stage.COMMISSION, _MODERATE, 3, 3, _PROFILE,
         _("没有书面委托合同或者未备案"),
         f"{_REG} 第14条"),
    Item("AG08", Stage.THROUGHOUT, _GRAVE, 10, 12, _PROFILE,
         _("在所代理的项目中投标、代理投标或者为投标人提供咨询"),
         f"{_REG} 第13条、第65条; {_O87} 第8条; {_CQ} 第13条第4项"),
    Item("AG09", Stage.PLANNING, _SERIOUS, 6, 6, _LOCAL,
         _("化整为零规避招标"),
         f"{_TABLE}; {_LAW} 第4条、第49条"),
    Item("AG10", Stage.PLANNING, _SERIOUS, 5, 6, _PROFILE,
         _("擅自改变核准的招标范围、招标方式或者组织形式"),
         f"{_N1117} 第2项; {_NB} 第30条"),
    Item("AG11", Stage.NOTICE, _SERIOUS, 5, 6, _PROFILE,
         _("未在指定媒介发布公告"),
         f"{_REG} 第63条第1项"),
    Item("AG12", Stage.NOTICE, _SERIOUS, 5, 6, _PROFILE,
         _("在不同媒介发布的公告内容不一致"),
         f"{_REG} 第63条第2项"),
    Item("AG13", Stage.NOTICE, _SERIOUS, 5, 6, _LOCAL,
         _("在下载招标文件前设置报名等障碍，阻碍登记注册"),
         f"{_TABLE}; {_O20} 第20条、第54条"),
    Item("AG14", Stage.NOTICE, _SERIOUS, 5, 6, _LOCAL,
         _("发售、截止、澄清等法定时限不足"),
         f"{_TABLE}; {_REG} 第64条第2项"),
    Item("AG15", Stage.DOCUMENTS, _SERIOUS, 5, 6, _LOCAL,
         _("设置地域、所有制、品牌、规模、厂家授权等限制性、歧视性或者量身定做的条件"),
         f"{_TABLE}; {_REG} 第32条; {_O87} 第17条; {_N1117} 第3项"),
    Item("AG16", Stage.DOCUMENTS, _SERIOUS, 5, 6, _PROFILE,
         _("设定最低限价"),
         f"{_REG} 第27条; {_O87} 第78条第2项"),
    Item("AG17", Stage.DOCUMENTS, _MINOR, 2, 3, _PROFILE,
         _("未使用标准文本编制招标文件"),
         f"{_REG} 第15条"),
    Item("AG18", Stage.DOCUMENTS, _MODERATE, 3, 3, _PROFILE,
         _("超限额或者违规收取保证金，指定出函机构"),
         f"{_REG} 第66条; 发改法规〔2023〕27号"),
    Item("AG19", Stage.DOCUMENTS, _MODERATE, 3, 3, _PROFILE,
         _("招标文件前后矛盾或者编制粗疏导致重新招标"),
         "企业代理行为清单（转引）"),
    Item("AG20", Stage.DOCUMENTS, _MODERATE, 3, 3, _LOCAL,
         _("高于成本出售招标文件"),
         f"{_TABLE}; {_REG} 第16条; {_O87} 第78条第4项"),
    Item("AG21", Stage.DOCUMENTS, _MODERATE, 4, 6, _PROFILE,
         _("澄清修改没有通知所有下载人"),
         f"{_O20} 第22条; {_REG} 第21条"),
    Item("AG22", Stage.DOCUMENTS, _MODERATE, 4, 6, _PROFILE,
         _("组织单个或者部分投标人踏勘现场"),
         f"{_REG} 第28条"),
    Item("AG23", Stage.THROUGHOUT, _SERIOUS, 5, 6, _PROFILE,
         _("异议不答复、逾期答复，或者答复前继续进行招标投标活动"),
         f"{_REG} 第22条、第77条"),
    Item("AG24", Stage.SUBMISSION, _GRAVE, 10, 12, _PROFILE,
         _("泄露下载人名称或者数量、标底、评标委员会成员名单"),
         f"{_LAW} 第50条; {_O87} 第78条第10项"),
    Item("AG25", Stage.SUBMISSION, _SERIOUS, 5, 12, _LOCAL,
         _("不按资格预审文件审查，排斥潜在投标人"),
         _TABLE),
    Item("AG26", Stage.SUBMISSION, _SERIOUS, 6, 6, _PROFILE,
         _("接收逾期、未加密或者不合格的投标文件，或者拒收合格的投标文件"),
         f"{_REG} 第64条第3项、第4项; {_O20} 第54条"),
    Item("AG27", Stage.OPENING, _SERIOUS, 6, 6, _PROFILE,
         _("妨碍投标文件的递交或者解密"),
         f"{_O20} 第54条第5项"),
    Item("AG28", Stage.OPENING, _SERIOUS, 6, 6, _PROFILE,
         _("投标人少于三个仍然开标，或者不按规定时间开标"),
         f"{_REG} 第44条"),
    Item("AG29", Stage.OPENING, _MINOR, 2, 3, _PROFILE,
         _("开标主持人迟到、缺席或者不会操作系统"),
         "闽建〔2020〕8号 第4条"),
    Item("AG30", Stage.OPENING, _MODERATE, 3, 3, _PROFILE,
         _("开标记录错误、不完整，或者未记录当场提出的异议"),
         f"{_REG} 第44条"),
    Item("AG31", Stage.EVALUATION, _SERIOUS, 6, 6, _PROFILE,
         _("违反规定抽取或者更换评标专家"),
         f"{_REG} 第46条、第70条"),
    Item("AG32", Stage.EVALUATION, _MODERATE, 3, 3, _PROFILE,
         _("未核实评审人员身份、回避情形或者采购人代表的授权"),
         f"{_O87} 第45条第1项、第3项"),
    Item("AG33", Stage.EVALUATION, _SERIOUS, 6, 6, _PROFILE,
         _("发表或者放任倾向性言论，明示、暗示中标人选"),
         f"{_REG} 第48条; {_O87} 第45条第7项"),
    Item("AG34", Stage.EVALUATION, _MODERATE, 3, 3, _PROFILE,
         _("擅自进出评标区域或者携带通讯工具"),
         f"{_O87} 第45条第5项"),
    Item("AG35", Stage.EVALUATION, _SERIOUS, 5, 6, _PROFILE,
         _("开标、评标未全程录音录像"),
         f"{_O87} 第39条、第78条第5项"),
    Item("AG36", Stage.EVALUATION, _GRAVE, 10, 12, _PROFILE,
         _("篡改评分、评审意见或者评标报告"),
         f"{_O20} 第58条"),
    Item("AG37", Stage.EVALUATION, _SERIOUS, 5, 6, _PROFILE,
         _("在法定情形之外组织重新评审"),
         f"{_O87} 第78条第9项"),
    Item("AG38", Stage.AWARD, _MODERATE, 3, 3, _PROFILE,
         _("候选人公示或者结果公告迟延、错误、内容缺失"),
         f"{_REG} 第54条; {_O87} 第69条"),
    Item("AG39", Stage.AWARD, _MODERATE, 4, 6, _PROFILE,
         _("迟发、扣发中标通知书，或者在暂停期间发出"),
         f"{_REG} 第73条"),
    Item("AG40", Stage.AWARD, _MODERATE, 3, 3, _PROFILE,
         _("不按时退还保证金或者保函"),
         f"{_REG} 第66条; {_O87} 第38条"),
    Item("AG41", Stage.THROUGHOUT, _MODERATE, 3, 3, _LOCAL,
         _("向招标人、投标人或者中标人违规收取费用"),
         f"{_TABLE}; {_CQ} 第13条第5项"),
    Item("AG42", Stage.THROUGHOUT, _GRAVE, 10, 12, _LOCAL,
         _("与招标人、投标人、评标专家或者平台运营方串通"),
         f"{_TABLE}; {_LAW} 第50条; {_N1117} 第16项"),
    Item("AG43", Stage.AWARD, _SERIOUS, 5, 6, _PROFILE,
         _("不移交、毁损或者伪造档案"),
         f"{_N1117} 第16项; {_NB} 第21条第5项; {_PY} 第25条"),
    Item("AG44", Stage.THROUGHOUT, _SERIOUS, 6, 6, _PROFILE,
         _("向监督检查提供虚假情况或者阻碍检查"),
         f"{_PY} 第25条第4项; {_NB} 第21条第4项"),
    Item("AG45", Stage.THROUGHOUT, _SERIOUS, 6, 6, _PROFILE,
         _("不执行监督指令或者逾期不改正"),
         f"{_O20} 第52条"),
    Item("AG46", Stage.THROUGHOUT, _MODERATE, 4, 6, _PROFILE,
         _("无正当理由终止招标，或者终止后不公告、不退款"),
         f"{_REG} 第31条; {_O87} 第78条第6项"),
)
# fmt: on

CATALOGUES: tuple[Catalogue, ...] = (Catalogue(date(2024, 1, 1), _ITEMS),)


def catalogue_on(day: date) -> tuple[Item, ...]:
    """The items in force on this legal day, in the order of their codes; none before the first."""
    known = [each for each in CATALOGUES if each.in_force_from <= day]
    return max(known, key=lambda each: each.in_force_from).items if known else ()


def item_of(code: str, day: date) -> Item | None:
    """The item with this code as it stood on this legal day."""
    return next((item for item in catalogue_on(day) if item.code == code), None)


def item_problems(code: str, day: date) -> list[Problem]:
    """Why this cannot be the item of something that happened on this day."""
    if item_of(code, day) is not None:
        return []
    return [
        Problem(
            "finding.no_such_item",
            "%(day)s 施行的负面清单中没有编号为“%(value)s”的行为。",
            "",
            "item",
            {"day": day.isoformat(), "value": code[:40]},
        )
    ]
