"""Registering an organisation by oneself: the public form, and how the application stands."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from identity import queries
from identity.actions import accounts
from identity.actions import applications as actions
from identity.actions.applications import Applicant
from identity.forms import chosen, confirmed, form_of
from identity.guard import open_to_all
from identity.rules.applications import FIRST_ROLE
from identity.states import OrganisationKind
from kernel.errors import NotAllowed, NotFound
from storage.database import snapshot, transaction

pages = Blueprint("applications", __name__, url_prefix="/register")


@pages.get("")
@open_to_all
def form() -> ResponseReturnValue:
    """The form of registration."""
    return render_template("identity/register.html", kinds=list(FIRST_ROLE))


@pages.post("")
@open_to_all
@form_of(form)
def apply() -> ResponseReturnValue:
    """Hand the application in; its code is in this answer."""
    given = request.form
    applicant = Applicant(
        kind=chosen(OrganisationKind, given.get("kind", ""), field="kind"),
        credit_code=given.get("credit_code", ""),
        name=given.get("name", ""),
        contact=given.get("contact", ""),
        person_name=given.get("person_name", ""),
        username=given.get("username", ""),
    )
    confirmed(given)
    with snapshot() as db:
        actions.refuse_unfit(db, applicant)
    password_hash = accounts.hash_password(given.get("password", ""))
    with transaction(lock=[f"organisation:{applicant.credit_code}"]) as (db, now):
        made = actions.apply(db, applicant, password_hash, now=now)
    return render_template("identity/application.html", application=made, is_new=True)


@pages.get("/state")
@open_to_all
def state_form() -> ResponseReturnValue:
    """Ask how an application stands, by its code and password."""
    return render_template("identity/application_state.html")


@pages.post("/state")
@open_to_all
@form_of(state_form)
def show_state() -> ResponseReturnValue:
    """How it stands; one answer and the same work for a wrong code and a wrong password."""
    try:
        with snapshot() as db:
            found = queries.application_by_code(db, request.form.get("application", "").strip())
        known = found.password_hash
    except NotFound:
        found, known = None, accounts.NOBODYS_HASH
    if not accounts.is_password(request.form.get("password", ""), known) or found is None:
        raise NotAllowed(
            "application.wrong_code_or_password", "申请编号或密码不正确。", field="application"
        )
    return render_template("identity/application.html", application=found, is_new=False)
