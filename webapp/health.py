"""Whether the program lives and is ready. Details are for operators only.

Work on guarantees is left out of them until the close: an order tells that somebody means to bid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from evidence import queries as evidence
from identity.guard import open_to_all, requires
from identity.states import Permission
from outbox import queries as outbox
from outbox.models.mail import MailState
from storage import due
from storage.base import real_now
from storage.database import snapshot
from storage.due import DueWork
from trading import queries as trading

health = Blueprint("health", __name__)
_LATE = timedelta(seconds=10)


@dataclass(frozen=True)
class Condition:
    """Lags and failures: what waits for the log and for shared channels, what is late, what failed.

    `failing` and `late` are earliest first. `mail` leaves out e-mail that would tell of a bid;
    none where this site sends no e-mail.
    """

    pending_facts: int
    waiting_messages: int
    late: Sequence[DueWork]
    failing: Sequence[DueWork]
    mail: Mapping[MailState, int] | None


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
        found = condition(db)
        return jsonify(
            pending_facts=found.pending_facts,
            waiting_messages=found.waiting_messages,
            late_work=len(found.late),
            failing_work=[
                {"kind": work.kind, "subject": work.subject, "tries": work.tries}
                for work in found.failing
            ],
            mail=None if found.mail is None else {s.value: n for s, n in found.mail.items()},
        )


@health.get("/centre/health")
@requires(Permission.SEE_HEALTH)
def page() -> ResponseReturnValue:
    """The same for people."""
    with snapshot() as db:
        return render_template(
            "identity/centre/health.html",
            condition=condition(db),
            now=real_now(db),
            settings=current_app.extensions["settings"],
        )


def condition(db: Session) -> Condition:
    """How things stand now."""
    work = trading.nameable_work(db, due.pending(db))
    return Condition(
        pending_facts=evidence.pending_count(db),
        waiting_messages=outbox.waiting_wide(db),
        late=due.late(db, work, _LATE),
        failing=[each for each in work if each.last_error],
        mail=outbox.mail_counts(db) if _sends_mail() else None,
    )


def _sends_mail() -> bool:
    return current_app.extensions["settings"].smtp_url is not None
