"""Deciding, dismissing, cancelling a finding; imposing and lifting a restriction by decision.

Only here is an agency kept from its business, and only as an explicit part of a regulator's
decision with article and ground. The caller holds the agency (`organisation:<credit code>`).
Source: 招标投标法 第50条; 政府采购法 第78条; domain.md 6.1, 6.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from identity import queries as identity
from identity.actions import standing
from identity.models.standing import Restriction
from identity.rules.permissions import Viewer
from identity.rules.standing import lifting_problems
from kernel.errors import InvalidInput, NotYet, refuse_if
from kernel.periods import end_of
from kernel.text import clean_line, filled_text
from outbox.actions.messages import publish_wide
from outbox.rules.letters import LetterKind
from supervision import queries
from supervision.actions.conduct import LONGEST, move_finding, tell, write_to_agency
from supervision.models.conduct import Finding
from supervision.rules import conduct as rules
from supervision.rules.conduct import Accused, Credit, Deduction, RestrictionTerms
from supervision.states import FINDING, Consequence, FindingEvent
from trading.rules.disclosure import Audience


@dataclass(frozen=True)
class Decision:
    """What a regulator decides, on which article and ground, and whether to restrict."""

    article: str
    ground: str
    restriction: RestrictionTerms | None = None


def decide_finding(
    db: Session, who: Viewer, code: str, decision: Decision, *, now: datetime
) -> Finding:
    """Decide: the points count from tomorrow, the restriction, if there is one, from now.

    Raises NotYet while the agency may still speak, InvalidInput for a restriction that the law
    does not allow. A red card restricts nobody: it is recorded as a proposal to the authority.
    """
    finding = queries.finding_by_code(db, code)
    FINDING.after(finding.state, FindingEvent.DECIDED)
    hearing = finding.hearing
    refuse_if(rules.decision_problems(hearing, now), NotYet)
    known = queries.deductions_of(db, finding.agency.id)
    credit = credit_if_decided(finding, known, now)
    article = clean_line(decision.article, field="article")
    _close(finding, who, decision.ground, now)
    restriction = _restrict(db, who, finding, decision.restriction, now)
    finding.article, finding.is_late = article, rules.is_late(hearing, now)
    finding.starts_at, finding.ends_at = rules.record_period(now, finding.months)
    finding.consequence = credit.consequence if _counts(finding) else Consequence.NONE
    data = _decided(finding, credit, restriction)
    move_finding(db, finding, FindingEvent.DECIDED, actor=who.code, data=data, now=now)
    write_to_agency(db, finding, LetterKind.FINDING_DECIDED, now)
    if finding.consequence is Consequence.RED_CARD and restriction is None:
        tell(db, finding, "restriction.proposed", who.code, {"points": credit.points}, now)
    return finding


def dismiss_finding(db: Session, who: Viewer, code: str, *, ground: str, now: datetime) -> Finding:
    """Drop a finding without points; allowed at any time before the decision."""
    finding = queries.finding_by_code(db, code)
    FINDING.after(finding.state, FindingEvent.DISMISSED)
    _close(finding, who, ground, now)
    data = {"ground": finding.ground}
    move_finding(db, finding, FindingEvent.DISMISSED, actor=who.code, data=data, now=now)
    return finding


def cancel_finding(db: Session, who: Viewer, code: str, *, ground: str, now: datetime) -> Finding:
    """Cancel a decided finding after an appeal; its restrictions are lifted, its record stays."""
    finding = queries.finding_by_code(db, code)
    FINDING.after(finding.state, FindingEvent.CANCELLED)
    reason = filled_text(ground, field="ground", limit=LONGEST)
    lifted = _lift_all(db, who, finding, now)
    finding.cancelled_at, finding.cancelled_by, finding.cancel_ground = now, who.code, reason
    data = {"ground": reason, "lifted": lifted}
    move_finding(db, finding, FindingEvent.CANCELLED, actor=who.code, data=data, now=now)
    return finding


def lift_restriction(
    db: Session, who: Viewer, code: str, *, article: str, ground: str, now: datetime
) -> Restriction:
    """End a restriction before its time. Raises NotFound, Refusal when it holds no longer."""
    reason = f"{clean_line(article, field='article')}：{clean_line(ground, field='ground')}"
    lifted = standing.lift(db, code, ground=reason, actor=who.code)
    news = {"restriction": code, "finding": lifted.finding, "agency": lifted.credit_code or ""}
    publish_wide(db, "wall", "restriction.lifted", {Audience.REGULATOR.value: news}, now)
    return lifted


def credit_if_decided(finding: Finding, known: Sequence[Deduction], now: datetime) -> Credit:
    """What this finding, decided now, makes of its agency's credit when it takes effect.

    `known` is what was deducted from that agency so far.
    """
    starts_at, ends_at = rules.record_period(now, finding.months)
    own = Deduction(finding.points, finding.severity, starts_at, ends_at)
    return rules.credit_at([*known, own] if _counts(finding) else known, starts_at)


def accused_of(finding: Finding) -> Accused:
    """What the bounds of a restriction on the ground of this finding depend on."""
    regime = finding.lot.tender.regime if finding.lot else None
    return Accused(finding.item, regime, _counts(finding))


def _counts(finding: Finding) -> bool:
    return rules.counts(is_rehearsal=finding.is_rehearsal, is_training=finding.agency.is_training)


def _close(finding: Finding, who: Viewer, ground: str, now: datetime) -> None:
    finding.ground = filled_text(ground, field="ground", limit=LONGEST)
    finding.decided_at, finding.decided_by = now, who.code


def _restrict(
    db: Session, who: Viewer, finding: Finding, terms: RestrictionTerms | None, now: datetime
) -> Restriction | None:
    if terms is None:
        return None
    refuse_if(rules.restriction_problems(terms, accused_of(finding), now), InvalidInput)
    return standing.impose(
        db,
        credit_code=finding.agency.credit_code,
        name=finding.agency.name,
        kind=terms.kind,
        ground=clean_line(terms.ground, field="restriction_ground", limit=500),
        finding=finding.code,
        origin=who.organisation_name[:80],
        starts_at=now,
        ends_at=end_of(terms.until),
        actor=who.code,
    )


def _decided(finding: Finding, credit: Credit, restriction: Restriction | None) -> dict[str, Any]:
    assert finding.starts_at and finding.ends_at and finding.consequence  # noqa: S101, PT018
    return {
        "article": finding.article,
        "ground": finding.ground,
        "points": finding.points,
        "from": finding.starts_at.isoformat(),
        "until": finding.ends_at.isoformat(),
        "late": finding.is_late,
        "active_points": credit.points,
        "consequence": finding.consequence.value,
        "restriction": restriction.code if restriction else "",
    }


def _lift_all(db: Session, who: Viewer, finding: Finding, now: datetime) -> list[str]:
    """Codes of the restrictions that rested on this finding and now end with it."""
    resting = [
        each.code
        for each in identity.restrictions_by_finding(db, finding.code)
        if not lifting_problems(identity.restriction_view(each), now)
    ]
    for code in resting:
        standing.lift(db, code, ground=f"认定 {finding.code} 已撤销", actor=who.code)
    return resting
