"""Who lives in the made-up city and its three neighbours: bodies and people as plain tables.

No name is a real one. The places 临江, 江北, 青浦 and 石桥 of 江东省 exist only here. The accounts
that programs sign in with (one per role) stand in people.py; these come on top of them.
"""

from dataclasses import dataclass

from identity.states import OrganisationKind as Kind
from identity.states import Role

FIRST_EMPLOYER = 101
"""Number of the first made-up employer of an expert, away from those of everybody else."""


@dataclass(frozen=True)
class Resident:
    """One account with its organisation; `number` makes the organisation's credit code."""

    username: str
    number: int
    organisation: str
    kind: Kind
    person: str
    role: Role


def _residents(
    word: str, first: int, number: int, kind: Kind, role: Role, rows: tuple[tuple[str, str], ...]
) -> tuple[Resident, ...]:
    return tuple(
        Resident(f"{word}{first + place}", number + place, organisation, kind, person, role)
        for place, (organisation, person) in enumerate(rows)
    )


AGENCIES = _residents(
    "agency", 2, 22, Kind.AGENCY, Role.AGENT,
    (
        ("临江公允工程咨询有限公司", "田蕾"), ("江北方正招标代理有限公司", "傅岩"),
        ("青浦衡准项目管理有限公司", "孟洁"), ("石桥明理工程咨询有限公司", "康宁"),
        ("临江众采采购代理有限公司", "史可"), ("江东建协工程管理有限公司", "龚杰"),
        ("临江秉正招标有限公司", "邵琳"), ("青浦远图招标代理有限公司", "万里"),
        ("江北启程采购咨询有限公司", "钱宁"), ("石桥鼎立项目管理有限公司", "严峰"),
        ("临江捷速招标代理有限公司", "贾迅"),
    ),
)  # fmt: skip
RESTRICTED = AGENCIES[-1].username
"""The agency that an authority keeps from new business."""

ENTITIES = _residents(
    "buyer", 2, 42, Kind.PROCURING_ENTITY, Role.PROCURING_OFFICER,
    (
        ("临江市教育局", "秦悦"), ("临江市第一人民医院", "许安"), ("临江市水利局", "江源"),
        ("临江市交通运输局", "路平"), ("临江市生态环境局", "林清"),
        ("临江市大数据管理局", "程序"), ("临江市城市管理局", "常洁"),
    ),
)  # fmt: skip

BIDDERS = _residents(
    "bidder", 4, 54, Kind.BIDDER, Role.BIDDER,
    (
        ("江北恒筑建设集团有限公司", "韩松"), ("青浦路港工程有限公司", "唐风"),
        ("石桥宏基建筑有限公司", "石磊"), ("临江水工建设有限公司", "汪洋"),
        ("江东华拓市政工程有限公司", "罗城"), ("江北安居建筑工程有限公司", "余安"),
        ("青浦远桥建设有限公司", "乔木"), ("临江康泽医疗器械有限公司", "康健"),
        ("江北精诊医疗科技有限公司", "梁医"), ("青浦启明教育装备有限公司", "方圆"),
        ("石桥智联信息技术有限公司", "戴码"), ("临江云图软件有限公司", "云帆"),
        ("江东数安科技有限公司", "夏安"), ("临江绿源环境科技有限公司", "叶青"),
        ("江北净川环保工程有限公司", "白川"), ("临江安和物业服务有限公司", "和平"),
        ("青浦万家物业管理有限公司", "家乐"),
    ),
)  # fmt: skip

ISSUERS = _residents(
    "issuer", 2, 82, Kind.ISSUER, Role.ISSUER,
    (("江东农商银行股份有限公司", "任重"), ("江东信达融资担保有限公司", "袁满")),
)  # fmt: skip

OTHERS = (
    Resident("regulator2", 9, "", Kind.REGULATOR, "范明", Role.REGULATOR),
    Resident("regulator3", 93, "江东省公共资源监督办公室", Kind.REGULATOR, "高远", Role.REGULATOR),
    Resident("witness2", 94, "江北市公证处", Kind.WITNESS, "裴真", Role.WITNESS),
)  # fmt: skip

RESIDENTS = (*AGENCIES, *ENTITIES, *BIDDERS, *ISSUERS, *OTHERS)

# Of each discipline: who knows it and for whom they work. The first four live in 临江.
_DISCIPLINES = {
    "市政公用工程": ("曹原", "丁一", "杜川", "樊城", "冯桥", "甘霖", "葛亮"),
    "房屋建筑工程": ("郭屋", "何筑", "洪梁", "胡石", "华栋", "黄砖", "季木"),
    "水利工程": ("金波", "柯河", "孔渠", "赖湖", "黎泉", "李坝", "连江", "廖洋"),
    "医疗设备": ("林诊", "刘医", "卢康", "陆药", "吕安", "马宁", "毛健", "梅香"),
    "信息技术": ("莫码", "倪云", "欧阳数", "裴网", "彭算", "齐端", "乔库", "邱链"),
    "环境工程": ("任清", "沙洲", "尚林", "沈碧", "盛绿", "施净", "宋岭"),
    "教育装备": ("孙书", "谭墨", "陶然", "滕文", "田学", "童谣", "古月", "简文"),
}
_CITIES = ("临江", "临江", "临江", "临江", "江北", "江北", "青浦", "石桥")
_EMPLOYERS = (
    *("设计研究院", "检测中心", "职业学院", "咨询研究所"),
    *("大学", "技术推广站", "科学研究院", "标准化院"),
)


@dataclass(frozen=True)
class Specialist:
    """An expert of the pool; `number` makes the employer's credit code."""

    username: str
    number: int
    person: str
    employer: str
    city: str
    specialities: tuple[str, ...]


def _specialists() -> tuple[Specialist, ...]:
    rows = [
        (name, discipline, _CITIES[place], _EMPLOYERS[place])
        for discipline, names in _DISCIPLINES.items()
        for place, name in enumerate(names)
    ]
    return tuple(
        Specialist(
            f"expert{8 + place}",
            FIRST_EMPLOYER + 7 + place,
            name,
            f"{city}{discipline[:2]}{employer}",
            city,
            (discipline,),
        )
        for place, (name, discipline, city, employer) in enumerate(rows)
    )


SPECIALISTS = _specialists()
