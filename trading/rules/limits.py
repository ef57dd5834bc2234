"""Every limit as dated data per regime; a rule asks for the profile in force on a day.

A new law is a new profile with its first day; the old one stays for what it governed.
Source: domain.md Appendix A; each field names its article.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.periods import Period, Unit
from trading.states import Category, PassingOver, Regime

_D, _WD = Unit.DAY, Unit.WORKING_DAY
_LISTED_REASONS = frozenset(PassingOver) - {PassingOver.OTHER_LAWFUL}


@dataclass(frozen=True)
class Limits:
    """One regime's limits from a day on. Money in fen, rates as fractions.

    `documents_objection`: before the deadline in construction, after the notice in procurement;
    `result_objection`: after the award notice, where there is no publicity to object in.
    `after_report`: within which the candidates are published, or, where none are, the award is
    decided; `silence_awards`: whether the first wins when nobody has decided by then.
    """

    regime: Regime
    in_force_from: date
    issue_to_deadline: Period
    issue_to_deadline_source: str
    amendment_to_deadline: Period
    amendment_source: str
    documents_objection: Period
    documents_objection_source: str
    result_objection: Period | None
    result_objection_source: str
    objection_answer: Period
    objection_answer_source: str
    notice_fields: tuple[str, ...]
    notice_source: str
    guarantee_rate: Decimal
    guarantee_cap_fen: int | None
    guarantee_source: str
    minimum_bidders: int
    minimum_bidders_source: str
    price_weight_minimum: dict[Category, Decimal]
    price_weight_source: str
    candidates_maximum: int | None
    candidates_source: str
    after_report: Period
    after_report_source: str
    candidate_publicity: Period | None
    publicity_source: str
    silence_awards: bool
    passing_over: frozenset[PassingOver]
    award_source: str
    equals_source: str
    result_publicity: Period | None
    result_source: str


PROFILES: tuple[Limits, ...] = (
    Limits(
        regime=Regime.CONSTRUCTION,
        in_force_from=date(2017, 12, 28),
        issue_to_deadline=Period(20, _D),
        issue_to_deadline_source="招标投标法 第24条",
        amendment_to_deadline=Period(15, _D),
        amendment_source="招标投标法 第23条; 招标投标法实施条例 第21条",
        documents_objection=Period(10, _D),
        documents_objection_source="招标投标法实施条例 第22条",
        result_objection=None,
        result_objection_source="招标投标法实施条例 第54条",
        objection_answer=Period(3, _D),
        objection_answer_source="招标投标法实施条例 第22条、第54条",
        notice_fields=(
            "content",
            "scope",
            "funds",
            "qualification",
            "document_access",
            "submission",
            "contacts",
            "objection_contact",
        ),
        notice_source="招标投标法实施条例 第15条; 电子招标投标办法 第17条",
        guarantee_rate=Decimal("0.02"),
        guarantee_cap_fen=80_000_000,
        guarantee_source="招标投标法实施条例 第26条",
        minimum_bidders=3,
        minimum_bidders_source="招标投标法实施条例 第44条",
        price_weight_minimum={},
        price_weight_source="",
        candidates_maximum=3,
        candidates_source="招标投标法实施条例 第53条",
        after_report=Period(3, _D),
        after_report_source="招标投标法实施条例 第54条",
        candidate_publicity=Period(3, _D),
        publicity_source="招标投标法实施条例 第54条",
        silence_awards=False,
        passing_over=_LISTED_REASONS,
        award_source="招标投标法实施条例 第55条",
        equals_source="招标投标法 第40条",
        result_publicity=None,
        result_source="招标投标法 第45条; 电子招标投标办法 第35条",
    ),
    Limits(
        regime=Regime.GOVPROC,
        in_force_from=date(2017, 10, 1),
        issue_to_deadline=Period(20, _D),
        issue_to_deadline_source="政府采购法 第35条",
        amendment_to_deadline=Period(15, _D),
        amendment_source="财政部令第87号 第27条",
        documents_objection=Period(7, _WD),
        documents_objection_source="政府采购法 第52条; 政府采购法实施条例 第53条",
        result_objection=Period(7, _WD),
        result_objection_source="政府采购法 第52条",
        objection_answer=Period(7, _WD),
        objection_answer_source="政府采购法 第53条",
        notice_fields=(
            "content",
            "budget",
            "qualification",
            "document_access",
            "notice_period",
            "submission",
            "contacts",
        ),
        notice_source="财政部令第87号 第13条",
        guarantee_rate=Decimal("0.02"),
        guarantee_cap_fen=None,
        guarantee_source="政府采购法实施条例 第33条",
        minimum_bidders=3,
        minimum_bidders_source="财政部令第87号 第41条",
        price_weight_minimum={
            Category.GOODS: Decimal("0.30"),
            Category.SERVICES: Decimal("0.10"),
        },
        price_weight_source="财政部令第87号 第55条",
        candidates_maximum=None,
        candidates_source="财政部令第87号 第58条",
        after_report=Period(5, _WD),
        after_report_source="财政部令第87号 第68条",
        candidate_publicity=None,
        publicity_source="财政部令第87号 第69条",
        silence_awards=True,
        passing_over=frozenset(PassingOver),
        award_source="财政部令第87号 第68条",
        equals_source="财政部令第87号 第68条",
        result_publicity=Period(1, _WD),
        result_source="财政部令第87号 第69条",
    ),
)


def first_day(regime: Regime) -> date:
    """The first day for which there are limits of this regime."""
    return min(profile.in_force_from for profile in PROFILES if profile.regime is regime)


def limits_for(regime: Regime, day: date) -> Limits:
    """The profile in force on this legal day. Raises LookupError before the first."""
    known = [p for p in PROFILES if p.regime is regime and p.in_force_from <= day]
    if not known:
        raise LookupError(f"no limits of {regime} on {day}")
    return max(known, key=lambda profile: profile.in_force_from)
