"""What the evaluation report says, page by page, out of the stored evaluation and nothing else.

Source: 评标委员会和评标方法暂行规定 第42条 (contents); 财政部令第87号 第58条.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from evidence.actions.papers import Grid, Heading, NewPage, Passage, Piece
from kernel.money import grouped_yuan
from kernel.periods import SHANGHAI

Json = dict[str, Any]
MOST_CANDIDATES = 3
FEW_BIDS = 3
"""Fewer valid bids need a reasoning on competition (评标委员会和评标方法暂行规定 第27条)."""


@dataclass(frozen=True)
class Basics:
    """What stands on the first page; `experts`: (expert code, name, employer, city) by seat."""

    tender_name: str
    lot_name: str
    regime: str
    procuring_entity: str
    agency: str
    ceiling_fen: int
    opened_at: datetime
    ranked_at: datetime
    experts: Sequence[tuple[str, str, str, str]]
    opening: Sequence[tuple[str, int | None, int | None, str]]


def report_pages(basics: Basics, evaluation: Json, sha256: str) -> list[Piece]:
    """The whole report; `evaluation` is the attached evaluation.json, `sha256` its digest."""
    return [
        Heading("评标报告", 1),
        *_basics(basics, evaluation, sha256),
        *_opening(basics),
        *_review(evaluation),
        *_scores(evaluation),
        *_prices(evaluation),
        *_ranking(evaluation),
        *_sheets(basics, evaluation),
        *_signing(basics),
    ]


def _basics(basics: Basics, evaluation: Json, sha256: str) -> list[Piece]:
    rows = [
        ["项目名称", basics.tender_name],
        ["标段", f"{basics.lot_name}（{evaluation['lot']}）"],
        ["制度", basics.regime],
        ["招标人（采购人）", basics.procuring_entity],
        ["招标代理机构", basics.agency],
        ["最高投标限价（元）", grouped_yuan(basics.ceiling_fen)],
        ["开标时间", _moment(basics.opened_at)],
        ["排序时间", _moment(basics.ranked_at)],
        ["附件 evaluation.json 的 SHA-256", sha256],
    ]
    chair = evaluation["chair"]
    people = [
        [str(seat), f"{name}（主任）" if code == chair else name, employer, city]
        for seat, (code, name, employer, city) in enumerate(basics.experts, 1)
    ]
    return [
        Heading("一、基本情况"),
        Grid(["项目", "内容"], rows, [3, 7]),
        Grid(["席位", "姓名", "工作单位", "所在地"], people, [1, 3, 5, 2], "评标委员会成员名单"),
    ]


def _opening(basics: Basics) -> list[Piece]:
    rows = [
        [name, "—" if price is None else grouped_yuan(price), _days(days), outcome]
        for name, price, days, outcome in basics.opening
    ]
    return [
        Heading("二、开标记录"),
        Grid(["投标人", "报价（元）", "工期（天）", "开启结果"], rows, [5, 3, 2, 3], figures=[1]),
    ]


def _review(evaluation: Json) -> list[Piece]:
    names, items = _names(evaluation), _item_names(evaluation)
    votes = [
        [
            names[vote["bid"]],
            items[vote["item"]],
            f"{vote['votes'] - vote['against']} / {vote['votes']}",
            "不通过" if vote["rejects"] else "通过",
            "；".join(vote["grounds"]) or "—",
        ]
        for vote in evaluation["result"]["votes"]
    ]
    rejected = [[names[row["bid"]], row["why"]] for row in evaluation["result"]["rejected"]]
    pieces: list[Piece] = [Heading("三、初步评审")]
    if votes:
        head = ["投标人", "评审项", "同意票数", "结论", "理由"]
        pieces.append(Grid(head, votes, [4, 4, 2, 2, 4]))
    if rejected:
        pieces.append(Grid(["被否决的投标人", "否决理由"], rejected, [3, 6], "否决投标情况"))
    else:
        pieces.append(Passage("没有被否决的投标。"))
    is_few = len(evaluation["result"]["ranking"]) < FEW_BIDS
    if is_few and evaluation["reasoning"]:
        pieces.append(Passage(f"有效投标不足三个时的竞争性论证：{evaluation['reasoning']}"))
    return pieces


def _scores(evaluation: Json) -> list[Piece]:
    names = _names(evaluation)
    seats = [f"专家{seat}" for seat in range(1, len(evaluation["committee"]) + 1)]
    rows = [[names[row["bid"]], *row["totals"]] for row in evaluation["result"]["expert_totals"]]
    rule = {"mean": "各专家总分的算术平均", "trimmed": "五人以上去掉一个最高、一个最低后的平均"}
    return [
        Heading("四、详细评审"),
        Passage(f"技术部分汇总方法：{rule[evaluation['method']['aggregation']]}。"),
        Grid(
            ["投标人", *seats],
            rows,
            [4, *[2 for _ in seats]],
            "各专家评分合计（按席位）",
            list(range(1, len(seats) + 1)),
        ),
    ]


def _prices(evaluation: Json) -> list[Piece]:
    benchmark = evaluation["result"]["benchmark"]
    stated = "无（没有有效报价）" if benchmark is None else f"{benchmark} 元"
    return [
        Heading("五、价格评审"),
        Passage(f"评标基准价：{stated}。计算规则见附件 evaluation.json 的 method.price_rule，"),
        Passage("任何人可用 flask evaluation price-score 复算。"),
    ]


def _ranking(evaluation: Json) -> list[Piece]:
    names = _names(evaluation)
    rows = [
        [
            str(line["rank"]) + ("（并列）" if line["tied"] else ""),
            names[line["bid"]],
            f"{Decimal(line['price']):,}",
            line["technical"],
            line["price_score"],
            line["total"],
        ]
        for line in evaluation["result"]["ranking"]
    ]
    candidates = [row[1] for row in rows[:MOST_CANDIDATES]]
    head = ["名次", "投标人", "报价（元）", "技术分", "价格分", "总分"]
    return [
        Heading("六、排序与推荐"),
        Grid(head, rows, [2, 5, 3, 2, 2, 2], figures=[2, 3, 4, 5]),
        Passage("推荐的中标候选人（依次）：" + "、".join(candidates) + "。"),
        Passage("评标过程中没有发出澄清。"),
    ]


def _sheets(basics: Basics, evaluation: Json) -> list[Piece]:
    """Every expert's own marks, as committed: the totals above are made of these."""
    names, people = _names(evaluation), {row[0]: row[1] for row in basics.experts}
    scored = [item for item in evaluation["method"]["items"] if item["kind"] == "scored"]
    head = ["投标人", *[f"{item['name']}（{item['max']}）" for item in scored]]
    figures = list(range(1, len(head)))
    pieces: list[Piece] = [Heading("附件　评标专家个人评分表")]
    for sheet in evaluation["sheets"]:
        marks = sheet["sheet"]["marks"]
        rows = [[names[bid], *[marks[bid][i["code"]] for i in scored]] for bid in sorted(marks)]
        caption = f"{people[sheet['expert']]}（第 {sheet['version']} 版）"
        pieces.append(Grid(head, rows, [4, *[2 for _ in scored]], caption, figures))
    return pieces


def _signing(basics: Basics) -> list[Piece]:
    people = "、".join(f"{seat} {row[1]}" for seat, row in enumerate(basics.experts, 1))
    return [
        NewPage(),
        Heading("七、签名"),
        Passage(f"评标委员会成员按席位在下列位置签名（自左至右、自上而下）：{people}。"),
        Passage(
            "平台先签发本报告，各成员签名后由平台用印，并加盖归档时间戳；此后的任何改动都可发现。"
        ),
    ]


def _names(evaluation: Json) -> dict[str, str]:
    return {bid["bid"]: str(bid["name"]) for bid in evaluation["bids"]}


def _item_names(evaluation: Json) -> dict[str, str]:
    return {item["code"]: str(item["name"]) for item in evaluation["method"]["items"]}


def _days(days: int | None) -> str:
    return "—" if days is None else str(days)


def _moment(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%Y年%m月%d日 %H:%M:%S")
