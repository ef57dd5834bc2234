"""What a suspension stops: every clock of the lot. What is left of it runs on after resuming.

Source: 招标投标法实施条例 第62条; 政府采购法 第57条 (while a complaint is dealt with).
"""

from datetime import datetime, timedelta

from kernel.errors import Problem
from kernel.periods import end_of_working_day
from trading.states import LOT, LotEvent, LotState


def suspension_problems(state: LotState) -> list[Problem]:
    """Why a lot in this state cannot be suspended."""
    if LOT.allows(state, LotEvent.SUSPENDED):
        return []
    return [
        Problem(
            "lot.not_to_be_suspended",
            "该标段处于“%(state)s”状态，不能暂停。",
            "招标投标法实施条例 第62条",
            values={"state": state.value},
        )
    ]


def resumption_problems(state: LotState) -> list[Problem]:
    """Why a lot in this state cannot be resumed: only what is suspended can be."""
    if state is LotState.SUSPENDED:
        return []
    return [Problem("lot.not_suspended", "该标段没有暂停，无需恢复。", "招标投标法实施条例 第62条")]


def moved(moment: datetime | None, suspended_at: datetime, resumed_at: datetime) -> datetime | None:
    """A moment that had not come when the lot was suspended, moved by the time it stood still."""
    if moment is None or moment <= suspended_at:
        return moment
    return moment + max(resumed_at - suspended_at, timedelta(0))


def moved_end(
    moment: datetime | None, suspended_at: datetime, resumed_at: datetime
) -> datetime | None:
    """The end of a period of days, moved likewise and then to the end of a working day.

    What is counted in days is over with a day, and its last day is none off.
    """
    end = moved(moment, suspended_at, resumed_at)
    return end if end is None or end == moment else end_of_working_day(end)
