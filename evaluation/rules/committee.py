"""How a committee must be composed: odd, large enough, experts at least two thirds.

Numbers are dated data per regime. A committee of an undertaking that is complex or of large
social impact needs the larger minimum too; that is for the procuring entity to state in `seats`.
"""

from dataclasses import dataclass
from datetime import date

from kernel.errors import Problem
from trading.states import Regime


@dataclass(frozen=True)
class CommitteeRule:
    """One regime's rule from a day on; `larger_from_fen` is the budget that asks for more."""

    regime: Regime
    in_force_from: date
    minimum: int
    larger_minimum: int
    larger_from_fen: int | None
    source: str


RULES: tuple[CommitteeRule, ...] = (
    CommitteeRule(Regime.CONSTRUCTION, date(2000, 1, 1), 5, 5, None, "招标投标法 第37条"),
    CommitteeRule(Regime.GOVPROC, date(2017, 10, 1), 5, 7, 1_000_000_000, "财政部令第87号 第47条"),
)


def rule_for(regime: Regime, day: date) -> CommitteeRule:
    """The rule in force on this legal day. Raises LookupError before the first."""
    known = [rule for rule in RULES if rule.regime is regime and rule.in_force_from <= day]
    if not known:
        raise LookupError(f"no committee rule of {regime} on {day}")
    return max(known, key=lambda rule: rule.in_force_from)


def minimum_size(rule: CommitteeRule, budget_fen: int) -> int:
    """The least number of members; the threshold itself asks for the larger one."""
    if rule.larger_from_fen is not None and budget_fen >= rule.larger_from_fen:
        return rule.larger_minimum
    return rule.minimum


def minimum_experts(size: int) -> int:
    """The least number of experts: two thirds, rounded up."""
    return -(-2 * size // 3)


def composition_problems(
    rule: CommitteeRule, *, size: int, experts: int, budget_fen: int
) -> list[Problem]:
    """What is wrong with a committee of this size, of which so many are drawn experts."""
    problems = []
    least = minimum_size(rule, budget_fen)
    if size % 2 == 0:
        message = "评标委员会成员人数应为单数，现为 %(size)s 人。"
        values = {"size": size}
        problems.append(Problem("committee.even", message, rule.source, "seats", values))
    if size < least:
        message = "评标委员会应有 %(least)s 人以上，现为 %(size)s 人。"
        values = {"least": least, "size": size}
        problems.append(Problem("committee.too_small", message, rule.source, "seats", values))
    if experts < minimum_experts(size):
        message = "%(size)s 人的评标委员会中专家不得少于 %(least)s 人，现为 %(experts)s 人。"
        values = {"size": size, "least": minimum_experts(size), "experts": experts}
        problems.append(Problem("committee.few_experts", message, rule.source, "seats", values))
    return problems
