"""What notices and bids of the city say: believable text, made of the plan and nothing else."""

from pathlib import Path

from demo.play import Plan
from trading.rules.limits import PROFILES
from trading.states import Category

LOT_NAMES = ("第一标段", "第二标段")
_QUALIFICATION = {
    Category.WORKS: "具有与本项目相应的施工总承包资质和有效的安全生产许可证；不接受联合体。",
    Category.GOODS: "具有独立承担民事责任的能力，依法缴纳税收和社会保险；不接受联合体。",
    Category.SERVICES: "具有独立承担民事责任的能力和履行合同所必需的专业人员；不接受联合体。",
}
_FUNDS = "市级财政资金，已落实。"


def notice(plan: Plan) -> dict[str, str]:
    """The notice of a plan, with exactly the fields that its regime asks for."""
    said = {
        "content": f"{plan.name}：{plan.scope}",
        "scope": plan.scope,
        "funds": _FUNDS,
        "budget": f"{plan.estimate} 万元，{_FUNDS}",
        "qualification": _QUALIFICATION[plan.category],
        "document_access": "自公告发布之日起在本平台免费下载，无需报名。",
        "notice_period": "自公告发布之日起 5 个工作日。",
        "submission": "通过本平台递交加密投标文件，截止即停止接收。",
        "contacts": "采购单位与代理机构联系方式见招标文件首页。",
        "objection_contact": "通过本平台在线提出异议。",
    }
    wanted = next(each for each in PROFILES if each.regime is plan.regime).notice_fields
    return {name: said[name] for name in wanted}


def bid_files(plan: Plan, bidder: str, folder: Path) -> dict[str, Path]:
    """The files of a bid, written into this folder: name → place."""
    texts = {"技术文件.txt": _technical(plan), "商务文件.txt": _commercial(plan, bidder)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: folder / name for name in texts}


def _technical(plan: Plan) -> str:
    plain = {
        Category.WORKS: "施工组织设计：分区流水作业，关键线路留有总时差，雨期施工另编专项方案。",
        Category.GOODS: "供货方案：设备整机质保三年，到货后七日内完成安装、调试和操作培训。",
        Category.SERVICES: "服务方案：驻场人员实行轮班值守，故障两小时内响应，按月提交服务报告。",
    }[plan.category]
    return f"{plan.name}\n{plain}\n质量管理：实行三级检查，留存影像和记录。\n"


def _commercial(plan: Plan, bidder: str) -> str:
    return f"投标函\n致：{plan.name}采购单位\n{bidder}承诺在投标有效期内不撤销投标文件。\n"
