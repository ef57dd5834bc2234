"""Shapes of what comes in about tenders and bids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
from kernel import codes
from kernel.errors import Gathering, InvalidInput, refuse_if
from kernel.money import fen_from_yuan
from kernel.periods import instant_of
from kernel.text import clean_line
from trading.actions.tendering import LotDraft
from trading.rules import awarding, rehearsal, termination
from trading.rules.tendering import LotTerms, lot_problems, of_lot
from trading.states import Category, PassingOver, Regime

MOST_LOTS = 20
_MOST_DIGITS = 6
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


class EnvelopePath(ApiModel):
    """A bid by its receipt, and the name of one of its sealed envelopes."""

    code: Code
    name: Code


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


def tender_draft(
    form: Mapping[str, str], gathering: Gathering, real: datetime
) -> TenderDraft | None:
    """A new tender out of a page's form, its lots still without a method.

    Everything that is wrong is gathered, what the rules forbid on this day too; None if anything
    cannot be read. `real` is real time, from which a tender runs that is no rehearsal.
    """
    read = gathering.read
    regime = read(chosen, Regime, form.get("regime", ""), field="regime")
    name = read(clean_line, form.get("tender_name", ""), field="tender_name")
    category = read(chosen, Category, form.get("category", ""), field="category")
    entity_code = read(_entity_code, form.get("procuring_entity", ""))
    start = read(_start, form.get("rehearsal_from", "").strip(), regime, real)
    count = lot_count(form.get("lots", ""))
    lots = [_lot_draft(form, number, gathering) for number in range(1, count + 1)]
    if regime is not None and not gathering.refusals_of("rehearsal_from"):
        _note_terms(regime, lots, start or real, gathering)
    known = [lot for lot in lots if lot is not None]
    if regime and name and category and entity_code and len(known) == count:
        return TenderDraft(regime, category, name, entity_code, known, start)
    return None


def _entity_code(text: str) -> str:
    if not text:
        message = "请在“%(field)s”中选择一项。"
        raise InvalidInput("input.choice", message, field="procuring_entity")
    return codes.credit_code(text, field="procuring_entity")


def _start(text: str, regime: Regime | None, real: datetime) -> datetime | None:
    """When a rehearsal starts, or None for a tender that is none. Raises InvalidInput."""
    if not text:
        return None
    start = instant_of(text, field="rehearsal_from")
    refuse_if(rehearsal.start_problems(start, regime, real) if regime else [], InvalidInput)
    return start


def _note_terms(
    regime: Regime, lots: Sequence[LotDraft | None], now: datetime, gathering: Gathering
) -> None:
    for number, lot in enumerate(lots, 1):
        if lot is not None:
            gathering.note(of_lot(number, lot_problems(lot.terms, regime, now)))


def lot_count(text: str) -> int:
    """How many lots a form has: from 1, for anything unreadable, to MOST_LOTS."""
    return min(max(int(text), 1), MOST_LOTS) if text.isdecimal() and len(text) < 3 else 1


def lot_suffix(number: int) -> str:
    """What the fields of the number-th lot of a form end with: nothing for the first."""
    return f"-{number}" if number > 1 else ""


def _lot_draft(form: Mapping[str, str], number: int, gathering: Gathering) -> LotDraft | None:
    suffix = lot_suffix(number)

    def fen(name: str) -> int | None:
        text = form.get(f"{name}{suffix}", "").replace(",", "").strip()
        return gathering.read(_filled_fen, text, f"{name}{suffix}")

    def whole(name: str) -> int | None:
        text = form.get(f"{name}{suffix}", "").strip()
        return gathering.read(_whole, text, f"{name}{suffix}")

    text = form.get(f"lot_name{suffix}", "")
    name = gathering.read(clean_line, text, field=f"lot_name{suffix}")
    money = [fen(each) for each in ("estimate", "ceiling", "guarantee")]
    periods = [whole(each) for each in ("validity_days", "window_minutes", "correction_minutes")]
    known = [each for each in (*money, *periods) if each is not None]
    if name is None or len(known) < len(money) + len(periods):
        return None
    return LotDraft(name, LotTerms(*known), {})


def _filled_fen(text: str, field: str) -> int:
    _refuse_empty(text, field)
    return fen_from_yuan(text, field=field)


def _refuse_empty(text: str, field: str) -> None:
    if not text:
        raise InvalidInput("input.empty", "“%(field)s”还没有填写。", field=field)


def _whole(text: str, field: str) -> int:
    _refuse_empty(text, field)
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise InvalidInput("input.whole", "“%(field)s”应为整数。", field=field)
    return int(text)
