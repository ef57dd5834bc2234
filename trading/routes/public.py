"""Pages for everybody: what is tendered, and how far each lot is."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from identity.guard import open_to_all
from kernel.errors import NotFound
from storage.database import snapshot
from storage.subjects import legal_now
from trading import queries
from trading.models.awarding import Award, AwardCandidate, LotReport
from trading.models.tendering import Lot
from trading.models.termination import Termination
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at

pages = Blueprint("public", __name__)
PAGE = 20


@dataclass(frozen=True)
class LotResult:
    """How a lot has gone on after its evaluation, as far as the public may know."""

    report: LotReport | None
    candidates: Sequence[AwardCandidate]
    award: Award | None
    termination: Termination | None


@pages.get("/")
@open_to_all
def home() -> ResponseReturnValue:
    """Published tenders, newest first."""
    before = request.args.get("before", type=int)
    with snapshot() as db:
        found = queries.public_tenders(db, PAGE + 1, before)
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return render_template("trading/public/home.html", tenders=found[:PAGE], more=more)


@pages.get("/tenders/<code>")
@open_to_all
def tender(code: str) -> ResponseReturnValue:
    """One tender: notice, lots, sealed set, price table, candidates and award as they come."""
    with snapshot() as db:
        found = queries.tender_by_code(db, code)
        stages = {lot.code: queries.stage_of(db, lot) for lot in found.lots}
        shown = [lot for lot in found.lots if _may(Matter.NOTICE, stages[lot.code])]
        if not shown:
            raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=code[:40])
        tables = {
            lot.code: queries.opened_bids(db, lot.id)
            for lot in shown
            if _may(Matter.OPENING_TABLE, stages[lot.code])
        }
        return render_template(
            "trading/public/tender.html",
            tender=found,
            lots=shown,
            tables=tables,
            results={lot.code: _result(db, lot, stages[lot.code]) for lot in shown},
            sealed={lot.code for lot in shown if _may(Matter.SEALED_SET, stages[lot.code])},
            notice=queries.latest_notice(db, found.id),
            now=legal_now(db, f"tender:{found.code}"),
        )


def _result(db: Session, lot: Lot, stage: Stage) -> LotResult:
    report = queries.report_of(db, lot.id) if _may(Matter.CANDIDATES, stage) else None
    published = report is not None and report.publicity_from is not None
    return LotResult(
        report=report if published else None,
        candidates=queries.candidates(db, lot.id) if published else (),
        award=queries.award_of(db, lot.id) if _may(Matter.AWARD, stage) else None,
        termination=queries.termination_of(db, lot.id) if _may(Matter.TERMINATION, stage) else None,
    )


def _may(matter: Matter, stage: Stage) -> bool:
    return may_know_at(Audience.PUBLIC, matter, stage)
