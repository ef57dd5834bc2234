"""Shapes of what comes in about tenders and bids."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from identity.forms import ApiModel, Base64Text, Code, Hex32, Line, LongText, Positive, Yuan
from kernel.errors import InvalidInput
from kernel.money import fen_from_yuan
from trading.actions.tendering import LotDraft
from trading.rules import awarding, termination
from trading.rules.tendering import LotTerms
from trading.states import Category, PassingOver, Regime

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
    lots: Annotated[list[LotBody], Field(min_length=1, max_length=20)]
    rehearsal_from: AwareDatetime | None = None


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
