"""Pages for everybody: what is tendered, and how far each lot is."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from identity.guard import open_to_all
from kernel.errors import NotFound
from storage.database import snapshot
from storage.subjects import legal_now
from trading import queries
from trading.routes.lot_view import lot_view
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at
from trading.states import LotState, Regime

pages = Blueprint("public", __name__)
PAGE = 20


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
        return render_template(
            "trading/public/tender.html",
            tender=found,
            views=shown,
            notice=queries.latest_notice(db, found.id),
            now=legal_now(db, f"tender:{found.code}"),
        )


def _sought() -> queries.Sought:
    """What the address asks for; a part that is not one of the choices asks for nothing."""
    return queries.Sought(
        words=request.args.get("q", "")[:100],
        regime=request.args.get("regime", type=Regime),
        state=request.args.get("state", type=LotState),
    )


def _is_public(stage: Stage) -> bool:
    return may_know_at(Audience.PUBLIC, Matter.NOTICE, stage)
