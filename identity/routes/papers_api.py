"""JSON endpoints for whoever signs documents: key, papers that wait, turn, signature by PIN."""

from typing import Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag

from identity import queries
from identity.actions import credentials, papers
from identity.forms import CodePath, PinBody, sends_file
from identity.guard import open_to_all, requires, viewer
from identity.models.papers import Turn
from identity.routes.by_pin import make_document_key as make_key
from identity.routes.by_pin import sign_paper, workshop
from identity.states import Permission
from kernel.errors import NotYet
from storage.database import snapshot, transaction

api = APIBlueprint("papers_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="papers")])


@api.get("/authority")
@open_to_all
def show_authority() -> Any:
    """The root certificate of the built-in authority: compare it with one from elsewhere."""
    return {"root": workshop().authority.trust_pem.decode()}


@api.post("/keys/document")
@requires(Permission.MANAGE_KEYS)
def make_document_key(body: PinBody) -> Any:
    """Make a key and certificate by which I sign documents, locked by this PIN."""
    return credentials.describe(make_key(viewer(), body.pin)), 201


@api.get("/papers")
@requires(Permission.SIGN_PAPERS)
def my_papers() -> Any:
    """Documents that I am to sign or have signed."""
    with snapshot() as db:
        return {"papers": [_turn_json(turn) for turn in queries.turns_of(db, viewer().code)]}


@api.get("/papers/<code>")
@requires(Permission.SIGN_PAPERS)
def show_paper(path: CodePath) -> Any:
    """How far my signature on a document is."""
    with snapshot() as db:
        return _turn_json(queries.turn_of(db, path.code, viewer().code))


@api.get("/papers/<code>/file", responses=sends_file("application/pdf"))
@requires(Permission.SIGN_PAPERS)
def show_file(path: CodePath) -> Any:
    """The document as it stands, to read before signing."""
    with snapshot() as db:
        file = queries.turn_of(db, path.code, viewer().code).paper.file
    if file is None:
        raise NotYet("paper.not_drawn", "文件正在生成，请稍候。")
    return Response(workshop().vault.read(file), mimetype="application/pdf")


@api.post("/papers/<code>/turn")
@requires(Permission.SIGN_PAPERS)
def ask_turn(path: CodePath) -> Any:
    """Ask to sign now; the revision is prepared within moments and waits ten minutes."""
    with transaction(lock=[papers.subject_of(path.code)]) as (db, now):
        return _turn_json(papers.ask_turn(db, viewer(), path.code, now=now)), 202


@api.post("/papers/<code>/signature")
@requires(Permission.SIGN_PAPERS)
def give_signature(path: CodePath, body: PinBody) -> Any:
    """Sign the prepared revision: the PIN opens my key for this one signature."""
    sign_paper(viewer(), path.code, body.pin)
    with snapshot() as db:
        return _turn_json(queries.turn_of(db, path.code, viewer().code)), 202


def _turn_json(turn: Turn) -> dict[str, Any]:
    paper = turn.paper
    return {
        "paper": paper.code,
        "kind": paper.kind,
        "state": paper.state.value,
        "field": turn.field,
        "turn": turn.state.value,
        "until": turn.until.isoformat() if turn.until else None,
        "finding": turn.finding,
        "signed": sum(each.signed_at is not None for each in paper.turns),
        "signers": len(paper.turns),
    }
