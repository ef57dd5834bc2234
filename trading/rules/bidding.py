"""Receiving bids: the statement, when it is in time, what it may replace.

A bid at the very instant of the deadline is late: the sealed set is exactly the bids with an
earlier instant.
Source: 招标投标法 第28条、第29条; 实施条例 第36条; 电子招标投标办法 第26条、第27条.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.rules.sealing import PART_BYTES, is_seal, parts_of
from evidence.rules.streams import canonical
from kernel.errors import Problem
from trading.rules.reading import exact_object, malformed, pattern_text, plain_text
from trading.states import LotState

STATEMENT_TYPE = "bid-submission/v1"
WITHDRAWAL_TYPE = "bid-withdrawal/v1"
STATEMENT_LIMIT = 64_000
ENVELOPE_LIMIT = 2 << 30
_HEX32 = re.compile(r"[0-9a-f]{64}")
_NONCE = re.compile(r"[0-9a-f]{32,64}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_STATEMENT_KEYS = {
    "type",
    "tender",
    "lot",
    "bidder",
    "envelopes",
    "escrow_sha256",
    "replaces",
    "nonce",
}
_ENVELOPE_KEYS = {"name", "seal", "bytes", "parts_sha256", "manifest_sha256"}
_WITHDRAWAL_KEYS = {"type", "tender", "lot", "bidder", "receipt", "nonce"}


@dataclass(frozen=True)
class Envelope:
    """One sealed file as the bidder states it; sizes in bytes, digests in lower-case hex."""

    name: str
    seal: str
    bytes: int
    parts_sha256: tuple[str, ...]
    manifest_sha256: str


@dataclass(frozen=True)
class Statement:
    """What a bidder signs when submitting; `text` are the canonical bytes that were signed."""

    tender: str
    lot: str
    bidder: str
    envelopes: tuple[Envelope, ...]
    replaces: str | None
    nonce: str
    text: bytes


@dataclass(frozen=True)
class Withdrawal:
    """What a bidder signs when withdrawing."""

    tender: str
    lot: str
    bidder: str
    receipt: str
    nonce: str
    text: bytes


def parse_statement(value: Any) -> Statement:
    """The statement in this JSON value. Raises InvalidInput with the place of the first fault."""
    fields = exact_object(value, _STATEMENT_KEYS, "statement")
    text = canonical(fields)
    if len(text) > STATEMENT_LIMIT:
        raise malformed("statement", "超过 64 kB")
    if fields["type"] != STATEMENT_TYPE:
        raise malformed("statement.type", f"必须是 {STATEMENT_TYPE}")
    envelopes = fields["envelopes"]
    if not isinstance(envelopes, list) or len(envelopes) not in (1, 2):
        raise malformed("statement.envelopes", "必须有一个或两个信封")
    if fields["escrow_sha256"] is not None:
        pattern_text(fields["escrow_sha256"], _HEX32, "statement.escrow_sha256")
    parsed = tuple(_envelope(item, number) for number, item in enumerate(envelopes))
    if len({envelope.name for envelope in parsed}) != len(parsed):
        raise malformed("statement.envelopes", "信封名称重复")
    if len({envelope.seal for envelope in parsed}) != len(parsed):
        raise malformed("statement.envelopes", "每个信封必须有自己的封签")
    replaces = fields["replaces"]
    return Statement(
        tender=plain_text(fields["tender"], "statement.tender"),
        lot=plain_text(fields["lot"], "statement.lot"),
        bidder=plain_text(fields["bidder"], "statement.bidder"),
        envelopes=parsed,
        replaces=None if replaces is None else plain_text(replaces, "statement.replaces"),
        nonce=pattern_text(fields["nonce"], _NONCE, "statement.nonce"),
        text=text,
    )


def parse_withdrawal(value: Any) -> Withdrawal:
    """The withdrawal in this JSON value. Raises InvalidInput with the place of the first fault."""
    fields = exact_object(value, _WITHDRAWAL_KEYS, "statement")
    if fields["type"] != WITHDRAWAL_TYPE:
        raise malformed("statement.type", f"必须是 {WITHDRAWAL_TYPE}")
    return Withdrawal(
        tender=plain_text(fields["tender"], "statement.tender"),
        lot=plain_text(fields["lot"], "statement.lot"),
        bidder=plain_text(fields["bidder"], "statement.bidder"),
        receipt=plain_text(fields["receipt"], "statement.receipt"),
        nonce=pattern_text(fields["nonce"], _NONCE, "statement.nonce"),
        text=canonical(fields),
    )


def reception_problems(state: LotState, deadline: datetime | None, now: datetime) -> list[Problem]:
    """Why nothing can be submitted, replaced or withdrawn now. Without a notice, no deadline."""
    if deadline is not None and now >= deadline:
        return [
            Problem(
                "bid.too_late",
                "投标截止时间为 %(deadline)s，现已截止，不能再递交、替换或撤回。",
                "招标投标法 第28条; 招标投标法实施条例 第36条",
                values={"deadline": deadline},
            )
        ]
    if state is LotState.ANNOUNCED:
        return []
    return [
        Problem(
            "bid.not_receiving",
            "该标段目前不接收投标文件（状态：%(state)s）。",
            "电子招标投标办法 第26条",
            values={"state": state.value},
        )
    ]


def address_problems(
    statement: Statement | Withdrawal, *, tender: str, lot: str, bidder: str
) -> list[Problem]:
    """Where the statement speaks of something else than what it was handed in for."""
    stated = {"tender": statement.tender, "lot": statement.lot, "bidder": statement.bidder}
    wanted = {"tender": tender, "lot": lot, "bidder": bidder}
    return [
        Problem(
            "statement.addressed_elsewhere",
            "投标声明中的“%(field)s”是“%(stated)s”，应为“%(wanted)s”。",
            "电子签名法 第13条",
            f"statement.{name}",
            {"stated": stated[name], "wanted": wanted[name]},
        )
        for name in wanted
        if stated[name] != wanted[name]
    ]


def replacement_problems(replaces: str | None, standing: str | None) -> list[Problem]:
    """A statement must name exactly the receipt that stands now, or none if none does."""
    if replaces == standing:
        return []
    if standing is None:
        message = "没有可替换的投标文件：声明中的 replaces 应为空。"
    else:
        message = "您已有递交的投标文件：声明中的 replaces 应为其回执编号 %(standing)s。"
    return [
        Problem(
            "bid.wrong_replacement",
            message,
            "招标投标法 第29条",
            "statement.replaces",
            {"standing": standing or ""},
        )
    ]


def envelope_problems(
    envelope: Envelope, stored_bytes: int, stored_parts: Sequence[str]
) -> list[Problem]:
    """Where what was uploaded differs from what the bidder signed."""
    if stored_bytes != envelope.bytes or len(stored_parts) != parts_of(envelope.bytes):
        return [
            Problem(
                "envelope.incomplete",
                "信封“%(name)s”应有 %(stated)s 字节，已收到 %(stored)s 字节；请继续上传。",
                "电子招标投标办法 第27条",
                "statement.envelopes",
                {"name": envelope.name, "stated": envelope.bytes, "stored": stored_bytes},
            )
        ]
    return [
        Problem(
            "envelope.part_differs",
            "信封“%(name)s”第 %(part)s 段与声明的摘要不一致。",
            "电子签名法 第13条",
            f"statement.envelopes.parts_sha256.{number}",
            {"name": envelope.name, "part": number + 1},
        )
        for number, (stored, stated) in enumerate(
            zip(stored_parts, envelope.parts_sha256, strict=True)
        )
        if stored != stated
    ]


def part_problems(size: int, received: int, offset: int, length: int) -> list[Problem]:
    """Why a part of an upload cannot be taken: only the next whole part fits."""
    if offset != received:
        return [
            Problem(
                "upload.wrong_offset",
                "应从第 %(have)s 字节继续上传。",
                field="offset",
                values={"have": received},
            )
        ]
    expected = min(PART_BYTES, size - received)
    if length != expected or expected == 0:
        return [
            Problem(
                "upload.wrong_length",
                "这一段应有 %(expected)s 字节，收到 %(length)s 字节。",
                field="body",
                values={"expected": expected, "length": length},
            )
        ]
    return []


def _envelope(value: Any, number: int) -> Envelope:
    place = f"statement.envelopes.{number}"
    fields = exact_object(value, _ENVELOPE_KEYS, place)
    size = fields["bytes"]
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= ENVELOPE_LIMIT:
        raise malformed(f"{place}.bytes", f"应为 1 至 {ENVELOPE_LIMIT} 的整数")
    parts = fields["parts_sha256"]
    if not isinstance(parts, list) or len(parts) != parts_of(size):
        raise malformed(f"{place}.parts_sha256", f"应有 {parts_of(size)} 段")
    seal = plain_text(fields["seal"], f"{place}.seal")
    if not is_seal(seal):
        raise malformed(f"{place}.seal", "不是 age X25519 封签")
    return Envelope(
        name=pattern_text(fields["name"], _NAME, f"{place}.name"),
        seal=seal,
        bytes=size,
        parts_sha256=tuple(
            pattern_text(part, _HEX32, f"{place}.parts_sha256.{index}")
            for index, part in enumerate(parts)
        ),
        manifest_sha256=pattern_text(fields["manifest_sha256"], _HEX32, f"{place}.manifest_sha256"),
    )
