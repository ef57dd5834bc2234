"""The steps after the report: candidates, award, archive; and what a regulator orders."""

from datetime import datetime

from demo.play import Play
from storage.database import snapshot
from supervision.actions.orders import issue_order
from supervision.states import OrderKind
from trading import queries
from trading.actions import awarding
from trading.states import LotState

_REGULATOR = "regulator"


def publish_candidates(play: Play) -> bool:
    """The agency publishes the candidates."""
    if play.is_in(LotState.REPORTED):
        play.later(18 * 60)
        play.act(awarding.publish_candidates, play.plan.agency, play.lot)
    return True


def end_publicity(play: Play) -> bool:
    """Nobody objects until the publicity is over."""
    with snapshot() as db:
        report = queries.report_of(db, queries.lot_by_code(db, play.lot).id)
    until = report.publicity_until if report else None
    return until is not None and play.clock_to(until)


def award(play: Play) -> bool:
    """The procuring entity awards to the first, once any publicity is over."""
    if play.is_in(LotState.AWARDED):
        return True
    with snapshot() as db:
        lot = queries.lot_by_code(db, play.lot)
        report, first = queries.report_of(db, lot.id), queries.candidates(db, lot.id)[0]
        until, receipt = report.publicity_until if report else None, first.bid.receipt
    if until is not None and not play.clock_to(until):
        return False
    play.later(90)
    play.act(awarding.decide_award, play.plan.buyer, play.lot, receipt=receipt)
    return True


def award_by_silence(play: Play) -> bool:
    """Nobody decides in time, and the first wins by law."""
    with snapshot() as db:
        report = queries.report_of(db, queries.lot_by_code(db, play.lot).id)
    due: datetime | None = report.step_due if report else None
    return due is not None and play.clock_to(due) and play.is_in(LotState.AWARDED)


def archive(play: Play) -> bool:
    """The agency archives the lot, once its result was shown for long enough."""
    if play.is_in(LotState.ARCHIVED):
        return True
    with snapshot() as db:
        won = queries.award_of(db, queries.lot_by_code(db, play.lot).id)
    if won is not None and won.result_until is not None and not play.clock_to(won.result_until):
        return False
    play.act(awarding.archive_lot, play.plan.agency, play.lot)
    return True


def suspend(play: Play) -> bool:
    """A regulator orders the lot to stand still."""
    if not play.is_in(LotState.SUSPENDED):
        ground = "收到投诉，反映评审因素设置与采购需求不符，为防止损失扩大，需核查期间暂停。"
        article = "招标投标法实施条例 第62条"
        order = {"kind": OrderKind.SUSPEND, "article": article, "ground": ground}
        play.act(issue_order, _REGULATOR, play.lot, **order)
    return True


def resume(play: Play) -> bool:
    """The regulator lets the lot go on."""
    if play.is_in(LotState.SUSPENDED):
        ground = "经核查，投诉事项缺乏事实依据，恢复交易活动。"
        article = "招标投标法实施条例 第62条"
        order = {"kind": OrderKind.RESUME, "article": article, "ground": ground}
        play.act(issue_order, _REGULATOR, play.lot, **order)
    return True
