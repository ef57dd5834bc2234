"""The evaluation meeting: convened with the drawn experts, commitments signed, chair elected.

Every step is decided under the lot's lock. The map from blind codes to bids is a fact of a
stream of its own, so that nothing that speaks of the meeting speaks of it.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.models.draw import Call
from evaluation.models.meeting import BlindBid, ChairVote, Meeting, Member
from evaluation.models.scoring import ScoreSheet
from evaluation.rules.committee import composition_problems, rule_for
from evaluation.rules.disclosure import Audience
from evaluation.rules.scoring import CommitmentStatement
from evaluation.states import MEETING, DrawState, MeetingEvent, MeetingState, SheetState
from evidence.actions.streams import advance, record
from identity.actions.credentials import signed_by
from identity.actions.letters import write_letter
from identity.rules.permissions import Viewer
from kernel import codes
from kernel.errors import InvalidInput, NotYet, Refusal, refuse_if
from outbox.actions.messages import publish
from outbox.rules.letters import LetterKind
from trading import queries as trading
from trading.actions.closing import ACTOR
from trading.actions.tendering import lot_run_by, refuse_other_agency, tell
from trading.models.tendering import Lot
from trading.rules.opening import Outcome
from trading.states import LOT, LotEvent, LotState


def convene_meeting(db: Session, who: Viewer, lot_code: str, *, now: datetime) -> Meeting:
    """The agency convenes the committee of a confirmed lot; the evaluation begins."""
    lot = lot_run_by(db, who, lot_code)
    refuse_other_agency(who, lot.tender)
    LOT.after(lot.state, LotEvent.EVALUATION_BEGUN)  # before anything is said of the draw
    calls = _committee(db, lot)
    data = {"members": len(calls)}
    name = f"lot:{lot.code}"
    advance(
        db,
        lot,
        LOT,
        LotEvent.EVALUATION_BEGUN,
        stream=name,
        actor=who.code,
        subject=name,
        data=data,
        now=now,
    )
    meeting = Meeting(
        code=codes.new_code("MT"), lot=lot, state=MeetingState.CONVENED, convened_at=now
    )
    db.add(meeting)
    db.flush()  # members, sheets and codes refer to the meeting by its code
    _seat_members(db, meeting, calls)
    _blind_the_bids(db, meeting, now)
    members = [call.expert_code for call in calls]
    record_meeting(db, meeting, "meeting.convened", who.code, {"members": members}, now)
    tell(db, lot, "lot.evaluation_begun", {}, now)
    to = [queries.expert_by_code(db, code).person.code for code in members]
    named = {"meeting": meeting.code, "rehearsal": lot.tender.is_rehearsal}
    subject = f"meeting:{meeting.code}"
    write_letter(db, LetterKind.MEETING_CONVENED, subject, to=to, now=now, data=named)
    return meeting


def sign_commitment(
    db: Session,
    who: Viewer,
    meeting_code: str,
    statement: CommitmentStatement,
    *,
    signature: bytes,
    now: datetime,
) -> Member:
    """A member signs the discipline and that there is no conflict; the last one opens the vote."""
    meeting, member = sitting(db, who, meeting_code)
    refuse_stage(meeting, MeetingState.CONVENED)
    stated = (statement.meeting, statement.lot, statement.expert)
    if stated != (meeting.code, meeting.lot.code, member.expert_code):
        raise InvalidInput("commitment.not_yours", "承诺书与本人或本次评标会不符。")
    if member.statement is not None:
        raise Refusal("commitment.signed", "您已签署承诺书。")
    key = signed_by(db, who, statement.text, signature)
    member.statement, member.signature = statement.text.decode(), signature
    member.key_code = key.code
    data = {
        "expert": member.expert_code,
        "statement": member.statement,
        "signature": signature.hex(),
        "key": key.code,
    }
    record_meeting(db, meeting, "meeting.commitment_signed", who.code, data, now)
    tell_meeting(db, meeting, "meeting.commitment_signed", now)
    if all(each.statement is not None for each in queries.members_of(db, meeting.code)):
        advance_meeting(db, meeting, MeetingEvent.COMMITTED, ACTOR, {}, now)
    return member


def vote_chair(
    db: Session, who: Viewer, meeting_code: str, *, choice: str, now: datetime
) -> Meeting:
    """A member votes; when all have, the majority of the committee decides, else a new ballot.

    Source: 评标委员会和评标方法暂行规定 第9条 (all votes are equal).
    """
    meeting, member = sitting(db, who, meeting_code)
    refuse_stage(meeting, MeetingState.ELECTING)
    members = {each.expert_code for each in queries.members_of(db, meeting.code)}
    if choice not in members:
        raise InvalidInput("chair.not_a_member", "只能推选评标委员会成员。", field="choice")
    votes = {vote.voter: vote.choice for vote in queries.votes_in(db, meeting)}
    if member.expert_code in votes:
        raise Refusal("chair.voted", "您在本轮已投票。")
    db.add(
        ChairVote(
            meeting_code=meeting.code,
            ballot=meeting.ballot,
            voter=member.expert_code,
            choice=choice,
        )
    )
    data = {"expert": member.expert_code, "ballot": meeting.ballot, "choice": choice}
    record_meeting(db, meeting, "meeting.chair_voted", who.code, data, now)
    tell_meeting(db, meeting, "meeting.chair_voted", now)
    if len(votes) + 1 == len(members):
        _count(db, meeting, Counter([*votes.values(), choice]), len(members), now)
    return meeting


def sitting(db: Session, who: Viewer, meeting_code: str) -> tuple[Meeting, Member]:
    """The meeting and this person's seat. Raises NotFound, Refusal while the lot stands still."""
    member = queries.member_of(db, meeting_code, who.code)
    meeting = queries.meeting_by_code(db, meeting_code)
    if meeting.lot.state is not LotState.EVALUATING:
        raise Refusal("meeting.lot_not_evaluating", "该标段现在不在评标阶段。")
    return meeting, member


def chairing(db: Session, who: Viewer, meeting_code: str) -> Meeting:
    """The meeting, for its chair only."""
    meeting, member = sitting(db, who, meeting_code)
    if member.expert_code != meeting.chair:
        raise Refusal("meeting.chair_only", "只有评标委员会主任可以进行此操作。")
    return meeting


def refuse_stage(meeting: Meeting, *allowed: MeetingState) -> None:
    """Raise unless the meeting is in one of these states."""
    if meeting.state not in allowed:
        raise Refusal("meeting.wrong_stage", "评标会现处于“%(state)s”阶段。", state=meeting.state)


def advance_meeting(
    db: Session,
    meeting: Meeting,
    event: MeetingEvent,
    actor: str,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    """Move the meeting by its table and record it."""
    name = f"meeting:{meeting.code}"
    advance(db, meeting, MEETING, event, stream=name, actor=actor, subject=name, data=data, now=now)
    tell_meeting(db, meeting, f"meeting.{event.value}", now)


def tell_meeting(db: Session, meeting: Meeting, kind: str, now: datetime) -> None:
    """Tell everybody who may follow the meeting that it moved; how it stands they then ask."""
    news = {"meeting": meeting.code, "state": meeting.state.value}
    topic = f"meeting:{meeting.code}"
    publish(db, topic, kind, {each.value: news for each in Audience}, now)


def record_meeting(
    db: Session,
    meeting: Meeting,
    kind: str,
    actor: str,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    """Record one fact of the meeting's stream."""
    name = f"meeting:{meeting.code}"
    stated = {"lot": meeting.lot.code, **data}
    record(db, stream=name, kind=kind, actor=actor, subject=name, data=stated, now=now)


def _committee(db: Session, lot: Lot) -> list[Call]:
    draw = queries.draw_of_lot(db, lot.id)
    if draw is None or draw.state is not DrawState.DRAWN:
        raise NotYet("meeting.not_drawn", "专家还没有抽取完成。", "招标投标法实施条例 第46条")
    calls, frame = queries.accepted_calls(db, draw.code), queries.frame_of(lot)
    seats = len(queries.method_of(lot).seats)
    if len(calls) != seats:
        raise NotYet(
            "meeting.seats_open",
            "%(seats)s 个席位中只有 %(have)s 位专家确认参加。",
            "招标投标法 第37条",
            seats=seats,
            have=len(calls),
        )
    rule = rule_for(frame.regime, frame.day)
    refuse_if(
        composition_problems(rule, size=seats, experts=len(calls), budget_fen=frame.budget_fen)
    )
    return calls


def _seat_members(db: Session, meeting: Meeting, calls: list[Call]) -> None:
    for call in calls:
        code = call.expert_code
        db.add(Member(meeting_code=meeting.code, expert_code=code, seat=call.seat))
        db.add(
            ScoreSheet(
                meeting_code=meeting.code, expert_code=code, state=SheetState.DRAFT, draft={}
            )
        )


def _blind_the_bids(db: Session, meeting: Meeting, now: datetime) -> None:
    mapping = {}
    for opened in trading.opened_bids(db, meeting.lot_id):
        if opened.outcome is Outcome.OPENED:
            code = codes.new_code("BB")
            mapping[code] = opened.bid.receipt
            db.add(BlindBid(meeting_code=meeting.code, code=code, bid=opened.bid))
    name = f"blind:{meeting.code}"
    record(
        db,
        stream=name,
        kind="meeting.bids_blinded",
        actor=ACTOR,
        subject=name,
        data={"bids": mapping},
        now=now,
    )


def _count(db: Session, meeting: Meeting, votes: Counter[str], members: int, now: datetime) -> None:
    first, most = votes.most_common(1)[0]
    if 2 * most <= members:
        data = {"ballot": meeting.ballot, "votes": dict(sorted(votes.items()))}
        record_meeting(db, meeting, "meeting.ballot_undecided", ACTOR, data, now)
        meeting.ballot += 1
        tell_meeting(db, meeting, "meeting.ballot_undecided", now)
        return
    meeting.chair = first
    data = {"chair": first, "ballot": meeting.ballot, "votes": dict(sorted(votes.items()))}
    advance_meeting(db, meeting, MeetingEvent.CHAIR_ELECTED, ACTOR, data, now)
