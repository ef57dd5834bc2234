"""Statutory periods: Shanghai calendar days and working days, from a dated holiday table.

Source: 财政部令第87号 第85条、第86条 (the first day is not counted; a period that would end on a
holiday ends on the day after it; "at least" and "within" include the number). For construction
the same by analogy with 民法典 第201条、第203条. Nothing here reads a clock.
"""

import calendar
import json
import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kernel.errors import InvalidInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = re.compile(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}")
_MINUTE = re.compile(r"(.{10})[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?")
_TABLE = Path(__file__).parent / "holidays.json"


class Unit(StrEnum):
    """What a period counts."""

    DAY = "d"
    WORKING_DAY = "wd"


class Period(NamedTuple):
    """A number of calendar or working days."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        """As people say it: 20 日 or 5 个工作日."""
        return f"{self.number} {'日' if self.unit is Unit.DAY else '个工作日'}"


def legal_date(instant: datetime) -> date:
    """The calendar day in China of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("naive time")
    return instant.astimezone(SHANGHAI).date()


def day_of(text: str, *, field: str) -> date:
    """A legal day written as 2026-11-24, of the years 1900 to 2999. Raises InvalidInput."""
    match = _DAY.fullmatch(text.strip())
    try:
        if match:
            return date.fromisoformat(match[0])
    except ValueError:  # a day that no calendar has, as 2026-02-30: told like any other
        match = None
    raise InvalidInput(
        "input.day",
        "“%(value)s”不是日期，应写作 2026-11-24 这样的形式。",
        field=field,
        value=text[:40],
    )


def instant_of(text: str, *, field: str) -> datetime:
    """A minute of Shanghai time written as 2026-11-24 09:30 or with a T, in UTC.

    Raises InvalidInput.
    """
    match = _MINUTE.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(
            "input.minute",
            "“%(value)s”不是时间，应写作 2026-11-24 09:30 这样的形式（北京时间）。",
            field=field,
            value=text[:40],
        )
    at = time(int(match[2]), int(match[3]))
    return datetime.combine(day_of(match[1], field=field), at, SHANGHAI).astimezone(UTC)


def minute_text(instant: datetime) -> str:
    """An instant as a form's field holds it: 2026-11-24T09:30 in Shanghai, rounded up."""
    whole = instant.replace(second=0, microsecond=0)
    rounded = whole if whole == instant else whole + timedelta(minutes=1)
    return rounded.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def start_of(day: date) -> datetime:
    """The first instant of a legal day, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def is_working_day(day: date) -> bool:
    """Whether offices work: weekdays except holidays, and weekend days worked in exchange."""
    holidays, worked = _holidays()
    if day in worked:
        return True
    return day.weekday() < 5 and day not in holidays


def day_after(start: date, period: Period) -> date:
    """The last day of a period whose first day is not counted; never a day off at the end."""
    day = start
    if period.unit is Unit.WORKING_DAY:
        for _ in range(period.number):
            day = next_working_day(day)
        return day
    day += timedelta(days=period.number)
    return day if is_working_day(day) else next_working_day(day)


def months_after(start: date, months: int) -> date:
    """The last day of a period of months: the same day of the month, or the month's last.

    The first day is not counted. Source: 民法典 第202条.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    _, length = calendar.monthrange(year, month + 1)
    return date(year, month + 1, min(start.day, length))


def next_working_day(day: date) -> date:
    """The first working day after this day."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def end_of(day: date) -> datetime:
    """The first instant after a legal day, in UTC: the exclusive end of what lasts through it."""
    return start_of(day + timedelta(days=1))


def end_of_period(start: datetime, period: Period) -> datetime:
    """The instant at which the period is over: the end (exclusive) of its last day, in UTC."""
    return end_of(day_after(legal_date(start), period))


def end_of_working_day(end: datetime) -> datetime:
    """This end (exclusive) put off to the end of its day, or of the next working day, in UTC."""
    last = legal_date(end - timedelta(microseconds=1))
    return start_of((last if is_working_day(last) else next_working_day(last)) + timedelta(days=1))


def earliest_after(start: datetime, period: Period) -> datetime:
    """The first instant on the n-th day after `start`: for "at least n days" until an event.

    Calendar days are taken as they fall: 20 days from 1 September is 21 September 00:00, even
    on a day off, because the law asks for a distance and not for an end of a period.
    """
    if period.unit is Unit.WORKING_DAY:
        return start_of(day_after(legal_date(start), period))
    return start_of(legal_date(start) + timedelta(days=period.number))


@cache
def _holidays() -> tuple[frozenset[date], frozenset[date]]:
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    days_off: set[date] = set()
    for first, last in table["holidays"]:
        day, end = date.fromisoformat(first), date.fromisoformat(last)
        while day <= end:
            days_off.add(day)
            day += timedelta(days=1)
    return frozenset(days_off), frozenset(map(date.fromisoformat, table["worked"]))
