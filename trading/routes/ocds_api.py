"""What is public of a tender as open data, for everybody."""

from typing import Any

from flask import current_app
from flask_openapi3 import APIBlueprint, Tag

from identity.forms import CodePath
from identity.guard import open_to_all
from storage.database import snapshot
from trading import queries
from trading.rules.ocds import release_package

api = APIBlueprint("ocds_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="open data")])


@api.get("/tenders/<code>/ocds")
@open_to_all
def release(path: CodePath) -> Any:
    """The OCDS 1.1 release package of a published tender."""
    with snapshot() as db:
        return release_package(
            queries.open_data(db, path.code), current_app.extensions["publisher"]
        )
