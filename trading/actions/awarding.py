"""From the report to the archived lot: receive, publish the candidates, decide or let the law
decide, tell everybody at the same instant, archive. The caller holds the lot.

Source: 招标投标法 第45条; 招标投标法实施条例 第53条至第55条; 财政部令第87号 第68条、第69条.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity.rules.permissions import Viewer
from kernel.errors import NotAllowed, NotYet, TooLate, refuse_if
from kernel.periods import legal_date
from kernel.text import clean_text
from outbox.actions.messages import publish
from outbox.rules.letters import LetterKind
from storage.due import schedule
from trading import queries
from trading.actions.award_tables import (
    award_notice,
    award_table,
    candidate_table,
    own_result,
    publicity,
    report_table,
)
from trading.actions.bidding import bid_stream
from trading.actions.closing import ACTOR
from trading.actions.letters import sides_of, write_about
from trading.actions.tendering import lot_run_by, move_lot, refuse_other_agency, tell
from trading.models.awarding import Award, AwardCandidate, BidRejection, LotReport
from trading.models.bidding import Bid
from trading.models.tendering import Lot, Tender
from trading.rules import archive
from trading.rules import awarding as rules
from trading.rules.archive import Paper
from trading.rules.awarding import ReportResult
from trading.rules.disclosure import Matter, audiences_for
from trading.rules.limits import Limits, limits_for
from trading.rules.objections import unanswered_problems
from trading.states import LOT, LotEvent, LotState, ObjectionKind, PassingOver

SILENCE = "lot.award_by_silence"
_HUNDREDTH = Decimal("0.01")


def receive_report(
    db: Session, lot_code: str, result: ReportResult, *, actor: str, now: datetime
) -> LotReport:
    """Take the signed report of an evaluation; the time for the next step begins."""
    lot = queries.lot_by_code(db, lot_code)
    LOT.after(lot.state, LotEvent.REPORT_RECEIVED)
    limits = _limits(lot, now)
    refuse_if(rules.report_problems(result, queries.opened_prices(db, lot.id), limits))
    report = LotReport(
        lot_id=lot.id,
        report=result.report,
        archive_sha256=result.archive_sha256,
        received_at=now,
        step_due=rules.step_due(limits, now),
    )
    db.add(report)
    figures = _store_lines(db, lot, result, limits)
    named = {"report": report.report, "archive_sha256": report.archive_sha256}
    data = {**named, "due": report.step_due.isoformat(), **figures}
    move_lot(db, lot, LotEvent.REPORT_RECEIVED, actor=actor, data=data, now=now)
    if limits.silence_awards:
        schedule(db, SILENCE, f"lot:{lot.code}", report.step_due)
    tell(db, lot, "lot.report_received", named, now, apart={Matter.REPORT: data})
    write_about(db, lot, LetterKind.REPORT_RECEIVED, sides_of(lot), now=now)
    publishes = not rules.publicity_problems(limits)
    kind = LetterKind.CANDIDATES_DUE if publishes else LetterKind.AWARD_DUE
    write_about(db, lot, kind, sides_of(lot), now=now, due=report.step_due.isoformat())
    return report


def publish_candidates(db: Session, who: Viewer, lot_code: str, *, now: datetime) -> LotReport:
    """Publish the candidates; after the time for it too, but then it is told as late.

    Raises Refusal in government procurement, which publishes the result alone.
    """
    lot = lot_run_by(db, who, lot_code)
    limits = _limits(lot, now)
    refuse_if(rules.publicity_problems(limits))
    LOT.after(lot.state, LotEvent.CANDIDATES_PUBLISHED)
    report = _report_of(db, lot)
    report.publicity_from, report.publicity_until = now, rules.publicity_end(limits, now)
    data = publicity(report) | {"candidates": candidate_table(queries.candidates(db, lot.id))}
    move_lot(db, lot, LotEvent.CANDIDATES_PUBLISHED, actor=who.code, data=data, now=now)
    tell(db, lot, "lot.candidates_published", {}, now, apart={Matter.CANDIDATES: data})
    write_about(db, lot, LetterKind.AWARD_DUE, sides_of(lot), now=now, due=data["until"])
    return report


def decide_award(
    db: Session,
    who: Viewer,
    lot_code: str,
    *,
    receipt: str,
    ground: str = "",
    reason: PassingOver | None = None,
    now: datetime,
) -> Award:
    """The procuring entity decides who wins; all bidders are told at the same instant.

    `reason` and `ground`: why better ranked ones do not win, or how a choice among equals was
    made. Raises NotYet during the publicity, TooLate once silence has decided.
    """
    lot = lot_run_by(db, who, lot_code)
    _refuse_other_entity(who, lot.tender)
    LOT.after(lot.state, LotEvent.AWARDED)
    limits, report = _limits(lot, now), _report_of(db, lot)
    candidates, ranks = _candidates(db, lot)
    stated = clean_text(ground, field="ground", limit=rules.GROUND_LIMIT).strip()
    refuse_if(rules.early_problems(limits, report.publicity_until, now), NotYet)
    waiting = queries.unanswered_objections(db, lot.id, ObjectionKind.RESULT)
    refuse_if(unanswered_problems(ObjectionKind.RESULT, waiting), NotYet)
    refuse_if(rules.late_problems(limits, ranks, report.step_due, now), TooLate)
    refuse_if(rules.choice_problems(limits, ranks, receipt, reason=reason, ground=stated))
    if stated:
        _record_ground(db, lot, who, rules.passed_over(ranks, receipt), stated, now)
    award = Award(decided_by=who.code, passing_over=reason, ground=stated)
    return _award(db, lot, award, candidates[receipt], now)


def award_by_silence(db: Session, lot_code: str, *, now: datetime) -> bool:
    """Let the first win where nobody decided in time; return whether that was done.

    Comes too early after a suspension: then it comes again. Equals at the top are not decided by
    silence: the party and regulators are told that a choice with a ground is needed.
    """
    lot = queries.lot_by_code(db, lot_code)
    limits = _limits(lot, now)
    if lot.state is not LotState.REPORTED or not limits.silence_awards:
        return False
    report = _report_of(db, lot)
    if not rules.is_late(report.step_due, now):
        schedule(db, SILENCE, f"lot:{lot.code}", report.step_due)
        return False
    candidates, ranks = _candidates(db, lot)
    first = rules.first_of(ranks)
    if not rules.silence_decides(limits, ranks, report.step_due, now):
        _ask_for_a_choice(db, lot, first, limits, now)
        return False
    _award(db, lot, Award(ground=""), candidates[first[0]], now)
    return True


def archive_lot(db: Session, who: Viewer, lot_code: str, *, now: datetime) -> Lot:
    """The agency puts a lot that has ended into the archive, when its file is complete."""
    lot = lot_run_by(db, who, lot_code)
    refuse_other_agency(who, lot.tender)
    LOT.after(lot.state, LotEvent.ARCHIVED)
    limits, award = _limits(lot, now), queries.award_of(db, lot.id)
    filed = _filed(db, lot)
    refuse_if(archive.archive_problems(lot.state, filed, limits))
    until = award.result_until if award else None
    refuse_if(archive.result_problems(limits, until, now), NotYet)
    data = {"papers": sorted(paper.value for paper in filed)}
    lot.ended_as = lot.state.value
    move_lot(db, lot, LotEvent.ARCHIVED, actor=who.code, data=data, now=now)
    tell(db, lot, "lot.archived", {"ended_as": lot.ended_as}, now)
    return lot


def _store_lines(db: Session, lot: Lot, result: ReportResult, limits: Limits) -> dict[str, Any]:
    """Store ranking and rejections; return them as the lot's fact tells them."""
    bids = {bid.receipt: bid for bid in queries.standing_bids(db, lot.id)}
    few = rules.candidates_of([each.rank for each in result.ranking], limits)
    lines = [
        AwardCandidate(
            bid=bids[each.receipt],
            lot_id=lot.id,
            rank=each.rank,
            tied=each.tied,
            price_fen=each.price_fen,
            technical=each.technical.quantize(_HUNDREDTH),
            price_score=each.price_score.quantize(_HUNDREDTH),
            total=each.total.quantize(_HUNDREDTH),
            is_candidate=place < few,
        )
        for place, each in enumerate(result.ranking)
    ]
    rejections = [
        BidRejection(bid=bids[each.receipt], lot_id=lot.id, why=each.why)
        for each in result.rejected
    ]
    db.add_all([*lines, *rejections])
    return report_table(lines, rejections)


def _award(db: Session, lot: Lot, award: Award, winner: AwardCandidate, now: datetime) -> Award:
    """Award, notice to the winner and result to everybody else, all at one instant."""
    award.lot_id, award.bid = lot.id, winner.bid
    award.decided_at = award.noticed_at = now
    award.notice = award_notice(lot, winner, now)
    award.result_until = rules.result_end(_limits(lot, now), now)
    db.add(award)
    told = award_table(award)
    move_lot(db, lot, LotEvent.AWARDED, actor=award.decided_by or ACTOR, data=told, now=now)
    for bid in queries.standing_bids(db, lot.id):
        _notify(db, bid, award, told, now)
    reasons = {"receipt": winner.bid.receipt, "ground": award.ground}
    tell(db, lot, "lot.awarded", told, now, apart={Matter.REPORT: reasons})
    name = winner.bid.bidder.name
    write_about(db, lot, LetterKind.AWARD_DECIDED, sides_of(lot), now=now, winner=name)
    return award


def _notify(db: Session, bid: Bid, award: Award, told: Mapping[str, Any], now: datetime) -> None:
    """Tell one bidder by a fact of its own stream: the notice, or the result and own figures."""
    won = bid.id == award.bid.id
    line, rejection = queries.result_of(db, bid.id)
    own = {"receipt": bid.receipt, **own_result(line, rejection)}
    record(
        db,
        stream=bid_stream(bid.lot.code, bid.bidder.credit_code),
        kind="bid.awarded" if won else "bid.not_awarded",
        actor=ACTOR,
        subject=f"bid:{bid.receipt}",
        data=own | ({"notice": award.notice} if won else {"award": dict(told)}),
        now=now,
    )
    kind = LetterKind.BID_WON if won else LetterKind.BID_NOT_WON
    kind = LetterKind.BID_REJECTED if rejection else kind
    figures = {
        "rank": line.rank if line else "—",
        "total": str(line.total) if line else "—",
        "why": rejection.why if rejection else "",
    }
    to, winner = [bid.bidder.credit_code], award.bid.bidder.name
    write_about(db, bid.lot, kind, to, now=now, winner=winner, **figures)


def _record_ground(
    db: Session, lot: Lot, who: Viewer, passed: list[str], ground: str, now: datetime
) -> None:
    """A fact of its own: it speaks of others than the winner, so it is not for everybody."""
    name, data = f"lot:{lot.code}", {"passed_over": passed, "ground": ground}
    kind = "award.reasoned"
    record(db, stream=name, kind=kind, actor=who.code, subject=name, data=data, now=now)


def _ask_for_a_choice(
    db: Session, lot: Lot, equals: list[str], limits: Limits, now: datetime
) -> None:
    name, kind = f"lot:{lot.code}", "award.choice_awaited"
    data = {
        "equals": equals,
        "needed": "award.equals_need_a_ground",
        "source": limits.equals_source,
    }
    record(db, stream=name, kind=kind, actor=ACTOR, subject=name, data=data, now=now)
    news = {"lot": lot.code, **data}
    audiences = audiences_for(Matter.REPORT, lot.stage)
    publish(db, name, kind, {audience.value: news for audience in audiences}, now)


def _filed(db: Session, lot: Lot) -> set[Paper]:
    report = queries.report_of(db, lot.id)
    known = {
        Paper.NOTICE: queries.latest_notice(db, lot.tender_id),
        Paper.SEALED_SET: lot.sealed_root,
        Paper.OPENING_TABLE: queries.opened_bids(db, lot.id),
        Paper.REPORT: report,
        Paper.CANDIDATES: report and report.publicity_from,
        Paper.AWARD: queries.award_of(db, lot.id),
        Paper.TERMINATION: queries.termination_of(db, lot.id),
    }
    return {paper for paper, found in known.items() if found}


def _candidates(db: Session, lot: Lot) -> tuple[dict[str, AwardCandidate], dict[str, int]]:
    """The candidates and their ranks, both by receipt."""
    found = {each.bid.receipt: each for each in queries.candidates(db, lot.id)}
    return found, {receipt: each.rank for receipt, each in found.items()}


def _report_of(db: Session, lot: Lot) -> LotReport:
    report = queries.report_of(db, lot.id)
    assert report is not None  # noqa: S101 (a lot is reported together with its report)
    return report


def _limits(lot: Lot, now: datetime) -> Limits:
    return limits_for(lot.tender.regime, legal_date(now))


def _refuse_other_entity(who: Viewer, tender: Tender) -> None:
    """Only the procuring entity itself decides; its agency may not."""
    if who.organisation != tender.procuring_entity.credit_code:
        raise NotAllowed(
            "award.procuring_entity_only",
            "只有招标人（采购人）可以确定中标人。",
            "招标投标法 第40条",
        )
