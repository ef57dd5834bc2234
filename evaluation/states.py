"""The life of an evaluation on one screen: experts, draws, calls, meetings and score sheets.

Source: domain.md 8.2; design.md 4.7, 4.8.
"""

from enum import StrEnum

from kernel.lifecycle import Lifecycle


class ExpertState(StrEnum):
    """Whether an expert may be drawn."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class ExpertEvent(StrEnum):
    """What can happen to an expert of the pool."""

    SUSPENDED = "suspended"
    REINSTATED = "reinstated"


EXPERT = Lifecycle(
    "expert",
    {
        (ExpertState.ACTIVE, ExpertEvent.SUSPENDED): ExpertState.SUSPENDED,
        (ExpertState.SUSPENDED, ExpertEvent.REINSTATED): ExpertState.ACTIVE,
    },
)


class DrawState(StrEnum):
    """Where a draw stands: commitments come, nonces come, drawn, or waiting for the regulator."""

    COMMITTING = "committing"
    REVEALING = "revealing"
    DRAWN = "drawn"
    WAITING = "waiting"


class DrawEvent(StrEnum):
    """What can happen to a draw."""

    FROZEN = "frozen"
    REPEATED = "repeated"
    SEEDED = "seeded"
    STALLED = "stalled"
    SUPPLEMENTED = "supplemented"


DRAW = Lifecycle(
    "draw",
    {
        (DrawState.COMMITTING, DrawEvent.FROZEN): DrawState.REVEALING,
        (DrawState.REVEALING, DrawEvent.SEEDED): DrawState.DRAWN,
        (DrawState.REVEALING, DrawEvent.REPEATED): DrawState.COMMITTING,
        (DrawState.REVEALING, DrawEvent.STALLED): DrawState.WAITING,
        (DrawState.WAITING, DrawEvent.REPEATED): DrawState.COMMITTING,
        (DrawState.DRAWN, DrawEvent.SUPPLEMENTED): DrawState.COMMITTING,
    },
)


class CallState(StrEnum):
    """What a drawn expert answered; who was passed over without an answer does not come either."""

    CALLED = "called"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class CallEvent(StrEnum):
    """The answer to a call, or that none came in time."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LAPSED = "lapsed"


CALL = Lifecycle(
    "call",
    {
        (CallState.CALLED, CallEvent.ACCEPTED): CallState.ACCEPTED,
        (CallState.CALLED, CallEvent.REFUSED): CallState.REFUSED,
        (CallState.CALLED, CallEvent.LAPSED): CallState.REFUSED,
        (CallState.ACCEPTED, CallEvent.REFUSED): CallState.REFUSED,
    },
)


class MeetingState(StrEnum):
    """Where an evaluation meeting stands."""

    CONVENED = "convened"
    ELECTING = "electing"
    SCORING = "scoring"
    REVEALED = "revealed"
    LOCKED = "locked"
    RANKED = "ranked"
    REPORTING = "reporting"
    REPORTED = "reported"
    FAILED = "failed"


class MeetingEvent(StrEnum):
    """What can happen to a meeting."""

    COMMITTED = "committed"
    CHAIR_ELECTED = "chair_elected"
    REVEALED = "revealed"
    LOCKED = "locked"
    RANKED = "ranked"
    REPORT_BEGUN = "report_begun"
    REPORTED = "reported"
    FAILED = "failed"


MEETING = Lifecycle(
    "meeting",
    {
        (MeetingState.CONVENED, MeetingEvent.COMMITTED): MeetingState.ELECTING,
        (MeetingState.ELECTING, MeetingEvent.CHAIR_ELECTED): MeetingState.SCORING,
        (MeetingState.SCORING, MeetingEvent.REVEALED): MeetingState.REVEALED,
        (MeetingState.REVEALED, MeetingEvent.LOCKED): MeetingState.LOCKED,
        (MeetingState.LOCKED, MeetingEvent.RANKED): MeetingState.RANKED,
        (MeetingState.LOCKED, MeetingEvent.FAILED): MeetingState.FAILED,
        (MeetingState.RANKED, MeetingEvent.REPORT_BEGUN): MeetingState.REPORTING,
        (MeetingState.REPORTING, MeetingEvent.REPORTED): MeetingState.REPORTED,
    },
)


class SheetState(StrEnum):
    """Where one expert's score sheet stands."""

    DRAFT = "draft"
    COMMITTED = "committed"
    REVEALED = "revealed"
    LOCKED = "locked"


class SheetEvent(StrEnum):
    """What can happen to a score sheet; a change is a new version with a reason."""

    COMMITTED = "committed"
    CHANGED = "changed"
    REVEALED = "revealed"
    LOCKED = "locked"


SHEET = Lifecycle(
    "score_sheet",
    {
        (SheetState.DRAFT, SheetEvent.COMMITTED): SheetState.COMMITTED,
        (SheetState.COMMITTED, SheetEvent.CHANGED): SheetState.COMMITTED,
        (SheetState.COMMITTED, SheetEvent.REVEALED): SheetState.REVEALED,
        (SheetState.REVEALED, SheetEvent.CHANGED): SheetState.REVEALED,
        (SheetState.REVEALED, SheetEvent.LOCKED): SheetState.LOCKED,
    },
)
