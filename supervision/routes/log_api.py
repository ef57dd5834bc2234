"""The public log for programs: keys, newest and older checkpoints, proofs that it only grew.

All of it is on the page /evidence or follows from what stands there; who keeps an old checkpoint
asks here for the proof that it is a prefix of a newer one (docs/check-it-yourself.md).
"""

from typing import Any

from flask import Response, current_app
from flask_openapi3 import APIBlueprint, Tag

from evidence import queries as evidence
from evidence.actions import cosigning
from evidence.actions.bundles import Keys, kept_keys
from evidence.actions.succession import successions
from evidence.models.tree import Head
from identity.forms import sends_file
from identity.guard import open_to_all, requires, viewer
from identity.states import Permission
from kernel.errors import NotFound
from storage.database import snapshot, transaction
from supervision.forms import ConsistencyQuery, CosignatureBody, CosignerBody, SizePath

api = APIBlueprint("log_api", __name__, url_prefix="/api/v1/log", abp_tags=[Tag(name="evidence")])


@api.get("")
@open_to_all
def show_log() -> Any:
    """The log's verifier key, the key of receipts, the size of the newest checkpoint.

    `successions` are the statements by which these keys followed earlier ones, oldest first;
    `cosigners` the keys with which witnesses co-sign now.
    """
    keys = _keys()
    with snapshot() as db:
        head, followed = evidence.latest_head(db), successions(db)
        cosigners = cosigning.live_cosigners(db)
    return {
        "key": keys.log,
        "receipt_key": keys.receipt.public_key().public_bytes_raw().hex(),
        "size": head.size if head else 0,
        "successions": followed,
        "cosigners": cosigners,
    }


@api.get("/checkpoints/<size>", responses=sends_file("text/plain"))
@open_to_all
def show_checkpoint(path: SizePath) -> Response:
    """The signed checkpoint of this size, with the co-signatures of witnesses; a plain text."""
    with snapshot() as db:
        head = _existing(evidence.head_of(db, path.size), path.size)
        note = head.note + "".join(evidence.cosignatures(db, head.size))
    return Response(note, mimetype="text/plain")


@api.post("/cosigners")
@requires(Permission.WITNESS_OPENING)
def enrol_cosigner(body: CosignerBody) -> Any:
    """Register the key with which my organisation co-signs; another one replaces it."""
    who = viewer()
    origin = current_app.extensions["settings"].log_origin
    with transaction(lock=[cosigning.SUBJECT]) as (db, now):
        made = cosigning.enrol_cosigner(
            db, who.organisation, key=body.key, log=origin, actor=who.code, now=now
        )
        return {"name": made.name, "organisation": made.organisation}, 201


@api.post("/cosignatures")
@requires(Permission.WITNESS_OPENING)
def cosign(body: CosignatureBody) -> Any:
    """Put my organisation's line (C2SP tlog-cosignature) under the checkpoint of this size."""
    who = viewer()
    with transaction(lock=[cosigning.SUBJECT]) as (db, now):
        cosigning.cosign(db, who.organisation, size=body.size, line=body.line, now=now)
    return {"size": body.size}, 201


@api.get("/consistency")
@open_to_all
def show_consistency(query: ConsistencyQuery) -> Any:
    """Proof (RFC 9162) that the checkpoint of size `old` is a prefix of that of size `new`."""
    with snapshot() as db:
        for size in (query.old, query.new):
            _existing(evidence.head_of(db, size), size)
        if query.old > query.new:
            raise _unknown(query.old)
        proof = evidence.consistency_proof(db, query.old, query.new)
    return {"old": query.old, "new": query.new, "proof": [value.hex() for value in proof]}


def _existing(head: Head | None, size: int) -> Head:
    if head is None:
        raise _unknown(size)
    return head


def _unknown(size: int) -> NotFound:
    return NotFound(
        "evidence.no_such_checkpoint", "没有大小为 %(size)s 的检查点。", field="size", size=size
    )


def _keys() -> Keys:
    settings: Any = current_app.extensions["settings"]
    return kept_keys(settings.keys, settings.log_origin)
