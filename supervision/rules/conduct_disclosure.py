"""Who may know what of a finding, in which state: one table. What is not in it is not shown.

Before the notice a finding is the regulator's own paper. The public learns what was decided, not
what was said, and only while the record period runs. Source: domain.md 6.1 (6), 9.1, 9.3.
"""

from collections.abc import Mapping
from enum import StrEnum

from supervision.states import FindingState
from trading.rules.disclosure import Audience


class Matter(StrEnum):
    """A thing one may know of a finding."""

    FINDING = "finding"
    DEFENCE = "defence"
    DECISION = "decision"
    CONDUCT_NOTICE = "conduct_notice"


_S = FindingState
_ALL = frozenset(_S)
_CLOSED = frozenset({_S.DECIDED, _S.DISMISSED, _S.CANCELLED})

TABLE: Mapping[tuple[Matter, Audience], frozenset[FindingState]] = {
    (Matter.FINDING, Audience.REGULATOR): _ALL,
    (Matter.FINDING, Audience.PARTY): _ALL - {_S.RECORDED},
    (Matter.DEFENCE, Audience.REGULATOR): _ALL,
    (Matter.DEFENCE, Audience.PARTY): _ALL,
    (Matter.DECISION, Audience.REGULATOR): _CLOSED,
    (Matter.DECISION, Audience.PARTY): _CLOSED,
    (Matter.CONDUCT_NOTICE, Audience.PUBLIC): frozenset({_S.DECIDED}),
}


def may_know(audience: Audience, matter: Matter, state: FindingState) -> bool:
    """Whether this audience may know this of a finding in this state."""
    return state in TABLE.get((matter, audience), frozenset())


def states_for(audience: Audience, matter: Matter) -> frozenset[FindingState]:
    """The states in which this audience may know this."""
    return TABLE.get((matter, audience), frozenset())
