"""From locked sheets and opened prices to the ranking: pure, exact, and made again by anybody.

Rejections by majority of the committee; technical points by the method's aggregation of the
experts' totals; price points by the method's price rule over the bids that stand; totals rounded
half up to two decimals, once. Ties: the lower price, then the higher technical points, then the
same rank. Source: 招标投标法实施条例 第49条、第51条、第53条; 财政部令第87号 第43条、第55条、
第57条; 评标委员会和评标方法暂行规定 第27条.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluation.rules.aggregation import mean_mark, ranked
from evaluation.rules.method import Aggregation, Frame, Method, parse_method
from evaluation.rules.price import PriceResult, parse_bids, score_prices
from evaluation.rules.price_numbers import Rounding, decimal_of, plain
from evaluation.rules.price_trimming import NONE, Band, Trimming
from evaluation.rules.scoring import Sheet, parse_sheet, sheet_digest
from kernel.errors import InvalidInput, Problem
from kernel.money import yuan_from_fen
from trading.states import Category, Regime

HUNDREDTHS = Rounding(2)
# From five experts on the highest and the lowest total are left out.
TRIMMING: Mapping[Aggregation, Trimming] = {
    Aggregation.MEAN: NONE,
    Aggregation.TRIMMED: (Band(4, 0, 0), Band(None, 1, 1)),
}
REASONING_LIMIT = 2000


Json = dict[str, Any]
EVALUATION_TYPE = "evaluation/v1"


@dataclass(frozen=True)
class Record:
    """What a ranking was made of besides the method: experts in seat order, bids by blind code."""

    tender: str
    lot: str
    meeting: str
    committee: tuple[str, ...]
    chair: str
    bids: tuple[Json, ...]
    sheets: tuple[Json, ...]
    reasoning: str


@dataclass(frozen=True)
class Tally:
    """The committee's votes on one objective item of one bid; grounds in the order of experts."""

    bid: str
    item: str
    against: int
    votes: int
    grounds: tuple[str, ...]

    @property
    def rejects(self) -> bool:
        """Whether more than half of the committee rejected the bid for it."""
        return 2 * self.against > self.votes


@dataclass(frozen=True)
class Line:
    """One line of the ranking, points with two decimals. Equals share a rank: `tied`."""

    bid: str
    price_fen: int
    technical: Decimal
    price_score: Decimal
    total: Decimal
    rank: int
    tied: bool


@dataclass(frozen=True)
class Evaluation:
    """A whole result: votes against, rejected bids with why, benchmark, experts' totals, lines."""

    tallies: tuple[Tally, ...]
    rejected: Mapping[str, str]
    benchmark: Decimal | None
    expert_totals: Mapping[str, tuple[Fraction, ...]]
    lines: tuple[Line, ...]


def evaluate(method: Method, prices: Mapping[str, int], sheets: Sequence[Sheet]) -> Evaluation:
    """The result for these bids (blind code → fen) and the sheets of the whole committee."""
    tallies = _tallies(method, sorted(prices), sheets)
    rejected = {t.bid: "；".join(t.grounds) for t in tallies if t.rejects}
    totals = {bid: _expert_totals(method, bid, sheets) for bid in sorted(prices)}
    priced = _score_prices(method, prices, rejected)
    # The committee's own grounds stand; the price rule adds only what it finds itself.
    invalid = {row.bidder: row.why for row in priced.rows if not row.valid and row.why}
    rejected = invalid | rejected
    scores = {row.bidder: Fraction(row.score) for row in priced.rows if row.score is not None}
    lines = _lines(method, prices, totals, scores)
    return Evaluation(tallies, rejected, priced.benchmark, totals, lines)


def count_problems(regime: Regime, valid: int, reasoning: str, minimum: int) -> list[Problem]:
    """Why a ranking of so few bids may not go on without a recorded reasoning (construction).

    Source: 评标委员会和评标方法暂行规定 第27条.
    """
    if regime is not Regime.CONSTRUCTION or valid >= minimum or valid == 0 or reasoning:
        return []
    message = "有效投标只有 %(valid)s 个，继续评审必须记录对竞争性的论证。"
    source = "评标委员会和评标方法暂行规定 第27条"
    return [Problem("ranking.reasoning_missing", message, source, "reasoning", {"valid": valid})]


def fails(regime: Regime, valid: int, minimum: int) -> bool:
    """Whether so few valid bids end the lot.

    Source: 招标投标法 第42条 (all rejected); 财政部令第87号 第43条 (fewer than three).
    """
    return valid == 0 or (regime is Regime.GOVPROC and valid < minimum)


def result_json(result: Evaluation) -> dict[str, Any]:
    """The result with figures as decimal strings; unrounded ones without end as a division."""
    return {
        "votes": [
            {
                "bid": t.bid,
                "item": t.item,
                "against": t.against,
                "votes": t.votes,
                "grounds": list(t.grounds),
                "rejects": t.rejects,
            }
            for t in result.tallies
        ],
        "rejected": [{"bid": b, "why": result.rejected[b]} for b in sorted(result.rejected)],
        "benchmark": None if result.benchmark is None else format(result.benchmark, "f"),
        "expert_totals": [
            {"bid": bid, "totals": [plain(figure) for figure in figures]}
            for bid, figures in sorted(result.expert_totals.items())
        ],
        "ranking": [_line_json(line) for line in result.lines],
    }


def evaluation_json(frame: Frame, method: Method, record: Record, result: Evaluation) -> Json:
    """Everything that the ranking was made of, and the ranking: canonical, figures as strings."""
    return {
        "type": EVALUATION_TYPE,
        "tender": record.tender,
        "lot": record.lot,
        "meeting": record.meeting,
        "regime": frame.regime.value,
        "category": frame.category.value,
        "method_day": frame.day.isoformat(),
        "budget_fen": frame.budget_fen,
        "method": dict(method.text),
        "committee": list(record.committee),
        "chair": record.chair,
        "bids": [dict(bid) for bid in record.bids],
        "sheets": [dict(sheet) for sheet in record.sheets],
        "reasoning": record.reasoning,
        "result": result_json(result),
    }


def recomputed(value: Json) -> Json:
    """The result made again from a stored evaluation, its digests checked on the way.

    Raises InvalidInput where a sheet does not fit its digest or the method.
    """
    frame = Frame(
        Regime(value["regime"]),
        Category(value["category"]),
        date.fromisoformat(value["method_day"]),
        value["budget_fen"],
    )
    method = parse_method(value["method"], frame)
    prices = {bid["bid"]: bid["price_fen"] for bid in value["bids"]}
    sheets = [_checked_sheet(each, method, prices) for each in value["sheets"]]
    return result_json(evaluate(method, prices, sheets))


def _checked_sheet(value: Json, method: Method, prices: Mapping[str, int]) -> Sheet:
    sheet = parse_sheet(value["sheet"], method, prices)
    if sheet_digest(bytes.fromhex(value["salt"]), sheet.text) != value["sheet_sha256"]:
        raise InvalidInput(
            "sheet.digest",
            "评分表与专家签名承诺的摘要不符。",
            field="sheet",
            expert=value["expert"],
        )
    return sheet


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "bid": line.bid,
        "price": yuan_from_fen(line.price_fen),
        "technical": format(line.technical, "f"),
        "price_score": format(line.price_score, "f"),
        "total": format(line.total, "f"),
        "rank": line.rank,
        "tied": line.tied,
    }


def _tallies(method: Method, bids: Sequence[str], sheets: Sequence[Sheet]) -> tuple[Tally, ...]:
    found = []
    for bid in bids:
        for item in method.checks:
            verdicts = [sheet.checks[bid][item.code] for sheet in sheets]
            against = [verdict.ground for verdict in verdicts if not verdict.passes]
            found.append(Tally(bid, item.code, len(against), len(verdicts), tuple(against)))
    return tuple(found)


def _expert_totals(method: Method, bid: str, sheets: Sequence[Sheet]) -> tuple[Fraction, ...]:
    return tuple(
        sum((Fraction(s.marks[bid][i.code]) * i.weight for i in method.scored), Fraction(0))
        for s in sheets
    )


def _score_prices(
    method: Method, prices: Mapping[str, int], rejected: Mapping[str, str]
) -> PriceResult:
    listed = [
        {"bidder": bid, "price": yuan_from_fen(prices[bid])}
        | ({"excluded": "评标委员会否决"} if bid in rejected else {})
        for bid in sorted(prices)
    ]
    return score_prices(method.price_rule, parse_bids(listed, method.price_rule))


def _lines(
    method: Method,
    prices: Mapping[str, int],
    totals: Mapping[str, tuple[Fraction, ...]],
    scores: Mapping[str, Fraction],
) -> tuple[Line, ...]:
    table = TRIMMING[method.aggregation]
    technical = {bid: mean_mark(totals[bid], table) for bid in scores}
    price = {bid: score * method.price_weight for bid, score in scores.items()}
    total = {bid: HUNDREDTHS.of(technical[bid] + price[bid]) for bid in scores}
    keys = {bid: (-total[bid], Fraction(prices[bid]), -technical[bid]) for bid in scores}
    return tuple(
        Line(
            bid=place.bidder,
            price_fen=prices[place.bidder],
            technical=_points(technical[place.bidder]),
            price_score=_points(price[place.bidder]),
            total=_points(total[place.bidder]),
            rank=place.rank,
            tied=place.tied,
        )
        for place in ranked(keys)
    )


def _points(figure: Fraction) -> Decimal:
    return decimal_of(HUNDREDTHS.of(figure), HUNDREDTHS)
