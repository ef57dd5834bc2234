"""Every kind of letter that the platform writes to a person, and which of them betray a bid.

A letter is kept as its kind and the values of its places; it is worded when it is shown.
Source: promise 1 (招标投标法 第22条): who bids is nobody's business before the opening.
"""

from enum import StrEnum


class LetterKind(StrEnum):
    """What a letter is about. The values never change: letters of years ago keep them."""

    BID_RECEIVED = "bid_received"
    BID_REPLACED = "bid_replaced"
    BID_WITHDRAWN = "bid_withdrawn"
    GUARANTEE_ORDERED = "guarantee_ordered"
    GUARANTEE_ISSUED = "guarantee_issued"
    GUARANTEE_REFUSED = "guarantee_refused"
    GUARANTEE_LAPSED = "guarantee_lapsed"
    DEADLINE_MOVED = "deadline_moved"
    LOT_SUSPENDED = "lot_suspended"
    LOT_RESUMED = "lot_resumed"
    LOT_TERMINATED = "lot_terminated"
    LOT_FAILED = "lot_failed"
    RELEASE_NEEDED = "release_needed"
    RELEASE_WRONG = "release_wrong"
    OPENING_DONE = "opening_done"
    BID_WON = "bid_won"
    BID_NOT_WON = "bid_not_won"
    BID_REJECTED = "bid_rejected"
    REPORT_RECEIVED = "report_received"
    CANDIDATES_DUE = "candidates_due"
    AWARD_DUE = "award_due"
    AWARD_DECIDED = "award_decided"
    ENQUIRY_ASKED = "enquiry_asked"
    OBJECTION_RAISED = "objection_raised"
    OBJECTION_WATCHED = "objection_watched"
    ORDER_ISSUED = "order_issued"
    FINDING_NOTICED = "finding_noticed"
    FINDING_DECIDED = "finding_decided"
    EXPERT_CALLED = "expert_called"
    MEETING_CONVENED = "meeting_convened"
    REPORT_TO_SIGN = "report_to_sign"
    DRAW_WAITS = "draw_waits"
    ALERT_RAISED = "alert_raised"
    OPENING_KEY_NEEDED = "opening_key_needed"
    REGISTRATION_WAITING = "registration_waiting"


_K = LetterKind

# There is such a letter only because somebody bids or means to: nobody but its reader may be told
# of it, not even by a number. They count for nobody, also when the opening has made the bid known.
SEALED = frozenset(
    {
        _K.BID_RECEIVED,
        _K.BID_REPLACED,
        _K.BID_WITHDRAWN,
        _K.GUARANTEE_ORDERED,
        _K.GUARANTEE_ISSUED,
        _K.GUARANTEE_REFUSED,
        _K.GUARANTEE_LAPSED,
        _K.DEADLINE_MOVED,
        _K.LOT_SUSPENDED,
        _K.LOT_RESUMED,
        _K.LOT_TERMINATED,
    }
)

# Both the matter and that this reader has to do with it are public by then: an e-mail may name it.
PUBLIC = frozenset(
    {_K.OPENING_DONE, _K.REPORT_RECEIVED, _K.CANDIDATES_DUE, _K.AWARD_DUE, _K.AWARD_DECIDED}
)
