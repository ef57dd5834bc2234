"""Who may know what of a tender, in which state: one table. What is not in it is not shown.

The state asked for is the lot's `stage`: suspended and archived lots tell what they told before.
Before the deadline nobody but the bidder themselves learns that a bid exists: no name, no count,
in no aggregate. Candidates and winner are public; of the others only their own bidder, the party
and regulators learn figures and reasons.
Source: 招标投标法 第22条、第44条、第45条; 招标投标法实施条例 第54条; 财政部令第87号 第69条;
电子招标投标办法 第21条、第27条; domain.md 3.2.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from identity.rules.permissions import Viewer
from identity.states import Permission
from trading.states import LotState


class Audience(StrEnum):
    """To whom something is told; the second half of a live channel's name.

    A bidder is nobody's audience but their own: what it may know it asks for by its receipt.
    """

    PUBLIC = "public"
    BIDDER = "bidder"
    PARTY = "party"
    REGULATOR = "regulator"


class Matter(StrEnum):
    """A thing one may know of a lot."""

    NOTICE = "notice"
    SEALED_SET = "sealed_set"
    RELEASE_COUNT = "release_count"
    OPENING_TABLE = "opening_table"
    REPORT = "report"
    CANDIDATES = "candidates"
    AWARD = "award"
    OWN_RESULT = "own_result"
    TERMINATION = "termination"


_S = LotState
_AFTER_CLOSE = frozenset(_S) - {_S.REGISTERED, _S.ANNOUNCED, _S.SUSPENDED}
_AFTER_OPENING = _AFTER_CLOSE - {_S.RELEASING, _S.UNSEALING, _S.FAILED, _S.TERMINATED}
_ANNOUNCED = frozenset(_S) - {_S.REGISTERED}
_WINDOW = frozenset({_S.RELEASING, _S.UNSEALING})
_AWARDED = frozenset({_S.AWARDED})
_PUBLISHED = _AWARDED | {_S.CANDIDATES_PUBLISHED}
_REPORTED = _PUBLISHED | {_S.REPORTED}
_TERMINATED = frozenset({_S.TERMINATED})

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
    (Matter.REPORT, Audience.PARTY): _REPORTED,
    (Matter.REPORT, Audience.REGULATOR): _REPORTED,
    (Matter.CANDIDATES, Audience.PUBLIC): _PUBLISHED,
    (Matter.CANDIDATES, Audience.PARTY): _PUBLISHED,
    (Matter.CANDIDATES, Audience.REGULATOR): _PUBLISHED,
    (Matter.AWARD, Audience.PUBLIC): _AWARDED,
    (Matter.AWARD, Audience.PARTY): _AWARDED,
    (Matter.AWARD, Audience.REGULATOR): _AWARDED,
    (Matter.OWN_RESULT, Audience.BIDDER): _AWARDED,
    (Matter.TERMINATION, Audience.PUBLIC): _TERMINATED,
    (Matter.TERMINATION, Audience.PARTY): _TERMINATED,
    (Matter.TERMINATION, Audience.REGULATOR): _TERMINATED,
}


SECRET_WORK = frozenset({"guarantee"})
"""Kinds of due work and papers that tell that somebody means to bid: for no page and no operator.

There is one for every order of a guarantee, so that even a count of failures would tell.
"""


def audience_of(viewer: Viewer, sides: Collection[str]) -> Audience:
    """As whom this viewer looks at a tender that these organisations run."""
    if viewer.may(Permission.SUPERVISE):
        return Audience.REGULATOR
    if viewer.may(Permission.RUN_TENDER) and viewer.organisation in sides:
        return Audience.PARTY
    return Audience.PUBLIC


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
        if self.state is _S.ARCHIVED:
            ends = ((_S.AWARDED, "lot.awarded"), (_S.TERMINATED, "lot.terminated"))
            return next((end for end, kind in ends if kind in self.told), _S.FAILED)
        return self.state


def may_know_at(audience: Audience, matter: Matter, stage: Stage) -> bool:
    """Whether this audience may know this of a lot that may stand still or have ended.

    What was made public stays public: a lot that failed or was terminated after its opening is
    known as an opened one too, and one without an opening never becomes so.
    """
    states = {stage.reached}
    if stage.reached in (_S.FAILED, _S.TERMINATED) and "lot.opened" in stage.told:
        states.add(_S.OPENED)
    return any(may_know(audience, matter, state) for state in states)
