"""JSON endpoints of the evaluation meeting: what an expert sees and does, and the ranking.

Whatever goes out asks rules/disclosure.py first.
"""

import base64
import json
from typing import Any

from flask_openapi3 import APIBlueprint, Tag
from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions import meeting as meetings
from evaluation.actions import ranking, scoring
from evaluation.forms import DraftBody, RankingBody, SheetBody, VoteBody
from evaluation.models.meeting import Meeting
from evaluation.models.scoring import ScoreSheet
from evaluation.rules import scoring as rules
from evaluation.rules.disclosure import Audience, Matter, may_know
from identity.forms import CodePath
from identity.guard import requires, viewer
from identity.states import Permission
from kernel.errors import NotYet
from storage.database import snapshot, transaction
from trading.forms import SignedBody

api = APIBlueprint("meeting_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="meeting")])


@api.post("/lots/<code>/meeting")
@requires(Permission.RUN_TENDER)
def convene_meeting(path: CodePath) -> Any:
    """Convene the drawn committee; the evaluation begins."""
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        meeting = meetings.convene_meeting(db, viewer(), path.code, now=now)
        return {"meeting": meeting.code, "state": meeting.state.value}, 201


@api.get("/meetings/<code>")
@requires(Permission.SCORE)
def show_meeting(path: CodePath) -> Any:
    """The meeting as a member of the committee may see it now."""
    with snapshot() as db:
        member = queries.member_of(db, path.code, viewer().code)
        meeting = queries.meeting_by_code(db, path.code)
        sheet = db.get_one(ScoreSheet, (meeting.code, member.expert_code))
        return _meeting_json(db, meeting, Audience.EXPERT) | {
            "me": member.expert_code,
            "sheet": {"state": sheet.state.value, "version": sheet.version, "draft": sheet.draft},
        }


@api.get("/meetings/<code>/supervision")
@requires(Permission.SUPERVISE)
def supervise_meeting(path: CodePath) -> Any:
    """The meeting as a regulator may see it now."""
    with snapshot() as db:
        meeting = queries.meeting_by_code(db, path.code)
        return _meeting_json(db, meeting, Audience.REGULATOR)


@api.post("/meetings/<code>/commitment")
@requires(Permission.SCORE)
def sign_commitment(path: CodePath, body: SignedBody) -> Any:
    """Sign the discipline and that I have no conflict."""
    statement = rules.parse_commitment(body.statement)
    with transaction(lock=_lot_of(path.code)) as (db, now):
        signature = base64.b64decode(body.signature)
        meetings.sign_commitment(db, viewer(), path.code, statement, signature=signature, now=now)
    return {"meeting": path.code, "signed": True}, 201


@api.post("/meetings/<code>/chair-vote")
@requires(Permission.SCORE)
def vote_chair(path: CodePath, body: VoteBody) -> Any:
    """Vote for the chair."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        meeting = meetings.vote_chair(db, viewer(), path.code, choice=body.choice, now=now)
        return {
            "meeting": meeting.code,
            "state": meeting.state.value,
            "ballot": meeting.ballot,
            "chair": meeting.chair,
        }


@api.put("/meetings/<code>/sheet/draft")
@requires(Permission.SCORE)
def save_draft(path: CodePath, body: DraftBody) -> Any:
    """Keep my sheet as far as it is filled in."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        scoring.save_draft(db, viewer(), path.code, body.draft, now=now)
    return {"meeting": path.code, "saved": True}


@api.post("/meetings/<code>/sheet")
@requires(Permission.SCORE)
def commit_sheet(path: CodePath, body: SheetBody) -> Any:
    """Commit my sheet, or a changed version of it with its reason."""
    statement = rules.parse_sheet_statement(body.statement)
    with transaction(lock=_lot_of(path.code)) as (db, now):
        version = scoring.commit_sheet(
            db,
            viewer(),
            path.code,
            statement,
            sheet=body.sheet,
            salt=bytes.fromhex(body.salt),
            signature=base64.b64decode(body.signature),
            reason=body.reason,
            now=now,
        )
        return {"version": version.version, "sheet_sha256": version.sheet_sha256}, 201


@api.post("/meetings/<code>/sheets/reveal")
@requires(Permission.SCORE)
def reveal_sheets(path: CodePath) -> Any:
    """As chair, show all committed sheets to the committee."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        meeting = scoring.reveal_sheets(db, viewer(), path.code, now=now)
        return {"meeting": meeting.code, "state": meeting.state.value}


@api.post("/meetings/<code>/sheets/lock")
@requires(Permission.SCORE)
def lock_sheets(path: CodePath) -> Any:
    """As chair, lock the sheets."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        meeting = scoring.lock_sheets(db, viewer(), path.code, now=now)
        return {"meeting": meeting.code, "state": meeting.state.value}


@api.post("/meetings/<code>/ranking")
@requires(Permission.SCORE)
def rank_bids(path: CodePath, body: RankingBody) -> Any:
    """As chair, have the ranking made."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        made = ranking.rank_bids(db, viewer(), path.code, reasoning=body.reasoning, now=now)
        return {"sha256": made.digest.hex(), "evaluation": json.loads(made.text)}, 201


@api.get("/meetings/<code>/ranking")
@requires(Permission.RUN_TENDER)
def show_ranking(path: CodePath) -> Any:
    """The ranking with the bidders' names, for agency and procuring entity."""
    with snapshot() as db:
        meeting = queries.meeting_run_by(db, viewer(), path.code)
        made = queries.ranking_of(db, meeting.code)
        if made is None or not may_know(Audience.AGENCY, Matter.RANKING, meeting.state):
            raise NotYet("ranking.not_yet", "评标尚未得出排序。")
        evaluation = json.loads(made.text)
        return {
            "sha256": made.digest.hex(),
            "bids": evaluation["bids"],
            "rejected": evaluation["result"]["rejected"],
            "ranking": evaluation["result"]["ranking"],
        }


def _lot_of(meeting: str) -> list[str]:
    """The subject to lock, read unlocked; the action reads again."""
    with snapshot() as db:
        return [f"lot:{queries.meeting_by_code(db, meeting).lot.code}"]


def _meeting_json(db: Session, meeting: Meeting, audience: Audience) -> dict[str, Any]:
    """Everything of a meeting that this audience may know in its present state."""
    shown: dict[str, Any] = {"meeting": meeting.code, "lot": meeting.lot.code}
    if may_know(audience, Matter.PROGRESS, meeting.state):
        shown |= _progress_json(db, meeting)
    if may_know(audience, Matter.BLIND_CODES, meeting.state):
        shown["bids"] = queries.blind_codes(db, meeting.code)
        shown["items"] = meeting.lot.method["items"]
    if may_know(audience, Matter.SHEETS, meeting.state):
        shown["sheets"] = _sheets_json(db, meeting)
    if may_know(audience, Matter.IDENTITIES, meeting.state):
        shown["identities"] = {
            blind.code: {"bidder": blind.bid.bidder.credit_code, "name": blind.bid.bidder.name}
            for blind in queries.blind_bids(db, meeting.code)
        }
    made = queries.ranking_of(db, meeting.code)
    if made is not None and may_know(audience, Matter.RANKING, meeting.state):
        shown["evaluation"] = json.loads(made.text)
    return shown


def _progress_json(db: Session, meeting: Meeting) -> dict[str, Any]:
    states = {sheet.expert_code: sheet for sheet in queries.sheets_of(db, meeting.code)}
    return {
        "state": meeting.state.value,
        "chair": meeting.chair,
        "ballot": meeting.ballot,
        "members": [
            {
                "expert": member.expert_code,
                "seat": member.seat,
                "signed": member.statement is not None,
                "sheet": states[member.expert_code].state.value,
            }
            for member in queries.members_of(db, meeting.code)
        ],
    }


def _sheets_json(db: Session, meeting: Meeting) -> list[dict[str, Any]]:
    return [
        {
            "expert": version.expert_code,
            "version": version.version,
            "reason": version.reason,
            "sheet": json.loads(version.sheet),
        }
        for member in queries.members_of(db, meeting.code)
        for version in queries.versions_of(db, meeting.code, member.expert_code)
    ]
