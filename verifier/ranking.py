"""The ranking of a lot, made again: rejections, marks, price scores, totals, ranks, to the cent.

`check_prices` needs no more than the public bundle holds; `check_ranking` the evaluation.json that
is attached to the signed report. Source: docs/price-rules.md; 财政部令第87号 第55条、第57条.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verifier.canonical import canonical, octets
from verifier.findings import Broken, Findings
from verifier.prices import Json, Unsupported, left, rounded, scores
from verifier.streams import Fact, Leaf

# From five experts on the highest and the lowest total are left out.
_TRIMMING: Mapping[str, Sequence[Json]] = {
    "mean": [{}],
    "trimmed": [{"up_to": 4}, {"highest": 1, "lowest": 1}],
}


@dataclass(frozen=True)
class _Points:
    """What ranks one bid; the total is rounded once, from the exact parts."""

    technical: Fraction
    price: Fraction
    total: Fraction


def text_of(figure: Fraction) -> str:
    """A figure with two decimals."""
    cents = rounded(figure, 2) * 100
    return f"{int(cents) // 100}.{int(cents) % 100:02d}"


def check_prices(
    findings: Findings, streams: Mapping[str, Sequence[Leaf]], lot: str
) -> list[dict[str, str]]:
    """Weighted price scores of the opened bids, by what was frozen and opened. Raises Broken."""
    method = _data(streams, f"lot:{lot}", "lot.registered")["method"]
    table = _data(streams, f"lot:{lot}", "lot.opened")["table"]
    opened = {r["bidder"]: r["price_fen"] for r in table if r["outcome"] == "opened"}
    found = _price_points(findings, method, opened, set()) or {}
    ranked = _facts(streams, "evaluation.ranked", lot)
    if not ranked or ranked[0].data.get("valid") != len(opened):
        # Whom a committee rejected is not public, and whoever is rejected influences nobody.
        findings.undecided = True
        findings.leave("有投标被否决或尚无排序：公开数据不足以复算价格分")
    findings.checked["price_scores"] += len(found)
    order = sorted(found, key=lambda bidder: (opened[bidder], bidder))
    return [{"bidder": bidder, "price_score": text_of(found[bidder])} for bidder in order]


def check_ranking(
    findings: Findings, raw: bytes, streams: Mapping[str, Sequence[Leaf]], value: Json
) -> list[dict[str, str]]:
    """Compare an evaluation with the log and with its own figures; rank, bidder, total."""
    _check_logged(findings, raw, streams, value)
    _check_sheets(findings, streams, value)
    return _check_result(findings, value)


def _check_logged(
    findings: Findings, raw: bytes, streams: Mapping[str, Sequence[Leaf]], value: Json
) -> None:
    digest = hashlib.sha256(raw).hexdigest()
    named = [fact.data.get("sha256") for fact in _facts(streams, "evaluation.ranked", value["lot"])]
    if not named:
        findings.undecided = True
        findings.leave("没有含排序摘要的证据包，未核对这是否为日志所载的评审数据")
    elif digest in named:
        findings.checked["evaluation_in_the_log"] += 1
    else:
        findings.bad("ranking.not_in_the_log", value["lot"], "评审数据的摘要与日志所载的不同")


def _check_sheets(findings: Findings, streams: Mapping[str, Sequence[Leaf]], value: Json) -> None:
    """Every sheet has its digest, and that digest is the one which was locked."""
    locked = {
        each["expert"]: each["sheet_sha256"]
        for fact in _facts_of(streams, f"meeting:{value['meeting']}", "meeting.locked")
        for each in fact.data["sheets"]
    }
    if [each["expert"] for each in value["sheets"]] != value["committee"]:
        findings.bad("ranking.committee", value["meeting"], "评分表不是评委会每人一份")
    for each in value["sheets"]:
        salted = octets(each["salt"], 32) + canonical(each["sheet"])
        digest = hashlib.sha256(salted).hexdigest()
        if digest != each["sheet_sha256"] or locked.get(each["expert"], digest) != digest:
            findings.bad("ranking.sheet", each["expert"], "评分表与专家签名锁定的摘要不符")
        else:
            findings.checked["sheets"] += 1


def _check_result(findings: Findings, value: Json) -> list[dict[str, str]]:
    rejected = _rejected(value["method"], value["sheets"], value["bids"])
    opened = {bid["bid"]: bid["price_fen"] for bid in value["bids"]}
    points = _points(findings, value, opened, rejected)
    if points is None:
        return []
    lines = _lines(points, opened)
    stated = value["result"]["ranking"]
    for line in lines:
        if line in stated:
            findings.checked["ranking_lines"] += 1
        else:
            text = f"复算为 {line['total']} 分、第 {line['rank']} 名"
            findings.bad("ranking.line", line["bid"], text)
    out = [each["bid"] for each in value["result"]["rejected"]]
    if len(stated) != len(lines) or out != sorted(set(opened) - set(points)):
        findings.bad("ranking.count", value["lot"], "排序的行或被否决的投标与复算不符")
    names = {bid["bid"]: bid["bidder"] for bid in value["bids"]}
    return [
        {"rank": str(line["rank"]), "bidder": names[line["bid"]], "total": line["total"]}
        for line in sorted(lines, key=lambda line: (line["rank"], line["bid"]))
    ]


def _rejected(method: Json, sheets: Sequence[Json], bids: Sequence[Json]) -> set[str]:
    """Bids that more than half of the committee rejected for the same item."""
    items = [item["code"] for item in method["items"] if item["kind"] == "pass_fail"]
    return {
        bid["bid"]
        for bid in bids
        for code in items
        if 2 * sum(not s["sheet"]["checks"][bid["bid"]][code]["pass"] for s in sheets) > len(sheets)
    }


def _points(
    findings: Findings, value: Json, opened: Mapping[str, int], rejected: set[str]
) -> dict[str, _Points] | None:
    method, found = value["method"], {}
    prices = _price_points(findings, method, opened, rejected)
    if prices is None:
        return None
    for bid, price in prices.items():
        totals = [_marks(method, each["sheet"]["marks"][bid]) for each in value["sheets"]]
        counted = left(totals, _TRIMMING[method["aggregation"]])
        technical = sum(counted, Fraction(0)) / len(counted)
        found[bid] = _Points(technical, price, rounded(technical + price, 2))
    return found


def _price_points(
    findings: Findings, method: Json, opened: Mapping[str, int], rejected: set[str]
) -> dict[str, Fraction] | None:
    """Weighted price score by bid; None where the rule is not recomputed here."""
    prices = {bid: Fraction(fen, 100) for bid, fen in opened.items()}
    try:
        found = scores(method["price_rule"], prices, rejected)
    except Unsupported as fault:
        findings.undecided = True
        findings.leave(f"价格规则含有不在此复算的内容：{fault}")
        return None
    weight = Fraction(method.get("price_weight", "1"))
    return {bid: score * weight for bid, score in found.items()}


def _marks(method: Json, marks: Mapping[str, str]) -> Fraction:
    common = method.get("technical_weight", "1")
    scored = [item for item in method["items"] if item["kind"] == "scored"]
    parts = (Fraction(marks[i["code"]]) * Fraction(i.get("weight", common)) for i in scored)
    return sum(parts, Fraction(0))


def _lines(points: Mapping[str, _Points], opened: Mapping[str, int]) -> list[dict[str, Any]]:
    keys = {bid: (-p.total, opened[bid], -p.technical) for bid, p in points.items()}
    places = sorted(keys.values())
    return [
        {
            "bid": bid,
            "price": f"{opened[bid] // 100}.{opened[bid] % 100:02d}",
            "technical": text_of(points[bid].technical),
            "price_score": text_of(points[bid].price),
            "total": text_of(points[bid].total),
            "rank": places.index(keys[bid]) + 1,
            "tied": places.count(keys[bid]) > 1,
        }
        for bid in sorted(points)
    ]


def _data(streams: Mapping[str, Sequence[Leaf]], name: str, kind: str) -> Json:
    found = _facts_of(streams, name, kind)
    if not found:
        raise Broken("bundle.no_fact", f"证据包中没有公开的 {kind}")
    return found[-1].data


def _facts_of(streams: Mapping[str, Sequence[Leaf]], name: str, kind: str) -> list[Fact]:
    return [leaf.fact for leaf in streams.get(name, ()) if leaf.fact and leaf.fact.kind == kind]


def _facts(streams: Mapping[str, Sequence[Leaf]], kind: str, lot: str) -> list[Fact]:
    """Facts of this kind about this lot, in whichever stream."""
    return [
        leaf.fact
        for leaves in streams.values()
        for leaf in leaves
        if leaf.fact and leaf.fact.kind == kind and leaf.fact.data.get("lot") == lot
    ]
