"""The tenders of the city: what each is about and how far it is played.

Together they stand in every state that a lot, a draw, a call, a meeting, a score sheet, a bid and
a guarantee can be in; tests/demo asks the tables whether that is still so. Where a road stops, the
accounts that are printed at start-up can go on by hand.
"""

from collections.abc import Callable
from functools import partial

from demo import asking, committee, ending, guarantees, trade
from demo.people import BRIDGES
from demo.play import Plan, Step
from trading.states import Category, Regime

_C, _G = Regime.CONSTRUCTION, Regime.GOVPROC
_WORKS, _GOODS, _SERVICES = Category.WORKS, Category.GOODS, Category.SERVICES
_ROADS, _HOUSES, _WATER = "市政公用工程", "房屋建筑工程", "水利工程"
_MEDICINE, _COMPUTING, _NATURE, _SCHOOLS = "医疗设备", "信息技术", "环境工程", "教育装备"

_ANNOUNCED = (trade.register, asking.attach, trade.publish)
_ASKED = (*_ANNOUNCED, asking.ask, asking.answer_questions)
_AMENDED = (*_ASKED, asking.amend)
_SEALED = (*_ANNOUNCED, trade.bid)
_CLOSED = (*_SEALED, trade.close)
_OPENED = (*_CLOSED, trade.release, trade.end_window, trade.unseal)
_CONFIRMED = (*_OPENED, trade.confirm)
_DRAWN = (*_CONFIRMED, committee.open_draw, committee.commit_nonces, committee.reveal_nonces)
_CONVENED = (*_DRAWN, committee.accept_calls, committee.convene)
_ELECTING = (*_CONVENED, committee.sign_commitments)
_SCORING = (*_ELECTING, committee.elect_chair)
_SCORED = (*_SCORING, committee.score)
_REVEALED = (*_SCORED, committee.reveal_sheets)
_LOCKED = (*_REVEALED, committee.change_a_mark, committee.lock_sheets)
_RANKED = (*_LOCKED, committee.rank)
_SIGNED = (*_RANKED, committee.begin_report, committee.sign_report)
_AWARDED = (*_SIGNED, ending.publish_candidates, ending.award)

_BACKED = (
    *_AMENDED,
    asking.object_to_documents,
    guarantees.order_all,
    guarantees.issue_all,
    trade.bid,
)


def _for(step: Callable[..., bool], bidder: str) -> Step:
    return partial(step, bidder=bidder)


PLANS = (
    Plan("bridge", "临江大桥维修加固工程", "桥面铺装、伸缩缝更换与结构加固。", _C, _WORKS,
         "agency", "buyer", 1100, 7, _AMENDED, speciality=BRIDGES, guarantee=True),
    Plan("archived-works", "滨河路雨污分流改造工程", "新建雨水管 3.2 公里、污水管 2.7 公里及路面恢复。",
         _C, _WORKS, "agency", "buyer", 2680, 62, (*_BACKED, trade.replace_and_withdraw,
         *_AWARDED[len(_SEALED):], ending.archive),
         ("bidder1", "bidder2", "bidder4", "bidder5", "bidder8"), BRIDGES, guarantee=True),
    Plan("archived-goods", "市属中学理化生实验室设备采购", "12 所中学实验台、仪器与通风系统。",
         _G, _GOODS, "agency2", "buyer2", 860, 58, (*_SIGNED, ending.award, ending.archive),
         ("bidder13", "bidder12", "bidder14", "bidder11"), _SCHOOLS),
    Plan("candidates", "青浦大道跨河桥新建工程", "主桥 3 跨连续梁，全长 186 米。", _C, _WORKS,
         "agency", "buyer", 7600, 33, (*_SIGNED, ending.publish_candidates,
         asking.object_to_result, ending.end_publicity), ("bidder3", "bidder4", "bidder5", "bidder10"), BRIDGES),
    Plan("reported", "房屋交易管理平台升级项目", "网签、备案与资金监管模块升级，三年运维。",
         _G, _SERVICES, "agency", "buyer", 620, 31, _SIGNED,
         ("bidder14", "bidder15", "bidder16"), _COMPUTING),
    Plan("silence", "市第一人民医院磁共振设备采购", "3.0T 磁共振成像系统一套及机房改造。",
         _G, _GOODS, "agency3", "buyer3", 980, 44, (*_SIGNED, ending.award_by_silence),
         ("bidder11", "bidder12", "bidder13"), _MEDICINE),
    Plan("signing", "石桥立交匝道抗震加固工程", "6 条匝道支座更换与墩柱加固。", _C, _WORKS,
         "agency", "buyer", 1850, 30, (*_RANKED, committee.begin_report,
         partial(committee.sign_report, least=2)),
         ("bidder2", "bidder5", "bidder10", "bidder8"), BRIDGES),
    Plan("scoring", "人行天桥加装电梯工程", "5 座人行天桥加装无障碍电梯。", _C, _WORKS,
         "agency", "buyer", 930, 28, (*_SCORING, partial(committee.score, least=3)),
         ("bidder1", "bidder3", "bidder6", "bidder9"), BRIDGES),
    Plan("near", "江滨公园景观步道工程", "步道 4.6 公里、护栏与夜景照明。", _C, _WORKS,
         "agency", "buyer", 1260, 25, (*_AMENDED, _for(guarantees.order_one, "bidder4"),
         _for(guarantees.order_one, "bidder2"), _for(guarantees.issue_one, "bidder4"),
         _for(trade.bid_one, "bidder4"), trade.near_deadline),
         ("bidder2", "bidder4"), BRIDGES, guarantee=True),
    Plan("orders", "东城污水处理厂提标改造工程", "生化池改造与深度处理单元新建。", _C, _WORKS,
         "agency4", "buyer6", 5400, 20, (*_ANNOUNCED, guarantees.order_all,
         _for(guarantees.approve_one, "bidder8"), _for(guarantees.refuse_one, "bidder6")),
         ("bidder4", "bidder6", "bidder8"), _NATURE, guarantee=True),
    Plan("window", "南岸防洪堤加固工程", "堤身加高培厚 2.1 公里，护坡与闸口改造。", _C, _WORKS,
         "agency", "buyer4", 3300, 26, (*_CLOSED, trade.release),
         ("bidder1", "bidder7", "bidder9", "bidder3"), _WATER, window_minutes=240,
         silent=("bidder1", "bidder3")),
    Plan("window-goods", "社区卫生服务中心彩超采购", "彩色多普勒超声诊断系统 9 台。", _G, _GOODS,
         "agency2", "buyer3", 450, 26, _CLOSED,
         ("bidder11", "bidder12", "bidder13"), _MEDICINE, window_minutes=240),
    Plan("correcting", "城北水厂取水泵站改造工程", "取水头部与泵组更新，自控系统改造。", _C, _WORKS,
         "agency5", "buyer4", 1480, 26, (*_CLOSED, trade.release, trade.end_window, trade.correct),
         ("bidder2", "bidder7", "bidder10", "bidder3"), _WATER, correction_minutes=60,
         wrong=("bidder3",)),
    Plan("opened", "中心小学教学综合楼工程", "框架五层，建筑面积 9,800 平方米。", _C, _WORKS,
         "agency", "buyer2", 4200, 27, (*_ANNOUNCED, guarantees.order_all,
         _for(guarantees.approve_one, "bidder9"), _for(guarantees.issue_one, "bidder1"),
         _for(guarantees.issue_one, "bidder4"), trade.bid, trade.close,
         _for(guarantees.issue_one, "bidder9"), trade.release, trade.end_window, trade.unseal),
         ("bidder1", "bidder4", "bidder9"), _HOUSES, guarantee=True),
    Plan("opened-services", "政务数据安全监测服务", "全天候监测、应急处置与年度演练。", _G, _SERVICES,
         "agency6", "buyer7", 380, 27, _OPENED, ("bidder14", "bidder16", "bidder15"), _COMPUTING),
    Plan("confirmed", "老旧小区外墙修缮工程", "14 个小区外墙修缮与防水翻新。", _C, _WORKS,
         "agency", "buyer", 2100, 28, _CONFIRMED,
         ("bidder6", "bidder9", "bidder3", "bidder1"), BRIDGES, silent=("bidder9",)),
    Plan("committing", "河道生态修复工程", "清淤 6.3 万方，岸线修复 5 公里。", _C, _WORKS,
         "agency", "buyer", 1750, 28, (*_CONFIRMED, committee.open_draw),
         ("bidder7", "bidder17", "bidder18", "bidder2"), BRIDGES),
    Plan("revealing", "智慧停车管理系统采购", "路侧泊位 3,000 个检测设备与平台。", _G, _GOODS,
         "agency7", "buyer8", 720, 28, (*_CONFIRMED, committee.open_draw, committee.commit_nonces),
         ("bidder14", "bidder15", "bidder16"), _COMPUTING),
    Plan("stalled", "垃圾中转站设备更新项目", "压缩设备 6 套及除臭系统。", _G, _GOODS,
         "agency8", "buyer8", 540, 28, (*_CONFIRMED, committee.stall_draw),
         ("bidder17", "bidder18", "bidder13"), _NATURE),
    Plan("called", "跨江管廊检修通道工程", "检修通道 1.4 公里与监测系统。", _C, _WORKS,
         "agency", "buyer5", 1620, 29, (*_DRAWN,
         partial(committee.accept_calls, but=("expert", "expert2"))),
         ("bidder4", "bidder5", "bidder8"), BRIDGES),
    Plan("convened", "环卫作业服务采购", "主城区道路清扫保洁，服务期两年。", _G, _SERVICES,
         "agency9", "buyer8", 960, 29, (*_CONVENED, partial(committee.sign_commitments, least=3)),
         ("bidder19", "bidder20", "bidder17"), _NATURE),
    Plan("electing", "职教中心实训楼装修工程", "实训楼 6,200 平方米室内装修。", _C, _WORKS,
         "agency10", "buyer2", 880, 29, (*_ELECTING, partial(committee.elect_chair, least=2)),
         ("bidder6", "bidder9", "bidder4"), _HOUSES),
    Plan("revealed", "公交枢纽站场提升工程", "站台雨棚、候车设施与智能调度。", _C, _WORKS,
         "agency2", "buyer5", 1340, 30, _REVEALED,
         ("bidder5", "bidder8", "bidder10"), _ROADS),
    Plan("locked", "城市防汛物资采购", "移动泵车、防汛挡板与应急照明。", _G, _GOODS,
         "agency3", "buyer4", 690, 30, _LOCKED, ("bidder17", "bidder18", "bidder7"), _WATER),
    Plan("ranked", "农村公路安防工程", "护栏、标志标线与弯道改造，共 72 公里。", _C, _WORKS,
         "agency4", "buyer5", 1580, 30, _RANKED,
         ("bidder5", "bidder8", "bidder1", "bidder2"), _ROADS),
    Plan("rejected", "校园安防监控采购", "46 所学校监控设备与接入平台。", _G, _GOODS,
         "agency5", "buyer2", 580, 30, _RANKED,
         ("bidder14", "bidder15", "bidder16"), _COMPUTING, is_rejected=True),
    Plan("few", "污泥处置服务采购", "年处置含水率 80% 污泥 2.4 万吨。", _G, _SERVICES,
         "agency6", "buyer6", 830, 27, _CLOSED, ("bidder17", "bidder18"), _NATURE),
    Plan("few-archived", "古井巷历史建筑修缮工程", "木结构修缮与消防改造。", _C, _WORKS,
         "agency7", "buyer", 410, 40, (*_CLOSED, ending.archive), ("bidder6",), _HOUSES),
    Plan("suspended", "北区供水管网改造工程", "DN300 以上管道更换 8.8 公里。", _C, _WORKS,
         "agency8", "buyer4", 2900, 18, (*_ANNOUNCED, ending.suspend), (), _WATER),
    Plan("suspended-scoring", "市政路灯节能改造项目", "更换 LED 灯具 5,600 套。", _C, _WORKS,
         "agency9", "buyer8", 1120, 30, (*_SCORING, partial(committee.score, least=2),
         ending.suspend), ("bidder2", "bidder8", "bidder5"), _ROADS),
    Plan("resumed", "物业管理服务采购（市民中心）", "保洁、秩序维护、设备运行与会议服务。", _G, _SERVICES,
         "agency10", "buyer7", 560, 15, (*_ANNOUNCED, ending.suspend, ending.resume), (), _NATURE),
    Plan("terminated", "会展中心连廊工程", "钢结构连廊两座。", _C, _WORKS,
         "agency11", "buyer", 760, 19, (*_ANNOUNCED, trade.terminate), (), _HOUSES),
    Plan("new-goods", "市属医院信息系统国产化改造", "门诊、住院与检验系统迁移及配套设备。", _G, _GOODS,
         "agency", "buyer3", 990, 5, (*_ANNOUNCED, asking.ask), (), _COMPUTING),
    Plan("draft", "滨江新城综合管廊工程", "干线管廊 2.3 公里，分两个标段。", _C, _WORKS,
         "agency", "buyer", 9800, 1, (trade.register,), (), BRIDGES, lots=2),
    Plan("draft-services", "智慧城管平台运维服务", "平台运维与数据治理，服务期一年。", _G, _SERVICES,
         "agency2", "buyer8", 260, 1, (trade.register,), (), _COMPUTING),
)  # fmt: skip
FIRST = PLANS[0]
"""There as soon as the site is; the rest follows."""


def show(number: int) -> Plan:
    """A whole way from the notice to the archive, to be watched while it is played."""
    return Plan(f"show-{number}", f"滨河慢行系统提升工程（现场演练 {number}）", "慢行道 3.6 公里及驿站两座。",
                _C, _WORKS, "agency", "buyer", 1500, 40,
                (*_AWARDED, ending.archive), ("bidder2", "bidder5", "bidder8", "bidder10"),
                BRIDGES)  # fmt: skip
