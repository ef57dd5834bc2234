"""The life of a tender on one screen: states and events of lots and bids, and their tables.

A suspended lot keeps the state it came from in `resume_to`; resuming goes back there, so the
table has no row for it. Source: domain.md 2.1, 2.2 (T01 to T29).
"""

from enum import StrEnum

from kernel.lifecycle import Lifecycle


class Regime(StrEnum):
    """Which body of law governs; limits differ and are never mixed."""

    CONSTRUCTION = "CONSTRUCTION"
    GOVPROC = "GOVPROC"


class Category(StrEnum):
    """What is bought."""

    WORKS = "works"
    GOODS = "goods"
    SERVICES = "services"


class PassingOver(StrEnum):
    """Why a candidate of higher rank does not win."""

    GAVE_UP = "gave_up"
    FORCE_MAJEURE = "force_majeure"
    NO_PERFORMANCE_GUARANTEE = "no_performance_guarantee"
    UNLAWFUL_ACT = "unlawful_act"
    OTHER_LAWFUL = "other_lawful"


class ObjectionKind(StrEnum):
    """To what somebody objects."""

    DOCUMENTS = "documents"
    OPENING = "opening"
    RESULT = "result"


class LotState(StrEnum):
    """Where a lot stands."""

    REGISTERED = "registered"
    ANNOUNCED = "announced"
    RELEASING = "releasing"
    UNSEALING = "unsealing"
    OPENED = "opened"
    CONFIRMED = "confirmed"
    EVALUATING = "evaluating"
    REPORTED = "reported"
    CANDIDATES_PUBLISHED = "candidates_published"
    AWARDED = "awarded"
    ARCHIVED = "archived"
    SUSPENDED = "suspended"
    FAILED = "failed"
    TERMINATED = "terminated"


class LotEvent(StrEnum):
    """What can happen to a lot; the fact's kind is `lot.<event>`."""

    PUBLISHED = "published"
    CLOSED = "closed"
    FAILED = "failed"
    WINDOW_ENDED = "window_ended"
    OPENED = "opened"
    CONFIRMED = "confirmed"
    EVALUATION_BEGUN = "evaluation_begun"
    REPORT_RECEIVED = "report_received"
    CANDIDATES_PUBLISHED = "candidates_published"
    AWARDED = "awarded"
    ARCHIVED = "archived"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    TERMINATED = "terminated"


_S, _E = LotState, LotEvent
_BEFORE_THE_AWARD = (
    _S.REGISTERED,
    _S.ANNOUNCED,
    _S.RELEASING,
    _S.UNSEALING,
    _S.OPENED,
    _S.CONFIRMED,
    _S.EVALUATING,
    _S.REPORTED,
    _S.CANDIDATES_PUBLISHED,
)

LOT = Lifecycle(
    "lot",
    {
        (_S.REGISTERED, _E.PUBLISHED): _S.ANNOUNCED,
        (_S.ANNOUNCED, _E.CLOSED): _S.RELEASING,
        (_S.ANNOUNCED, _E.FAILED): _S.FAILED,
        (_S.RELEASING, _E.WINDOW_ENDED): _S.UNSEALING,
        (_S.UNSEALING, _E.OPENED): _S.OPENED,
        (_S.UNSEALING, _E.FAILED): _S.FAILED,
        (_S.OPENED, _E.CONFIRMED): _S.CONFIRMED,
        (_S.CONFIRMED, _E.EVALUATION_BEGUN): _S.EVALUATING,
        (_S.EVALUATING, _E.REPORT_RECEIVED): _S.REPORTED,
        (_S.EVALUATING, _E.FAILED): _S.FAILED,
        (_S.REPORTED, _E.CANDIDATES_PUBLISHED): _S.CANDIDATES_PUBLISHED,
        (_S.REPORTED, _E.AWARDED): _S.AWARDED,
        (_S.CANDIDATES_PUBLISHED, _E.AWARDED): _S.AWARDED,
        (_S.AWARDED, _E.ARCHIVED): _S.ARCHIVED,
        (_S.FAILED, _E.ARCHIVED): _S.ARCHIVED,
        (_S.TERMINATED, _E.ARCHIVED): _S.ARCHIVED,
        **{(state, _E.SUSPENDED): _S.SUSPENDED for state in _BEFORE_THE_AWARD},
        **{(state, _E.TERMINATED): _S.TERMINATED for state in _BEFORE_THE_AWARD},
        (_S.SUSPENDED, _E.TERMINATED): _S.TERMINATED,
    },
)


OPENING_STATES = (_S.ANNOUNCED, _S.RELEASING, _S.UNSEALING)
"""From the notice to the price table: as long as witnesses have something to do."""

DRAWING_STATES = (_S.OPENED, _S.CONFIRMED)
"""From the price table to the evaluation: while experts can be drawn, called and answer."""


class BidState(StrEnum):
    """Where a submission stands."""

    SUBMITTED = "submitted"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class BidEvent(StrEnum):
    """What can happen to a submission before the deadline."""

    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


BID = Lifecycle(
    "bid",
    {
        (BidState.SUBMITTED, BidEvent.REPLACED): BidState.REPLACED,
        (BidState.SUBMITTED, BidEvent.WITHDRAWN): BidState.WITHDRAWN,
    },
)


class GuaranteeState(StrEnum):
    """Where an ordered guarantee (电子保函) stands."""

    ORDERED = "ordered"
    APPROVED = "approved"
    REFUSED = "refused"
    ISSUED = "issued"
    LAPSED = "lapsed"
    DISCLOSED = "disclosed"


class GuaranteeEvent(StrEnum):
    """What can happen to a guarantee; after the opening the preimage of its code discloses it."""

    APPROVED = "approved"
    REFUSED = "refused"
    ISSUED = "issued"
    LAPSED = "lapsed"
    DISCLOSED = "disclosed"


GUARANTEE = Lifecycle(
    "guarantee",
    {
        (GuaranteeState.ORDERED, GuaranteeEvent.APPROVED): GuaranteeState.APPROVED,
        (GuaranteeState.ORDERED, GuaranteeEvent.REFUSED): GuaranteeState.REFUSED,
        (GuaranteeState.ORDERED, GuaranteeEvent.LAPSED): GuaranteeState.LAPSED,
        (GuaranteeState.APPROVED, GuaranteeEvent.ISSUED): GuaranteeState.ISSUED,
        (GuaranteeState.APPROVED, GuaranteeEvent.LAPSED): GuaranteeState.LAPSED,
        (GuaranteeState.ISSUED, GuaranteeEvent.DISCLOSED): GuaranteeState.DISCLOSED,
    },
)
