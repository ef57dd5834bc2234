"""Reads of the pool, draws, meetings and sheets. Whoever asks as an expert says who they are."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, lazyload

from evaluation.models.draw import Call, Draw, DrawNonce
from evaluation.models.meeting import BlindBid, ChairVote, Meeting, Member
from evaluation.models.pool import Expert
from evaluation.models.report import Report
from evaluation.models.scoring import Ranking, ScoreSheet, SheetVersion
from evaluation.queries.audiences import audience_of as audience_of
from evaluation.queries.audiences import audiences_of as audiences_of
from evaluation.queries.presence import LostSeat as LostSeat
from evaluation.queries.presence import OwnPresence as OwnPresence
from evaluation.queries.presence import lost_seats as lost_seats
from evaluation.queries.presence import own_seat as own_seat
from evaluation.queries.presence import own_seats as own_seats
from evaluation.queries.presence import unseen_meetings as unseen_meetings
from evaluation.queries.progress import OwnPlace as OwnPlace
from evaluation.queries.progress import SeatProgress as SeatProgress
from evaluation.queries.progress import no_meeting as no_meeting
from evaluation.queries.progress import place_of as place_of
from evaluation.queries.progress import progress_of as progress_of
from evaluation.queries.seats import OwnSeat as OwnSeat
from evaluation.queries.seats import seats_of_person as seats_of_person
from evaluation.rules.draw import Party
from evaluation.rules.method import Frame, Method, parse_method
from evaluation.states import CallState, DrawState, ExpertState
from identity.models.accounts import Person, PersonRole
from identity.models.organisations import Organisation
from identity.models.papers import Paper, Turn
from identity.rules.permissions import Viewer
from identity.states import Role
from kernel.errors import NotFound
from kernel.periods import legal_date
from trading import queries as trading
from trading.models.bidding import Bid
from trading.models.opening import OpenedBid
from trading.models.tendering import Lot

# An expert comes with its person, and a person with its roles: not where neither is looked at.
_WITHOUT_PERSON = joinedload(Member.expert).lazyload(Expert.person)


def expert_by_code(db: Session, code: str) -> Expert:
    """The expert with this public code. Raises NotFound."""
    found = db.get(Expert, code)
    if found is None:
        raise NotFound("expert.not_found", "专家库中没有编号为“%(value)s”的专家。", value=code[:40])
    return found


def expert_of_person(db: Session, person_code: str) -> Expert | None:
    """The expert that this person is."""
    query = sa.select(Expert).join(Person, Person.id == Expert.person_id)
    return db.scalar(query.where(Person.code == person_code))


def experts(
    db: Session, words: str = "", limit: int | None = None, offset: int = 0
) -> Sequence[Expert]:
    """The pool by code, without a limit all of it; `words` is part of a name or a code."""
    query = sa.select(Expert).order_by(Expert.code)
    if words:
        named = Expert.name.contains(words.strip(), autoescape=True)
        code = Expert.code.contains(words.strip().upper(), autoescape=True)
        query = query.where(sa.or_(named, code))
    return db.scalars(query.limit(limit).offset(offset)).all()


def people_without_entry(db: Session, limit: int) -> Sequence[Person]:
    """People with the role of an expert who are not in the pool yet, by sign-in name."""
    role = sa.exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.EXPERT)
    entry = sa.exists().where(Expert.person_id == Person.id)
    query = sa.select(Person).where(role, sa.not_(entry)).order_by(Person.username)
    return db.scalars(query.limit(limit)).all()


def active_experts(db: Session) -> Sequence[Expert]:
    """Everybody who may be drawn at all, by code: whoever cannot sign in could not answer."""
    query = sa.select(Expert).where(
        Expert.state == ExpertState.ACTIVE, Expert.person.has(Person.ended_at.is_(None))
    )
    return db.scalars(query.order_by(Expert.code)).all()


def draw_by_code(db: Session, code: str) -> Draw:
    """The draw with this public code. Raises NotFound."""
    found = db.get(Draw, code)
    if found is None:
        raise no_draw(code)
    return found


def draw_run_by(db: Session, who: Viewer, code: str) -> Draw:
    """The draw, for those who run its tender. Raises NotFound, which never names the tender.

    Who is called knows a draw's code, and not for which project it is.
    """
    found = draw_by_code(db, code)
    if who.organisation not in found.lot.tender.sides:
        raise no_draw(code)
    return found


def no_draw(code: str) -> NotFound:
    """What is said of a draw that is not there for this viewer."""
    return NotFound("draw.not_found", "没有编号为“%(value)s”的专家抽取。", value=code[:40])


def lot_with_draw(db: Session, code: str) -> tuple[Lot, Draw | None, Meeting | None]:
    """A lot with its draw and its meeting, in one statement. Raises NotFound."""
    query = (
        sa.select(Lot, Draw, Meeting)
        .outerjoin(Draw, Draw.lot_id == Lot.id)
        .outerjoin(Meeting, Meeting.lot_id == Lot.id)
        .where(Lot.code == code)
        .options(lazyload(Draw.lot), lazyload(Meeting.lot))
    )
    row = db.execute(query).one_or_none()
    if row is None:
        raise trading.no_lot(code)
    return row[0], row[1], row[2]


def draw_of_lot(db: Session, lot_id: int) -> Draw | None:
    """The draw of a lot."""
    return db.scalar(sa.select(Draw).where(Draw.lot_id == lot_id))


def open_draws(db: Session) -> Sequence[Draw]:
    """Draws that wait for their parties, oldest first."""
    waiting = Draw.state.in_((DrawState.COMMITTING, DrawState.REVEALING))
    return db.scalars(sa.select(Draw).where(waiting).order_by(Draw.opened_at, Draw.code)).all()


def nonces_of(db: Session, draw: Draw) -> Sequence[DrawNonce]:
    """Commitments of the present round, by party."""
    query = sa.select(DrawNonce).where(
        DrawNonce.draw_code == draw.code, DrawNonce.round == draw.round
    )
    return db.scalars(query.order_by(DrawNonce.party)).all()


def nonces_in(db: Session, draws: Sequence[Draw]) -> dict[tuple[str, Party], DrawNonce]:
    """Commitments of the present rounds of several draws, by draw and party, in one statement."""
    query = (
        sa.select(DrawNonce)
        .join(Draw, sa.and_(Draw.code == DrawNonce.draw_code, Draw.round == DrawNonce.round))
        .where(Draw.code.in_([draw.code for draw in draws]))
    )
    return {(each.draw_code, each.party): each for each in db.scalars(query)}


def calls_of(db: Session, draw_code: str) -> Sequence[Call]:
    """Everybody called, by seat, in the order of the calls."""
    lean = joinedload(Call.expert).lazyload(Expert.person)
    query = sa.select(Call).where(Call.draw_code == draw_code).options(lean)
    return db.scalars(query.order_by(Call.seat, Call.called_at, Call.expert_code)).all()


def accepted_calls(db: Session, draw_code: str) -> list[Call]:
    """Who accepted, in seat order."""
    return [call for call in calls_of(db, draw_code) if call.state is CallState.ACCEPTED]


def calls_to(db: Session, person_code: str) -> Sequence[Call]:
    """Calls to this person, newest first."""
    query = (
        sa.select(Call)
        .join(Expert, Expert.code == Call.expert_code)
        .join(Person, Person.id == Expert.person_id)
        .where(Person.code == person_code)
        .options(joinedload(Call.expert).lazyload(Expert.person))
    )
    return db.scalars(query.order_by(Call.called_at.desc(), Call.draw_code)).all()


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


def waiting_draws(db: Session) -> Sequence[Draw]:
    """Draws that only a regulator can let go on."""
    query = sa.select(Draw).where(Draw.state == DrawState.WAITING)
    query = query.options(joinedload(Draw.lot).joinedload(Lot.tender))
    return db.scalars(query.order_by(Draw.opened_at)).all()


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


def sheets_of(db: Session, meeting_code: str) -> Sequence[ScoreSheet]:
    """The sheets of the committee in seat order."""
    query = (
        sa.select(ScoreSheet)
        .join(
            Member,
            sa.and_(
                Member.meeting_code == ScoreSheet.meeting_code,
                Member.expert_code == ScoreSheet.expert_code,
            ),
        )
        .where(ScoreSheet.meeting_code == meeting_code)
    )
    return db.scalars(query.order_by(Member.seat)).all()


def versions_of(db: Session, meeting_code: str, expert_code: str) -> Sequence[SheetVersion]:
    """Every committed version of one expert's sheet, oldest first."""
    query = sa.select(SheetVersion).where(
        SheetVersion.meeting_code == meeting_code, SheetVersion.expert_code == expert_code
    )
    return db.scalars(query.order_by(SheetVersion.version)).all()


def versions_by_seat(db: Session, meeting_code: str) -> dict[str, list[SheetVersion]]:
    """Every committed version by its expert, in seat order, each oldest first."""
    query = (
        sa.select(SheetVersion)
        .join(
            Member,
            sa.and_(
                Member.meeting_code == SheetVersion.meeting_code,
                Member.expert_code == SheetVersion.expert_code,
            ),
        )
        .where(SheetVersion.meeting_code == meeting_code)
        .order_by(Member.seat, SheetVersion.version)
    )
    by_expert = itertools.groupby(db.scalars(query), key=lambda version: version.expert_code)
    return {expert: list(own) for expert, own in by_expert}


def last_versions(db: Session, meeting_code: str) -> list[SheetVersion]:
    """The version of each sheet that counts, in seat order. All have committed."""
    return [own[-1] for own in versions_by_seat(db, meeting_code).values()]


def sheet_of(version: SheetVersion) -> dict[str, Any]:
    """What stands in a committed version: checks and marks by blind code and item."""
    return dict(json.loads(version.sheet))


def ranking_of(db: Session, meeting_code: str) -> Ranking | None:
    """The stored ranking of a meeting."""
    return db.get(Ranking, meeting_code)


def report_on(db: Session, paper_code: str) -> Report:
    """The report that is signed on this paper. Raises NotFound."""
    found = db.scalar(sa.select(Report).where(Report.paper_code == paper_code))
    if found is None:
        raise NotFound(
            "report.not_found", "没有编号为“%(value)s”的评标报告。", value=paper_code[:40]
        )
    return found


def report_of_lot(db: Session, lot_id: int) -> Report | None:
    """The report of a lot's meeting, once it is begun."""
    query = sa.select(Report).join(Meeting, Meeting.code == Report.meeting_code)
    turns = joinedload(Report.paper).joinedload(Paper.turns).lazyload(Turn.person)
    return db.scalars(query.where(Meeting.lot_id == lot_id).options(turns)).unique().one_or_none()


def evaluation_of(db: Session, meeting_code: str) -> dict[str, Any] | None:
    """The stored ranking as it was written: method, bids, sheets, result."""
    ranking = ranking_of(db, meeting_code)
    return None if ranking is None else dict(json.loads(ranking.text))


def frame_of(lot: Lot) -> Frame:
    """What the lot's tender says that its method must fit; the day is that of registration."""
    tender = lot.tender
    return Frame(tender.regime, tender.category, legal_date(tender.registered_at), lot.estimate_fen)


def method_of(lot: Lot) -> Method:
    """The lot's method. Raises InvalidInput or Refusal where it is none."""
    return parse_method(lot.method, frame_of(lot))
