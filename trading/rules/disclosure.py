"""Who may know what of a tender, in which state: one table. What is not in it is not shown.

Before the deadline nobody but the bidder themselves learns that a bid exists: no name, no count,
in no aggregate. Source: 招标投标法 第22条; 电子招标投标办法 第21条、第27条; domain.md 3.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from trading.states import LotState


class Audience(StrEnum):
    """To whom something is told; the second half of a live channel's name."""

    PUBLIC = "public"
    PARTY = "party"
    REGULATOR = "regulator"


class Matter(StrEnum):
    """A thing one may know of a lot."""

    NOTICE = "notice"
    SEALED_SET = "sealed_set"
    RELEASE_COUNT = "release_count"
    OPENING_TABLE = "opening_table"


_S = LotState
_AFTER_CLOSE = frozenset(_S) - {_S.REGISTERED, _S.ANNOUNCED, _S.SUSPENDED}
_AFTER_OPENING = _AFTER_CLOSE - {_S.RELEASING, _S.UNSEALING, _S.FAILED, _S.TERMINATED}
_ANNOUNCED = frozenset(_S) - {_S.REGISTERED}
_WINDOW = frozenset({_S.RELEASING, _S.UNSEALING})

TABLE: Mapping[tuple[Matter, Audience], frozenset[LotState]] = {
    (Matter.NOTICE, Audience.PUBLIC): _ANNOUNCED,
    (Matter.NOTICE, Audience.PARTY): frozenset(_S),
    (Matter.NOTICE, Audience.REGULATOR): frozenset(_S),
    (Matter.SEALED_SET, Audience.PUBLIC): _AFTER_CLOSE,
    (Matter.SEALED_SET, Audience.PARTY): _AFTER_CLOSE,
    (Matter.SEALED_SET, Audience.REGULATOR): _AFTER_CLOSE,
    (Matter.RELEASE_COUNT, Audience.REGULATOR): _WINDOW | _AFTER_OPENING,
    (Matter.OPENING_TABLE, Audience.PUBLIC): _AFTER_OPENING,
    (Matter.OPENING_TABLE, Audience.PARTY): _AFTER_OPENING,
    (Matter.OPENING_TABLE, Audience.REGULATOR): _AFTER_OPENING,
}


def may_know(audience: Audience, matter: Matter, state: LotState) -> bool:
    """Whether this audience may know this of a lot in this state."""
    return state in TABLE.get((matter, audience), frozenset())


def audiences_for(matter: Matter, state: LotState) -> list[Audience]:
    """Every audience that may know this now."""
    return [audience for audience in Audience if may_know(audience, matter, state)]


@dataclass(frozen=True)
class Stage:
    """How far a lot has come; `told` are the kinds of its own facts, such as `lot.opened`."""

    state: LotState
    told: frozenset[str] = frozenset()
    resume_to: LotState | None = None

    @property
    def reached(self) -> LotState:
        """Where it stands: suspended, that to which it goes back; archived, how it ended."""
        if self.state is _S.SUSPENDED and self.resume_to is not None:
            return self.resume_to
        if self.state is _S.ARCHIVED and "lot.awarded" not in self.told:
            return _S.TERMINATED if "lot.terminated" in self.told else _S.FAILED
        return self.state


def may_know_at(audience: Audience, matter: Matter, stage: Stage) -> bool:
    """Whether this audience may know this of a lot that may stand still or have ended.

    What was made public stays public: a lot that failed or was terminated after its opening is
    known as an opened one, and one without an opening never becomes so.
    """
    state = stage.reached
    if state in (_S.FAILED, _S.TERMINATED) and "lot.opened" in stage.told:
        state = _S.OPENED
    return may_know(audience, matter, state)
