"""Whether the program lives and is ready. Details are for operators only."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from evidence import queries as evidence
from identity.guard import open_to_all, requires
from identity.states import Permission
from outbox import queries as outbox
from storage import due
from storage.database import snapshot
from trading import queries as trading

health = Blueprint("health", __name__)


@health.get("/healthz")
@open_to_all
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="alive")


@health.get("/readyz")
@open_to_all
def ready() -> ResponseReturnValue:
    """The database answers too."""
    with snapshot() as db:
        evidence.latest_head(db)
    return jsonify(status="ready")


@health.get("/api/v1/health")
@requires(Permission.SEE_HEALTH)
def details() -> ResponseReturnValue:
    """Lags and failures, for the operator; nothing that would tell of bids before the close."""
    with snapshot() as db:
        failing = [work for work in due.pending(db) if work.last_error]
        named = trading.nameable_work(db, failing)
        return jsonify(
            pending_facts=evidence.pending_count(db),
            waiting_messages=outbox.waiting_wide(db),
            failing_work=[
                {"kind": work.kind, "subject": work.subject, "tries": work.tries} for work in named
            ],
        )
