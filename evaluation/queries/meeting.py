"""Reads of meetings, their members, votes and blind bids. An expert says who they are."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from evaluation.models.meeting import BlindBid, ChairVote, Meeting, Member
from evaluation.models.pool import Expert
from evaluation.queries.progress import no_meeting
from identity.models.accounts import Person
from identity.models.organisations import Organisation
from identity.rules.permissions import Viewer
from kernel.errors import NotFound
from trading.models.bidding import Bid
from trading.models.opening import OpenedBid

# An expert comes with its person, and a person with its roles: not where neither is looked at.
_WITHOUT_PERSON = joinedload(Member.expert).lazyload(Expert.person)


def meeting_by_code(db: Session, code: str) -> Meeting:
    """The meeting with this public code. Raises NotFound."""
    found = db.get(Meeting, code)
    if found is None:
        raise no_meeting(code)
    return found


def meeting_run_by(db: Session, who: Viewer, code: str) -> Meeting:
    """The meeting, for those who run its tender. Raises NotFound, which never names the tender."""
    found = meeting_by_code(db, code)
    if who.organisation not in found.lot.tender.sides:
        raise no_meeting(code)
    return found


def meeting_of_lot(db: Session, lot_id: int) -> Meeting | None:
    """The meeting of a lot."""
    return db.scalar(sa.select(Meeting).where(Meeting.lot_id == lot_id))


def members_of(db: Session, meeting_code: str) -> Sequence[Member]:
    """The committee in seat order."""
    query = sa.select(Member).where(Member.meeting_code == meeting_code)
    return db.scalars(query.order_by(Member.seat)).all()


def member_of(db: Session, meeting_code: str, person_code: str) -> Member:
    """This person's seat in a meeting. Raises NotFound, also for a meeting of others."""
    query = (
        sa.select(Member)
        .join(Expert, Expert.code == Member.expert_code)
        .join(Person, Person.id == Expert.person_id)
        .where(Member.meeting_code == meeting_code, Person.code == person_code)
        .options(_WITHOUT_PERSON)
    )
    found = db.scalar(query)
    if found is None:
        raise no_meeting(meeting_code)
    return found


def votes_in(db: Session, meeting: Meeting) -> Sequence[ChairVote]:
    """The votes of the present ballot, by voter."""
    query = sa.select(ChairVote).where(
        ChairVote.meeting_code == meeting.code, ChairVote.ballot == meeting.ballot
    )
    return db.scalars(query.order_by(ChairVote.voter)).all()


def blind_codes(db: Session, meeting_code: str) -> list[str]:
    """The codes under which the committee sees the bids; sorted, so that order tells nothing."""
    query = sa.select(BlindBid.code).where(BlindBid.meeting_code == meeting_code)
    return list(db.scalars(query.order_by(BlindBid.code)))


def blind_bids(db: Session, meeting_code: str) -> Sequence[BlindBid]:
    """Codes with the bids behind them: only for what is decided after the lock."""
    query = sa.select(BlindBid).where(BlindBid.meeting_code == meeting_code)
    return db.scalars(query.order_by(BlindBid.code)).all()


def blind_files(db: Session, meeting_code: str) -> dict[str, dict[str, Any]]:
    """Blind code → what was opened of the bid, in the order of the codes; nobody's name."""
    query = (
        sa.select(BlindBid.code, OpenedBid.files)
        .join(OpenedBid, OpenedBid.bid_id == BlindBid.bid_id)
        .where(BlindBid.meeting_code == meeting_code)
    )
    return dict(db.execute(query.order_by(BlindBid.code)).all())


def blind_bid(db: Session, meeting_code: str, code: str) -> BlindBid:
    """The bid under this blind code. Raises NotFound."""
    found = db.get(BlindBid, (meeting_code, code))
    if found is None:
        raise no_blind_bid(code)
    return found


def no_blind_bid(code: str) -> NotFound:
    """What is said of a bid that is not there for this viewer."""
    return NotFound("bid.not_found", "没有编号为“%(value)s”的投标文件。", value=code[:40])


def names_of(db: Session, meeting_code: str) -> dict[str, str]:
    """Blind code → bidder's name: only for whom the disclosure lets know."""
    query = (
        sa.select(BlindBid.code, Organisation.name)
        .join(Bid, Bid.id == BlindBid.bid_id)
        .join(Organisation, Organisation.id == Bid.bidder_id)
        .where(BlindBid.meeting_code == meeting_code)
    )
    return dict(db.execute(query.order_by(BlindBid.code)).all())
