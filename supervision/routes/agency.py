"""Pages of an agency about itself: findings on it, its credit, its defence."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries as identity
from identity.forms import form_of
from identity.guard import requires, viewer
from identity.states import Permission
from kernel.periods import legal_date
from storage.base import real_now
from storage.database import snapshot
from supervision import queries
from supervision.actions import conduct
from supervision.labels import steps_of
from supervision.routes.conduct_api import agency_locked
from supervision.rules import conduct as rules
from supervision.rules.conduct_catalogue import item_of
from supervision.rules.conduct_disclosure import Matter, may_know
from supervision.rules.limits import limits_on
from supervision.states import FINDING, FindingEvent
from trading.rules.disclosure import Audience

pages = Blueprint("agency_conduct", __name__, url_prefix="/conduct")


@pages.get("")
@requires(Permission.RUN_TENDER)
def findings() -> ResponseReturnValue:
    """Findings on my organisation, and the arithmetic of its credit."""
    with snapshot() as db:
        now = real_now(db)
        organisation = identity.organisation_by_code(db, viewer().organisation)
        return render_template(
            "supervision/agency/findings.html",
            findings=queries.findings_of_agency(db, organisation.credit_code),
            record=queries.running_record(db, organisation.id, now),
            credit=rules.credit_at(queries.deductions_of(db, organisation.id), now),
            limits=limits_on(legal_date(now)),
        )


@pages.get("/<code>")
@requires(Permission.RUN_TENDER)
def finding(code: str) -> ResponseReturnValue:
    """One finding on my organisation, and the form of its defence."""
    with snapshot() as db:
        found, now = queries.finding_of_agency(db, code, viewer().organisation), real_now(db)
        may_answer = FINDING.allows(found.state, FindingEvent.DEFENDED)
        return render_template(
            "supervision/agency/finding.html",
            finding=found,
            item=item_of(found.item, found.occurred_on),
            steps=steps_of(found, now),
            limits=limits_on(legal_date(now)),
            may_answer=may_answer and not rules.defence_problems(found.hearing, now),
            shows_decision=may_know(Audience.PARTY, Matter.DECISION, found.state),
            restrictions=identity.restrictions_by_finding(db, found.code),
        )


@pages.post("/<code>/defence")
@requires(Permission.RUN_TENDER)
@form_of(finding)
def state_defence(code: str) -> ResponseReturnValue:
    """State the defence."""
    statement = request.form.get("statement", "")
    with agency_locked(code) as (db, now):
        conduct.state_defence(db, viewer(), code, statement=statement, now=now)
    return redirect(url_for("agency_conduct.finding", code=code))


@pages.post("/<code>/waiver")
@requires(Permission.RUN_TENDER)
@form_of(finding)
def waive_defence(code: str) -> ResponseReturnValue:
    """Accept the finding without a statement."""
    with agency_locked(code) as (db, now):
        conduct.waive_defence(db, viewer(), code, now=now)
    return redirect(url_for("agency_conduct.finding", code=code))
