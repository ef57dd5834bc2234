"""What a witness of the log asks for: the newest checkpoint, and the proof that it goes on."""

from typing import Any

from flask import current_app
from flask_openapi3 import APIBlueprint, Tag
from pydantic import Field

from evidence import queries as evidence
from evidence.actions.bundles import kept_keys
from identity.forms import ApiModel
from identity.guard import open_to_all
from kernel.errors import NotFound
from storage.database import snapshot
from webapp.settings import Settings

api = APIBlueprint("log_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="log")])


class SizesQuery(ApiModel):
    """Sizes of two checkpoints of the log, the older one first."""

    old: int = Field(ge=1)
    new: int = Field(ge=1)


@api.get("/log/checkpoint")
@open_to_all
def show_checkpoint() -> Any:
    """The newest checkpoint with its witnesses' lines, and the log's key."""
    settings: Settings = current_app.extensions["settings"]
    with snapshot() as db:
        head = evidence.latest_head(db)
        if head is None:
            raise NotFound("evidence.no_checkpoint", "存证日志还没有检查点，请稍后再试。")
        note = head.note + "".join(evidence.cosignatures(db, head.size))
    return {"checkpoint": note, "key": kept_keys(settings.keys, settings.log_origin).log}


@api.get("/log/consistency")
@open_to_all
def show_consistency(query: SizesQuery) -> Any:
    """The proof (RFC 9162) that the older checkpoint's tree is the beginning of the newer one's."""
    with snapshot() as db:
        for size in (query.old, query.new):
            if evidence.head_of(db, size) is None or query.old > query.new:
                message = "没有大小为 %(size)s 的检查点。"
                raise NotFound("evidence.no_such_checkpoint", message, size=size)
        proof = evidence.consistency_proof(db, query.old, query.new)
    return {"old": query.old, "new": query.new, "proof": [value.hex() for value in proof]}
