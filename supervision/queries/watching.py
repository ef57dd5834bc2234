"""Lots on their way as regulators watch them: what the wall, the list and a lot's page read.

Each asks once for all lots, however many; what regulators may not know yet is not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, lazyload

from evaluation.models.draw import Draw
from evaluation.models.meeting import BlindBid, Meeting
from evaluation.models.report import Report
from evaluation.rules import disclosure as secret
from identity.models.organisations import Organisation
from outbox import queries as outbox
from supervision.models.orders import Order
from trading import queries as trading
from trading.models.awarding import Award, LotReport
from trading.models.bidding import Bid
from trading.models.opening import OpenedBid, OpeningKey, Release
from trading.models.tendering import Lot
from trading.rules import disclosure as public
from trading.rules.disclosure import Audience
from trading.states import LotState

ENDED = (LotState.REGISTERED, LotState.ARCHIVED, LotState.FAILED, LotState.TERMINATED)
WALL = 200
T = TypeVar("T")


@dataclass(frozen=True)
class OnItsWay:
    """One lot with all that decides its next step; `head` counts the messages about it."""

    lot: Lot
    report: LotReport | None
    award: Award | None
    meeting: Meeting | None
    head: int


@dataclass(frozen=True)
class LotWatched:
    """One lot with its draw, meeting and archive, its orders, newest first, and opening keys.

    `released` counts the bids whose keys were released, once regulators may know.
    """

    lot: Lot
    report: LotReport | None
    award: Award | None
    meeting: Meeting | None
    draw: Draw | None
    archive: str | None
    released: int | None
    orders: list[Order]
    keys: list[OpeningKey]


def running_lots(db: Session) -> list[OnItsWay]:
    """Lots on their way, the most urgent deadline first; at most WALL."""
    rows = db.execute(_running())
    return [OnItsWay(*row) for row in rows]


def lot_watched(db: Session, code: str) -> LotWatched:
    """One lot for its page. Raises NotFound."""
    rows = db.execute(_one(), {"code": code}).all()
    if not rows:
        raise trading.no_lot(code)
    lot, report, award, meeting, draw, archive, released, _, _ = rows[0]
    return LotWatched(
        lot,
        report,
        award,
        meeting,
        draw,
        archive,
        released,
        orders=_each([row[7] for row in rows]),
        keys=_each([row[8] for row in rows]),
    )


def opened_with_codes(db: Session, lot_id: int) -> list[tuple[OpenedBid, str | None]]:
    """The opening table, lowest price first and unopened ones last, each with the code under which
    the committee sees the bid, once regulators may know whose that is.
    """
    return [(opened, code) for opened, code in db.execute(_opened(), {"lot": lot_id})]


# The three statements are put together once: watched pages ask them again and again.
@cache
def _running() -> sa.Select[*tuple[Any, ...]]:
    channel = (sa.literal("lot:") + Lot.code, sa.literal(Audience.REGULATOR.value))
    return (
        sa.select(Lot, LotReport, Award, Meeting, outbox.head_of(*channel))
        .outerjoin(LotReport, LotReport.lot_id == Lot.id)
        .outerjoin(Award, Award.lot_id == Lot.id)
        .outerjoin(Meeting, Meeting.lot_id == Lot.id)
        .where(Lot.state.not_in(ENDED))
        .options(lazyload(Award.bid), lazyload(Meeting.lot))
        .order_by(Lot.deadline, Lot.code)
        .limit(WALL)
    )


@cache
def _one() -> sa.Select[*tuple[Any, ...]]:
    states = _states_of(secret.Matter.REPORT)
    rehearsed = OpeningKey.rehearsed_at.is_not(None)
    return (
        sa.select(Lot, LotReport, Award, Meeting, Draw, Report.sha256, _released())
        .add_columns(Order, OpeningKey)
        .outerjoin(LotReport, LotReport.lot_id == Lot.id)
        .outerjoin(Award, Award.lot_id == Lot.id)
        .outerjoin(Meeting, Meeting.lot_id == Lot.id)
        .outerjoin(Draw, Draw.lot_id == Lot.id)
        .outerjoin(Report, sa.and_(Report.meeting_code == Meeting.code, states))
        .outerjoin(Order, Order.lot_id == Lot.id)
        .outerjoin(OpeningKey, sa.and_(OpeningKey.lot_id == Lot.id, rehearsed))
        .where(Lot.code == sa.bindparam("code"))
        .options(lazyload(Award.bid), lazyload(Meeting.lot), lazyload(Draw.lot))
        .order_by(Order.issued_at.desc(), OpeningKey.code)
    )


@cache
def _opened() -> sa.Select[*tuple[Any, ...]]:
    known = _states_of(secret.Matter.IDENTITIES)
    return (
        sa.select(OpenedBid, BlindBid.code)
        .join(Bid, Bid.id == OpenedBid.bid_id)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .outerjoin(Meeting, Meeting.lot_id == Bid.lot_id)
        .outerjoin(BlindBid, sa.and_(BlindBid.bid_id == Bid.id, known))
        .where(Bid.lot_id == sa.bindparam("lot"))
        .options(contains_eager(OpenedBid.bid).contains_eager(Bid.bidder))
        .order_by(OpenedBid.price_fen.is_(None), OpenedBid.price_fen, Bid.receipt)
    )


def _each(joined: Sequence[T | None]) -> list[T]:
    """Each once, in the order of the rows: every order stands beside every key."""
    return list(dict.fromkeys(each for each in joined if each is not None))


def _states_of(matter: secret.Matter) -> sa.ColumnElement[bool]:
    """In which states of a meeting regulators may know this of it."""
    return Meeting.state.in_(secret.TABLE[matter, secret.Audience.REGULATOR])


def _released() -> sa.ColumnElement[int | None]:
    """How many bids of a lot were released, in the states in which regulators may know."""
    states = public.TABLE[public.Matter.RELEASE_COUNT, Audience.REGULATOR]
    count = sa.select(sa.func.count()).select_from(Release).join(Bid, Bid.id == Release.bid_id)
    count = count.where(Bid.lot_id == Lot.id).correlate(Lot)
    return sa.case((Lot.state.in_(states), count.scalar_subquery()), else_=None)
