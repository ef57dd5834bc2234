"""JSON endpoints from the report to the archive: candidates, award, own result, the end."""

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from identity.forms import CodePath
from identity.guard import open_to_all, requires, viewer
from identity.states import Permission
from kernel.errors import NotFound
from storage.database import snapshot, transaction
from trading import queries
from trading.actions import award_tables as tables
from trading.actions import awarding, termination
from trading.actions.tendering import lot_known_to
from trading.forms import AwardBody, TerminationBody
from trading.rules.disclosure import Audience, Matter, audience_of, may_know

api = APIBlueprint("award_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="award")])


@api.get("/lots/<code>/report")
@open_to_all
def show_report(path: CodePath) -> Any:
    """Ranking and rejections, for the party and regulators."""
    with snapshot() as db:
        lot = lot_known_to(db, viewer(), path.code)
        report, audience = queries.report_of(db, lot.id), audience_of(viewer(), lot.tender.sides)
        if report is None or not may_know(audience, Matter.REPORT, lot.stage):
            raise NotFound("report.not_found", "没有可供您查看的评标报告。", "招标投标法 第44条")
        ranked, rejected = queries.ranked_bids(db, lot.id), queries.rejected_bids(db, lot.id)
        return {
            "lot": lot.code,
            "report": report.report,
            "archive_sha256": report.archive_sha256,
            "received_at": report.received_at.isoformat(),
            "due": report.step_due.isoformat(),
            **tables.report_table(ranked, rejected),
        }


@api.post("/lots/<code>/candidates")
@requires(Permission.RUN_TENDER)
def publish_candidates(path: CodePath) -> Any:
    """Publish the award candidates."""
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        report = awarding.publish_candidates(db, viewer(), path.code, now=now)
        return {"lot": path.code, **tables.publicity(report)}, 201


@api.get("/lots/<code>/candidates")
@open_to_all
def show_candidates(path: CodePath) -> Any:
    """The award candidates, from their publication on."""
    with snapshot() as db:
        lot = lot_known_to(db, viewer(), path.code)
        report = queries.report_of(db, lot.id)
        known = may_know(Audience.PUBLIC, Matter.CANDIDATES, lot.stage)
        if not known or report is None or report.publicity_from is None:
            raise NotFound(
                "candidates.not_published",
                "该标段没有公示中标候选人。",
                "招标投标法实施条例 第54条",
            )
        return {
            "lot": lot.code,
            **tables.publicity(report),
            "candidates": tables.candidate_table(queries.candidates(db, lot.id)),
        }


@api.post("/lots/<code>/award")
@requires(Permission.RUN_TENDER)
def decide_award(path: CodePath, body: AwardBody) -> Any:
    """Decide who wins; the notice and every bidder's result leave at once."""
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        award = awarding.decide_award(
            db,
            viewer(),
            path.code,
            receipt=body.receipt,
            ground=body.ground,
            reason=body.reason,
            now=now,
        )
        return {"lot": path.code, **tables.award_table(award)}, 201


@api.get("/lots/<code>/award")
@open_to_all
def show_award(path: CodePath) -> Any:
    """Who won."""
    with snapshot() as db:
        lot = lot_known_to(db, viewer(), path.code)
        award = queries.award_of(db, lot.id)
        if award is None or not may_know(Audience.PUBLIC, Matter.AWARD, lot.stage):
            raise NotFound("award.not_yet", "该标段尚未定标。", "招标投标法 第45条")
        return {"lot": lot.code, **tables.award_table(award)}


@api.get("/bids/<code>/result")
@requires(Permission.BID)
def my_result(path: CodePath) -> Any:
    """How my own bid was ranked or why it was rejected, once the result is out."""
    with snapshot() as db:
        bid = queries.bid_by_receipt(db, path.code, viewer().organisation)
        award = queries.award_of(db, bid.lot_id)
        if award is None or not may_know(Audience.BIDDER, Matter.OWN_RESULT, bid.lot.stage):
            raise NotFound("award.not_yet", "该标段尚未定标。", "招标投标法 第45条")
        won = award.bid_id == bid.id
        return {
            "receipt": bid.receipt,
            "lot": bid.lot.code,
            "won": won,
            "notice": award.notice if won else None,
            "award": tables.award_table(award),
            **tables.own_result(*queries.result_of(db, bid.id)),
        }


@api.post("/lots/<code>/archive")
@requires(Permission.RUN_TENDER)
def archive_lot(path: CodePath) -> Any:
    """Put a lot that has ended into the archive."""
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        lot = awarding.archive_lot(db, viewer(), path.code, now=now)
        return {"lot": lot.code, "state": lot.state.value, "ended_as": lot.ended_as}, 201


@api.post("/lots/<code>/termination")
@requires(Permission.RUN_TENDER)
def terminate_lot(path: CodePath, body: TerminationBody) -> Any:
    """Terminate a lot before its award; everybody is told the ground."""
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        ended = termination.terminate_lot(db, viewer(), path.code, ground=body.ground, now=now)
        return {"lot": path.code, "terminated_at": ended.terminated_at.isoformat()}, 201
