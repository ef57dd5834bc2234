"""Pages of the trading centre about the pool: experts found, registered, suspended, reinstated."""

import re
from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from evaluation import queries
from evaluation.actions import pool
from evaluation.routes.api import person_of_expert
from evaluation.rules.pool import ExpertEntry
from evaluation.states import EXPERT, ExpertEvent
from identity.forms import form_of
from identity.guard import requires, viewer
from identity.routes.paging import PAGE, page_of, window
from identity.states import Permission
from kernel.text import clean_line
from storage.database import snapshot, transaction

pages = Blueprint("pool", __name__, url_prefix="/centre/experts")
_BETWEEN = re.compile(r"[,，、;；\s]+")


@pages.get("")
@requires(Permission.MANAGE_ORGANISATIONS)
def experts() -> ResponseReturnValue:
    """The pool by code, and the form by which a person is taken into it."""
    words = request.args.get("q", "")[:200]
    with snapshot() as db:
        return render_template(
            "evaluation/centre/experts.html",
            page=page_of(queries.experts(db, words, **window())),
            words=words,
            people=queries.people_without_entry(db, PAGE),
        )


@pages.post("")
@requires(Permission.MANAGE_ORGANISATIONS)
@form_of(experts)
def register_expert() -> ResponseReturnValue:
    """Take a person into the pool."""
    person = clean_line(request.form.get("person", ""), field="person")
    entry = _entry(request.form)
    with transaction(lock=[f"person:{person}"]) as (db, now):
        code = pool.register_expert(db, viewer(), person, entry, now=now).code
    return redirect(url_for("pool.expert", code=code))


@pages.get("/<code>")
@requires(Permission.MANAGE_ORGANISATIONS)
def expert(code: str) -> ResponseReturnValue:
    """One expert, and the form by which it is suspended or reinstated."""
    with snapshot() as db:
        found = queries.expert_by_code(db, code)
        return render_template(
            "evaluation/centre/expert.html",
            expert=found,
            may_suspend=EXPERT.allows(found.state, ExpertEvent.SUSPENDED),
        )


@pages.post("/<code>/suspension")
@requires(Permission.MANAGE_ORGANISATIONS)
@form_of(expert)
def suspend(code: str) -> ResponseReturnValue:
    """Keep an expert out of future draws."""
    ground = request.form.get("ground", "")
    with transaction(lock=person_of_expert(code)) as (db, now):
        pool.suspend_expert(db, viewer(), code, ground=ground, now=now)
    return redirect(url_for("pool.expert", code=code))


@pages.post("/<code>/reinstatement")
@requires(Permission.MANAGE_ORGANISATIONS)
@form_of(expert)
def reinstate(code: str) -> ResponseReturnValue:
    """Let an expert be drawn again."""
    ground = request.form.get("ground", "")
    with transaction(lock=person_of_expert(code)) as (db, now):
        pool.reinstate_expert(db, viewer(), code, ground=ground, now=now)
    return redirect(url_for("pool.expert", code=code))


def _entry(form: Mapping[str, str]) -> ExpertEntry:
    return ExpertEntry(
        name=clean_line(form.get("expert_name", ""), field="expert_name"),
        employer=form.get("employer", ""),
        employer_name=form.get("employer_name", ""),
        city=form.get("city", ""),
        specialities=_listed(form.get("specialities", "")),
        interests=_listed(form.get("interests", "")),
    )


def _listed(text: str) -> tuple[str, ...]:
    """The words of a field in which commas, blanks or new lines stand between them."""
    return tuple(word for word in _BETWEEN.split(text) if word)
