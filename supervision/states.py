"""What a regulator can order, and the life of a finding on an agency's conduct.

Source: 招标投标法实施条例 第62条; domain.md 6, 6.1, 7.3.
"""

from enum import StrEnum

from kernel.lifecycle import Lifecycle


class OrderKind(StrEnum):
    """Kinds of orders."""

    SUSPEND = "suspend"
    RESUME = "resume"


class AlertLevel(StrEnum):
    """How urgent an alert is: a card as the field calls it."""

    YELLOW = "yellow"
    RED = "red"


class Stage(StrEnum):
    """When in a procedure a forbidden act happens."""

    COMMISSION = "commission"
    PLANNING = "planning"
    NOTICE = "notice"
    DOCUMENTS = "documents"
    SUBMISSION = "submission"
    OPENING = "opening"
    EVALUATION = "evaluation"
    AWARD = "award"
    THROUGHOUT = "throughout"


class Severity(StrEnum):
    """How grave a forbidden act is."""

    GRAVE = "grave"
    SERIOUS = "serious"
    MODERATE = "moderate"
    MINOR = "minor"


class PointsBasis(StrEnum):
    """Where the points of an item come from: a local table, or scaled to it by this profile."""

    LOCAL_TABLE = "local_table"
    PROFILE = "profile"


class Consequence(StrEnum):
    """What follows from the active points. Never a restriction: that is an authority's alone."""

    NONE = "none"
    REMINDER = "reminder"
    YELLOW_CARD = "yellow_card"
    RED_CARD = "red_card"


class RestrictionBasis(StrEnum):
    """The article on which an authority may keep an agency from its business."""

    TENDERING_LAW = "tendering_law"
    PROCUREMENT_LAW = "procurement_law"


class FindingState(StrEnum):
    """Where a finding stands."""

    RECORDED = "recorded"
    NOTICED = "noticed"
    DEFENDED = "defended"
    UNDEFENDED = "undefended"
    DECIDED = "decided"
    DISMISSED = "dismissed"
    CANCELLED = "cancelled"


class FindingEvent(StrEnum):
    """What can happen to a finding; the fact's kind is `finding.<event>`."""

    NOTICED = "noticed"
    DEFENDED = "defended"
    WAIVED = "waived"
    LAPSED = "lapsed"
    DECIDED = "decided"
    DISMISSED = "dismissed"
    CANCELLED = "cancelled"


_S, _E = FindingState, FindingEvent

# Whether the defence is over is a rule's question (rules/conduct.py), for a dead worker must not
# keep a regulator from deciding: so a finding that is noticed can be decided too.
FINDING = Lifecycle(
    "finding",
    {
        (_S.RECORDED, _E.NOTICED): _S.NOTICED,
        (_S.RECORDED, _E.DISMISSED): _S.DISMISSED,
        (_S.NOTICED, _E.DEFENDED): _S.DEFENDED,
        (_S.NOTICED, _E.WAIVED): _S.UNDEFENDED,
        (_S.NOTICED, _E.LAPSED): _S.UNDEFENDED,
        (_S.NOTICED, _E.DECIDED): _S.DECIDED,
        (_S.NOTICED, _E.DISMISSED): _S.DISMISSED,
        (_S.DEFENDED, _E.DECIDED): _S.DECIDED,
        (_S.DEFENDED, _E.DISMISSED): _S.DISMISSED,
        (_S.UNDEFENDED, _E.DECIDED): _S.DECIDED,
        (_S.UNDEFENDED, _E.DISMISSED): _S.DISMISSED,
        (_S.DECIDED, _E.CANCELLED): _S.CANCELLED,
    },
)
