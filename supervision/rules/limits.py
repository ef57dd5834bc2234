"""Every limit of supervision as dated data; a rule asks for the profile in force on a day.

Periods and steps are a province's and a city's measures, not national law: an authority with its
own adds a profile with its first day. Source: domain.md 6.1, 6.2; each field names its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kernel.periods import Period, Unit
from supervision.states import Consequence, RestrictionBasis
from trading.states import Regime

_WD = Unit.WORKING_DAY


def _(text: str) -> str:
    """Marks a text for the catalogue of translations; pages translate it when they show it."""
    return text


@dataclass(frozen=True)
class Grade:
    """A credit grade, from this score on, and what it means for supervision."""

    name: str
    from_score: int
    measure: str


@dataclass(frozen=True)
class RestrictionBound:
    """How long an authority may keep an agency from its business, in months, both included.

    `items` are the acts that the article names; empty: any act in a procedure of this regime.
    """

    regime: Regime
    least_months: int
    most_months: int
    items: frozenset[str]
    source: str


@dataclass(frozen=True)
class ConductLimits:
    """Periods, steps and bounds from a day on. Steps are active points, highest first."""

    in_force_from: date
    defence: Period
    defence_source: str
    decision: Period
    decision_source: str
    full_score: int
    steps: tuple[tuple[int, Consequence], ...]
    grades_name: str
    grades: tuple[Grade, ...]
    bounds: Mapping[RestrictionBasis, RestrictionBound]


_BOUNDS: Mapping[RestrictionBasis, RestrictionBound] = {
    RestrictionBasis.TENDERING_LAW: RestrictionBound(
        regime=Regime.CONSTRUCTION,
        least_months=12,
        most_months=24,
        items=frozenset({"AG08", "AG24", "AG42"}),
        source="招标投标法 第50条; 招标投标法实施条例 第65条",
    ),
    RestrictionBasis.PROCUREMENT_LAW: RestrictionBound(
        regime=Regime.GOVPROC,
        least_months=12,
        most_months=36,
        items=frozenset(),
        source="政府采购法 第78条",
    ),
}

PROFILES: tuple[ConductLimits, ...] = (
    ConductLimits(
        in_force_from=date(2024, 1, 1),
        defence=Period(5, _WD),
        defence_source="省级代理机构管理办法 第26条",
        decision=Period(10, _WD),
        decision_source="省级代理机构管理办法 第27条",
        full_score=100,
        steps=(
            (12, Consequence.RED_CARD),
            (6, Consequence.YELLOW_CARD),
            (3, Consequence.REMINDER),
        ),
        # The city revised its measure in July 2025 (合公代〔2025〕43号); that text was not found.
        grades_name=_("合肥市 2024 年办法"),
        grades=(
            Grade("AAA", 90, _("一般监管")),
            Grade("AA", 80, _("一般监管")),
            Grade("A", 70, _("一般监管")),
            Grade("B", 60, _("重点监管，警示，约谈负责人")),
            Grade("C", 0, _("重点监管，警示，约谈负责人，书面整改")),
        ),
        bounds=_BOUNDS,
    ),
)


def limits_on(day: date) -> ConductLimits:
    """The profile in force on this legal day. Raises LookupError before the first."""
    known = [profile for profile in PROFILES if profile.in_force_from <= day]
    if not known:
        raise LookupError(f"no limits of conduct on {day}")
    return max(known, key=lambda profile: profile.in_force_from)
