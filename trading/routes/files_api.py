"""JSON endpoints and pages of an opened bid's files: for its bidder, the party and regulators."""

from typing import Any

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_openapi3 import APIBlueprint, Tag
from sqlalchemy.orm import Session

from identity.forms import CodePath, sends_file
from identity.guard import requires, viewer
from identity.rules.permissions import Viewer
from identity.states import Permission
from kernel.errors import NotFound
from storage.database import snapshot
from trading import queries
from trading.forms import FilePath
from trading.models.opening import OpenedBid
from trading.routes.serving import send_bid_file
from trading.rules.disclosure import Matter, audience_for_bid, may_know_at
from trading.rules.files import BidFile, file_with, numbered

api = APIBlueprint("files_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="opening")])
pages = Blueprint("files", __name__)


@api.get("/bids/<code>/files")
@requires(Permission.SEE_ACCOUNT)
def show_files(path: CodePath) -> Any:
    """The files of an opened bid, for its bidder, the party and regulators."""
    with snapshot() as db:
        opened = _opened(db, viewer(), path.code)
        return {"receipt": path.code, "files": [_json(file) for file in numbered(opened.files)]}


@api.get(
    "/bids/<code>/files/<number>",
    responses=sends_file("application/pdf", "application/octet-stream"),
)
@requires(Permission.SEE_ACCOUNT)
def show_file(path: FilePath) -> Response:
    """One file of an opened bid, whole or by range."""
    with snapshot() as db:
        file = file_with(numbered(_opened(db, viewer(), path.code).files), path.number)
    return send_bid_file(file, file.name)


@pages.get("/bids/<code>/files")
@requires(Permission.SEE_ACCOUNT)
def files(code: str) -> ResponseReturnValue:
    """The same list as a page."""
    with snapshot() as db:
        opened = _opened(db, viewer(), code)
        return render_template(
            "trading/files.html", opened=opened, files=numbered(opened.files), receipt=code
        )


def _opened(db: Session, who: Viewer, receipt: str) -> OpenedBid:
    """The opened bid, for those who may read it. Raises NotFound for everybody else."""
    opened = queries.opened_bid_with(db, receipt)
    if opened is not None:
        lot, bidder = opened.bid.lot, opened.bid.bidder.credit_code
        audience = audience_for_bid(who, lot.tender.sides, bidder)
        if may_know_at(audience, Matter.BID_FILES, queries.stage_of(db, lot)):
            return opened
    raise NotFound("receipt.not_found", "没有编号为“%(value)s”的回执。", value=receipt[:40])


def _json(file: BidFile) -> dict[str, Any]:
    return {"number": file.number, "name": file.name, "bytes": file.size, "sha256": file.sha256}
