"""The opening hall: opening keys, releases in the window, what a bid must hold when it opens.

A witness's opening key is signed, rehearsed and recorded before the deadline. A bidder releases
the key of its bid encrypted to all of them; that release is the sign-in. Both ends of the window
are exact: it begins with the close and ends before `deadline + window`.
Source: 电子招标投标办法 第29条至第31条; 招标投标法实施条例 第44条; design.md 4.6.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from evidence.rules.sealing import is_seal
from evidence.rules.streams import canonical
from kernel.errors import Problem
from kernel.money import fen_from_yuan
from kernel.text import shown
from trading.rules.bidding import Envelope
from trading.rules.guarantee import Preimage, read_preimage
from trading.rules.reading import exact_object, malformed, pattern_text, plain_text
from trading.states import LOT, LotEvent, LotState

KEY_TYPE = "opening-key/v1"
RELEASE_TYPE = "bid-release/v1"
RELEASE_LIMIT = 64_000
MANIFEST_LIMIT = 4_000_000
QUALITY_LIMIT = 100
FINDING_LIMIT = 300
"""Characters; a finding may tell names that a bidder chose."""
WINDOW_ENDED = f"{LOT.name}.{LotEvent.WINDOW_ENDED.value}"
_KEY_KEYS = {"type", "tender", "lot", "window", "rehearsal", "recipient", "nonce"}
_RELEASE_KEYS = {"type", "receipt", "release_sha256"}
_MANIFEST_KEYS = {"v", "salt", "form", "files", "guarantee"}
_FORM_KEYS = {"price", "period_days", "quality"}
_FILE_KEYS = {"name", "bytes", "sha256"}
_HEX32 = re.compile(r"[0-9a-f]{64}")


class Outcome(StrEnum):
    """How the opening of one bid ended, and whose doing that was.

    Source: 电子招标投标办法 第31条 (own fault: revoked; another's fault: withdrawn, with a claim).
    """

    OPENED = "opened"
    NOT_RELEASED = "not_released"
    WRONG_RELEASE = "wrong_release"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class OpeningKeyStatement:
    """What a witness signs about its opening key; `window` in minutes."""

    tender: str
    lot: str
    window: int
    rehearsal: bool
    recipient: str
    text: bytes


@dataclass(frozen=True)
class ReleaseStatement:
    """What a bidder signs when releasing."""

    receipt: str
    release_sha256: str
    text: bytes


@dataclass(frozen=True)
class Manifest:
    """What a bid says of itself; the price in fen, files by name with bytes and SHA-256."""

    price_fen: int
    period_days: int
    quality: str
    files: Mapping[str, tuple[int, str]]
    guarantee: Preimage | None = None


@dataclass(frozen=True)
class SealedBid:
    """A bid as it lies: its envelopes, the parts that hold them, the blob of its release."""

    receipt: str
    envelopes: tuple[Envelope, ...]
    parts: Mapping[str, Sequence[str]]
    release: bytes | None


@dataclass(frozen=True)
class Unsealed:
    """What came out of one bid."""

    receipt: str
    outcome: Outcome
    finding: str = ""
    manifest: Manifest | None = None
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def parse_opening_key(value: Any) -> OpeningKeyStatement:
    """The statement in this JSON value. Raises InvalidInput with the place."""
    fields = exact_object(value, _KEY_KEYS, "statement")
    window, rehearsal = fields["window"], fields["rehearsal"]
    if fields["type"] != KEY_TYPE:
        raise malformed("statement.type", f"必须是 {KEY_TYPE}")
    if isinstance(window, bool) or not isinstance(window, int):
        raise malformed("statement.window", "必须是整数分钟")
    if not isinstance(rehearsal, bool):
        raise malformed("statement.rehearsal", "必须是 true 或 false")
    recipient = plain_text(fields["recipient"], "statement.recipient")
    if not is_seal(recipient):
        raise malformed("statement.recipient", "不是 age X25519 公钥")
    return OpeningKeyStatement(
        tender=plain_text(fields["tender"], "statement.tender"),
        lot=plain_text(fields["lot"], "statement.lot"),
        window=window,
        rehearsal=rehearsal,
        recipient=recipient,
        text=canonical(fields),
    )


def parse_release(value: Any) -> ReleaseStatement:
    """The statement in this JSON value. Raises InvalidInput with the place."""
    fields = exact_object(value, _RELEASE_KEYS, "statement")
    if fields["type"] != RELEASE_TYPE:
        raise malformed("statement.type", f"必须是 {RELEASE_TYPE}")
    return ReleaseStatement(
        receipt=plain_text(fields["receipt"], "statement.receipt"),
        release_sha256=pattern_text(fields["release_sha256"], _HEX32, "statement.release_sha256"),
        text=canonical(fields),
    )


def opening_key_problems(
    statement: OpeningKeyStatement,
    *,
    tender: str,
    lot: str,
    window: int,
    rehearsal: bool,
    state: LotState,
    deadline: datetime | None,
    now: datetime,
) -> list[Problem]:
    """Why this opening key cannot be registered: it differs from the notice, or comes too late."""
    stated = (statement.tender, statement.lot, statement.window, statement.rehearsal)
    problems = []
    if stated != (tender, lot, window, rehearsal):
        problems.append(
            Problem(
                "opening_key.differs_from_notice",
                "开标密钥声明与公告不一致（项目、标段、解密时长或演练标记）。",
                "电子招标投标办法 第29条",
                "statement",
            )
        )
    if state is not LotState.ANNOUNCED or deadline is None or now >= deadline:
        problems.append(
            Problem(
                "opening_key.too_late",
                "开标密钥只能在公告发布后、投标截止前登记。",
                "电子招标投标办法 第29条",
            )
        )
    return problems


def release_problems(
    state: LotState, window_ends: datetime, correction_ends: datetime | None, now: datetime
) -> list[Problem]:
    """Why nothing can be released at this instant; each end itself is too late.

    `correction_ends` is given only to a bidder whose release was found wrong.
    """
    if state is LotState.RELEASING and now < window_ends:
        return []
    if state is LotState.UNSEALING and correction_ends is not None and now < correction_ends:
        return []
    if state is LotState.ANNOUNCED:
        return [Problem("release.too_early", "尚未到开标时间。", "招标投标法 第34条")]
    return [Problem("release.too_late", "解密时间已结束。", "电子招标投标办法 第30条、第31条")]


def is_corrected(
    received_at: datetime, correction_ends: datetime | None, correction_minutes: int
) -> bool:
    """Whether a release that was found wrong has been followed by another one.

    Source: 电子招标投标办法 第30条.
    """
    if correction_ends is None:
        return False
    return received_at >= correction_ends - timedelta(minutes=correction_minutes)


def key_publication_problems(told: Collection[str]) -> list[Problem]:
    """Why a private half must stay with its witness; `told` are the kinds of the lot's own facts.

    Only the recorded end of the window counts: a lot that stands still, failed or was terminated
    before it keeps its releases shut, whatever its state is called.
    """
    if WINDOW_ENDED in told:
        return []
    return [
        Problem(
            "opening_key.too_early",
            "解密时间结束后才能公布开标密钥。",
            "电子招标投标办法 第29条、第30条",
        )
    ]


def read_manifest(raw: bytes) -> Manifest:
    """The manifest of an opened bid. Raises InvalidInput with the place of the first fault."""
    if len(raw) > MANIFEST_LIMIT:
        raise malformed("manifest", "超过 4 MB")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        raise malformed("manifest", "不是 JSON") from fault
    fields = exact_object(value, _MANIFEST_KEYS, "manifest")
    pattern_text(fields["salt"], _HEX32, "manifest.salt")
    form = exact_object(fields["form"], _FORM_KEYS, "manifest.form")
    period = form["period_days"]
    if isinstance(period, bool) or not isinstance(period, int) or not 0 < period < 100_000:
        raise malformed("manifest.form.period_days", "必须是 1 至 99999 的整数")
    price = fen_from_yuan(form["price"], field="manifest.form.price")
    if price == 0:
        raise malformed("manifest.form.price", "必须大于零")
    return Manifest(
        price_fen=price,
        period_days=period,
        quality=shown(plain_text(form["quality"], "manifest.form.quality"), QUALITY_LIMIT),
        files=_files(fields["files"]),
        guarantee=read_preimage(fields["guarantee"]),
    )


def _files(value: Any) -> Mapping[str, tuple[int, str]]:
    if not isinstance(value, list) or len(value) > 1000:
        raise malformed("manifest.files", "必须是不超过 1000 项的数组")
    files: dict[str, tuple[int, str]] = {}
    for number, item in enumerate(value):
        place = f"manifest.files.{number}"
        fields = exact_object(item, _FILE_KEYS, place)
        name, size = plain_text(fields["name"], f"{place}.name"), fields["bytes"]
        if isinstance(size, bool) or not isinstance(size, int) or size < 0 or name in files:
            raise malformed(place, "大小不正确或名称重复")
        files[name] = (size, pattern_text(fields["sha256"], _HEX32, f"{place}.sha256"))
    return files
