"""Pages on which an agency registers a tender together with the evaluation method of its lots.

One form: a button of it only changes what it shows (`reshape`), nothing typed is lost, and all
that is wrong is told at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from evaluation.forms.draft import (
    BOX,
    MethodDraft,
    ceiling_in,
    draft_in,
    draft_of,
    fields_after,
    frame_in,
    method_fields,
    regime_in,
)
from evaluation.forms.language import EXPRESSION as EXPRESSIONS
from evaluation.forms.language import ITEM_KINDS, MODES, SCORE, WHENS, Weighing
from evaluation.forms.method import row_count
from evaluation.forms.presets import presets_of
from evaluation.labels.method import RULES
from evaluation.labels.method_view import method_view
from evaluation.rules.method_checks import checked_rules
from identity import queries as identity
from identity.forms import form_of
from identity.guard import requires, viewer
from identity.states import OrganisationKind, Permission
from kernel.errors import Gathering, InvalidInput, Refusal
from storage.base import real_now
from storage.database import snapshot
from trading.forms import TenderDraft, lot_count, lot_suffix, tender_draft
from trading.routes.registration import register
from trading.rules.limits import limits_for
from trading.states import Category, Regime

pages = Blueprint("registering", __name__, url_prefix="/run/tenders")
_CEILING = "method.price_rule.ceiling"


@pages.get("/new")
@requires(Permission.REGISTER_TENDER)
def new_tender() -> ResponseReturnValue:
    """The form: fresh, or, when it was refused, with all that was typed."""
    typed = request.form if request.method == "POST" else request.args
    return _shown(typed, method_fields(typed), typed.get(BOX, ""))


@pages.post("/new")
@requires(Permission.REGISTER_TENDER)
@form_of(new_tender)
def reshape() -> ResponseReturnValue:
    """The form after a button of it was pressed; `export` gives the method as a file."""
    form, deed = request.form, request.form.get("do", "")
    if deed == "export":
        return _exported(form)
    g.is_typed = True
    box = "" if deed == "import" else form.get(BOX, "")
    return _shown(form, fields_after(form, deed), box)


@pages.post("")
@requires(Permission.REGISTER_TENDER)
@form_of(new_tender)
def register_tender() -> ResponseReturnValue:
    """Register it, and show it."""
    code, _lots = register(viewer(), _draft(request.form))
    return redirect(url_for("agency.tender", code=code))


def _draft(form: Mapping[str, str]) -> TenderDraft:
    """The whole tender. Raises one refusal with everything that is wrong."""
    with snapshot() as db:
        real = real_now(db)
    gathering = Gathering()
    draft, method = tender_draft(form, gathering, real), draft_in(form, real)
    gathering.note(method.unread, InvalidInput)
    gathering.note(method.unlawful, Refusal)
    if draft is None or gathering.refusals:
        raise gathering.refusal()
    return replace(draft, lots=[replace(lot, method=method.value) for lot in draft.lots])


def _exported(form: Mapping[str, str]) -> Response:
    with snapshot() as db:
        method = draft_in(form, real_now(db))
    headers = {"Content-Disposition": 'attachment; filename="method.json"'}
    return Response(method.text + "\n", mimetype="application/json", headers=headers)


def _shown(form: Mapping[str, str], fields: Mapping[str, str], box: str) -> ResponseReturnValue:
    regime, count = regime_in(form), lot_count(form.get("lots", ""))
    fields = _with_ceiling(fields, form)
    with snapshot() as db:
        now = real_now(db)
        frame = frame_in(form, now)
        draft = draft_in({**form, BOX: box}, now) if box.strip() else draft_of(fields, frame)
        return render_template(
            "evaluation/agency/new_tender.html",
            regime=regime,
            regimes=list(Regime),
            limits=limits_for(regime, frame.day),
            categories=list(Category),
            lots=[(number, lot_suffix(number)) for number in range(1, count + 1)],
            entities=identity.organisations_of_kind(db, OrganisationKind.PROCURING_ENTITY),
            box=box,
            **_editor(fields, draft, regime),
            **_preview(draft, ceiling_in(form)),
        )


def _with_ceiling(fields: Mapping[str, str], form: Mapping[str, str]) -> dict[str, str]:
    """Where the rule looks at the ceiling, the first lot's stands in its field to begin with."""
    asks = "ceiling" in _kinds(fields)
    given = fields.get(_CEILING) or form.get("ceiling", "").replace(",", "").strip()
    return {**fields, _CEILING: given} if asks else dict(fields)


def _kinds(fields: Mapping[str, str]) -> set[str]:
    return {text for name, text in fields.items() if name.endswith(".kind")}


def _editor(fields: Mapping[str, str], draft: MethodDraft, regime: Regime) -> dict[str, Any]:
    """What the fields of the method need to be drawn."""
    return {
        "fields": fields,
        "rows": lambda place: range(row_count(fields, place)),
        "asks": _kinds(fields),
        "presets": presets_of(regime),
        "weighings": [each.value for each in Weighing],
        "item_kinds": ITEM_KINDS,
        "expressions": list(EXPRESSIONS),
        "scores": list(SCORE),
        "whens": WHENS,
        "modes": MODES,
        "json": draft.text,
    }


def _preview(draft: MethodDraft, ceiling_fen: int) -> dict[str, Any]:
    parts = draft.parts
    return {
        "draft": draft,
        "method": method_view(parts, ceiling_fen) if parts else None,
        "checked": checked_rules(parts, draft.frame) if parts else [],
        "rule_names": RULES,
    }
