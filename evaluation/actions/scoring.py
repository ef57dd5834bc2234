"""Score sheets: drafts are saved quietly, commitments and changes are facts, then all are shown.

A sheet is committed with its digest and the expert's signature before any other sheet is shown.
The caller holds the lot.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions.meeting import (
    advance_meeting,
    chairing,
    refuse_stage,
    sitting,
)
from evaluation.models.meeting import Meeting
from evaluation.models.scoring import ScoreSheet, SheetVersion
from evaluation.rules import scoring as rules
from evaluation.rules.disclosure import Audience
from evaluation.states import SHEET, MeetingEvent, MeetingState, SheetEvent, SheetState
from evidence.actions.streams import advance
from evidence.rules.streams import canonical
from identity.actions.credentials import signed_by
from identity.rules.permissions import Viewer
from kernel.errors import InvalidInput, NotYet, Refusal
from kernel.text import clean_line
from outbox.actions.messages import publish

DRAFT_LIMIT = 500_000
_OPEN = (MeetingState.SCORING, MeetingState.REVEALED)


def save_draft(
    db: Session, who: Viewer, meeting_code: str, draft: Mapping[str, Any], *, now: datetime
) -> ScoreSheet:
    """Keep what an expert has filled in so far; no fact, nobody else sees it."""
    meeting, member = sitting(db, who, meeting_code)
    refuse_stage(meeting, *_OPEN)
    if len(canonical(dict(draft))) > DRAFT_LIMIT:
        raise InvalidInput("sheet.draft_too_large", "草稿过大。", field="draft")
    sheet = db.get_one(ScoreSheet, (meeting.code, member.expert_code))
    sheet.draft = dict(draft)
    return sheet


def commit_sheet(
    db: Session,
    who: Viewer,
    meeting_code: str,
    statement: rules.SheetStatement,
    *,
    sheet: Mapping[str, Any],
    salt: bytes,
    signature: bytes,
    reason: str = "",
    now: datetime,
) -> SheetVersion:
    """Commit the first version, or a changed one with its reason, until the sheets are locked.

    Raises InvalidInput for a sheet that does not fit the method, its digest or its signature.
    """
    meeting, member = sitting(db, who, meeting_code)
    refuse_stage(meeting, *_OPEN)
    if (statement.meeting, statement.expert) != (meeting.code, member.expert_code):
        raise InvalidInput("sheet.not_yours", "只能提交本人的评分表。", field="statement.expert")
    row = db.get_one(ScoreSheet, (meeting.code, member.expert_code))
    if statement.version != row.version + 1:
        raise Refusal(
            "sheet.wrong_version",
            "应提交第 %(next)s 版评分表。",
            field="statement.version",
            next=row.version + 1,
        )
    method = queries.method_of(meeting.lot)
    parsed = rules.parse_sheet(sheet, method, queries.blind_codes(db, meeting.code))
    if rules.sheet_digest(salt, parsed.text) != statement.sheet_sha256:
        raise InvalidInput("sheet.digest", "评分表与签名声明的摘要不符。", field="sheet")
    key = signed_by(db, who, statement.text, signature)
    version = SheetVersion(
        meeting_code=meeting.code,
        expert_code=member.expert_code,
        version=statement.version,
        sheet=parsed.text.decode(),
        salt=salt,
        sheet_sha256=statement.sheet_sha256,
        statement=statement.text.decode(),
        signature=signature,
        key_code=key.code,
        reason=_reason(row, reason),
        committed_at=now,
    )
    _record_version(db, who, meeting, row, version, now)
    return version


def reveal_sheets(db: Session, who: Viewer, meeting_code: str, *, now: datetime) -> Meeting:
    """The chair shows the committee all sheets; every one must have been committed."""
    meeting = chairing(db, who, meeting_code)
    refuse_stage(meeting, MeetingState.SCORING)
    sheets = queries.sheets_of(db, meeting.code)
    missing = sum(sheet.state is SheetState.DRAFT for sheet in sheets)
    if missing:
        message = "还有 %(missing)s 位专家没有提交评分表。"
        raise NotYet("sheet.not_all_committed", message, "财政部令第87号 第55条", missing=missing)
    _advance_all(db, who, meeting, SheetEvent.REVEALED, now)
    advance_meeting(db, meeting, MeetingEvent.REVEALED, who.code, _digests(db, meeting), now)
    return meeting


def lock_sheets(db: Session, who: Viewer, meeting_code: str, *, now: datetime) -> Meeting:
    """The chair locks the sheets: nothing is changed any more, and the bidders are known."""
    meeting = chairing(db, who, meeting_code)
    refuse_stage(meeting, MeetingState.REVEALED)
    _advance_all(db, who, meeting, SheetEvent.LOCKED, now)
    advance_meeting(db, meeting, MeetingEvent.LOCKED, who.code, _digests(db, meeting), now)
    return meeting


def _reason(row: ScoreSheet, reason: str) -> str:
    if row.state is SheetState.DRAFT:
        return ""
    if not reason.strip():
        raise InvalidInput(
            "sheet.reason_missing",
            "修改已提交的评分表必须写明原因。",
            "财政部令第87号 第64条",
            field="reason",
        )
    return clean_line(reason, field="reason", limit=500)


def _record_version(
    db: Session,
    who: Viewer,
    meeting: Meeting,
    row: ScoreSheet,
    version: SheetVersion,
    now: datetime,
) -> None:
    is_first = row.state is SheetState.DRAFT
    event = SheetEvent.COMMITTED if is_first else SheetEvent.CHANGED
    data = {
        "expert": version.expert_code,
        "version": version.version,
        "sheet_sha256": version.sheet_sha256,
        "statement": version.statement,
        "signature": version.signature.hex(),
        "key": version.key_code,
        "reason": version.reason,
    }
    _advance_sheet(db, who, row, event, data, now)
    row.version = version.version
    db.add(version)
    news = {"meeting": meeting.code, "expert": version.expert_code, "version": version.version}
    by_audience = {Audience.REGULATOR.value: news, Audience.EXPERT.value: news}
    publish(db, f"meeting:{meeting.code}", f"score_sheet.{event.value}", by_audience, now)


def _advance_all(
    db: Session, who: Viewer, meeting: Meeting, event: SheetEvent, now: datetime
) -> None:
    for row in queries.sheets_of(db, meeting.code):
        data = {"expert": row.expert_code, "version": row.version}
        _advance_sheet(db, who, row, event, data, now)


def _advance_sheet(
    db: Session,
    who: Viewer,
    row: ScoreSheet,
    event: SheetEvent,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    name = f"meeting:{row.meeting_code}"
    advance(db, row, SHEET, event, stream=name, actor=who.code, subject=name, data=data, now=now)


def _digests(db: Session, meeting: Meeting) -> dict[str, object]:
    versions = queries.last_versions(db, meeting.code)
    return {
        "sheets": [
            {"expert": v.expert_code, "version": v.version, "sheet_sha256": v.sheet_sha256}
            for v in versions
        ]
    }
