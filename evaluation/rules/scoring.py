"""What a score sheet must hold, and how a commitment to it is read and checked.

A sheet: `{"checks": {bid: {item: {"pass": true} | {"pass": false, "ground": …}}}, "marks": {bid:
{item: "38.50"}}}`, with every bid (by its blind code) and every item of the method, no other.
Its digest is SHA-256(salt ‖ canonical sheet). Source: 招标投标法实施条例 第49条、第51条;
财政部令第87号 第55条、第61条.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluation.rules.method import Method, ScoredItem
from evidence.rules.streams import canonical
from kernel.errors import InvalidInput, Problem, refuse_if
from trading.rules.reading import exact_object, malformed, pattern_text

SHEET_TYPE = "score-sheet/v1"
COMMITMENT_TYPE = "expert-commitment/v1"
GROUND_LIMIT = 500
SALT_BYTES = 32
MOST_VERSIONS = 1000
_SOURCE = "招标投标法实施条例 第49条"
_HEX32 = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[A-Z0-9-]{1,40}")
_NUMBER = re.compile(r"(?:0|[1-9]\d{0,5})(?:\.(\d{1,20}))?")


@dataclass(frozen=True)
class Verdict:
    """One expert's word on an objective item of one bid."""

    passes: bool
    ground: str = ""


@dataclass(frozen=True)
class Sheet:
    """One expert's sheet: by blind code and item."""

    checks: Mapping[str, Mapping[str, Verdict]]
    marks: Mapping[str, Mapping[str, Decimal]]
    text: bytes


@dataclass(frozen=True)
class SheetStatement:
    """What an expert signs about a sheet; `version` counts from 1."""

    meeting: str
    expert: str
    version: int
    sheet_sha256: str
    text: bytes


@dataclass(frozen=True)
class CommitmentStatement:
    """What an expert signs before seeing any bid: the discipline, and no conflict of interest."""

    meeting: str
    lot: str
    expert: str
    text: bytes


def sheet_digest(salt: bytes, sheet: bytes) -> str:
    """SHA-256(salt ‖ canonical sheet) in hex. Raises InvalidInput unless the salt has 32 bytes."""
    if len(salt) != SALT_BYTES:
        raise InvalidInput("sheet.salt_length", "评分表的盐必须是 32 字节。", field="salt")
    return hashlib.sha256(salt + sheet).hexdigest()


def parse_sheet(value: Any, method: Method, bids: Collection[str]) -> Sheet:
    """A complete sheet for exactly these bids and the method's items. Raises InvalidInput."""
    refuse_if(sheet_problems(value, method, bids), InvalidInput)
    checks = {
        bid: {code: Verdict(v["pass"], v.get("ground", "")) for code, v in given.items()}
        for bid, given in value["checks"].items()
    }
    marks = {
        bid: {code: Decimal(mark) for code, mark in given.items()}
        for bid, given in value["marks"].items()
    }
    return Sheet(checks, marks, canonical(value))


def sheet_problems(value: Any, method: Method, bids: Collection[str]) -> list[Problem]:
    """Everything that is wrong with a sheet, each with its place."""
    body = exact_object(value, {"checks", "marks"}, "sheet")
    checks, marks = {c.code: None for c in method.checks}, {s.code: s for s in method.scored}
    problems: list[Problem] = []
    for part, items in (("checks", checks), ("marks", marks)):
        by_bid = body[part]
        problems += _key_problems(by_bid, bids, f"sheet.{part}", "bid")
        for bid in sorted(set(_keys(by_bid)) & set(bids)):
            path = f"sheet.{part}.{bid}"
            problems += _key_problems(by_bid[bid], list(items), path, "item")
            for code in sorted(set(_keys(by_bid[bid])) & set(items)):
                problems += _entry_problems(by_bid[bid][code], items[code], f"{path}.{code}")
    return problems


def parse_sheet_statement(value: Any) -> SheetStatement:
    """The statement under a sheet. Raises InvalidInput."""
    keys = {"type", "meeting", "expert", "version", "sheet_sha256"}
    body = exact_object(value, keys, "statement")
    _refuse_type(body, SHEET_TYPE)
    version = body["version"]
    if isinstance(version, bool) or not isinstance(version, int):
        raise malformed("statement.version", "应为整数")
    if not 1 <= version <= MOST_VERSIONS:
        raise malformed("statement.version", f"应为 1 至 {MOST_VERSIONS}")
    return SheetStatement(
        meeting=pattern_text(body["meeting"], _WORD, "statement.meeting"),
        expert=pattern_text(body["expert"], _WORD, "statement.expert"),
        version=version,
        sheet_sha256=pattern_text(body["sheet_sha256"], _HEX32, "statement.sheet_sha256"),
        text=canonical(body),
    )


def parse_commitment(value: Any) -> CommitmentStatement:
    """An expert's commitment; `no_conflict` must be true. Raises InvalidInput."""
    keys = {"type", "meeting", "lot", "expert", "no_conflict"}
    body = exact_object(value, keys, "statement")
    _refuse_type(body, COMMITMENT_TYPE)
    if body["no_conflict"] is not True:
        raise malformed("statement.no_conflict", "必须为真；有利害关系的专家应当回避")
    return CommitmentStatement(
        meeting=pattern_text(body["meeting"], _WORD, "statement.meeting"),
        lot=pattern_text(body["lot"], _WORD, "statement.lot"),
        expert=pattern_text(body["expert"], _WORD, "statement.expert"),
        text=canonical(body),
    )


def is_mark(text: str, most: Decimal) -> bool:
    """Whether a mark as it was typed may be given at all: 0 to `most`, at most two decimals."""
    match = _NUMBER.fullmatch(text)
    return match is not None and len(match[1] or "") <= 2 and Decimal(text) <= most


def _refuse_type(body: Mapping[str, Any], wanted: str) -> None:
    if body["type"] != wanted:
        raise malformed("statement.type", f"应为 {wanted}")


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, Mapping) else []


def _key_problems(value: Any, wanted: Collection[str], path: str, what: str) -> list[Problem]:
    if not isinstance(value, Mapping):
        return [Problem("sheet.not_an_object", "“%(field)s”必须是对象。", "", path)]
    unknown = sorted(str(key)[:40] for key in set(value) - set(wanted))
    missing = sorted(set(wanted) - set(value))
    return [
        *(
            _problem(f"sheet.unknown_{what}", "“%(field)s”不在评审范围内。", path, k)
            for k in unknown
        ),
        *(_problem(f"sheet.missing_{what}", "“%(field)s”还没有填写。", path, k) for k in missing),
    ]


def _problem(code: str, message: str, path: str, key: str) -> Problem:
    return Problem(code, message, _SOURCE, f"{path}.{key}")


def _entry_problems(entry: Any, item: ScoredItem | None, path: str) -> list[Problem]:
    return _verdict_problems(entry, path) if item is None else _mark_problems(entry, item, path)


def _verdict_problems(entry: Any, path: str) -> list[Problem]:
    source = "招标投标法实施条例 第51条; 财政部令第87号 第61条"
    if not isinstance(entry, Mapping) or not isinstance(entry.get("pass"), bool):
        return [Problem("sheet.verdict_malformed", "“%(field)s”应写明是否通过。", source, path)]
    if set(entry) - {"pass", "ground"} or (entry["pass"] and "ground" in entry):
        message = "“%(field)s”只能写是否通过；不通过时写理由。"
        return [Problem("sheet.verdict_malformed", message, source, path)]
    ground = entry.get("ground", "")
    if entry["pass"]:
        return []
    if not isinstance(ground, str) or not 0 < len(ground.strip()) <= GROUND_LIMIT:
        message = "“%(field)s”认定不通过，必须写明理由（最多 %(limit)s 字）。"
        values = {"limit": GROUND_LIMIT}
        return [Problem("sheet.ground_missing", message, source, path, values)]
    return []


def _mark_problems(entry: Any, item: ScoredItem, path: str) -> list[Problem]:
    match = _NUMBER.fullmatch(entry) if isinstance(entry, str) else None
    if match is None:
        message = "“%(field)s”应为文字形式的分数，例如 38.50。"
        return [Problem("sheet.not_a_mark", message, _SOURCE, path)]
    if len(match[1] or "") > 2:
        message = "“%(field)s”最多两位小数。"
        return [Problem("sheet.too_many_decimals", message, _SOURCE, path)]
    if Decimal(entry) > item.most:
        message = "“%(field)s”应在 0 至 %(most)s 分之间，现为 %(value)s。"
        values = {"most": str(item.most), "value": entry}
        return [Problem("sheet.mark_out_of_range", message, _SOURCE, path, values)]
    return []
