"""The page for everybody: who is restricted now, and what was decided on agencies."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from identity import queries as identity
from identity.guard import open_to_all
from identity.rules.standing import in_force
from kernel.codes import credit_code
from kernel.errors import Refusal
from kernel.periods import legal_date
from storage.base import real_now
from storage.database import snapshot
from supervision import queries
from supervision.rules.conduct_catalogue import catalogue_on

pages = Blueprint("negative_list", __name__, url_prefix="/negative-list")


@pages.get("")
@open_to_all
def check() -> ResponseReturnValue:
    """Look an organisation up by code or name; below, the conduct notices that run."""
    code, name = request.args.get("code", "").strip(), request.args.get("name", "").strip()[:200]
    problem, found = "", []
    try:
        code = credit_code(code, field="code") if code else ""
    except Refusal as refusal:
        problem = gettext(refusal.problems[0].message) % refusal.problems[0].places
    asked = bool(code or name) and not problem
    with snapshot() as db:
        now = real_now(db)
        if asked:
            restrictions = identity.restrictions_on(db, code or None, name or None)
            found = [each for each in restrictions if in_force(each, now)]
        page = render_template(
            "supervision/public/negative_list.html",
            asked=asked,
            found=found,
            problem=problem,
            code=code,
            name=name,
            notices=queries.public_conduct(db, now),
        )
    return page, 422 if problem else 200


@pages.get("/acts")
@open_to_all
def acts() -> ResponseReturnValue:
    """Every forbidden act of an agency, with its points and where they come from."""
    with snapshot() as db:
        items = catalogue_on(legal_date(real_now(db)))
    return render_template("supervision/public/acts.html", items=items)
