"""Pages for everybody: what is tendered, and how far each lot is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from identity.guard import open_to_all
from kernel.errors import NotFound
from kernel.periods import legal_date
from storage.base import real_now
from storage.database import snapshot
from trading import queries
from trading.labels import Step, steps_of
from trading.routes.lot_view import LotView, lot_views
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
        found, notice = queries.tender_shown(db, code)
        moments = queries.moments_of(db, found.lots)
        stages = [(lot, queries.stage_at(lot, moments[lot.id])) for lot in found.lots]
        staged = [(lot, stage) for lot, stage in stages if _is_public(stage)]
        if not staged:
            raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=code[:40])
        now = found.now(real_now(db))
        views = lot_views(db, staged, Audience.PUBLIC)
        limits = limits_for(found.regime, legal_date(now))
        return render_template(
            "trading/public/tender.html",
            tender=found,
            views=views,
            ways_on={v.lot.code: _way(v, moments[v.lot.id], limits) for v in views},
            notice=notice,
            documents=queries.documents_of(db, found.id),
            amendments=queries.amendments_of(db, found.id),
            answered=queries.answered_enquiries(db, found.id),
            now=now,
        )


def _way(view: LotView, moments: Mapping[str, datetime], limits: Limits) -> Way:
    """Before its notice a lot is nobody's business, so its registration is left out."""
    times = queries.lot_times(view.lot, view.report, view.award)
    publishes = limits.candidate_publicity is not None
    steps = steps_of(view.lot, moments, publishes_candidates=publishes)
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
