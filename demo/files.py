"""Files that agencies of the city publish: believable, small, made of the plan and nothing else."""

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from demo.play import Plan

_FONT = "STSong-Light"
_LEFT, _TOP, _LINE = 72, 770, 22
_CHAPTERS = (
    "第一章　招标公告",
    "第二章　投标人须知",
    "第三章　评标办法",
    "第四章　合同条款及格式",
    "第五章　技术标准和要求",
    "第六章　投标文件格式",
)
_ITEMS = (
    ("1", "准备与临时设施", "项", "1"),
    ("2", "主体工作", "项", "1"),
    ("3", "检测与调试", "次", "4"),
    ("4", "资料与移交", "套", "3"),
)


def tender_files(plan: Plan) -> Sequence[tuple[str, bytes]]:
    """Name and content of what is published with the notice."""
    lines = [f"项目名称：{plan.name}", f"招标范围：{plan.scope}", "", *_CHAPTERS]
    rows = "\n".join(",".join(row) for row in (("序号", "名称", "单位", "数量"), *_ITEMS))
    return (
        ("招标文件.pdf", _pdf("招标文件", lines)),
        ("工程量清单.csv", f"\ufeff{plan.name}\n{rows}\n".encode()),
    )


def amendment_file(plan: Plan) -> tuple[str, bytes]:
    """Name and content of what comes with the amendment."""
    lines = [f"项目名称：{plan.name}", "", "图-01　总平面图", "图-02　纵断面图", "图-03　节点详图"]
    return "补充图纸目录.pdf", _pdf("补充图纸目录", lines)


def _pdf(title: str, lines: Sequence[str]) -> bytes:
    """One page; the same plan gives the same bytes."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    canvas.setFont(_FONT, 22)
    canvas.drawString(_LEFT, _TOP, title)
    canvas.setFont(_FONT, 12)
    for place, line in enumerate(lines, 2):
        canvas.drawString(_LEFT, _TOP - place * _LINE, line)
    canvas.save()
    return buffer.getvalue()
