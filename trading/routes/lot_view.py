"""What of a lot an audience may know now, for every page that shows one.

The disclosure table decides each matter; what it does not give is absent, never blank.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from trading import queries
from trading.models.awarding import Award, AwardCandidate, BidRejection, LotReport
from trading.models.opening import OpenedBid, OpeningKey
from trading.models.tendering import Lot
from trading.models.termination import Termination
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at


@dataclass(frozen=True)
class LotView:
    """A lot for one audience. `report` is there for those who may read it or, published, see its
    candidates; `ranked` and `rejected` are empty for whoever may not read the report.
    """

    lot: Lot
    keys: Sequence[OpeningKey]
    shows_sealed: bool
    table: Sequence[OpenedBid] | None
    ranked: Sequence[AwardCandidate]
    rejected: Sequence[BidRejection]
    report: LotReport | None
    candidates: Sequence[AwardCandidate]
    award: Award | None
    termination: Termination | None


def lot_view(db: Session, lot: Lot, stage: Stage, audience: Audience) -> LotView:
    """The lot as this audience may see it."""

    def may(matter: Matter) -> bool:
        return may_know_at(audience, matter, stage)

    report = queries.report_of(db, lot.id) if may(Matter.REPORT) or may(Matter.CANDIDATES) else None
    published = report is not None and report.publicity_from is not None
    return LotView(
        lot=lot,
        keys=queries.opening_keys(db, lot.id) if may(Matter.NOTICE) else (),
        shows_sealed=may(Matter.SEALED_SET) and lot.sealed_root is not None,
        table=queries.opened_bids(db, lot.id) if may(Matter.OPENING_TABLE) else None,
        ranked=queries.ranked_bids(db, lot.id) if may(Matter.REPORT) else (),
        rejected=queries.rejected_bids(db, lot.id) if may(Matter.REPORT) else (),
        report=report if published or may(Matter.REPORT) else None,
        candidates=queries.candidates(db, lot.id) if published and may(Matter.CANDIDATES) else (),
        award=queries.award_of(db, lot.id) if may(Matter.AWARD) else None,
        termination=queries.termination_of(db, lot.id) if may(Matter.TERMINATION) else None,
    )
