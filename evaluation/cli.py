"""The commands `flask evaluation …`: recompute what an evaluation published, without a database.

Exit 0: done; 1: refused by the rule; 2: unreadable or wrong input, with its place on stderr.
"""

import dataclasses
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import click
from flask.cli import AppGroup

from evaluation.actions.archive import read_bundle, verify_pdf
from evaluation.rules.price import (
    PriceResult,
    RankingRow,
    parse_bids,
    parse_opened,
    parse_rule,
    score_prices,
)
from evaluation.rules.price_reading import object_at
from kernel.errors import InvalidInput, Refusal

REFUSED = 1
UNREADABLE = 2
EXIT_CODES = {"valid": 0, "invalid": 1, "indeterminate": 2}
_NO_FACTS = dict.fromkeys(("digest", "signature", "trust", "coverage"), "indeterminate")
_FAILED_EN = {
    "file.unreadable": "The file cannot be read.",
    "trust.unreadable": "The trust root is no certificate in PEM form.",
    "bundle.unreadable": "The evidence bundle cannot be read.",
}
MOST_BYTES = 32 * 1024 * 1024

commands = AppGroup("evaluation", help="Evaluation: recompute scores, verify archives.")


@commands.command("price-score")
@click.argument("file", type=click.File("rb"))
def price_score(file: BinaryIO) -> None:
    """Score the prices in FILE (or - for standard input) by the price rule in it.

    FILE is JSON: {"rule": {…}, "bids": [{"bidder", "price", …}], "opened": {…}}; `opened` holds
    what was drawn or opened with the bids and may be missing. The rule language is described in
    docs/price-rules.md. Prints JSON: benchmark, rows, trace, and the ranking if the rule has one.

    Example: flask evaluation price-score docs/price-rules/examples/construction-trimmed-mean.json
    """
    try:
        result = _scored(_document(file))
    except InvalidInput as problem:
        _stop(problem, UNREADABLE)
    except Refusal as problem:
        _stop(problem, REFUSED)
    click.echo(json.dumps(result_as_json(result), ensure_ascii=False, indent=1))


@commands.command("verify")
@click.argument("pdf", type=click.Path(path_type=Path))
@click.option("--evidence", type=click.Path(path_type=Path), help="Evidence bundle (ZIP).")
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root(s), PEM.")
def verify(pdf: Path, evidence: Path | None, trust: Path | None) -> None:
    """Check a signed PDF: digest, signature, trust when signed, coverage.

    Prints one JSON object; exit 0 = valid, 1 = invalid, 2 = indeterminate or unreadable. With
    --evidence the file must be one of our archives and stand in the bundle's archives.json; the
    bundle's trust.pem is used unless --trust is given.

    Example: flask evaluation verify evaluation.pdf --evidence evidence.zip
    """
    place = pdf
    try:
        logged, bundled = read_bundle(evidence) if evidence else (None, None)
        roots = [trust.read_bytes()] if trust else [bundled] if bundled else []
        result = verify_pdf(pdf.read_bytes(), trust=roots, logged=logged, now=datetime.now(UTC))
    except OSError as error:
        place = Path(str(error.filename))
        result = _failed("file.unreadable", f"无法读取：{error.strerror}。", error.strerror)
    except InvalidInput as refusal:
        place = {"trust": trust, "evidence": evidence}.get(refusal.problems[0].field) or pdf
        result = _failed(refusal.code, str(refusal.problems[0]))
    click.echo(json.dumps(result, ensure_ascii=False))
    _tell_error(place, result.get("error"))
    sys.exit(EXIT_CODES[str(result["verdict"])])


def result_as_json(result: PriceResult) -> dict[str, Any]:
    """The result as the command prints it; every figure is a decimal string or null."""
    document: dict[str, Any] = {
        "benchmark": _text(result.benchmark),
        "rows": [
            {
                "bidder": row.bidder,
                "evaluated_price": _text(row.evaluated_price),
                "deviation": _text(row.deviation),
                "score": _text(row.score),
                "valid": row.valid,
                "why": row.why,
            }
            for row in result.rows
        ],
        "trace": [_trace_entry(dataclasses.asdict(entry)) for entry in result.trace],
    }
    if result.ranking is not None:
        document["ranking"] = [_ranking_row(row) for row in result.ranking]
    return document


def _trace_entry(fields: dict[str, Any]) -> dict[str, Any]:
    places = fields["places"]
    return {**fields, "places": None if places is None else str(places)}


def _ranking_row(row: RankingRow) -> dict[str, Any]:
    return {
        "bidder": row.bidder,
        "rank": str(row.rank),
        "total": _text(row.total),
        "parts": {name: _text(points) for name, points in row.parts.items()},
        "tie": row.tie,
    }


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else format(figure, "f")


def _scored(document: object) -> PriceResult:
    fields = object_at(document, "", ("rule", "bids"), ("opened",))
    rule = parse_rule(fields["rule"])
    bids = parse_bids(fields["bids"], rule)
    return score_prices(rule, bids, parse_opened(fields.get("opened", {}), rule))


def _document(file: BinaryIO) -> object:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InvalidInput("price.too_large", "文件过大。", field="FILE")
    try:
        return json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except RecursionError as error:
        raise InvalidInput("price.too_deep", "JSON 嵌套过深。", field="FILE") from error
    except ValueError as error:
        message = "无法读取 JSON：%(reason)s"
        raise InvalidInput("price.unreadable", message, field="FILE", reason=error) from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice[:40]!r} stands twice in one object")
    return keys


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _stop(refusal: Refusal, code: int) -> NoReturn:
    for problem in refusal.problems:
        source = f"（{problem.source}）" if problem.source else ""
        place = problem.field if problem.field and problem.field not in str(problem) else ""
        click.echo(f"{place + '：' if place else ''}{problem}{source}", err=True)
    sys.exit(code)


def _tell_error(place: Path, error: object) -> None:
    """Say beside the JSON which file could not be judged, and why."""
    if isinstance(error, dict):
        click.echo(f"{place}：{error['zh']}", err=True)


def _failed(code: str, message: str, detail: str | None = None) -> dict[str, object]:
    english = f"{_FAILED_EN[code]} ({detail or message})"
    return {
        "verdict": "indeterminate",
        "facts": _NO_FACTS,
        "signatures": [],
        "error": {"code": code, "zh": message, "en": english},
    }
