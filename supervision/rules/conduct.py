"""Findings on agencies: who may be told what when, how points count, and what follows from them.

Periods run by real time and legal days in China. Points count from the day after the decision
through the last day of the record period. A card and a low score only inform; to keep an agency
from its business is an authority's decision, within the bounds of the law.
Source: domain.md 6.1, 6.2; 招标投标法 第50条; 政府采购法 第78条; articles in rules/limits.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from identity.states import RestrictionKind
from kernel.errors import Problem
from kernel.periods import day_after, end_of, end_of_period, legal_date, months_after
from supervision.rules.limits import ConductLimits, Grade, limits_on
from supervision.states import Consequence, FindingState, RestrictionBasis, Severity
from trading.states import Regime

_BEFORE_THE_DECISION = {FindingState.NOTICED, FindingState.DEFENDED, FindingState.UNDEFENDED}


@dataclass(frozen=True)
class Hearing:
    """How far a finding is with being answered. `heard_at`: a statement or a waiver came."""

    state: FindingState
    defence_until: datetime | None
    heard_at: datetime | None


@dataclass(frozen=True)
class Deduction:
    """A decided finding as the arithmetic sees it; half-open from `starts_at` to `ends_at`."""

    points: int
    severity: Severity
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Credit:
    """What active points make of an agency at one instant. The score is for reference only."""

    points: int
    score: int
    grade: Grade
    consequence: Consequence


@dataclass(frozen=True)
class Accused:
    """What a restriction's bounds depend on. `regime` is None if no lot is named."""

    item: str
    regime: Regime | None
    counts: bool


@dataclass(frozen=True)
class RestrictionTerms:
    """What a regulator wants to impose; `until` is its last day, `ground` a line for everybody."""

    basis: RestrictionBasis
    kind: RestrictionKind
    until: date
    ground: str


def accused_problems(*, is_agency: bool, agency: str, agency_of_lot: str | None) -> list[Problem]:
    """Why there can be no finding on this organisation, or none in that lot. Codes name both."""
    problems = []
    if not is_agency:
        problems.append(
            Problem("finding.not_an_agency", "该单位没有登记为招标代理机构。", field="agency")
        )
    if agency_of_lot not in (None, agency):
        problems.append(
            Problem("finding.lot_of_another", "该标段不是由这家代理机构代理的。", field="lot")
        )
    return problems


def fact_problems(*, is_known: bool) -> list[Problem]:
    """A fact that is referred to must be in the log."""
    if is_known:
        return []
    return [Problem("finding.no_such_fact", "存证中没有这一条事实。", field="fact")]


def repetition_problems(earlier: str | None) -> list[Problem]:
    """Nobody is held to account twice for one act; `earlier` is the finding that stands."""
    if earlier is None:
        return []
    return [
        Problem(
            "finding.recorded_already",
            "同一行为已有认定 %(finding)s。",
            "行政处罚法 第29条",
            "item",
            {"finding": earlier},
        )
    ]


def occurrence_problems(occurred_on: date, now: datetime) -> list[Problem]:
    """Something can only be found once it has happened; today is allowed."""
    if occurred_on <= legal_date(now):
        return []
    return [
        Problem(
            "finding.in_the_future",
            "行为发生日期 %(day)s 晚于今天。",
            "",
            "occurred_on",
            {"day": occurred_on.isoformat()},
        )
    ]


def defence_until(noticed_at: datetime) -> datetime:
    """The first instant at which it is too late for a statement.

    Source: 省级代理机构管理办法 第26条 (five working days; the day of the notice is not counted).
    """
    return end_of_period(noticed_at, limits_on(legal_date(noticed_at)).defence)


def defence_problems(hearing: Hearing, now: datetime) -> list[Problem]:
    """Why the agency can neither state its defence now nor waive it: the period is over."""
    if hearing.defence_until is None or now < hearing.defence_until:
        return []
    return [
        Problem(
            "finding.defence_too_late",
            "申辩期已于 %(until)s 届满。",
            limits_on(legal_date(now)).defence_source,
            "statement",
            {"until": hearing.defence_until},
        )
    ]


def decision_due(hearing: Hearing) -> datetime | None:
    """The first instant at which a decision is late; None before the notice.

    Counted from the day of the statement or waiver, or from the last day for one.
    Source: 省级代理机构管理办法 第27条 (ten working days).
    """
    if hearing.defence_until is None or hearing.state not in _BEFORE_THE_DECISION:
        return None
    last_day = legal_date(hearing.defence_until - timedelta(microseconds=1))
    day = legal_date(hearing.heard_at) if hearing.heard_at else last_day
    return end_of(day_after(day, limits_on(day).decision))


def is_late(hearing: Hearing, now: datetime) -> bool:
    """Whether a decision now is late. A late one is valid, and recorded as late."""
    due = decision_due(hearing)
    return due is not None and now >= due


def decision_problems(hearing: Hearing, now: datetime) -> list[Problem]:
    """Why nobody may decide yet: the agency has not been heard and may still speak."""
    until = hearing.defence_until
    if hearing.state is not FindingState.NOTICED or until is None or now >= until:
        return []
    return [
        Problem(
            "finding.defence_running",
            "代理机构的申辩期到 %(until)s 届满，收到申辩或放弃申辩之前不能作出决定。",
            limits_on(legal_date(now)).defence_source,
            values={"until": until},
        )
    ]


def record_period(decided_at: datetime, months: int) -> tuple[datetime, datetime]:
    """First instant of the record period and the first after it: from the day after the decision.

    Source: 省级代理机构管理办法 第27条; 民法典 第202条.
    """
    day = legal_date(decided_at)
    return end_of(day), end_of(months_after(day, months))


def counts(*, is_rehearsal: bool, is_training: bool) -> bool:
    """Whether a finding counts: one out of a rehearsal only for an organisation in training."""
    return is_training or not is_rehearsal


def is_active(deduction: Deduction, instant: datetime) -> bool:
    """Whether the points count at this instant."""
    return deduction.starts_at <= instant < deduction.ends_at


def credit_at(deductions: Sequence[Deduction], instant: datetime) -> Credit:
    """Points, score, grade and consequence at an instant; the score is never below zero.

    Source: domain.md 6.2 (3 points: reminder; 6: yellow card; 12 or any grave item: red card).
    """
    limits = limits_on(legal_date(instant))
    active = [each for each in deductions if is_active(each, instant)]
    points = sum(each.points for each in active)
    score = max(limits.full_score - points, 0)
    grade = next(grade for grade in limits.grades if score >= grade.from_score)
    if any(each.severity is Severity.GRAVE for each in active):
        return Credit(points, score, grade, Consequence.RED_CARD)
    return Credit(points, score, grade, _step(points, limits))


def _step(points: int, limits: ConductLimits) -> Consequence:
    reached = (consequence for least, consequence in limits.steps if points >= least)
    return next(reached, Consequence.NONE)


def restriction_days(basis: RestrictionBasis, decided_at: datetime) -> tuple[date, date]:
    """The earliest and the latest last day of a restriction decided now, both allowed.

    Source: 招标投标法 第50条 (one to two years); 政府采购法 第78条 (one to three years).
    """
    day = legal_date(decided_at)
    bound = limits_on(day).bounds[basis]
    return months_after(day, bound.least_months), months_after(day, bound.most_months)


def bases_for(accused: Accused, now: datetime) -> list[RestrictionBasis]:
    """The articles on which an authority could restrict an agency for that finding; often none."""
    bounds = limits_on(legal_date(now)).bounds
    return [
        basis
        for basis, bound in bounds.items()
        if accused.counts
        and accused.regime in (None, bound.regime)
        and (not bound.items or accused.item in bound.items)
    ]


def restriction_problems(terms: RestrictionTerms, accused: Accused, now: datetime) -> list[Problem]:
    """Why an authority may not impose this for that finding."""
    bound = limits_on(legal_date(now)).bounds[terms.basis]
    problems = []
    if not accused.counts:
        problems.append(
            Problem(
                "restriction.rehearsal",
                "演练中的认定只对标记为演练用的单位生效，不能据此限制真实单位。",
                field="basis",
            )
        )
    if accused.regime not in (None, bound.regime):
        problems.append(
            Problem(
                "restriction.other_regime",
                "所选依据不适用于该标段的采购方式。",
                bound.source,
                "basis",
            )
        )
    if bound.items and accused.item not in bound.items:
        problems.append(
            Problem(
                "restriction.not_for_this_act",
                "所选依据只适用于 %(items)s，不适用于 %(item)s。",
                bound.source,
                "basis",
                {"items": "、".join(sorted(bound.items)), "item": accused.item},
            )
        )
    return [*problems, *_kind_problems(terms, bound.source), *_length_problems(terms, now)]


def _kind_problems(terms: RestrictionTerms, source: str) -> list[Problem]:
    """The law lets an agency be kept from agency business, and from nothing else."""
    if terms.kind is RestrictionKind.REGISTRATION:
        return []
    return [
        Problem(
            "restriction.kind_not_allowed",
            "对代理机构只能限制其登记代理新项目。",
            source,
            "kind",
        )
    ]


def _length_problems(terms: RestrictionTerms, now: datetime) -> list[Problem]:
    earliest, latest = restriction_days(terms.basis, now)
    if earliest <= terms.until <= latest:
        return []
    return [
        Problem(
            "restriction.out_of_bounds",
            "限制的最后一日应在 %(earliest)s 至 %(latest)s 之间。",
            limits_on(legal_date(now)).bounds[terms.basis].source,
            "until",
            {"earliest": earliest.isoformat(), "latest": latest.isoformat()},
        )
    ]
