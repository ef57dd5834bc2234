"""Pages of regulators about findings on agencies: the list, a new one, one with its decision."""

from itertools import groupby

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries as identity
from identity.forms import chosen, form_of
from identity.guard import requires, viewer
from identity.states import Permission
from kernel.codes import credit_code
from kernel.periods import legal_date
from storage.base import real_now
from storage.database import snapshot, transaction
from supervision import forms, queries
from supervision.actions import conduct, conduct_decisions
from supervision.labels import steps_of
from supervision.routes.conduct_api import agency_locked
from supervision.rules import conduct as rules
from supervision.rules.conduct_catalogue import catalogue_on, item_of
from supervision.rules.limits import limits_on
from supervision.states import FINDING, FindingEvent, FindingState, Stage

pages = Blueprint("conduct", __name__, url_prefix="/supervision/findings")
_ORDER = {stage: place for place, stage in enumerate(Stage)}


@pages.get("")
@requires(Permission.SUPERVISE)
def findings() -> ResponseReturnValue:
    """Findings, newest first, by state and agency."""
    state, agency = request.args.get("state", ""), request.args.get("agency", "")[:200]
    states = [chosen(FindingState, state, field="state")] if state else list(FindingState)
    with snapshot() as db:
        last = request.args.get("after", "")
        after = queries.finding_by_code(db, last) if last else None
        found = queries.findings(db, states=states, agency=agency, after=after)
    return render_template(
        "supervision/regulator/findings.html",
        findings=found[: queries.PAGE],
        has_more=len(found) > queries.PAGE,
        states=list(FindingState),
        state=state,
        agency=agency,
    )


@pages.get("/new")
@requires(Permission.SUPERVISE)
def new_finding() -> ResponseReturnValue:
    """The form of a new finding, with every act of the catalogue."""
    with snapshot() as db:
        today = legal_date(real_now(db))
        items = sorted(catalogue_on(today), key=lambda item: (_ORDER[item.stage], item.code))
        return render_template(
            "supervision/regulator/new_finding.html",
            agencies=queries.agencies(db),
            today=today,
            groups=[(stage, list(each)) for stage, each in groupby(items, lambda i: i.stage)],
        )


@pages.post("")
@requires(Permission.SUPERVISE)
@form_of(new_finding)
def record_finding() -> ResponseReturnValue:
    """Record it, and show it."""
    seen = forms.observation(request.form)
    agency = credit_code(request.form.get("agency", ""), field="agency")
    with transaction(lock=[f"organisation:{agency}"]) as (db, now):
        code = conduct.record_finding(db, viewer(), agency, seen, now=now).code
    return redirect(url_for("conduct.finding", code=code))


@pages.get("/<code>")
@requires(Permission.SUPERVISE)
def finding(code: str) -> ResponseReturnValue:
    """One finding: where it stands, what was said, what can be decided and would follow."""
    with snapshot() as db:
        found, now = queries.finding_by_code(db, code), real_now(db)
        accused = conduct_decisions.accused_of(found)
        hearing, known = found.hearing, queries.deductions_of(db, found.agency.id)
        may_decide = FINDING.allows(found.state, FindingEvent.DECIDED)
        return render_template(
            "supervision/regulator/finding.html",
            finding=found,
            item=item_of(found.item, found.occurred_on),
            steps=steps_of(found, now),
            limits=limits_on(legal_date(now)),
            counts=accused.counts,
            record=queries.running_record(db, found.agency.id, now),
            credit=rules.credit_at(known, now),
            next_credit=conduct_decisions.credit_if_decided(found, known, now),
            is_open=FINDING.allows(found.state, FindingEvent.DISMISSED),
            may_decide=may_decide and not rules.decision_problems(hearing, now),
            is_late=rules.is_late(hearing, now),
            bases=[
                (basis, *rules.restriction_days(basis, now))
                for basis in rules.bases_for(accused, now)
            ],
            restrictions=identity.restrictions_by_finding(db, found.code),
        )


@pages.post("/<code>/notice")
@requires(Permission.SUPERVISE)
@form_of(finding)
def send_notice(code: str) -> ResponseReturnValue:
    """Tell the agency."""
    with agency_locked(code) as (db, now):
        conduct.send_notice(db, viewer(), code, now=now)
    return redirect(url_for("conduct.finding", code=code))


@pages.post("/<code>/decision")
@requires(Permission.SUPERVISE)
@form_of(finding)
def decide_finding(code: str) -> ResponseReturnValue:
    """Decide, with a restriction if a basis is chosen."""
    decision = forms.decision(request.form)
    with agency_locked(code) as (db, now):
        conduct_decisions.decide_finding(db, viewer(), code, decision, now=now)
    return redirect(url_for("conduct.finding", code=code))


@pages.post("/<code>/dismissal")
@requires(Permission.SUPERVISE)
@form_of(finding)
def dismiss_finding(code: str) -> ResponseReturnValue:
    """Drop it without points."""
    ground = request.form.get("ground", "")
    with agency_locked(code) as (db, now):
        conduct_decisions.dismiss_finding(db, viewer(), code, ground=ground, now=now)
    return redirect(url_for("conduct.finding", code=code))


@pages.post("/<code>/cancellation")
@requires(Permission.SUPERVISE)
@form_of(finding)
def cancel_finding(code: str) -> ResponseReturnValue:
    """Cancel it after an appeal."""
    ground = request.form.get("ground", "")
    with agency_locked(code) as (db, now):
        conduct_decisions.cancel_finding(db, viewer(), code, ground=ground, now=now)
    return redirect(url_for("conduct.finding", code=code))
