"""Pages for everybody: what is tendered, and how far each lot is."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from identity.guard import open_to_all
from kernel.errors import NotFound
from kernel.periods import legal_date
from storage.database import snapshot
from storage.subjects import legal_now
from trading import queries
from trading.labels import Step, steps_of
from trading.routes.lot_view import LotView, lot_view
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at
from trading.rules.limits import Limits, limits_for
from trading.rules.steps import NextStep, next_step
from trading.states import LotState, Regime

pages = Blueprint("public", __name__)
PAGE = 20


@dataclass(frozen=True)
class Way:
    """How far a lot is for everybody, from its notice on, and what is next."""

    next: NextStep
    steps: Sequence[Step]


@pages.get("/")
@open_to_all
def home() -> ResponseReturnValue:
    """Published tenders, newest first."""
    before = request.args.get("before", type=int)
    sought = _sought()
    with snapshot() as db:
        found = queries.public_tenders(db, PAGE + 1, before, sought)
    return render_template(
        "trading/public/home.html",
        tenders=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        asked={"q": sought.words, "regime": sought.regime or "", "state": sought.state or ""},
        regimes=list(Regime),
        states=[state for state in LotState if state is not LotState.REGISTERED],
    )


@pages.get("/tenders/<code>")
@open_to_all
def tender(code: str) -> ResponseReturnValue:
    """One tender: notice, lots, opening keys, sealed set, price table, candidates and award."""
    with snapshot() as db:
        found = queries.tender_by_code(db, code)
        stages = [(lot, queries.stage_of(db, lot)) for lot in found.lots]
        shown = [
            lot_view(db, lot, stage, Audience.PUBLIC) for lot, stage in stages if _is_public(stage)
        ]
        if not shown:
            raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=code[:40])
        now = legal_now(db, f"tender:{found.code}")
        limits = limits_for(found.regime, legal_date(now))
        return render_template(
            "trading/public/tender.html",
            tender=found,
            views=shown,
            ways_on={view.lot.code: _way(db, view, limits) for view in shown},
            notice=queries.latest_notice(db, found.id),
            documents=queries.documents_of(db, found.id),
            amendments=queries.amendments_of(db, found.id),
            answered=queries.answered_enquiries(db, found.id),
            now=now,
        )


def _way(db: Session, view: LotView, limits: Limits) -> Way:
    """Before its notice a lot is nobody's business, so its registration is left out."""
    times = queries.lot_times(view.lot, view.report, view.award)
    publishes = limits.candidate_publicity is not None
    steps = steps_of(view.lot, queries.moments_of(db, view.lot), publishes_candidates=publishes)
    return Way(next_step(view.lot.state, times, limits), steps[1:])


def _sought() -> queries.Sought:
    """What the address asks for; a part that is not one of the choices asks for nothing."""
    return queries.Sought(
        words=request.args.get("q", "")[:100],
        regime=request.args.get("regime", type=Regime),
        state=request.args.get("state", type=LotState),
    )


def _is_public(stage: Stage) -> bool:
    return may_know_at(Audience.PUBLIC, Matter.NOTICE, stage)
