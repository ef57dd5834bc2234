"""The electronic guarantee (电子保函): what is ordered, what hides which tender it backs, whether
it covers the bid.

The order carries an amount rounded up to a published ladder, a validity rounded up to the end of
a month, and a code; only who knows the salt can tell which tender, lot and beneficiary the code
names. The guarantee is payable to whom the preimage of the code names, whoever presents it.
Source: 招标投标法实施条例 第26条; 政府采购法实施条例 第33条; design.md 4.3.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from evidence.rules.streams import canonical
from kernel.errors import Problem
from kernel.periods import legal_date
from trading.rules.reading import exact_object, pattern_text, plain_text
from trading.states import GuaranteeState, LotState

ORDER_TYPE = "guarantee-order/v1"
LADDER = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
"""First two figures of what is ordered: 10, 12, 15 … 80 yuan and their tenfolds."""

SALT_BYTES = 32
_SOURCE = "招标投标法实施条例 第26条"
_HEX32 = re.compile(r"[0-9a-f]{64}")
_PREIMAGE_KEYS = {"order", "salt", "deadline", "sha256"}
_FEN = 100


class Cover(StrEnum):
    """Whether a bid is backed, as it came out at the opening."""

    NOT_REQUIRED = "not_required"
    VALID = "valid"
    MISSING = "missing"
    INVALID = "invalid"


@dataclass(frozen=True)
class Preimage:
    """What a bid's manifest says of its guarantee; `deadline` as it stood when it was ordered."""

    order: str
    salt: str
    deadline: str
    sha256: str


@dataclass(frozen=True)
class Guarantee:
    """A guarantee as the platform knows it."""

    state: GuaranteeState
    is_of_bidder: bool
    code: bytes
    amount_fen: int
    valid_until: date
    sha256: str | None


@dataclass(frozen=True)
class Need:
    """What a lot asks for; `deadline` is the present one."""

    tender: str
    lot: str
    beneficiary: str
    required_fen: int
    deadline: datetime
    validity_days: int


def order_amount(required_fen: int) -> int:
    """The least amount of the ladder that covers what is required; itself if it is on it."""
    if required_fen <= 0:
        raise ValueError("nothing is required")
    unit = _FEN
    while True:
        for step in LADDER:
            if step * unit >= required_fen:
                return step * unit
        unit *= 10


def order_valid_until(deadline: datetime, validity_days: int) -> date:
    """The last day of the month in which the bid's validity ends; the guarantee holds on it."""
    end = legal_date(deadline) + timedelta(days=validity_days)
    next_month = (end.replace(day=1) + timedelta(days=32)).replace(day=1)
    return next_month - timedelta(days=1)


def order_code(salt: bytes, need: Need, deadline: str) -> bytes:
    """SHA-256(salt ‖ canonical JSON of tender, lot, beneficiary, required amount, deadline)."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    named = {
        "type": ORDER_TYPE,
        "tender": need.tender,
        "lot": need.lot,
        "beneficiary": need.beneficiary,
        "required_fen": need.required_fen,
        "deadline": deadline,
    }
    return hashlib.sha256(salt + canonical(named)).digest()


def ordering_problems(
    required_fen: int, state: LotState, deadline: datetime | None, now: datetime
) -> list[Problem]:
    """Why no guarantee can be ordered for a lot now; the deadline itself is too late."""
    if required_fen == 0:
        return [Problem("guarantee.not_required", "该标段不要求投标保证金。", _SOURCE)]
    if state is LotState.ANNOUNCED and deadline is not None and now < deadline:
        return []
    message = "只能在公告发布后、投标截止前申请保函。"
    return [Problem("guarantee.too_late", message, _SOURCE)]


def read_preimage(value: Any) -> Preimage | None:
    """The guarantee of a manifest, or None for null. Raises InvalidInput with the place."""
    if value is None:
        return None
    place = "manifest.guarantee"
    fields: Mapping[str, Any] = exact_object(value, _PREIMAGE_KEYS, place)
    return Preimage(
        order=plain_text(fields["order"], f"{place}.order"),
        salt=pattern_text(fields["salt"], _HEX32, f"{place}.salt"),
        deadline=plain_text(fields["deadline"], f"{place}.deadline"),
        sha256=pattern_text(fields["sha256"], _HEX32, f"{place}.sha256"),
    )


def cover_of(
    need: Need, preimage: Preimage | None, guarantee: Guarantee | None
) -> tuple[Cover, str]:
    """Whether a bid is backed, and why not."""
    if need.required_fen == 0:
        return Cover.NOT_REQUIRED, ""
    if preimage is None:
        return Cover.MISSING, "投标文件中没有保函"
    why = _fault(need, preimage, guarantee)
    return (Cover.INVALID, why) if why else (Cover.VALID, "")


def _fault(need: Need, preimage: Preimage, guarantee: Guarantee | None) -> str:
    """What speaks against a guarantee; empty if nothing does."""
    if guarantee is None or not guarantee.is_of_bidder:
        return "没有该投标人的这份保函"
    if guarantee.state is not GuaranteeState.ISSUED:
        return "保函没有开立"
    if order_code(bytes.fromhex(preimage.salt), need, preimage.deadline) != guarantee.code:
        return "保函的编码与本标段、受益人或金额不符"
    if guarantee.sha256 != preimage.sha256:
        return "保函文件与投标文件所载摘要不符"
    if guarantee.amount_fen < need.required_fen:
        return "保函金额不足"
    if guarantee.valid_until < legal_date(need.deadline) + timedelta(days=need.validity_days):
        return "保函有效期不足"
    return ""
