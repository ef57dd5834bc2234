"""Who may know what of an evaluation, in which state: one table. What is not in it is not shown.

Experts score under random codes: no name, credit code, receipt or price of a bidder before the
sheets are locked; no other expert's sheet before all have committed. The public learns nothing
here. Source: 招标投标法 第38条、第44条; domain.md 8.2 (9, 10).
"""

from collections.abc import Mapping
from enum import StrEnum

from evaluation.states import MeetingState


class Audience(StrEnum):
    """To whom something of a meeting is told."""

    EXPERT = "expert"
    AGENCY = "agency"
    REGULATOR = "regulator"


class Observer(StrEnum):
    """Who follows a draw: those who run the tender, those who bring a nonce, regulators."""

    AGENCY = "agency"
    PARTY = "party"
    REGULATOR = "regulator"


class DrawMatter(StrEnum):
    """A thing one may know of a draw."""

    STEPS = "steps"
    CALLS = "calls"
    REPLAY = "replay"


class Matter(StrEnum):
    """A thing one may know of a meeting."""

    PROGRESS = "progress"
    BLIND_CODES = "blind_codes"
    FILES = "files"
    SHEETS = "sheets"
    IDENTITIES = "identities"
    RANKING = "ranking"
    REPORT = "report"


_S = MeetingState
_ALL = frozenset(_S)
_SCORING = _ALL - {_S.CONVENED, _S.ELECTING}
_REVEALED = _SCORING - {_S.SCORING}
_LOCKED = _REVEALED - {_S.REVEALED}
_RANKED = frozenset({_S.RANKED, _S.REPORTING, _S.REPORTED, _S.FAILED})
_REPORTED = frozenset({_S.REPORTED})

TABLE: Mapping[tuple[Matter, Audience], frozenset[MeetingState]] = {
    (Matter.PROGRESS, Audience.EXPERT): _ALL,
    (Matter.PROGRESS, Audience.AGENCY): _ALL,
    (Matter.PROGRESS, Audience.REGULATOR): _ALL,
    (Matter.BLIND_CODES, Audience.EXPERT): _SCORING,
    (Matter.BLIND_CODES, Audience.REGULATOR): _SCORING,
    # Under a number until the identities are known; party and regulators have them by receipt.
    (Matter.FILES, Audience.EXPERT): _SCORING,
    (Matter.SHEETS, Audience.EXPERT): _REVEALED,
    (Matter.SHEETS, Audience.REGULATOR): _LOCKED,
    (Matter.IDENTITIES, Audience.EXPERT): _LOCKED,
    (Matter.IDENTITIES, Audience.REGULATOR): _LOCKED,
    (Matter.RANKING, Audience.EXPERT): _RANKED,
    (Matter.RANKING, Audience.AGENCY): _RANKED,
    (Matter.RANKING, Audience.REGULATOR): _RANKED,
    (Matter.REPORT, Audience.EXPERT): _REPORTED,
    (Matter.REPORT, Audience.AGENCY): _REPORTED,
    (Matter.REPORT, Audience.REGULATOR): _REPORTED,
}


# Calls by seat and answer, never by name: the committee is secret until the result is fixed
# (招标投标法 第37条). Only regulators see who could be drawn and who was.
DRAW_TABLE: Mapping[DrawMatter, frozenset[Observer]] = {
    DrawMatter.STEPS: frozenset(Observer),
    DrawMatter.CALLS: frozenset(Observer),
    DrawMatter.REPLAY: frozenset({Observer.REGULATOR}),
}


def may_see(observer: Observer, matter: DrawMatter) -> bool:
    """Whether this observer may know this of a draw, as soon as there is something to know."""
    return observer in DRAW_TABLE.get(matter, frozenset())


def may_know(audience: Audience, matter: Matter, state: MeetingState) -> bool:
    """Whether this audience may know this of a meeting in this state."""
    return state in TABLE.get((matter, audience), frozenset())
