"""Letters about a lot: what each names of it, and to whom a letter about bids may go.

Source: promise 1 (招标投标法 第22条): before the opening only a bidder itself is written to.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from identity.actions.letters import write_letter
from outbox.rules.letters import LetterKind
from trading import queries
from trading.models.tendering import Lot


def write_about(
    db: Session,
    lot: Lot,
    kind: LetterKind,
    to: Iterable[str] = (),
    *,
    now: datetime,
    **data: Any,
) -> None:
    """A letter about this lot to people of these organisations (credit codes)."""
    named = {
        "tender": lot.tender.code,
        "name": lot.tender.name,
        "lot": lot.code,
        "lot_name": lot.name,
        "rehearsal": lot.tender.is_rehearsal,
    }
    write_letter(db, kind, f"lot:{lot.code}", to=to, now=now, data=named | data)


def sides_of(lot: Lot) -> list[str]:
    """The agency and the procuring entity."""
    return [lot.tender.agency.credit_code, lot.tender.procuring_entity.credit_code]


def standing_bidders(db: Session, lot: Lot) -> list[str]:
    """Whose bids stand. For the close and what follows it."""
    return [bid.bidder.credit_code for bid in queries.standing_bids(db, lot.id)]


def concerned_bidders(db: Session, lot: Lot) -> list[str]:
    """Who has a bid or a guarantee here. Letters go to each alone; nobody is told who they are."""
    bidders = {code for code, stands in queries.bidders_of(db, lot.id).items() if stands}
    return sorted(bidders | queries.principals_of(db, lot.id))
