"""Pages of the trading centre: organisations and people, found and registered."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity import queries
from identity.actions import accounts, second_factor
from identity.actions import applications as applying
from identity.forms import chosen_all, confirmed, form_of
from identity.guard import requires, viewer
from identity.routes.paging import page_of, window
from identity.states import OrganisationKind, Permission, Role
from kernel.codes import credit_code
from kernel.text import clean_line
from storage.database import snapshot, transaction

pages = Blueprint("centre", __name__, url_prefix="/centre")


@pages.get("/organisations")
@requires(Permission.MANAGE_ORGANISATIONS)
def organisations() -> ResponseReturnValue:
    """Registered organisations by code, and the form of a new one."""
    words = request.args.get("q", "")[:200]
    with snapshot() as db:
        return render_template(
            "identity/centre/organisations.html",
            page=page_of(queries.organisations(db, words, **window())),
            words=words,
            kinds=list(OrganisationKind),
        )


@pages.post("/organisations")
@requires(Permission.MANAGE_ORGANISATIONS)
@form_of(organisations)
def register_organisation() -> ResponseReturnValue:
    """Register an organisation."""
    form = request.form
    code = credit_code(form.get("credit_code", ""), field="credit_code")
    kinds = chosen_all(OrganisationKind, form.getlist("kinds"), field="kinds")
    with transaction(lock=[f"organisation:{code}"]) as (db, now):
        accounts.register_organisation(
            db,
            credit_code=code,
            name=form.get("name", ""),
            kinds=kinds,
            actor=viewer().code,
            now=now,
        )
    return redirect(url_for("centre.organisations", q=code))


@pages.get("/people")
@requires(Permission.MANAGE_ORGANISATIONS)
def people() -> ResponseReturnValue:
    """People with an account, and the form of a new one."""
    words = request.args.get("q", "")[:200]
    with snapshot() as db:
        return render_template(
            "identity/centre/people.html",
            page=page_of(queries.people(db, words, **window())),
            words=words,
            roles=list(Role),
        )


@pages.post("/people")
@requires(Permission.MANAGE_ORGANISATIONS)
@form_of(people)
def register_person() -> ResponseReturnValue:
    """Register a person of an organisation; the password is told to nobody else by this site."""
    form = request.form
    code = credit_code(form.get("credit_code", ""), field="credit_code")
    roles = chosen_all(Role, form.getlist("roles"), field="roles")
    name = clean_line(form.get("person_name", ""), field="person_name", limit=80)
    password_hash = accounts.hash_password(form.get("password", ""))
    with transaction(lock=[f"organisation:{code}"]) as (db, now):
        person = accounts.register_person(
            db,
            username=form.get("username", ""),
            name=name,
            organisation=queries.organisation_by_code(db, code),
            roles=roles,
            password_hash=password_hash,
            actor=viewer().code,
            now=now,
        )
        username = person.username
    return redirect(url_for("centre.people", q=username))


@pages.get("/people/<code>")
@requires(Permission.MANAGE_ORGANISATIONS)
def person(code: str) -> ResponseReturnValue:
    """One person with an account, and what the centre can do for them."""
    with snapshot() as db:
        found = queries.person_with_code(db, code)
        factor = queries.second_factor_of(db, code)
        return render_template(
            "identity/centre/person.html",
            person=found,
            has_factor=factor is not None and factor.confirmed_at is not None,
        )


@pages.post("/people/<code>/second-factor/reset")
@requires(Permission.MANAGE_ORGANISATIONS)
@form_of(person)
def reset_second_factor(code: str) -> ResponseReturnValue:
    """Take away a lost second factor, with the ground; the person is told at the next visit."""
    confirmed(request.form)
    ground = clean_line(request.form.get("ground", ""), field="ground", limit=500)
    with transaction(lock=[f"person:{code}"]) as (db, now):
        found = queries.person_with_code(db, code)
        second_factor.reset(db, viewer(), found, ground=ground, now=now)
    return redirect(url_for("centre.person", code=code))


@pages.get("/applications")
@requires(Permission.MANAGE_ORGANISATIONS)
def applications() -> ResponseReturnValue:
    """Applications for registration, those that wait first."""
    with snapshot() as db:
        found = page_of(queries.applications(db, **window()))
    return render_template("identity/centre/applications.html", page=found)


@pages.get("/applications/<code>")
@requires(Permission.MANAGE_ORGANISATIONS)
def application(code: str) -> ResponseReturnValue:
    """One application, and the forms that decide it."""
    with snapshot() as db:
        found = queries.application_by_code(db, code)
        is_registered = queries.is_registered(db, found.credit_code)
    return render_template(
        "identity/centre/application.html", application=found, is_registered=is_registered
    )


@pages.post("/applications/<code>/confirm")
@requires(Permission.MANAGE_ORGANISATIONS)
@form_of(application)
def confirm_application(code: str) -> ResponseReturnValue:
    """Register what was applied for."""
    with transaction(lock=_locks_of(code)) as (db, now):
        applying.confirm(db, viewer(), code, now=now)
    return redirect(url_for("centre.application", code=code))


@pages.post("/applications/<code>/refuse")
@requires(Permission.MANAGE_ORGANISATIONS)
@form_of(application)
def refuse_application(code: str) -> ResponseReturnValue:
    """Refuse an application, with the reason."""
    reason = request.form.get("reason", "")
    with transaction(lock=_locks_of(code)) as (db, now):
        applying.refuse(db, viewer(), code, reason=reason, now=now)
    return redirect(url_for("centre.application", code=code))


def _locks_of(code: str) -> list[str]:
    with snapshot() as db:
        return [f"organisation:{queries.application_by_code(db, code).credit_code}"]
