"""What notices and bids of the city say: believable text, made of the plan and nothing else."""

from pathlib import Path
from random import Random

from demo.play import Plan
from trading.rules.limits import PROFILES
from trading.states import Category

LOT_NAMES = ("第一标段", "第二标段")
_QUALIFICATION = {
    Category.WORKS: "具有与本项目相应的施工总承包资质和有效的安全生产许可证；不接受联合体。",
    Category.GOODS: "具有独立承担民事责任的能力，依法缴纳税收和社会保险；不接受联合体。",
    Category.SERVICES: "具有独立承担民事责任的能力和履行合同所必需的专业人员；不接受联合体。",
}
_SAID = {
    Category.WORKS: (
        "分区流水作业，关键线路留有十二天总时差，雨期施工另编专项方案。",
        "项目经理持一级建造师证书，近三年完成同类工程两项，全部验收合格。",
        "材料进场逐批见证取样，不合格的当日退场，影像留存至竣工。",
        "占道施工分三期围挡，早晚高峰不封闭车道，公交站点就近迁设。",
        "夜间施工设隔声屏障，扬尘在线监测数据接入主管部门平台。",
        "专职安全员每日巡查，危大工程由专家论证后实施。",
        "工程款专户管理，农民工工资按月由银行代发。",
        "竣工后两年内每季度回访一次，缺陷三日内到场处理。",
    ),
    Category.GOODS: (
        "设备整机质保三年，核心部件质保五年，备件库设在本市。",
        "到货后七日内完成安装和调试，出具第三方检测报告。",
        "操作培训分两批进行，每批不少于十六学时并考核。",
        "故障电话即时响应，工程师四小时内到场，必要时提供备用机。",
        "全部接口遵循现行国家标准，数据可以完整导出。",
        "包装采用可回收材料，旧设备由我方负责清运。",
        "能效等级不低于二级，年耗电量在技术偏离表中逐项列出。",
    ),
    Category.SERVICES: (
        "驻场人员实行轮班值守，法定节假日不减员。",
        "一般故障两小时内响应，重大故障半小时内启动预案。",
        "每月提交服务报告，列出指标完成情况和改进措施。",
        "服务人员全部持证上岗，背景审查记录可供查验。",
        "每半年组织一次应急演练，结果向采购单位书面报告。",
        "服务交接期为三十日，资料和账号清单逐项移交。",
        "满意度低于百分之九十的月份，按合同约定扣减服务费。",
    ),
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


def bid_files(plan: Plan, rng: Random, folder: Path) -> dict[str, Path]:
    """The files of a bid, written into this folder: name → place. `rng` chooses what is said."""
    said = rng.sample(_SAID[plan.category], k=4)
    texts = {
        # Read by those who score it: a careful bidder writes no name into either.
        "一、技术文件.txt": "\n".join([plan.name, *said, ""]),
        "二、商务文件.txt": f"投标函\n我方承诺在投标有效期内不撤销投标文件。\n项目：{plan.name}\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: folder / name for name in texts}
