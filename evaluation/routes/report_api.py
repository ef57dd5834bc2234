"""JSON endpoints of the report: begun by the chair, followed by everybody concerned, its file."""

from typing import Any

from flask import Response, current_app
from flask_openapi3 import APIBlueprint, Tag

from evaluation import queries
from evaluation.actions import report as reports
from evaluation.models.report import Report
from evaluation.rules.disclosure import Matter, may_know
from identity.forms import CodePath, sends_file
from identity.guard import requires, viewer
from identity.states import Permission
from kernel.errors import NotYet
from storage.database import snapshot, transaction

api = APIBlueprint("report_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="report")])


@api.post("/meetings/<code>/report")
@requires(Permission.SCORE)
def begin_report(path: CodePath) -> Any:
    """As chair, have the report made for all to sign."""
    with snapshot() as db:
        lot = queries.meeting_by_code(db, path.code).lot.code
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        report = reports.begin_report(db, viewer(), path.code, now=now)
        return {"paper": report.paper.code, "signers": len(report.paper.turns)}, 201


@api.get("/meetings/<code>/report")
@requires(Permission.SEE_ACCOUNT)
def show_report(path: CodePath) -> Any:
    """How far the signing is, and the archive's digest once it is there."""
    with snapshot() as db:
        queries.audience_of(db, viewer(), path.code)
        return _report_json(_report(db, path.code))


@api.get("/meetings/<code>/report/file", responses=sends_file("application/pdf"))
@requires(Permission.SEE_ACCOUNT)
def show_archive(path: CodePath) -> Any:
    """The signed and sealed archive, for those who may read it."""
    with snapshot() as db:
        audience = queries.audience_of(db, viewer(), path.code)
        report = _report(db, path.code)
        state, sha256 = report.meeting.state, report.sha256
    if sha256 is None or not may_know(audience, Matter.REPORT, state):
        raise NotYet("report.not_archived", "评标报告尚未完成签署归档。")
    name = f"evaluation-{path.code}.pdf"
    return Response(
        current_app.extensions["vault"].chunks([sha256]),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _report(db: Any, meeting_code: str) -> Report:
    found = queries.report_of_lot(db, queries.meeting_by_code(db, meeting_code).lot_id)
    if found is None:
        raise NotYet("report.not_begun", "评标报告尚未编制。")
    return found


def _report_json(report: Report) -> dict[str, Any]:
    turns = report.paper.turns
    return {
        "paper": report.paper_code,
        "state": report.paper.state.value,
        "signatures": [{"field": turn.field, "turn": turn.state.value} for turn in turns],
        "sha256": report.sha256,
        "archived_at": report.archived_at.isoformat() if report.archived_at else None,
    }
