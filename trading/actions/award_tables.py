"""How report, candidates and award are told: the same lines in facts, news and answers.

Figures are decimal strings. Who may have which table is decided in rules/disclosure.py.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kernel.money import in_capitals, yuan_from_fen
from trading.models.awarding import Award, AwardCandidate, BidRejection, LotReport
from trading.models.tendering import Lot


def report_table(
    lines: Sequence[AwardCandidate], rejections: Sequence[BidRejection]
) -> dict[str, Any]:
    """Ranking and rejections of a report, figures as decimal strings: not for the public."""
    return {
        "ranking": [
            {
                "receipt": each.bid.receipt,
                "bidder": each.bid.bidder.credit_code,
                "name": each.bid.bidder.name,
                "price": yuan_from_fen(each.price_fen),
                "rank": each.rank,
                "tied": each.tied,
                "technical": str(each.technical),
                "price_score": str(each.price_score),
                "total": str(each.total),
                "candidate": each.is_candidate,
            }
            for each in lines
        ],
        "rejected": [
            {
                "receipt": each.bid.receipt,
                "bidder": each.bid.bidder.credit_code,
                "name": each.bid.bidder.name,
                "why": each.why,
            }
            for each in rejections
        ],
    }


def candidate_table(candidates: Sequence[AwardCandidate]) -> list[dict[str, Any]]:
    """The candidates as they are published: by rank, with names and prices, without points."""
    return [
        {
            "rank": each.rank,
            "tied": each.tied,
            "bidder": each.bid.bidder.credit_code,
            "name": each.bid.bidder.name,
            "price": yuan_from_fen(each.price_fen),
        }
        for each in candidates
    ]


def publicity(report: LotReport) -> dict[str, Any]:
    """From when until when the candidates are published, and whether that began late."""
    begun, until = report.publicity_from, report.publicity_until
    if begun is None or until is None:
        raise ValueError("the candidates of this report are not published")
    return {
        "from": begun.isoformat(),
        "until": until.isoformat(),
        "due": report.step_due.isoformat(),
        "late": report.is_late,
    }


def award_table(award: Award) -> dict[str, Any]:
    """The award as everybody is told it."""
    until = award.result_until
    return {
        "winner": award.bid.bidder.credit_code,
        "name": award.bid.bidder.name,
        "price": award.notice["price"],
        "by_silence": award.decided_by is None,
        "passing_over": award.passing_over.value if award.passing_over else None,
        "noticed_at": award.noticed_at.isoformat(),
        "result_until": until.isoformat() if until else None,
    }


def own_result(line: AwardCandidate | None, rejection: BidRejection | None) -> dict[str, Any]:
    """What a bidder is told of its own bid: rank and points, or why it was rejected."""
    return {
        "rank": line.rank if line else None,
        "tied": line.tied if line else False,
        "technical": str(line.technical) if line else None,
        "price_score": str(line.price_score) if line else None,
        "total": str(line.total) if line else None,
        "rejected": rejection.why if rejection else None,
    }


def award_notice(lot: Lot, winner: AwardCandidate, now: datetime) -> dict[str, str]:
    """The award notice (中标通知书)."""
    tender = lot.tender
    return {
        "tender": tender.code,
        "name": tender.name,
        "lot": lot.code,
        "lot_name": lot.name,
        "procuring_entity": tender.procuring_entity.name,
        "winner": winner.bid.bidder.credit_code,
        "winner_name": winner.bid.bidder.name,
        "price": yuan_from_fen(winner.price_fen),
        "price_in_capitals": in_capitals(winner.price_fen),
        "noticed_at": now.isoformat(),
    }
