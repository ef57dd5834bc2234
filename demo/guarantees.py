"""The steps of guarantees: ordered under a code that hides the tender, approved, signed, refused.

Who bids on a lot with a guarantee orders it from one of the three issuers, ten days before the
deadline; the letters are real PDFs, drawn and checked by the worker's duties.
"""

import secrets
from datetime import datetime, timedelta

from client.guarantee import ORDER_TYPE, order_code
from demo.city import ISSUERS
from demo.papers import make_document_key, sign_in_turn
from demo.play import Play
from storage.database import snapshot
from trading import queries
from trading.actions import guarantee
from trading.models.guarantee import GuaranteeOrder
from trading.rules.guarantee import SALT_BYTES
from trading.states import GuaranteeState

_ISSUERS = ("issuer", *(each.username for each in ISSUERS))
_DAYS_BEFORE = 10


def order_all(play: Play) -> bool:
    """Every bidder of the plan orders a guarantee."""
    if not play.clock_to(_deadline(play) - timedelta(days=_DAYS_BEFORE)):
        return False
    for bidder in play.plan.bidders:
        order_one(play, bidder)
    return True


def order_one(play: Play, bidder: str) -> bool:
    """This bidder orders a guarantee, unless one was ordered."""
    if order_of(play, bidder) is None:
        keys, lot = play.stage.keys(bidder), play.found()
        salt = secrets.token_bytes(SALT_BYTES)
        named = {
            "type": ORDER_TYPE,
            "tender": play.tender,
            "lot": play.lot,
            "beneficiary": play.stage.who(play.plan.buyer).organisation,
            "required_fen": lot.guarantee_fen,
            "deadline": _deadline(play).isoformat(),
        }
        keys.remember(f"guarantee-{play.lot}", {"salt": salt.hex(), "named": named})
        play.act(
            guarantee.order_guarantee,
            bidder,
            play.lot,
            issuer=play.stage.who(issuer_of(play, bidder)).organisation,
            code=bytes.fromhex(order_code(salt, named)),
        )
    return True


def issue_all(play: Play) -> bool:
    """Every order of the plan's bidders is approved, signed and issued."""
    done = [issue_one(play, bidder) for bidder in play.plan.bidders]  # each takes its step
    return all(done)


def issue_one(play: Play, bidder: str) -> bool:
    """One step on the way of this order; whether it is issued, or lapsed because it came late."""
    order = order_of(play, bidder)
    assert order is not None  # noqa: S101 (ordered before)
    if order.state is GuaranteeState.ORDERED:
        approve_one(play, bidder)
        return False
    if order.state is GuaranteeState.APPROVED and order.paper_code:
        sign_in_turn(play, order.paper_code, [issuer_of(play, bidder)])
        return False
    return True


def approve_one(play: Play, bidder: str) -> bool:
    """The issuer approves this order; the letter then waits for its signature."""
    order = order_of(play, bidder)
    assert order is not None  # noqa: S101 (ordered before)
    if order.state is GuaranteeState.ORDERED:
        issuer = issuer_of(play, bidder)
        make_document_key(play.stage, issuer)
        play.act(guarantee.approve_order, issuer, order.code)
    return True


def refuse_one(play: Play, bidder: str) -> bool:
    """The issuer refuses this order."""
    order = order_of(play, bidder)
    assert order is not None  # noqa: S101 (ordered before)
    if order.state is GuaranteeState.ORDERED:
        reason = "申请人在本机构的授信额度已用完。"
        play.act(guarantee.refuse_order, issuer_of(play, bidder), order.code, reason=reason)
    return True


def order_of(play: Play, bidder: str) -> GuaranteeOrder | None:
    """This bidder's newest order for the lot."""
    with snapshot() as db:
        lot = queries.lot_by_code(db, play.lot)
        found = queries.guarantees_of(db, lot.id, play.stage.who(bidder).organisation)
        return found[0] if found else None


def issuer_of(play: Play, bidder: str) -> str:
    """From whom this bidder orders; the first bidder of a plan always from `issuer`."""
    return _ISSUERS[play.plan.bidders.index(bidder) % len(_ISSUERS)]


def _deadline(play: Play) -> datetime:
    deadline = play.found().deadline
    assert deadline is not None  # noqa: S101 (published before)
    return deadline
