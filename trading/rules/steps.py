"""What is to happen next with a lot, who has to act, and from when until when.

All ends are exclusive. Nothing is decided here: the rules of each step refuse what comes too early
or too late; this only tells people what they are waiting for.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trading.rules.limits import Limits
from trading.states import LotState


class Actor(StrEnum):
    """Who has to act."""

    AGENCY = "agency"
    PROCURING_ENTITY = "procuring_entity"
    BIDDERS = "bidders"
    WITNESS = "witness"
    COMMITTEE = "committee"
    REGULATOR = "regulator"
    NOBODY = "nobody"


class Step(StrEnum):
    """What is to be done."""

    PUBLISH_NOTICE = "publish_notice"
    SUBMIT_BIDS = "submit_bids"
    RELEASE_BIDS = "release_bids"
    OPEN_BIDS = "open_bids"
    CONFIRM_OPENING = "confirm_opening"
    FORM_COMMITTEE = "form_committee"
    EVALUATE = "evaluate"
    PUBLISH_CANDIDATES = "publish_candidates"
    DECIDE_AWARD = "decide_award"
    ARCHIVE = "archive"
    RESUME = "resume"
    NOTHING = "nothing"


@dataclass(frozen=True)
class LotTimes:
    """The moments of a lot that are known so far; `choice_due` is by when its report's next step
    is due.
    """

    deadline: datetime | None = None
    window_ends_at: datetime | None = None
    choice_due: datetime | None = None
    publicity_until: datetime | None = None
    result_until: datetime | None = None


@dataclass(frozen=True)
class NextStep:
    """The next step: not before `begins`, in time before `until`, for the reason of `source`."""

    step: Step
    actor: Actor
    begins: datetime | None = None
    until: datetime | None = None
    source: str = ""


_S = LotState
_PLAIN = {
    _S.REGISTERED: NextStep(Step.PUBLISH_NOTICE, Actor.AGENCY),
    _S.UNSEALING: NextStep(Step.OPEN_BIDS, Actor.WITNESS),
    _S.OPENED: NextStep(Step.CONFIRM_OPENING, Actor.AGENCY),
    _S.CONFIRMED: NextStep(Step.FORM_COMMITTEE, Actor.AGENCY),
    _S.EVALUATING: NextStep(Step.EVALUATE, Actor.COMMITTEE),
    _S.FAILED: NextStep(Step.ARCHIVE, Actor.AGENCY),
    _S.TERMINATED: NextStep(Step.ARCHIVE, Actor.AGENCY),
    _S.SUSPENDED: NextStep(Step.RESUME, Actor.REGULATOR),
    _S.ARCHIVED: NextStep(Step.NOTHING, Actor.NOBODY),
}


def next_step(state: LotState, times: LotTimes, limits: Limits) -> NextStep:
    """The next step of a lot in this state."""
    if state in _PLAIN:
        return _PLAIN[state]
    if state is _S.ANNOUNCED:
        return NextStep(Step.SUBMIT_BIDS, Actor.BIDDERS, until=times.deadline)
    if state is _S.RELEASING:
        return NextStep(Step.RELEASE_BIDS, Actor.BIDDERS, until=times.window_ends_at)
    if state is _S.AWARDED:
        source = limits.result_source if times.result_until else ""
        return NextStep(Step.ARCHIVE, Actor.AGENCY, times.result_until, source=source)
    return _after_report(state, times, limits)


def _after_report(state: LotState, times: LotTimes, limits: Limits) -> NextStep:
    """Where candidates are published first they are; then, or else, the award is decided."""
    entity, source = Actor.PROCURING_ENTITY, limits.publicity_source
    if state is _S.CANDIDATES_PUBLISHED:
        return NextStep(Step.DECIDE_AWARD, entity, times.publicity_until, source=source)
    due = times.choice_due
    if limits.candidate_publicity is None:
        return NextStep(Step.DECIDE_AWARD, entity, until=due, source=limits.after_report_source)
    source = limits.after_report_source
    return NextStep(Step.PUBLISH_CANDIDATES, Actor.AGENCY, until=due, source=source)
