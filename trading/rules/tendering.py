"""Registration and publication: what a tender must state, and how early it must be announced."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kernel.errors import Problem
from kernel.periods import earliest_after, legal_date
from trading.rules.limits import Limits, limits_for
from trading.states import Regime

WINDOW_MINUTES = (5, 240)
CORRECTION_MINUTES = (1, 60)
VALIDITY_DAYS = (1, 365)


@dataclass(frozen=True)
class LotTerms:
    """What the tender says about one lot. Money in fen, periods in minutes and days."""

    estimate_fen: int
    ceiling_fen: int
    guarantee_fen: int
    validity_days: int
    window_minutes: int
    correction_minutes: int


def lot_problems(terms: LotTerms, regime: Regime, now: datetime) -> list[Problem]:
    """What is wrong with the terms of a lot."""
    limits = limits_for(regime, legal_date(now))
    return [
        *_range_problems("validity_days", terms.validity_days, VALIDITY_DAYS),
        *_range_problems("window_minutes", terms.window_minutes, WINDOW_MINUTES),
        *_range_problems("correction_minutes", terms.correction_minutes, CORRECTION_MINUTES),
        *_money_problems(terms),
        *guarantee_problems(terms, limits),
    ]


def of_lot(number: int, problems: list[Problem]) -> list[Problem]:
    """The problems as those of the number-th lot: from the second on the field says which."""
    if number == 1:
        return problems
    return [replace(each, field=f"{each.field}-{number}") for each in problems]


def guarantee_ceiling(estimate_fen: int, limits: Limits) -> int:
    """The largest guarantee that may be asked, in fen, rounded down.

    Source: 招标投标法实施条例 第26条; 政府采购法实施条例 第33条.
    """
    by_rate = int(estimate_fen * limits.guarantee_rate)
    return by_rate if limits.guarantee_cap_fen is None else min(by_rate, limits.guarantee_cap_fen)


def guarantee_problems(terms: LotTerms, limits: Limits) -> list[Problem]:
    """A guarantee may be absent (0) or up to the ceiling, which itself is allowed."""
    ceiling = guarantee_ceiling(terms.estimate_fen, limits)
    if 0 <= terms.guarantee_fen <= ceiling:
        return []
    return [
        Problem(
            "guarantee.above_limit",
            "投标保证金最高为 %(ceiling)s 分，不能要求 %(asked)s 分。",
            limits.guarantee_source,
            "guarantee",
            {"ceiling": ceiling, "asked": terms.guarantee_fen},
        )
    ]


def earliest_deadline(regime: Regime, published_at: datetime) -> datetime:
    """The first lawful deadline for documents issued at this instant: itself is in time.

    Source: 招标投标法 第24条; 政府采购法 第35条.
    """
    limits = limits_for(regime, legal_date(published_at))
    return earliest_after(published_at, limits.issue_to_deadline)


def publication_problems(
    regime: Regime, notice: Mapping[str, str], deadline: datetime, now: datetime
) -> list[Problem]:
    """Why a notice may not be published now with this deadline."""
    limits = limits_for(regime, legal_date(now))
    missing = [name for name in limits.notice_fields if not notice.get(name, "").strip()]
    problems = [
        Problem("notice.missing", "公告缺少“%(field)s”。", limits.notice_source, name)
        for name in missing
    ]
    earliest = earliest_deadline(regime, now)
    if deadline < earliest:
        problems.append(
            Problem(
                "tender.deadline_too_early",
                "投标截止时间最早为 %(earliest)s：自招标文件发出之日起不得少于 %(period)s。",
                limits.issue_to_deadline_source,
                "deadline",
                {
                    "earliest": earliest,
                    "period": str(limits.issue_to_deadline),
                },
            )
        )
    return problems


def _money_problems(terms: LotTerms) -> list[Problem]:
    if terms.ceiling_fen > 0 and terms.estimate_fen > 0:
        return []
    return [
        Problem(
            "tender.money_missing",
            "估算价和最高投标限价都必须大于零。",
            "招标投标法实施条例 第27条",
            "ceiling",
        )
    ]


def _range_problems(field: str, value: int, allowed: tuple[int, int]) -> list[Problem]:
    low, high = allowed
    if low <= value <= high:
        return []
    return [
        Problem(
            "tender.out_of_range",
            "“%(field)s”应在 %(low)s 至 %(high)s 之间，现为 %(value)s。",
            "",
            field,
            {"low": low, "high": high, "value": value},
        )
    ]
