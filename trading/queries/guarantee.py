"""Reads of guarantees: for their bidder, for their issuer, and for the opening."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from identity.models.organisations import Organisation
from identity.models.papers import Paper
from identity.states import PaperState
from kernel.errors import NotFound
from storage.due import DueWork
from trading.models.guarantee import GuaranteeOrder
from trading.states import GuaranteeState

_GONE = (GuaranteeState.REFUSED, GuaranteeState.LAPSED)


def standing_guarantee(db: Session, lot_id: int, bidder_id: int) -> GuaranteeOrder | None:
    """The order of this bidder for a lot that was neither refused nor lapsed."""
    query = sa.select(GuaranteeOrder).where(
        GuaranteeOrder.lot_id == lot_id,
        GuaranteeOrder.bidder_id == bidder_id,
        GuaranteeOrder.state.not_in(_GONE),
    )
    return db.scalar(query)


def guarantees_of(db: Session, lot_id: int, bidder: str) -> Sequence[GuaranteeOrder]:
    """Orders of this bidder for a lot, newest first."""
    query = (
        sa.select(GuaranteeOrder)
        .join(Organisation, Organisation.id == GuaranteeOrder.bidder_id)
        .where(GuaranteeOrder.lot_id == lot_id, Organisation.credit_code == bidder)
    )
    return db.scalars(query.order_by(GuaranteeOrder.ordered_at.desc(), GuaranteeOrder.code)).all()


def guarantees_by_issuer(
    db: Session, issuer: str, limit: int | None = None, offset: int = 0
) -> Sequence[GuaranteeOrder]:
    """Orders to this issuer, newest first; all of them without a limit."""
    mine = (
        sa.select(GuaranteeOrder)
        .join(Organisation, Organisation.id == GuaranteeOrder.issuer_id)
        .where(Organisation.credit_code == issuer)
    )
    newest = mine.order_by(GuaranteeOrder.ordered_at.desc(), GuaranteeOrder.code)
    return db.scalars(newest.limit(limit).offset(offset)).all()


def guarantees_to_judge(db: Session, issuer: str, limit: int) -> Sequence[GuaranteeOrder]:
    """Orders that this issuer has neither approved nor refused, oldest first."""
    query = (
        sa.select(GuaranteeOrder)
        .join(Organisation, Organisation.id == GuaranteeOrder.issuer_id)
        .where(Organisation.credit_code == issuer, GuaranteeOrder.state == GuaranteeState.ORDERED)
    )
    oldest = query.order_by(GuaranteeOrder.ordered_at, GuaranteeOrder.code)
    return db.scalars(oldest.limit(limit)).all()


def _untold_work(kinds: Collection[str]) -> sa.ColumnElement[bool]:
    """Which due work has to do with papers of these kinds: nobody may be told of it."""
    papers = sa.select(sa.literal("paper:") + Paper.code).where(Paper.kind.in_(kinds))
    by_kind = sa.or_(*(DueWork.kind.startswith(f"{kind}.", autoescape=True) for kind in kinds))
    return sa.or_(by_kind, DueWork.subject.in_(papers))


def guarantee_by_code(db: Session, code: str) -> GuaranteeOrder | None:
    """The order with this code, whoever asks: for the opening only."""
    return db.get(GuaranteeOrder, code)


def guarantee_for_issuer(db: Session, code: str, issuer: str) -> GuaranteeOrder:
    """An order to this issuer. Raises NotFound, also for an order to another."""
    found = db.get(GuaranteeOrder, code)
    if found is None or found.issuer.credit_code != issuer:
        raise _no_guarantee(code)
    return found


def guarantee_for_either(db: Session, code: str, organisation: str) -> GuaranteeOrder:
    """An order, for its bidder or its issuer. Raises NotFound for everybody else."""
    found = db.get(GuaranteeOrder, code)
    if found is None or organisation not in (found.issuer.credit_code, found.bidder.credit_code):
        raise _no_guarantee(code)
    return found


def guarantee_on_paper(db: Session, paper_code: str) -> GuaranteeOrder:
    """The order whose letter is signed on this paper. Raises NotFound."""
    query = sa.select(GuaranteeOrder).where(GuaranteeOrder.paper_code == paper_code)
    found = db.scalar(query)
    if found is None:
        raise _no_guarantee(paper_code)
    return found


def principals_of(db: Session, lot_id: int) -> set[str]:
    """Credit codes of the bidders that have a guarantee for a lot, or have asked for one.

    Never told to anybody before the opening.
    """
    query = (
        sa.select(Organisation.credit_code)
        .join(GuaranteeOrder, GuaranteeOrder.bidder_id == Organisation.id)
        .where(GuaranteeOrder.lot_id == lot_id, GuaranteeOrder.state.not_in(_GONE))
    )
    return set(db.scalars(query))


def signed_guarantees(db: Session, lot_id: int) -> Sequence[GuaranteeOrder]:
    """Orders of a lot whose letter its issuer has signed, but which are not issued yet."""
    query = (
        sa.select(GuaranteeOrder)
        .join(Paper, Paper.code == GuaranteeOrder.paper_code)
        .where(GuaranteeOrder.lot_id == lot_id, GuaranteeOrder.state == GuaranteeState.APPROVED)
        .where(Paper.state == PaperState.COMPLETE)
        .options(selectinload(GuaranteeOrder.paper))
    )
    return db.scalars(query.order_by(GuaranteeOrder.code)).all()


def _no_guarantee(code: str) -> NotFound:
    return NotFound("guarantee.not_found", "没有编号为“%(value)s”的保函。", value=code[:40])
