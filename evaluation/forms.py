"""Shapes of what comes in about experts, draws, meetings and sheets."""

from typing import Annotated, Any

from pydantic import Field

from evaluation.rules.draw import Party
from evaluation.rules.pool import MOST_INTERESTS, MOST_SPECIALITIES, ExpertEntry
from identity.forms import ApiModel, Code, Hex32, Line
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


class RankingBody(ApiModel):
    """Why the remaining bids still compete, where they are few."""

    reasoning: Annotated[str, Field(max_length=2000)] = ""
