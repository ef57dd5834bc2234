"""What must be on file before a lot that has ended goes into the archive.

Failed and terminated lots are archived too: one lot, one file.
Source: 电子招标投标办法 第40条; 财政部令第87号 第69条; 政府采购法 第42条.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from kernel.errors import Problem
from trading.rules.limits import Limits
from trading.states import LotState

_SOURCE = "电子招标投标办法 第40条"


class Paper(StrEnum):
    """One thing on file of a lot."""

    NOTICE = "notice"
    SEALED_SET = "sealed_set"
    OPENING_TABLE = "opening_table"
    REPORT = "report"
    CANDIDATES = "candidates"
    AWARD = "award"
    TERMINATION = "termination"


def needed_papers(ended_as: LotState, limits: Limits) -> tuple[Paper, ...]:
    """What the file of a lot that ended like this must hold, in the order of the procedure."""
    if ended_as is LotState.TERMINATED:
        return (Paper.TERMINATION,)
    if ended_as is LotState.FAILED:
        return (Paper.NOTICE, Paper.SEALED_SET)
    publicity = (Paper.CANDIDATES,) if limits.candidate_publicity else ()
    first = (Paper.NOTICE, Paper.SEALED_SET, Paper.OPENING_TABLE, Paper.REPORT)
    return (*first, *publicity, Paper.AWARD)


def archive_problems(ended_as: LotState, filed: Collection[Paper], limits: Limits) -> list[Problem]:
    """What is missing on file."""
    return [
        Problem("archive.missing", "归档材料缺少“%(field)s”。", _SOURCE, paper.value)
        for paper in needed_papers(ended_as, limits)
        if paper not in filed
    ]


def result_problems(limits: Limits, result_until: datetime | None, now: datetime) -> list[Problem]:
    """Why it is too early: the result notice is still to be shown. Its end itself is in time.

    Source: 财政部令第87号 第69条.
    """
    if result_until is None or now >= result_until:
        return []
    values = {"until": result_until}
    return [
        Problem(
            "archive.result_still_shown",
            "中标结果公告期至 %(until)s 届满，在此之前不能归档。",
            limits.result_source,
            values=values,
        )
    ]
