"""Drawing again for seats that nobody is left to fill: the supplementary draw (补充抽取).

When everybody on the frozen list who fits a seat was called and does not come, the seat is vacant.
It is drawn for in further rounds of the same draw, with fresh commitments and a list frozen anew,
from which everybody called before is left out; nobody chooses who comes.
Source: 招标投标法实施条例 第46条; 财政部令第87号 第48、49条.
"""

from collections.abc import Collection

from evaluation.states import CallState
from kernel.errors import Problem

_SOURCE = "招标投标法实施条例 第46条; 财政部令第87号 第49条"

# Of every call the seat, from 0, and what became of it.
Answers = Collection[tuple[int, CallState]]


def vacant_seats(total: int, answers: Answers) -> list[int]:
    """Which of the `total` seats nobody holds who accepted or may still answer; at first all."""
    held = {seat for seat, state in answers if state is not CallState.REFUSED}
    return [seat for seat in range(total) if seat not in held]


def supplement_problems(total: int, answers: Answers) -> list[Problem]:
    """Why vacant seats may not be drawn for now: there are none, or a call is still open.

    Who may still answer may still leave a seat vacant; all vacant seats are drawn for together.
    """
    if not vacant_seats(total, answers):
        return [Problem("draw.no_vacancy", "没有空缺的席位，不需要补充抽取。", _SOURCE, "seats")]
    if any(state is CallState.CALLED for _, state in answers):
        message = "还有专家没有答复；全部答复之后，或逾期通知下一位之后，才能补充抽取。"
        return [Problem("draw.still_answering", message, _SOURCE, "seats")]
    return []
