"""What a page that shows lots reads of them: two statements, however many lots and bids.

Whoever asks names the lots of which each matter may be known; of the others nothing is read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from identity.models.organisations import Organisation
from trading.models.awarding import Award, AwardCandidate, BidRejection, LotReport
from trading.models.bidding import Bid
from trading.models.opening import OpenedBid, OpeningKey
from trading.models.tendering import Lot
from trading.models.termination import Termination

Ids = Collection[int]


@dataclass
class LotParts:
    """What is stored of one lot apart from its bids; `keys` are its rehearsed opening keys."""

    keys: list[OpeningKey] = field(default_factory=list)
    report: LotReport | None = None
    award: Award | None = None
    termination: Termination | None = None


@dataclass
class BidLines:
    """What came of one lot's bids: opened, ranked and rejected, in the order of their tables."""

    opened: list[OpenedBid] = field(default_factory=list)
    ranked: list[AwardCandidate] = field(default_factory=list)
    rejected: list[BidRejection] = field(default_factory=list)


def parts_of(
    db: Session, *, keys: Ids = (), reports: Ids = (), awards: Ids = (), terminations: Ids = ()
) -> dict[int, LotParts]:
    """Opening keys, report, award and termination of lots by their ids; absent where not asked."""
    asked = {*keys, *reports, *awards, *terminations}
    if not asked:
        return {}
    ids = {"keys": keys, "reports": reports, "awards": awards, "terminations": terminations}
    found: dict[int, LotParts] = {}
    for lot, key, report, award, termination in db.execute(_parts(), _lists(asked=asked, **ids)):
        parts = found.setdefault(lot, LotParts([], report, award, termination))
        parts.keys += [key] if key is not None else []
    return found


def bid_lines(
    db: Session, *, tables: Ids = (), reports: Ids = (), candidates: Ids = ()
) -> dict[int, BidLines]:
    """The opened bids of `tables`, everything ranked or rejected of `reports`, and of `candidates`
    those ranked bids that are candidates; by the lot's id.
    """
    asked = {*tables, *reports, *candidates}
    if not asked:
        return {}
    ids = {"asked": asked, "tables": tables, "reports": reports, "candidates": candidates}
    found: dict[int, BidLines] = {lot: BidLines() for lot in asked}
    for bid, opened, ranked, rejected in db.execute(_lines(), _lists(**ids)):
        lines = found[bid.lot_id]
        lines.opened += [opened] if opened is not None else []
        lines.ranked += [ranked] if ranked is not None else []
        lines.rejected += [rejected] if rejected is not None else []
    for lines in found.values():
        _sort(lines)
    return found


# Both statements are put together once: pages of lots ask them again and again.
@cache
def _parts() -> sa.Select[*tuple[Any, ...]]:
    rehearsed = (OpeningKey.rehearsed_at.is_not(None), Lot.id.in_(_ids("keys")))
    ended = sa.and_(Termination.lot_id == Lot.id, Lot.id.in_(_ids("terminations")))
    return (
        sa.select(Lot.id, OpeningKey, LotReport, Award, Termination)
        .outerjoin(OpeningKey, sa.and_(OpeningKey.lot_id == Lot.id, *rehearsed))
        .outerjoin(LotReport, sa.and_(LotReport.lot_id == Lot.id, Lot.id.in_(_ids("reports"))))
        .outerjoin(Award, sa.and_(Award.lot_id == Lot.id, Lot.id.in_(_ids("awards"))))
        .outerjoin(Termination, ended)
        .where(Lot.id.in_(_ids("asked")))
        .order_by(Lot.id, OpeningKey.code)
    )


@cache
def _lines() -> sa.Select[*tuple[Any, ...]]:
    of_report, lot = Bid.lot_id.in_(_ids("reports")), Bid.lot_id
    is_chosen = sa.and_(lot.in_(_ids("candidates")), AwardCandidate.is_candidate)
    is_ranked = sa.and_(AwardCandidate.bid_id == Bid.id, sa.or_(of_report, is_chosen))
    return (
        sa.select(Bid, OpenedBid, AwardCandidate, BidRejection)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .outerjoin(OpenedBid, sa.and_(OpenedBid.bid_id == Bid.id, lot.in_(_ids("tables"))))
        .outerjoin(AwardCandidate, is_ranked)
        .outerjoin(BidRejection, sa.and_(BidRejection.bid_id == Bid.id, of_report))
        .where(lot.in_(_ids("asked")))
        .options(contains_eager(Bid.bidder), *_with_bid())
    )


def _ids(name: str) -> sa.BindParameter[list[int]]:
    return sa.bindparam(name, expanding=True)


def _lists(**ids: Ids) -> dict[str, list[int]]:
    return {name: sorted(each) for name, each in ids.items()}


def _with_bid() -> Sequence[sa.orm.interfaces.LoaderOption]:
    """Each line's bid and bidder are those of the statement, not joined once more for each."""
    owners = (OpenedBid.bid, AwardCandidate.bid, BidRejection.bid)
    return [contains_eager(bid).contains_eager(Bid.bidder) for bid in owners]


def _sort(lines: BidLines) -> None:
    """Lowest price first and unopened bids last; best rank first; equals by receipt."""
    lines.opened.sort(key=lambda each: (each.price_fen is None, each.price_fen, each.bid.receipt))
    lines.ranked.sort(key=lambda each: (each.rank, each.bid.receipt))
    lines.rejected.sort(key=lambda each: each.bid.receipt)
