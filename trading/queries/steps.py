"""What is next on each of several lots, in one statement."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from kernel.periods import legal_date
from trading.models.awarding import Award, LotReport
from trading.models.tendering import Lot
from trading.queries.lot_view import parts_of
from trading.rules.limits import limits_for
from trading.rules.steps import LotTimes, NextStep, next_step


def next_steps(db: Session, lots: Sequence[Lot]) -> Mapping[int, NextStep]:
    """The next step of each lot by its id, under the limits of the day of its registration."""
    ids = [lot.id for lot in lots]
    parts = parts_of(db, reports=ids, awards=ids)
    return {lot.id: step_of(lot, parts[lot.id].report, parts[lot.id].award) for lot in lots}


def lot_times(lot: Lot, report: LotReport | None, award: Award | None) -> LotTimes:
    """The moments of a lot that are known so far."""
    return LotTimes(
        deadline=lot.deadline,
        window_ends_at=lot.window_ends_at,
        choice_due=report.step_due if report else None,
        publicity_until=report.publicity_until if report else None,
        result_until=award.result_until if award else None,
    )


def step_of(lot: Lot, report: LotReport | None, award: Award | None) -> NextStep:
    """The next step of a lot whose report and award are known."""
    limits = limits_for(lot.tender.regime, legal_date(lot.tender.registered_at))
    return next_step(lot.state, lot_times(lot, report, award), limits)
