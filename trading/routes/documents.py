"""Bidding documents: the agency adds, publishes and amends; everybody downloads."""

from collections.abc import Sequence
from typing import BinaryIO, cast

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from identity.forms import confirmed, form_of, takes_files
from identity.guard import open_to_all, requires, viewer
from identity.states import Permission
from kernel.errors import Gathering, InvalidInput, NotFound, refuse_if
from kernel.periods import instant_of, legal_date, minute_text
from kernel.text import filled_text
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from storage.vault import Vault
from trading import queries
from trading.actions import documents as actions
from trading.actions.documents import StoredFile
from trading.actions.tendering import tender_run_by
from trading.routes.registration import subjects_of
from trading.routes.serving import send_stored
from trading.rules import documents as rules
from trading.rules.limits import limits_for
from trading.states import LotState

pages = Blueprint("documents", __name__)


@pages.get("/run/tenders/<code>/documents")
@requires(Permission.RUN_TENDER)
def files(code: str) -> ResponseReturnValue:
    """The files of a tender for those who run it, and the form of an amendment."""
    with snapshot() as db:
        tender = tender_run_by(db, viewer(), code)
        now = legal_now(db, f"tender:{tender.code}")
        earliest = rules.earliest_after_amendment(tender.regime, now)
        deadline = max((lot.deadline for lot in tender.lots if lot.deadline), default=earliest)
        return render_template(
            "trading/agency/documents.html",
            tender=tender,
            now=now,
            limits=limits_for(tender.regime, legal_date(now)),
            documents=queries.documents_of(db, tender.id),
            amendments=queries.amendments_of(db, tender.id),
            is_agency=viewer().organisation == tender.agency.credit_code,
            may_add=all(lot.state is LotState.REGISTERED for lot in tender.lots),
            may_amend=all(lot.state is LotState.ANNOUNCED for lot in tender.lots),
            earliest=earliest,
            deadline_minute=minute_text(max(earliest, deadline)),
            kinds=sorted(rules.KINDS),
        )


@pages.post("/run/tenders/<code>/documents")
@requires(Permission.REGISTER_TENDER)
@takes_files(rules.FILE_LIMIT)
@form_of(files)
def add(code: str) -> ResponseReturnValue:
    """Add files before the notice."""
    stored = _stored(code)
    if not stored:
        raise InvalidInput("document.missing", "请选择文件。", field="file")
    with transaction(lock=subjects_of(code)) as (db, now):
        for file in stored:
            actions.add_document(db, viewer(), code, file, now=now)
    return redirect(url_for("documents.files", code=code))


@pages.post("/run/tenders/<code>/documents/<document>/removal")
@requires(Permission.REGISTER_TENDER)
@form_of(files)
def remove(code: str, document: str) -> ResponseReturnValue:
    """Take a file out before the notice."""
    with transaction(lock=subjects_of(code)) as (db, _now):
        actions.remove_document(db, viewer(), code, document)
    return redirect(url_for("documents.files", code=code))


@pages.post("/run/tenders/<code>/amendments")
@requires(Permission.REGISTER_TENDER)
@takes_files(rules.FILE_LIMIT)
@form_of(files)
def amend(code: str) -> ResponseReturnValue:
    """Publish an amendment with its files; it is public at once."""
    form, gathering = request.form, Gathering()
    deadline = gathering.read(instant_of, form.get("deadline", ""), field="deadline")
    with gathering.each():
        filled_text(form.get("text", ""), field="text")
    with gathering.each():
        confirmed(form)
    if deadline is None or gathering.refusals:
        raise gathering.refusal()
    stored = _stored(code)
    with transaction(lock=subjects_of(code)) as (db, now):
        actions.publish_amendment(
            db,
            viewer(),
            code,
            text=form.get("text", ""),
            files=stored,
            deadline=deadline,
            affects_bids=form.get("affects_bids") == "yes",
            now=now,
        )
    return redirect(url_for("documents.files", code=code))


@pages.get("/tenders/<code>/documents/<document>")
@open_to_all
def show(code: str, document: str) -> Response:
    """One published file, whole or by range; its own side reads it before."""
    with snapshot() as db:
        tender = queries.tender_by_code(db, code)
        is_public = any(lot.deadline is not None for lot in tender.lots)
        if not is_public and viewer().organisation not in tender.sides:
            raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=code[:40])
        found = queries.document_of(db, tender.id, document)
        name, sha256 = found.name, found.sha256
    return send_stored(sha256, name)


def _stored(code: str) -> Sequence[StoredFile]:
    """The files of this form, put into the vault before any lock is held."""
    with snapshot() as db:
        tender = tender_run_by(db, viewer(), code)
        known = len(queries.documents_of(db, tender.id))
    vault: Vault = current_app.extensions["vault"]
    given = [each for each in request.files.getlist("file") if each.filename]
    for each in given:
        refuse_if(rules.file_problems(str(each.filename), known), InvalidInput)
    return [_put(vault, each) for each in given]


def _put(vault: Vault, file: FileStorage) -> StoredFile:
    sha256, size = vault.put(cast("BinaryIO", file.stream), limit=rules.FILE_LIMIT)
    return StoredFile(str(file.filename).replace("\\", "/").rpartition("/")[2], sha256, size)
