"""After a forbidden step was refused, in a transaction of its own: regulators are told who tried.

Only what names a lot in its address is looked at, and nothing that a bidder does
(supervision/rules/alerts.py).
"""

from flask import request
from sqlalchemy.orm import Session

from evaluation import queries as evaluation
from identity.guard import viewer
from kernel.errors import Busy, NotFound, Refusal
from storage.database import snapshot, transaction
from supervision.actions.alerts import note_attempt
from supervision.rules.alerts import is_illegal_attempt
from trading import queries as trading


def note_refusal(refusal: Refusal) -> None:
    """Tell regulators of it if they are to know. What cannot be kept now is not tried again."""
    code = str((request.view_args or {}).get("code", ""))
    if request.method == "GET" or not code or not is_illegal_attempt(refusal, viewer().roles):
        return
    with snapshot() as db:
        lot = _lot_named(db, code)
    if lot is None:
        return
    problem = refusal.problems[0]
    try:
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            found = trading.lot_by_code(db, lot)
            note_attempt(db, viewer(), found, problem, str(problem), now=now)
    except Busy:  # the refusal itself is what the person must hear of
        return


def _lot_named(db: Session, code: str) -> str | None:
    """The lot that an address names: by its own code, or by that of a meeting or draw."""
    try:
        return trading.lot_by_code(db, code).code
    except NotFound:
        return _lot_of(db, code)


def _lot_of(db: Session, code: str) -> str | None:
    try:
        if code.startswith("MT"):
            return evaluation.meeting_by_code(db, code).lot.code
        return evaluation.draw_by_code(db, code).lot.code if code.startswith("DR") else None
    except NotFound:
        return None
