"""What falls due when in an evaluation, and which action it calls. The worker sweeps these."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions.draw import settle_draw
from storage.duties import Duty
from trading import queries as trading


def _settle(db: Session, lot_code: str, now: datetime, _: Any) -> None:
    draw = queries.draw_of_lot(db, trading.lot_by_code(db, lot_code).id)
    if draw is not None:
        settle_draw(db, draw, now=now)


DUTIES: Mapping[str, Duty] = {"draw.settle": Duty(_settle)}
