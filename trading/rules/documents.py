"""Bidding documents and their amendments: what may be attached, and when the deadline must move.

An amendment that may affect how bids are made leaves at least fifteen days to the deadline, or
moves it. Files and text are the agency's; nothing that was published is ever taken back.
Source: 招标投标法 第23条; 招标投标法实施条例 第21条; 财政部令第87号 第27条.
"""

from datetime import datetime

from kernel.errors import Problem
from kernel.periods import earliest_after, legal_date
from trading.rules.limits import Limits, limits_for
from trading.states import LotState, Regime

FILE_LIMIT = 200 << 20
"""Bytes of one file."""
FILES_LIMIT = 60
"""Files of one tender, amendments included."""
KINDS = frozenset({"pdf", "docx", "xlsx", "zip", "xml", "dwg", "txt", "csv"})


def file_problems(name: str, known: int) -> list[Problem]:
    """Why a file may not be added to a tender that has `known` files."""
    problems = []
    if name.rpartition(".")[2].lower() not in KINDS or "." not in name:
        allowed = "、".join(sorted(KINDS))
        message = "招标文件只接受以下类型：%(allowed)s。"
        problems.append(Problem("document.kind", message, "", "file", {"allowed": allowed}))
    if known >= FILES_LIMIT:
        message = "一个项目最多 %(limit)s 个文件。"
        problems.append(Problem("document.too_many", message, "", "file", {"limit": FILES_LIMIT}))
    return problems


def earliest_after_amendment(regime: Regime, now: datetime) -> datetime:
    """The first lawful deadline after an amendment that affects bids: itself is in time."""
    return earliest_after(now, limits_for(regime, legal_date(now)).amendment_to_deadline)


def amendment_problems(
    regime: Regime, deadline: datetime, moved: datetime, now: datetime, *, affects_bids: bool
) -> list[Problem]:
    """Why an amendment may not be published now with this deadline; it is never moved forward."""
    limits = limits_for(regime, legal_date(now))
    if now >= deadline:
        message = "投标截止后不能再澄清或修改招标文件。"
        return [Problem("amendment.too_late", message, limits.amendment_source, "deadline")]
    if moved < deadline:
        message = "澄清或修改不能提前投标截止时间，原为 %(deadline)s。"
        values = {"deadline": deadline}
        return [Problem("amendment.earlier", message, limits.amendment_source, "deadline", values)]
    return _notice_problems(limits, regime, moved, now) if affects_bids else []


def state_problems(states: list[LotState], source: str) -> list[Problem]:
    """Documents are amended while every lot still receives bids."""
    if all(state is LotState.ANNOUNCED for state in states):
        return []
    return [Problem("amendment.not_receiving", "只有接收投标文件期间可以澄清或修改。", source)]


def _notice_problems(
    limits: Limits, regime: Regime, moved: datetime, now: datetime
) -> list[Problem]:
    earliest = earliest_after_amendment(regime, now)
    if moved >= earliest:
        return []
    message = "内容可能影响投标文件编制的，投标截止时间最早为 %(earliest)s（%(period)s）。"
    values = {"earliest": earliest, "period": str(limits.amendment_to_deadline)}
    source = limits.amendment_source
    return [Problem("amendment.deadline_too_early", message, source, "deadline", values)]
