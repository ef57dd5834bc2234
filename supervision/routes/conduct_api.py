"""JSON endpoints of findings and restrictions; they call the same actions as the pages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from identity import queries as identity
from identity.forms import CodePath, GroundBody
from identity.guard import open_to_all, requires, viewer
from identity.states import Permission
from kernel.codes import credit_code
from storage.base import real_now
from storage.database import snapshot, transaction
from supervision import queries
from supervision.actions import conduct, conduct_decisions
from supervision.forms import (
    DecisionBody,
    DefenceBody,
    FindingBody,
    FindingsQuery,
    ReasonBody,
)
from supervision.labels import behaviour_of
from supervision.models.conduct import Finding
from supervision.rules.conduct import credit_at
from supervision.rules.conduct_disclosure import Matter, may_know
from supervision.states import FindingState
from trading.rules.disclosure import Audience

api = APIBlueprint(
    "conduct_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="supervision")]
)


@api.post("/findings")
@requires(Permission.SUPERVISE)
def record_finding(body: FindingBody) -> Any:
    """Record an act of an agency, with its evidence."""
    agency, seen = credit_code(body.agency, field="agency"), body.seen()
    with transaction(lock=[f"organisation:{agency}"]) as (db, now):
        finding = conduct.record_finding(db, viewer(), agency, seen, now=now)
        return {"finding": finding.code, "state": finding.state.value}, 201


@api.post("/findings/<code>/notice")
@requires(Permission.SUPERVISE)
def send_notice(path: CodePath) -> Any:
    """Tell the agency; its defence period begins."""
    with agency_locked(path.code) as (db, now):
        finding = conduct.send_notice(db, viewer(), path.code, now=now)
        return described(finding, Audience.REGULATOR), 201


@api.post("/findings/<code>/defence")
@requires(Permission.RUN_TENDER)
def state_defence(path: CodePath, body: DefenceBody) -> Any:
    """The agency states its defence."""
    with agency_locked(path.code) as (db, now):
        finding = conduct.state_defence(db, viewer(), path.code, statement=body.statement, now=now)
        return described(finding, Audience.PARTY), 201


@api.post("/findings/<code>/waiver")
@requires(Permission.RUN_TENDER)
def waive_defence(path: CodePath) -> Any:
    """The agency accepts the finding without a statement."""
    with agency_locked(path.code) as (db, now):
        finding = conduct.waive_defence(db, viewer(), path.code, now=now)
        return described(finding, Audience.PARTY), 201


@api.post("/findings/<code>/decision")
@requires(Permission.SUPERVISE)
def decide_finding(path: CodePath, body: DecisionBody) -> Any:
    """Decide, with a restriction if one is imposed."""
    with agency_locked(path.code) as (db, now):
        finding = conduct_decisions.decide_finding(
            db, viewer(), path.code, body.decision(), now=now
        )
        imposed = identity.restrictions_by_finding(db, finding.code)
        return described(finding, Audience.REGULATOR) | {
            "restrictions": [each.code for each in imposed]
        }, 201


@api.post("/findings/<code>/dismissal")
@requires(Permission.SUPERVISE)
def dismiss_finding(path: CodePath, body: ReasonBody) -> Any:
    """Drop a finding without points."""
    return _closed(path.code, body.ground, conduct_decisions.dismiss_finding)


@api.post("/findings/<code>/cancellation")
@requires(Permission.SUPERVISE)
def cancel_finding(path: CodePath, body: ReasonBody) -> Any:
    """Cancel a decided finding after an appeal; its restrictions are lifted."""
    return _closed(path.code, body.ground, conduct_decisions.cancel_finding)


@api.post("/restrictions/<code>/lifting")
@requires(Permission.SUPERVISE)
def lift_restriction(path: CodePath, body: GroundBody) -> Any:
    """End a restriction before its time, on a decision with article and ground."""
    with standing_locked(path.code) as (db, now):
        lifted = conduct_decisions.lift_restriction(
            db, viewer(), path.code, article=body.article, ground=body.ground, now=now
        )
        return {"restriction": lifted.code, "lifted_at": _moment(lifted.lifted_at)}, 201


@api.get("/findings")
@requires(Permission.SUPERVISE)
def list_findings(query: FindingsQuery) -> Any:
    """Findings, newest first; `next` is what `after` asks for."""
    states = [query.state] if query.state else list(FindingState)
    with snapshot() as db:
        after = queries.finding_by_code(db, query.after) if query.after else None
        found = queries.findings(db, states=states, agency=query.agency, after=after)
        shown = found[: queries.PAGE]
        return {
            "findings": [described(each, Audience.REGULATOR) for each in shown],
            "next": shown[-1].code if len(found) > len(shown) else None,
        }


@api.get("/findings/mine")
@requires(Permission.RUN_TENDER)
def my_findings() -> Any:
    """Findings on my organisation, with its credit today."""
    with snapshot() as db:
        organisation = identity.organisation_by_code(db, viewer().organisation)
        credit = credit_at(queries.deductions_of(db, organisation.id), real_now(db))
        mine = queries.findings_of_agency(db, organisation.credit_code)
        return {
            "credit": {
                "points": credit.points,
                "score": credit.score,
                "grade": credit.grade.name,
                "consequence": credit.consequence.value,
            },
            "findings": [described(each, Audience.PARTY) for each in mine],
        }


@api.get("/conduct")
@open_to_all
def public_conduct() -> Any:
    """Conduct notices: what was decided on agencies, while the record period runs."""
    with snapshot() as db:
        found = queries.public_conduct(db, real_now(db))
        return {"findings": [described(each, Audience.PUBLIC) for each in found]}


def agency_locked(finding_code: str) -> AbstractContextManager[Any]:
    """A transaction that holds the agency of a finding, read unlocked; the action reads again."""
    with snapshot() as db:
        agency = queries.finding_by_code(db, finding_code).agency.credit_code
    locked: AbstractContextManager[Any] = transaction(lock=[f"organisation:{agency}"])
    return locked


def standing_locked(restriction_code: str) -> AbstractContextManager[Any]:
    """A transaction that holds the organisation of a restriction, if it is named by its code."""
    with snapshot() as db:
        code = identity.restriction_by_code(db, restriction_code).credit_code
    locked: AbstractContextManager[Any] = transaction(lock=[f"organisation:{code}"] if code else [])
    return locked


def described(finding: Finding, audience: Audience) -> dict[str, Any]:
    """A finding as this audience may know it."""
    shown = {
        "finding": finding.code,
        "agency": {"code": finding.agency.credit_code, "name": finding.agency.name},
        "item": finding.item,
        "behaviour": behaviour_of(finding),
        "severity": finding.severity.value,
        "points": finding.points,
        "state": finding.state.value,
        "rehearsal": finding.is_rehearsal,
    }
    for matter, fields in _FIELDS.items():
        if may_know(audience, matter, finding.state):
            shown |= fields(finding)
    return shown


def _closed(code: str, ground: str, action: Callable[..., Finding]) -> Any:
    with agency_locked(code) as (db, now):
        finding = action(db, viewer(), code, ground=ground, now=now)
        return described(finding, Audience.REGULATOR), 201


def _evidence(finding: Finding) -> dict[str, Any]:
    return {
        "months": finding.months,
        "occurred_on": finding.occurred_on.isoformat(),
        "lot": finding.lot.code if finding.lot else None,
        "fact": finding.fact.hex() if finding.fact else None,
        "evidence": finding.evidence,
        "recorded_at": _moment(finding.recorded_at),
        "noticed_at": _moment(finding.noticed_at),
        "defence_until": _moment(finding.defence_until),
    }


def _defence(finding: Finding) -> dict[str, Any]:
    return {"heard_at": _moment(finding.heard_at), "defence": finding.defence}


def _decision(finding: Finding) -> dict[str, Any]:
    return _notice(finding) | {
        "ground": finding.ground,
        "late": finding.is_late,
        "cancelled_at": _moment(finding.cancelled_at),
        "cancel_ground": finding.cancel_ground,
    }


def _notice(finding: Finding) -> dict[str, Any]:
    return {
        "decided_at": _moment(finding.decided_at),
        "article": finding.article,
        "consequence": finding.consequence.value if finding.consequence else None,
        "from": _moment(finding.starts_at),
        "until": _moment(finding.ends_at),
    }


_FIELDS: dict[Matter, Callable[[Finding], dict[str, Any]]] = {
    Matter.FINDING: _evidence,
    Matter.DEFENCE: _defence,
    Matter.DECISION: _decision,
    Matter.CONDUCT_NOTICE: _notice,
}


def _moment(instant: Any) -> str | None:
    return instant.isoformat() if instant else None
