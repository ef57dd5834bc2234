"""Shapes of what comes in about experts, draws, meetings and sheets."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field

from evaluation.rules.draw import Party
from evaluation.rules.pool import MOST_INTERESTS, MOST_SPECIALITIES, ExpertEntry
from identity.forms import ApiModel, Code, Hex32, Line
from kernel.text import clean_text
from trading.forms import SignedBody


class ExpertBody(ApiModel):
    """A person to take into the pool; `interests` are credit codes."""

    person: Code
    name: Line
    employer: Line
    employer_name: Line
    city: Line
    specialities: Annotated[list[Line], Field(min_length=1, max_length=MOST_SPECIALITIES)]
    interests: Annotated[list[Line], Field(max_length=MOST_INTERESTS, default_factory=list)]

    def entry(self) -> ExpertEntry:
        """The expert as the action takes it."""
        return ExpertEntry(
            name=self.name,
            employer=self.employer,
            employer_name=self.employer_name,
            city=self.city,
            specialities=tuple(self.specialities),
            interests=tuple(self.interests),
        )


class GroundBody(ApiModel):
    """Why something is done."""

    ground: Line


class NonceCommitmentBody(ApiModel):
    """SHA-256 of a party's nonce, in hex."""

    party: Party
    sha256: Hex32


class NonceBody(ApiModel):
    """A party's nonce, in hex."""

    party: Party
    nonce: Hex32


class DrawSeatPath(ApiModel):
    """A seat of a draw, counted from 0."""

    code: Code
    seat: Annotated[int, Field(ge=0, le=1_000)]


class RoundQuery(ApiModel):
    """Which round of a draw, from 1; without it the present one."""

    round: Annotated[int | None, Field(ge=1, le=1_000)] = None


class BlindBidPath(ApiModel):
    """A bid of a meeting by its blind code."""

    code: Code
    bid: Code


class BlindFilePath(BlindBidPath):
    """One of its files by number."""

    number: Annotated[int, Field(ge=1, le=100_000)]


class CallRefusalBody(ApiModel):
    """Why a called expert does not come."""

    reason: Line


class VoteBody(ApiModel):
    """Whom a member wants as chair."""

    choice: Code


class DraftBody(ApiModel):
    """A sheet as far as it is filled in."""

    draft: dict[str, Any]


class SheetBody(SignedBody):
    """A complete sheet, its salt in hex, and the signed statement about it."""

    sheet: dict[str, Any]
    salt: Hex32
    reason: Annotated[str, Field(max_length=500)] = ""


def mark_field(bid: str, item: str) -> str:
    """Name of the control for a mark: where a refusal of the sheet points to."""
    return f"sheet.marks.{bid}.{item}"


def check_field(bid: str, item: str) -> str:
    """Name of the control for an objective item; that of its ground ends in `.ground`."""
    return f"sheet.checks.{bid}.{item}"


def draft_of(
    form: Mapping[str, str], items: Collection[Mapping[str, Any]], bids: Collection[str]
) -> dict[str, Any]:
    """The sheet as far as it is filled in; what was left empty is left out."""
    checks = [item["code"] for item in items if item["kind"] == "pass_fail"]
    marks = [item["code"] for item in items if item["kind"] == "scored"]
    return {
        "checks": {
            bid: {
                item: verdict
                for item in checks
                if (verdict := _verdict(form, check_field(bid, item))) is not None
            }
            for bid in bids
        },
        "marks": {
            bid: {
                item: mark
                for item in marks
                if (mark := form.get(mark_field(bid, item), "").strip()[:20])
            }
            for bid in bids
        },
    }


def _verdict(form: Mapping[str, str], field: str) -> dict[str, Any] | None:
    chosen = form.get(field, "")
    if chosen == "pass":
        return {"pass": True}
    ground = clean_text(form.get(f"{field}.ground", ""), field=f"{field}.ground", limit=500)
    return {"pass": False, "ground": ground.strip()} if chosen == "fail" else None


class RankingBody(ApiModel):
    """Why the remaining bids still compete, where they are few."""

    reasoning: Annotated[str, Field(max_length=2000)] = ""
