"""From the report to the award: what a report must hold, who is a candidate, who may win and when.

All ends are exclusive: an award is in time at the very instant at which the publicity is over.
Every lot here counts as one that must be tendered by law with state funds, so the first wins.
Source: 招标投标法 第40条、第42条、第45条; 招标投标法实施条例 第53条至第55条;
财政部令第87号 第58条、第68条、第69条.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel.errors import Problem
from kernel.periods import end_of_period
from trading.rules.limits import Limits
from trading.states import PassingOver

GROUND_LIMIT = 2000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTENT_SOURCE = "评标委员会和评标方法暂行规定 第42条"


@dataclass(frozen=True)
class RankedBid:
    """One line of the ranking; points with at most two decimals. Equals share a rank: `tied`."""

    receipt: str
    price_fen: int
    technical: Decimal
    price_score: Decimal
    total: Decimal
    rank: int
    tied: bool


@dataclass(frozen=True)
class RejectedBid:
    """A bid that the committee rejected, and why."""

    receipt: str
    why: str


@dataclass(frozen=True)
class ReportResult:
    """What a signed report says: its code, its file's digest, the ranking from the first on."""

    report: str
    archive_sha256: str
    ranking: tuple[RankedBid, ...]
    rejected: tuple[RejectedBid, ...]


def report_problems(
    result: ReportResult, opened: Mapping[str, int], limits: Limits
) -> list[Problem]:
    """Why this report cannot be received; `opened` has the price of every opened bid, in fen."""
    return [
        *_file_problems(result),
        *_coverage_problems(result, opened),
        *_order_problems(result.ranking),
        *_score_problems(result.ranking),
        *_candidate_problems(result.ranking, limits),
    ]


def candidates_of(ranks: Sequence[int], limits: Limits) -> int:
    """How many of these ranks, from the first on, are candidates. Equals are never parted.

    Source: 招标投标法实施条例 第53条 (at most three); 财政部令第87号 第58条.
    """
    if limits.candidates_maximum is None:
        return len(ranks)
    return sum(_reaching(ranks, rank) <= limits.candidates_maximum for rank in ranks)


def step_due(limits: Limits, received_at: datetime) -> datetime:
    """By when the candidates are to be published or, where none are, the award is decided."""
    return end_of_period(received_at, limits.after_report)


def is_late(due: datetime, at: datetime) -> bool:
    """Whether something that was due by then came after it; the end itself is late."""
    return at >= due


def publicity_problems(limits: Limits) -> list[Problem]:
    """Why candidates are not published in this regime."""
    if limits.candidate_publicity is not None:
        return []
    return [
        Problem(
            "candidates.not_published_here",
            "政府采购项目不公示中标候选人：采购人确定中标人后公告中标结果。",
            limits.publicity_source,
        )
    ]


def publicity_end(limits: Limits, published_at: datetime) -> datetime | None:
    """When the publicity is over: after at least three days, the last of them no day off.

    Source: 招标投标法实施条例 第54条.
    """
    period = limits.candidate_publicity
    return None if period is None else end_of_period(published_at, period)


def result_end(limits: Limits, noticed_at: datetime) -> datetime | None:
    """When the result notice has been shown for long enough. Source: 财政部令第87号 第69条."""
    period = limits.result_publicity
    return None if period is None else end_of_period(noticed_at, period)


def early_problems(
    limits: Limits, publicity_until: datetime | None, now: datetime
) -> list[Problem]:
    """Why it is too early for an award where candidates are published first.

    Source: 招标投标法实施条例 第54条.
    """
    if limits.candidate_publicity is None:
        return []
    if publicity_until is None:
        return [
            Problem(
                "award.candidates_not_published",
                "中标候选人尚未公示，不能确定中标人。",
                limits.publicity_source,
            )
        ]
    if now >= publicity_until:
        return []
    values = {"until": publicity_until}
    return [
        Problem(
            "award.publicity_not_over",
            "中标候选人公示期至 %(until)s 届满，在此之前不能确定中标人。",
            limits.publicity_source,
            values=values,
        ),
    ]


def silence_decides(limits: Limits, ranks: Mapping[str, int], due: datetime, now: datetime) -> bool:
    """Whether the first has won because nobody decided in time; among equals silence says nothing.

    Source: 财政部令第87号 第68条.
    """
    return limits.silence_awards and is_late(due, now) and len(first_of(ranks)) == 1


def late_problems(
    limits: Limits, ranks: Mapping[str, int], due: datetime, now: datetime
) -> list[Problem]:
    """Why it is too late to decide: the law has decided already."""
    if not silence_decides(limits, ranks, due, now):
        return []
    values = {"period": str(limits.after_report)}
    return [
        Problem(
            "award.decided_by_silence",
            "已逾 %(period)s 未确定中标人，视同确定排名第一的中标候选人为中标人。",
            limits.award_source,
            values=values,
        )
    ]


def first_of(ranks: Mapping[str, int]) -> list[str]:
    """Receipts of those who rank first, sorted: several when they are equal."""
    return sorted(receipt for receipt, rank in ranks.items() if rank == 1)


def passed_over(ranks: Mapping[str, int], receipt: str) -> list[str]:
    """Receipts of the candidates who rank before this one, in the order of their ranks."""
    before = [(rank, other) for other, rank in ranks.items() if rank < ranks[receipt]]
    return [other for _, other in sorted(before)]


def choice_problems(
    limits: Limits,
    ranks: Mapping[str, int],
    receipt: str,
    *,
    reason: PassingOver | None,
    ground: str,
) -> list[Problem]:
    """Why this candidate may not be chosen; `ranks` has every candidate's rank by receipt.

    The first wins; the next only for a reason that the law knows, with a ground. Among equals the
    choice needs a ground. Source: 招标投标法实施条例 第55条; 财政部令第87号 第68条.
    """
    if receipt not in ranks:
        return [
            Problem(
                "award.not_a_candidate",
                "只能在中标候选人中确定中标人。",
                limits.award_source,
                "receipt",
            )
        ]
    return [
        *_reason_problems(limits, bool(passed_over(ranks, receipt)), reason),
        *_ground_problems(limits, ranks, receipt, ground),
    ]


def _file_problems(result: ReportResult) -> list[Problem]:
    if _SHA256.fullmatch(result.archive_sha256):
        return []
    return [
        Problem(
            "report.archive_digest",
            "评标报告的档案摘要应为 64 位十六进制小写字符。",
            _CONTENT_SOURCE,
            "archive_sha256",
        )
    ]


def _coverage_problems(result: ReportResult, opened: Mapping[str, int]) -> list[Problem]:
    """Every opened bid is ranked or rejected, once, at the price that was opened."""
    problems = []
    ranked = [bid.receipt for bid in result.ranking]
    if sorted([*ranked, *(bid.receipt for bid in result.rejected)]) != sorted(opened):
        problems.append(
            Problem(
                "report.not_the_opened_bids",
                "评标报告应对每一份已开启的投标文件恰好排序或否决一次。",
                _CONTENT_SOURCE,
            )
        )
    if not ranked:
        problems.append(
            Problem(
                "report.nobody_ranked",
                "所有投标均被否决的，不能提交评标报告，应当重新招标。",
                "招标投标法 第42条",
                "ranking",
            )
        )
    if any(opened.get(bid.receipt) not in (None, bid.price_fen) for bid in result.ranking):
        problems.append(
            Problem(
                "report.price_differs",
                "评标报告中的报价与开标记录不一致。",
                "招标投标法 第36条",
                "ranking",
            )
        )
    if any(not bid.why.strip() for bid in result.rejected):
        problems.append(
            Problem("report.no_reason", "否决投标应当说明理由。", _CONTENT_SOURCE, "rejected")
        )
    return problems


def _order_problems(ranking: Sequence[RankedBid]) -> list[Problem]:
    """Ranks count from one, equals share one, and the next rank counts all before it."""
    ranks = [bid.rank for bid in ranking]
    shared = Counter(ranks)
    sound = all(
        bid.rank == 1 + sum(rank < bid.rank for rank in ranks)
        and bid.tied is (shared[bid.rank] > 1)
        for bid in ranking
    )
    if sound and ranks == sorted(ranks):
        return []
    return [
        Problem(
            "report.ranks",
            "评标报告的名次不连续，或并列标记与名次不符。",
            "招标投标法实施条例 第53条",
            "ranking",
        )
    ]


def _score_problems(ranking: Sequence[RankedBid]) -> list[Problem]:
    points = [p for bid in ranking for p in (bid.technical, bid.price_score, bid.total)]
    if all(point.is_finite() and point >= 0 and point * 100 % 1 == 0 for point in points):
        return []
    return [
        Problem(
            "report.scores",
            "评标报告的得分应为不小于零、最多两位小数的数。",
            _CONTENT_SOURCE,
            "ranking",
        )
    ]


def _candidate_problems(ranking: Sequence[RankedBid], limits: Limits) -> list[Problem]:
    if not ranking or candidates_of([bid.rank for bid in ranking], limits):
        return []
    values = {"maximum": limits.candidates_maximum}
    return [
        Problem(
            "report.too_many_equals",
            "并列第一的投标人多于 %(maximum)s 个，评标委员会应当先排出名次。",
            limits.candidates_source,
            "ranking",
            values,
        )
    ]


def _reaching(ranks: Sequence[int], last: int) -> int:
    return sum(rank <= last for rank in ranks)


def _reason_problems(limits: Limits, passes: bool, reason: PassingOver | None) -> list[Problem]:
    if passes and reason not in limits.passing_over:
        return [
            Problem(
                "award.not_the_first",
                "应当确定排名第一的中标候选人为中标人；越过其他候选人须有法定情形。",
                limits.award_source,
                "reason",
            )
        ]
    if not passes and reason is not None:
        return [
            Problem(
                "award.nobody_passed_over",
                "没有越过任何中标候选人，不需要说明越过的情形。",
                limits.award_source,
                "reason",
            )
        ]
    return []


def _ground_problems(
    limits: Limits, ranks: Mapping[str, int], receipt: str, ground: str
) -> list[Problem]:
    if ground.strip():
        return []
    if passed_over(ranks, receipt):
        return [
            Problem(
                "award.ground_missing",
                "越过排名在前的中标候选人，应当写明事实和依据。",
                limits.award_source,
                "ground",
            )
        ]
    if list(ranks.values()).count(ranks[receipt]) > 1:
        return [
            Problem(
                "award.equals_need_a_ground",
                "中标候选人并列，请写明按招标文件规定的何种方式选定。",
                limits.equals_source,
                "ground",
            )
        ]
    return []
