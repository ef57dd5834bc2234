"""Shapes of what comes in about findings and restrictions, from programs and from pages."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from evidence.rules.checkpoints import LONGEST_LINE
from identity.forms import ApiModel, Code, Line, chosen
from identity.states import RestrictionKind
from kernel.errors import InvalidInput
from kernel.periods import day_of
from supervision.actions.conduct import LONGEST, Observation
from supervision.actions.conduct_decisions import Decision
from supervision.rules.conduct import RestrictionTerms
from supervision.states import FindingState, RestrictionBasis
from trading.rules.disclosure import Audience

Day = Annotated[str, Field(max_length=10)]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST)]
LARGEST_LOG = 1 << 53
_DIGEST = re.compile(r"[0-9a-f]{64}")


class BundleQuery(ApiModel):
    """For whom a bundle is asked, if for less than the viewer may have."""

    audience: Literal["public", "party", "regulator"] | None = Field(None, alias="for")

    def asked(self) -> Audience | None:
        """The audience that is asked for."""
        return Audience(self.audience) if self.audience else None


class SizePath(ApiModel):
    """The size of a checkpoint in the address."""

    size: int = Field(ge=0, le=LARGEST_LOG)


class ConsistencyQuery(ApiModel):
    """The sizes of two checkpoints, the older one first."""

    old: int = Field(ge=1, le=LARGEST_LOG)
    new: int = Field(ge=1, le=LARGEST_LOG)


class CosignerBody(ApiModel):
    """A witness's verifier key for co-signing."""

    key: str = Field(min_length=1, max_length=200)


class CosignatureBody(ApiModel):
    """A witness's line under a checkpoint."""

    size: int = Field(ge=1, le=LARGEST_LOG)
    line: str = Field(min_length=1, max_length=LONGEST_LINE)


class FindingBody(ApiModel):
    """An act of an agency, with its evidence; lot and fact may be missing."""

    agency: Line
    item: Code
    occurred_on: Day
    evidence: Words
    lot: Annotated[str, Field(max_length=40)] = ""
    fact: Annotated[str, Field(max_length=64)] = ""

    def seen(self) -> Observation:
        """The observation as the action takes it. Raises InvalidInput."""
        return observation(self.model_dump())


class DefenceBody(ApiModel):
    """What the agency says."""

    statement: Words


class RestrictionBody(ApiModel):
    """A restriction as part of a decision; `until` is its last day."""

    basis: RestrictionBasis
    kind: RestrictionKind
    until: Day
    ground: Line

    def terms(self) -> RestrictionTerms:
        """The terms as the action takes them. Raises InvalidInput."""
        until = day_of(self.until, field="until")
        return RestrictionTerms(self.basis, self.kind, until, self.ground)


class DecisionBody(ApiModel):
    """A decision with article and ground, and a restriction if one is imposed."""

    article: Line
    ground: Words
    restriction: RestrictionBody | None = None

    def decision(self) -> Decision:
        """The decision as the action takes it. Raises InvalidInput."""
        terms = self.restriction.terms() if self.restriction else None
        return Decision(self.article, self.ground, terms)


class ReasonBody(ApiModel):
    """Why a finding is dismissed or cancelled."""

    ground: Words


class FindingsQuery(ApiModel):
    """Which findings: in a state, on an agency (code or part of the name), after another one."""

    state: FindingState | None = None
    agency: Annotated[str, Field(max_length=200)] = ""
    after: Annotated[str, Field(max_length=40)] = ""


def observation(given: Mapping[str, Any]) -> Observation:
    """An observation from the fields of a form. Raises InvalidInput."""
    return Observation(
        item=given.get("item", ""),
        occurred_on=day_of(given.get("occurred_on", ""), field="occurred_on"),
        evidence=given.get("evidence", ""),
        lot=given.get("lot", "").strip(),
        fact=_digest(given.get("fact", "").strip().lower()),
    )


def decision(given: Mapping[str, Any]) -> Decision:
    """A decision from the fields of a form; no basis means no restriction. Raises InvalidInput."""
    article, ground = given.get("article", ""), given.get("ground", "")
    if not given.get("basis"):
        return Decision(article, ground)
    terms = RestrictionTerms(
        chosen(RestrictionBasis, given["basis"], field="basis"),
        RestrictionKind.REGISTRATION,
        day_of(given.get("until", ""), field="until"),
        given.get("restriction_ground", ""),
    )
    return Decision(article, ground, terms)


def _digest(text: str) -> bytes | None:
    if not text:
        return None
    if not _DIGEST.fullmatch(text):
        raise InvalidInput(
            "finding.fact_malformed", "存证编号是 64 位十六进制的事实承诺值。", field="fact"
        )
    return bytes.fromhex(text)
