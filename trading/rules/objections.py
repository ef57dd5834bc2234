"""Enquiries and objections (异议、质疑): who may raise which, until when, and what waits for it.

All ends are exclusive. An objection to the opening is raised and answered on the spot: the record
is not confirmed before. One to the result stops the award until it is answered. Who asks or
objects before the opening is not named to anybody: it would tell who means to bid.
Source: 招标投标法实施条例 第22条、第44条、第54条; 政府采购法 第51条至第53条; 财政部令第87号 第42条.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.errors import Problem
from kernel.periods import Period, Unit, end_of_period
from trading.rules.limits import Limits
from trading.states import LotState, ObjectionKind, Regime

TEXT_LIMIT = 4000


@dataclass(frozen=True)
class ObjectionTimes:
    """What decides which objections are open: the state, and the moments that are known."""

    state: LotState
    deadline: datetime | None = None
    published_at: datetime | None = None
    publicity_until: datetime | None = None
    noticed_at: datetime | None = None


def open_objections(
    times: ObjectionTimes, limits: Limits, now: datetime
) -> Mapping[ObjectionKind, datetime | None]:
    """Which objections may be raised now, and until when; None: while the hall is open."""
    ends = {
        ObjectionKind.DOCUMENTS: _documents_end(times, limits),
        ObjectionKind.RESULT: _result_end(times, limits),
    }
    opened: dict[ObjectionKind, datetime | None] = {
        kind: end for kind, end in ends.items() if end is not None and now < end
    }
    if times.state is LotState.OPENED:
        opened[ObjectionKind.OPENING] = None
    return opened


def objection_problems(
    kind: ObjectionKind,
    times: ObjectionTimes,
    limits: Limits,
    now: datetime,
    *,
    is_opened_bidder: bool,
) -> list[Problem]:
    """Why this objection may not be raised. `is_opened_bidder`: one of the sealed set objects."""
    if kind not in open_objections(times, limits, now):
        message = "现在不能提出这一类异议：期限已过，或者事情尚未发生。"
        return [Problem("objection.not_open", message, _source_of(kind, limits), "kind")]
    if kind is ObjectionKind.OPENING and not is_opened_bidder:
        message = "只有参加开标的投标人可以当场对开标提出异议。"
        return [Problem("objection.not_a_bidder", message, _source_of(kind, limits), "kind")]
    return []


def answer_due(kind: ObjectionKind, raised_at: datetime, limits: Limits) -> datetime | None:
    """By when an objection is answered; None: on the spot."""
    if kind is ObjectionKind.OPENING:
        return None
    return end_of_period(raised_at, limits.objection_answer)


def unanswered_problems(kind: ObjectionKind, unanswered: int) -> list[Problem]:
    """What waits for answers to objections of this kind does not go on before them."""
    if not unanswered:
        return []
    source = (
        "招标投标法实施条例 第44条"
        if kind is ObjectionKind.OPENING
        else "招标投标法实施条例 第54条"
    )
    message = "还有 %(count)s 件异议没有答复，答复之前不能进行下一步。"
    return [Problem("objection.unanswered", message, source, "", {"count": unanswered})]


def enquiry_problems(state: LotState, deadline: datetime | None, now: datetime) -> list[Problem]:
    """Questions on the documents are taken while bids are."""
    if state is LotState.ANNOUNCED and deadline is not None and now < deadline:
        return []
    message = "只有接收投标文件期间可以就招标文件提问。"
    return [Problem("enquiry.not_receiving", message, "招标投标法 第23条", "text")]


def _documents_end(times: ObjectionTimes, limits: Limits) -> datetime | None:
    if times.state is not LotState.ANNOUNCED or times.deadline is None:
        return None
    if limits.regime is Regime.CONSTRUCTION:
        return times.deadline - _days(limits.documents_objection)
    if times.published_at is None:
        return None
    return min(times.deadline, end_of_period(times.published_at, limits.documents_objection))


def _result_end(times: ObjectionTimes, limits: Limits) -> datetime | None:
    if times.state is LotState.CANDIDATES_PUBLISHED:
        return times.publicity_until
    if limits.result_objection is None or times.noticed_at is None:
        return None
    return end_of_period(times.noticed_at, limits.result_objection)


def _days(period: Period) -> timedelta:
    if period.unit is not Unit.DAY:
        raise ValueError("counted back from a deadline in calendar days only")
    return timedelta(days=period.number)


def _source_of(kind: ObjectionKind, limits: Limits) -> str:
    return {
        ObjectionKind.DOCUMENTS: limits.documents_objection_source,
        ObjectionKind.OPENING: "招标投标法实施条例 第44条; 财政部令第87号 第42条",
        ObjectionKind.RESULT: limits.result_objection_source,
    }[kind]
