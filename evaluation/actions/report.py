"""The report: begun after the ranking, drawn, signed by every expert, sealed, archived.

The archive's hash enters the log in the lot's stream, and the ranking is handed to trading in
the same transaction.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.actions.meeting import advance_meeting, chairing
from evaluation.actions.report_pages import Basics
from evaluation.models.meeting import Meeting
from evaluation.models.report import Report
from evaluation.rules.archive import archive_verdict, shape_problems
from evaluation.rules.report import beginning_problems, expert_field
from evaluation.states import MeetingEvent
from evidence.actions.pdf_signatures import examine
from evidence.actions.streams import record
from evidence.rules.pdf_reasons import Status
from identity.actions.letters import write_letter
from identity.actions.papers import begin_paper
from identity.rules.permissions import Viewer
from identity.states import PaperState
from kernel.errors import refuse_if
from kernel.money import fen_from_yuan
from outbox.rules.letters import LetterKind
from trading import queries as trading
from trading.actions.awarding import receive_report
from trading.actions.closing import ACTOR
from trading.labels import label
from trading.rules.awarding import RankedBid, RejectedBid, ReportResult
from trading.states import LotState

KIND = "report"
DRAW, ARCHIVE = f"{KIND}.draw", f"{KIND}.archive"


@dataclass(frozen=True)
class Draft:
    """Everything that the worker needs to draw a report."""

    basics: Basics
    evaluation: str
    sha256: str
    tender_code: str
    is_rehearsal: bool
    now: datetime


def begin_report(db: Session, who: Viewer, meeting_code: str, *, now: datetime) -> Report:
    """The chair has the report made; every member of the committee is to sign it."""
    meeting = chairing(db, who, meeting_code)
    refuse_if(beginning_problems(meeting.state))
    members = queries.members_of(db, meeting.code)
    paper = begin_paper(
        db,
        kind=KIND,
        owner=f"lot:{meeting.lot.code}",
        done_kind=ARCHIVE,
        signers=[(expert_field(m.seat), m.expert.person.code) for m in members],
        is_sealed=True,
    )
    report = Report(meeting=meeting, paper=paper, begun_at=now)
    db.add(report)
    data = {"paper": paper.code, "signers": [m.expert_code for m in members]}
    advance_meeting(db, meeting, MeetingEvent.REPORT_BEGUN, who.code, data, now)
    to = [member.expert.person.code for member in members]
    named = {"paper": paper.code, "rehearsal": meeting.lot.tender.is_rehearsal}
    subject = f"paper:{paper.code}"
    write_letter(db, LetterKind.REPORT_TO_SIGN, subject, to=to, now=now, data=named)
    return report


def draft_of(db: Session, paper_code: str) -> Draft:
    """What the report on this paper will say."""
    report = queries.report_on(db, paper_code)
    ranking = queries.ranking_of(db, report.meeting_code)
    assert ranking is not None  # noqa: S101 (a report is begun only after the ranking)
    tender = report.meeting.lot.tender
    return Draft(
        basics=_basics(db, report.meeting, ranking.ranked_at),
        evaluation=ranking.text,
        sha256=ranking.digest.hex(),
        tender_code=tender.code,
        is_rehearsal=tender.is_rehearsal,
        now=report.begun_at,
    )


def archive_problem(pdf: bytes, trust: bytes, now: datetime) -> str:
    """Why a file that we made would not pass as an archive; empty when it does."""
    examination = examine(pdf, [trust], now=now)
    problems = shape_problems(examination)
    verdict = archive_verdict(examination, problems, None)
    if verdict is Status.VALID:
        return ""
    return "; ".join(map(str, problems)) or examination.error or verdict.value


def take_archived(db: Session, lot_code: str, *, now: datetime) -> Report | None:
    """The sealed report is the archive: record its hash, hand the ranking to trading.

    The caller holds the lot. None while nothing is complete, when it was taken already, and for
    a lot that was terminated while its report was signed.
    """
    lot = trading.lot_by_code(db, lot_code)
    if lot.state is LotState.TERMINATED:
        return None
    report = queries.report_of_lot(db, lot.id)
    if report is None or report.sha256 is not None or report.paper.state is not PaperState.COMPLETE:
        return None
    assert report.paper.file is not None  # noqa: S101 (a complete paper has one: CHECK)
    report.sha256, report.archived_at = report.paper.file, now
    data = {"report": report.paper_code, "sha256": report.sha256, "signed": _signed(report)}
    stream = f"lot:{lot.code}"
    record(
        db,
        stream=stream,
        kind="report.archived",
        actor=ACTOR,
        subject=stream,
        data=data,
        now=now,
    )
    advance_meeting(db, report.meeting, MeetingEvent.REPORTED, ACTOR, data, now)
    receive_report(db, lot.code, _result(db, report), actor=ACTOR, now=now)
    return report


def waiting_archive(db: Session, lot_code: str) -> str | None:
    """SHA-256 of a complete report of this lot that has not been taken yet."""
    report = queries.report_of_lot(db, trading.lot_by_code(db, lot_code).id)
    if report is None or report.sha256 is not None or report.paper.state is not PaperState.COMPLETE:
        return None
    return report.paper.file


def _signed(report: Report) -> list[dict[str, str]]:
    turns = report.paper.turns
    return [
        {"field": turn.field, "person": turn.person.code, "at": turn.signed_at.isoformat()}
        for turn in turns
        if turn.signed_at is not None
    ]


def _result(db: Session, report: Report) -> ReportResult:
    ranking = queries.ranking_of(db, report.meeting_code)
    assert ranking is not None and report.sha256 is not None  # noqa: S101, PT018 (see above)
    evaluation: dict[str, Any] = json.loads(ranking.text)
    receipts = {bid["bid"]: bid["receipt"] for bid in evaluation["bids"]}
    result = evaluation["result"]
    return ReportResult(
        report=report.paper_code,
        archive_sha256=report.sha256,
        ranking=tuple(_ranked(line, receipts[line["bid"]]) for line in result["ranking"]),
        rejected=tuple(
            RejectedBid(receipts[row["bid"]], str(row["why"])) for row in result["rejected"]
        ),
    )


def _ranked(line: dict[str, Any], receipt: str) -> RankedBid:
    return RankedBid(
        receipt=receipt,
        price_fen=fen_from_yuan(line["price"]),
        technical=Decimal(line["technical"]),
        price_score=Decimal(line["price_score"]),
        total=Decimal(line["total"]),
        rank=line["rank"],
        tied=line["tied"],
    )


def _basics(db: Session, meeting: Meeting, ranked_at: datetime) -> Basics:
    lot, tender = meeting.lot, meeting.lot.tender
    opened = trading.opened_bids(db, lot.id)
    return Basics(
        tender_name=tender.name,
        lot_name=lot.name,
        regime=label(tender.regime),
        procuring_entity=tender.procuring_entity.name,
        agency=tender.agency.name,
        ceiling_fen=lot.ceiling_fen,
        opened_at=opened[0].opened_at,
        ranked_at=ranked_at,
        experts=_experts(db, meeting),
        opening=[
            (each.bid.bidder.name, each.price_fen, each.period_days, label(each.outcome))
            for each in opened
        ],
    )


def _experts(db: Session, meeting: Meeting) -> Sequence[tuple[str, str, str, str]]:
    return [
        (each.expert_code, each.expert.name, each.expert.employer_name, each.expert.city)
        for each in queries.members_of(db, meeting.code)
    ]
