"""The evidence bundle of a tender, for everybody as much as they may know."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO

from flask import Response, current_app
from flask_openapi3 import APIBlueprint, Tag

from evidence.actions.authority import kept_trust_pem
from evidence.actions.bundles import kept_keys
from identity.forms import CodePath, sends_file
from identity.guard import open_to_all, viewer
from kernel.errors import NotAllowed, refuse_if
from storage.database import snapshot
from supervision.actions.dossier import Sources, export_dossier
from supervision.forms import BundleQuery
from supervision.rules.disclosure import audience_of, audience_problems
from trading import queries as trading
from trading.models.tendering import Tender
from trading.rules.disclosure import Audience

api = APIBlueprint("dossier_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="evidence")])
_PIECE = 1 << 20


@api.get("/tenders/<code>/bundle", responses=sends_file("application/zip"))
@open_to_all
def bundle(path: CodePath, query: BundleQuery) -> Any:
    """The evidence of a tender, checked with verifier/verify.py. `for` may ask for less."""
    with ExitStack() as opened:
        # Written whole before the answer begins, so that the snapshot is given back first.
        file = opened.enter_context(tempfile.TemporaryFile())
        with snapshot() as db:
            audience = _audience(trading.tender_by_code(db, path.code), query.asked())
            export_dossier(db, path.code, audience, _sources(), file)
        opened.pop_all()
    return _answer(file, f"evidence-{path.code}-{audience.value}.zip")


def _answer(file: BinaryIO, name: str) -> Response:
    """The file in pieces; it is closed with the last one, or with the answer."""
    length = file.tell()
    file.seek(0)
    answer = Response(_pieces(file), mimetype="application/zip")
    answer.content_length = length
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.call_on_close(file.close)
    return answer


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_PIECE):
            yield chunk


def _sources() -> Sources:
    """What this program makes bundles of. Raises NotFound on a machine without keys."""
    settings: Any = current_app.extensions["settings"]
    return Sources(
        kept_keys(settings.keys, settings.log_origin),
        current_app.extensions["vault"],
        kept_trust_pem(settings.authority),
    )


def _audience(tender: Tender, asked: Audience | None) -> Audience:
    sides = (tender.agency.credit_code, tender.procuring_entity.credit_code)
    own = audience_of(viewer(), *sides)
    refuse_if(audience_problems(own, asked or own), NotAllowed)
    return asked or own
