"""What of a lot an audience may know now, for every page that shows one.

The disclosure table decides each matter; what it does not give is absent, never blank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from trading import queries
from trading.models.awarding import Award, AwardCandidate, BidRejection, LotReport
from trading.models.opening import OpenedBid, OpeningKey
from trading.models.tendering import Lot
from trading.models.termination import Termination
from trading.queries.lot_view import BidLines, LotParts
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at

Known = Mapping[Matter, list[int]]


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
    return lot_views(db, [(lot, stage)], audience)[0]


def lot_views(
    db: Session, staged: Sequence[tuple[Lot, Stage]], audience: Audience
) -> list[LotView]:
    """These lots as this audience may see them, read together."""
    known = {
        matter: [lot.id for lot, stage in staged if may_know_at(audience, matter, stage)]
        for matter in Matter
    }
    parts = queries.parts_of(
        db,
        keys=known[Matter.NOTICE],
        reports={*known[Matter.REPORT], *known[Matter.CANDIDATES]},
        awards=known[Matter.AWARD],
        terminations=known[Matter.TERMINATION],
    )
    published = {lot for lot in known[Matter.CANDIDATES] if _is_published(parts[lot])}
    lines = queries.bid_lines(
        db,
        tables=known[Matter.OPENING_TABLE],
        reports=known[Matter.REPORT],
        candidates=published,
    )
    return [
        _view(lot, known, parts.get(lot.id, LotParts()), lines.get(lot.id, BidLines()))
        for lot, _stage in staged
    ]


def _view(lot: Lot, known: Known, parts: LotParts, lines: BidLines) -> LotView:
    def may(matter: Matter) -> bool:
        return lot.id in known[matter]

    published = _is_published(parts)
    chosen = [line for line in lines.ranked if line.is_candidate]
    return LotView(
        lot=lot,
        keys=parts.keys,
        shows_sealed=may(Matter.SEALED_SET) and lot.sealed_root is not None,
        table=lines.opened if may(Matter.OPENING_TABLE) else None,
        ranked=lines.ranked if may(Matter.REPORT) else (),
        rejected=lines.rejected,
        report=parts.report if published or may(Matter.REPORT) else None,
        candidates=chosen if published and may(Matter.CANDIDATES) else (),
        award=parts.award,
        termination=parts.termination,
    )


def _is_published(parts: LotParts) -> bool:
    """Whether the candidates of its report were published."""
    return parts.report is not None and parts.report.publicity_from is not None
