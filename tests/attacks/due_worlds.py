"""Where each kind of due work has something to do: a stage of the walk and what is done there first.

Each step takes the walk and what is known, and returns the subject of the work.
"""

from evaluation.queries import draw_by_code
from identity.actions import papers
from storage.database import snapshot, transaction
from tests.factories.identity import viewer
from tests.factories.papers import do_duty, sign
from tests.factories.trading import move_to
from trading import queries
from trading.actions import guarantee, opening_record


def lot(_walk, known):
    return f"lot:{known['lot']}"


def paper(_walk, known):
    return papers.subject_of(known["paper"])


def judged(walk, known):
    do_duty("lot.check_releases", lot(walk, known), walk.workshop)
    return lot(walk, known)


def reveals_over(walk, known):
    """Nobody has revealed in time."""
    with snapshot() as db:
        until = draw_by_code(db, known["draw"]).reveal_until
    move_to(known["lot"], until)
    return lot(walk, known)


def approved_order(walk, known):
    with transaction(lock=[lot(walk, known)]) as (db, now):
        made = guarantee.approve_order(db, viewer("banker"), known["ordered"], now=now)
        return papers.subject_of(made.paper.code)


def signed_order(walk, known):
    sign("banker", known["order_paper"], walk.workshop)
    return lot(walk, known)


def _record(known):
    with snapshot() as db:
        row = queries.opening_record_of(db, queries.lot_by_code(db, known["lot"]).id)
        return papers.subject_of(row.paper_code)


def record_begun(_walk, known):
    return _record(known)


def record_drawn(walk, known):
    do_duty(opening_record.DRAW, _record(known), walk.workshop)
    return _record(known)


def record_sealed(walk, known):
    do_duty(papers.SEAL, record_drawn(walk, known), walk.workshop)
    return lot(walk, known)
