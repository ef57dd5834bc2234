"""The ranking: made of the locked sheets and the opened prices, stored with all its input.

Too few valid bids: construction goes on with a recorded reasoning, government procurement fails;
when every bid is rejected the lot fails. The lot stays in evaluation until the report comes.
"""

import hashlib
import json
from datetime import datetime

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions.meeting import advance_meeting, chairing, record_meeting, refuse_stage
from evaluation.models.meeting import Meeting
from evaluation.models.scoring import Ranking, SheetVersion
from evaluation.rules import ranking as rules
from evaluation.rules.scoring import parse_sheet
from evaluation.states import MeetingEvent, MeetingState
from evidence.actions.streams import advance
from evidence.rules.streams import canonical
from identity.rules.permissions import Viewer
from kernel.errors import refuse_if
from kernel.text import clean_text
from trading import queries as trading
from trading.actions.tendering import tell
from trading.rules.limits import limits_for
from trading.states import LOT, LotEvent


def rank_bids(
    db: Session, who: Viewer, meeting_code: str, *, reasoning: str = "", now: datetime
) -> Ranking:
    """The chair has the ranking made. `reasoning`: why so few valid bids still compete.

    Raises Refusal when the sheets are not locked or the reasoning is missing.
    """
    meeting = chairing(db, who, meeting_code)
    refuse_stage(meeting, MeetingState.LOCKED)
    stated = clean_text(reasoning, field="reasoning", limit=rules.REASONING_LIMIT).strip()
    frame, method = queries.frame_of(meeting.lot), queries.method_of(meeting.lot)
    record, prices = _record(db, meeting, stated)
    sheets = [parse_sheet(each["sheet"], method, prices) for each in record.sheets]
    result = rules.evaluate(method, prices, sheets)
    minimum = limits_for(frame.regime, frame.day).minimum_bidders
    valid = len(result.lines)
    refuse_if(rules.count_problems(frame.regime, valid, stated, minimum))
    text = canonical(rules.evaluation_json(frame, method, record, result))
    ranking = Ranking(
        meeting_code=meeting.code,
        text=text.decode(),
        digest=hashlib.sha256(text).digest(),
        ranked_at=now,
    )
    db.add(ranking)
    data = {"sha256": ranking.digest.hex(), "valid": valid}
    record_meeting(db, meeting, "evaluation.ranked", who.code, data, now)
    if rules.fails(frame.regime, valid, minimum):
        _fail(db, who, meeting, valid, now)
    else:
        advance_meeting(db, meeting, MeetingEvent.RANKED, who.code, data, now)
    return ranking


def _fail(db: Session, who: Viewer, meeting: Meeting, valid: int, now: datetime) -> None:
    lot, name, data = meeting.lot, f"lot:{meeting.lot.code}", {"valid": valid}
    advance_meeting(db, meeting, MeetingEvent.FAILED, who.code, data, now)
    advance(
        db,
        lot,
        LOT,
        LotEvent.FAILED,
        stream=name,
        actor=who.code,
        subject=name,
        data=data,
        now=now,
    )
    tell(db, lot, "lot.failed", data, now)


def _record(db: Session, meeting: Meeting, reasoning: str) -> tuple[rules.Record, dict[str, int]]:
    opened = {each.bid_id: each for each in trading.opened_bids(db, meeting.lot_id)}
    bids, prices = [], {}
    for blind in queries.blind_bids(db, meeting.code):
        price_fen = opened[blind.bid_id].price_fen
        if price_fen is None:
            raise RuntimeError("only opened bids get a blind code")
        prices[blind.code] = price_fen
        bids.append(
            {
                "bid": blind.code,
                "receipt": blind.bid.receipt,
                "bidder": blind.bid.bidder.credit_code,
                "name": blind.bid.bidder.name,
                "price_fen": price_fen,
            }
        )
    members = tuple(member.expert_code for member in queries.members_of(db, meeting.code))
    record = rules.Record(
        tender=meeting.lot.tender.code,
        lot=meeting.lot.code,
        meeting=meeting.code,
        committee=members,
        chair=meeting.chair or "",
        bids=tuple(bids),
        sheets=tuple(_sheet_json(each) for each in queries.last_versions(db, meeting.code)),
        reasoning=reasoning,
    )
    return record, prices


def _sheet_json(version: SheetVersion) -> rules.Json:
    return {
        "expert": version.expert_code,
        "version": version.version,
        "salt": version.salt.hex(),
        "sheet_sha256": version.sheet_sha256,
        "sheet": json.loads(version.sheet),
    }
