"""Shapes of what comes in about tenders and bids."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from identity.forms import (
    ApiModel,
    Base64Text,
    Code,
    Hex32,
    Line,
    LongText,
    Positive,
    Yuan,
    chosen,
)
from kernel.errors import InvalidInput
from kernel.money import fen_from_yuan
from kernel.periods import instant_of
from kernel.text import clean_line
from trading.actions.tendering import LotDraft
from trading.rules import awarding, termination
from trading.rules.tendering import LotTerms
from trading.states import Category, PassingOver, Regime

MOST_LOTS = 20
_MOST_DIGITS = 6
_METHODS = Path(__file__).parents[1] / "docs/methods"
Minutes = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class LotBody(ApiModel):
    """One lot of a new tender; money in yuan with at most two decimals."""

    name: Line
    estimate: Yuan
    ceiling: Yuan
    guarantee: Yuan = "0"
    validity_days: Minutes = 90
    window_minutes: Minutes = 30
    correction_minutes: Minutes = 5
    method: dict[str, Any] = Field(default_factory=dict)

    def draft(self) -> LotDraft:
        """The lot as the action takes it."""
        terms = LotTerms(
            estimate_fen=fen_from_yuan(self.estimate, field="lots.estimate"),
            ceiling_fen=fen_from_yuan(self.ceiling, field="lots.ceiling"),
            guarantee_fen=fen_from_yuan(self.guarantee, field="lots.guarantee"),
            validity_days=self.validity_days,
            window_minutes=self.window_minutes,
            correction_minutes=self.correction_minutes,
        )
        return LotDraft(self.name, terms, self.method)


class TenderBody(ApiModel):
    """A new tender; `rehearsal_from` makes it a rehearsal whose clock starts there."""

    regime: Regime
    category: Category
    name: Line
    procuring_entity: Line
    lots: Annotated[list[LotBody], Field(min_length=1, max_length=MOST_LOTS)]
    rehearsal_from: AwareDatetime | None = None

    def draft(self) -> "TenderDraft":
        """The tender as it is registered."""
        start = utc(self.rehearsal_from) if self.rehearsal_from else None
        return TenderDraft(
            self.regime,
            self.category,
            self.name,
            self.procuring_entity,
            [lot.draft() for lot in self.lots],
            start,
        )


@dataclass(frozen=True)
class TenderDraft:
    """A tender as its agency describes it; `rehearsal_from` makes it a rehearsal."""

    regime: Regime
    category: Category
    name: str
    procuring_entity: str
    lots: Sequence[LotDraft]
    rehearsal_from: datetime | None


class PublicationBody(ApiModel):
    """A notice and its deadline."""

    notice: Annotated[dict[Annotated[str, Field(max_length=40)], LongText], Field(max_length=30)]
    deadline: AwareDatetime


class ClockBody(ApiModel):
    """Where to move a rehearsal's clock."""

    to: AwareDatetime


class UploadBody(ApiModel):
    """An envelope to come."""

    size: Positive


class PartQuery(ApiModel):
    """From which byte this part goes on."""

    offset: Annotated[int, Field(ge=0, le=2**40)]


class SubmissionBody(ApiModel):
    """A signed statement, and which upload holds which envelope."""

    statement: dict[str, Any]
    signature: Annotated[Base64Text, Field(max_length=200)]
    uploads: Annotated[dict[Code, Code], Field(min_length=1, max_length=2)]


class SignedBody(ApiModel):
    """A signed statement."""

    statement: dict[str, Any]
    signature: Annotated[Base64Text, Field(max_length=200)]


class GuaranteeOrderBody(ApiModel):
    """Whom to ask for a guarantee, and the code (SHA-256, hex) that hides what it is for."""

    issuer: Line
    code: Hex32


class ReasonBody(ApiModel):
    """Why something is refused."""

    reason: Line


class ReleaseBody(SignedBody):
    """A signed release and the encrypted key file, in base64."""

    release: Annotated[Base64Text, Field(max_length=100_000)]


class AnswerBody(ApiModel):
    """The answer to a challenge, in base64."""

    answer: Annotated[Base64Text, Field(max_length=100)]


class IdentityBody(ApiModel):
    """The private half of an opening key."""

    identity: Annotated[str, Field(max_length=100, pattern=r"^AGE-SECRET-KEY-1[A-Z0-9]+$")]


class FilePath(ApiModel):
    """A bid by its receipt, and the number of one of its files."""

    code: Code
    number: Annotated[int, Field(ge=1, le=100_000)]


class AwardBody(ApiModel):
    """Who wins; why better ranked ones do not, or how a choice among equals was made."""

    receipt: Code
    reason: PassingOver | None = None
    ground: Annotated[str, Field(max_length=awarding.GROUND_LIMIT)] = ""


class TerminationBody(ApiModel):
    """Why a lot is terminated; everybody is told."""

    ground: Annotated[str, Field(max_length=termination.GROUND_LIMIT)]


def utc(value: datetime) -> datetime:
    """The same instant in UTC. Raises InvalidInput outside the years that a calendar holds."""
    try:
        return value.astimezone(UTC)
    except OverflowError as fault:
        raise InvalidInput("input.instant", "时间超出可用范围。", field="deadline") from fault


def tender_draft(form: Mapping[str, str]) -> TenderDraft:
    """A new tender out of a page's form. Raises InvalidInput with the field at fault."""
    start, method = form.get("rehearsal_from", "").strip(), _method(form.get("method", ""))
    return TenderDraft(
        regime=chosen(Regime, form.get("regime", ""), field="regime"),
        category=chosen(Category, form.get("category", ""), field="category"),
        name=clean_line(form.get("tender_name", ""), field="tender_name"),
        procuring_entity=form.get("procuring_entity", ""),
        lots=[
            _lot_draft(form, lot_suffix(number), method)
            for number in range(1, lot_count(form.get("lots", "")) + 1)
        ],
        rehearsal_from=instant_of(start, field="rehearsal_from") if start else None,
    )


def lot_count(text: str) -> int:
    """How many lots a form has: from 1, for anything unreadable, to MOST_LOTS."""
    return min(max(int(text), 1), MOST_LOTS) if text.isdecimal() and len(text) < 3 else 1


def lot_suffix(number: int) -> str:
    """What the fields of the number-th lot of a form end with: nothing for the first."""
    return f"-{number}" if number > 1 else ""


@cache
def method_examples() -> Mapping[Regime, str]:
    """An evaluation method of each regime to begin with, as its JSON text."""
    return {
        regime: (_METHODS / f"{regime.value.lower()}.json").read_text(encoding="utf-8")
        for regime in Regime
    }


def _lot_draft(form: Mapping[str, str], suffix: str, method: dict[str, Any]) -> LotDraft:
    def text(name: str) -> str:
        return form.get(f"{name}{suffix}", "")

    def fen(name: str) -> int:
        return fen_from_yuan(text(name).replace(",", "").strip(), field=f"{name}{suffix}")

    def whole(name: str) -> int:
        return _whole(text(name).strip(), f"{name}{suffix}")

    terms = LotTerms(
        estimate_fen=fen("estimate"),
        ceiling_fen=fen("ceiling"),
        guarantee_fen=fen("guarantee"),
        validity_days=whole("validity_days"),
        window_minutes=whole("window_minutes"),
        correction_minutes=whole("correction_minutes"),
    )
    return LotDraft(clean_line(text("lot_name"), field=f"lot_name{suffix}"), terms, method)


def _whole(text: str, field: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise InvalidInput("input.whole", "“%(field)s”应为整数。", field=field)
    return int(text)


def _method(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise _no_method() from fault
    if not isinstance(value, dict):
        raise _no_method()
    return value


def _no_method() -> InvalidInput:
    return InvalidInput("method.not_json", "评标办法应为一个 JSON 对象。", field="method")
