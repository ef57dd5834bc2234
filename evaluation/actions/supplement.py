"""Vacant seats are drawn for again: the same draw goes into another round.

Decided under the lot's lock. The list and the seed of the round that was drawn are kept, so that
whoever may replay the draw can replay every round of it.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions.draw import advance_draw, answers_in, begin_round, refuse_closed
from evaluation.models.draw import Draw, EarlierRound
from evaluation.rules import supplement as rules
from evaluation.states import DrawEvent
from identity.rules.permissions import Viewer
from kernel.errors import Refusal, refuse_if
from trading.actions.tendering import refuse_other_agency


def supplement_draw(db: Session, who: Viewer, code: str, *, now: datetime) -> Draw:
    """The agency has all vacant seats drawn for again, by fresh commitments and a fresh list.

    Raises Refusal where the draw is not made, no seat is vacant, or a call is still open.
    """
    draw = queries.draw_run_by(db, who, code)
    refuse_other_agency(who, draw.lot.tender)
    refuse_closed(draw.lot)
    if draw.seed is None or draw.frozen is None:
        raise Refusal(
            "draw.not_drawn", "专家还没有抽取完成，不能补充抽取。", "招标投标法实施条例 第46条"
        )
    answers = answers_in(queries.calls_of(db, draw.code))
    seats = len(queries.method_of(draw.lot).seats)
    refuse_if(rules.supplement_problems(seats, answers))
    db.add(EarlierRound(draw_code=draw.code, round=draw.round, frozen=draw.frozen, seed=draw.seed))
    data = {"round": draw.round, "seats": rules.vacant_seats(seats, answers)}
    advance_draw(db, draw, DrawEvent.SUPPLEMENTED, who.code, data, now)
    begin_round(draw)
    return draw
