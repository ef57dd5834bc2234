"""Pages of regulators: the wall, a lot with its opening, draw and meeting, orders with ground.

What is shown of a lot is asked of trading's disclosure, of a meeting of evaluation's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from evaluation import queries as evaluation
from evaluation.models.meeting import Meeting
from evaluation.queries import SeatProgress
from evaluation.rules import disclosure as secret
from evidence import queries as evidence
from identity.forms import chosen, form_of
from identity.guard import requires, viewer
from identity.states import Permission
from outbox import queries as outbox
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from supervision import queries
from supervision.actions.orders import issue_order
from supervision.routes.watching import figures, watched
from supervision.rules.orders import ARTICLES
from supervision.states import OrderKind
from trading import queries as trading
from trading.labels import steps_of
from trading.models.opening import OpenedBid
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience, Matter, may_know, may_know_at
from trading.rules.guarantee import Cover
from trading.states import Regime

ALERTS = 6
"""So many alerts and orders the wall shows."""
FEED = 40
"""So many entries of the feed a page shows; the numbers tell whether any are missing."""


@dataclass(frozen=True)
class Committee:
    """What regulators may know of a meeting in its present state."""

    meeting: Meeting
    seats: Sequence[SeatProgress]
    evaluation: dict[str, Any] | None
    names: dict[str, str]
    archive: str | None


pages = Blueprint("regulator", __name__, url_prefix="/supervision")


@pages.get("/wall")
@requires(Permission.SUPERVISE)
def wall() -> ResponseReturnValue:
    """The wall of the control room: every running lot, alerts, orders; nothing sealed, no names."""
    with snapshot() as db:
        return render_template("supervision/regulator/wall.html", **_running(db))


@pages.get("/lots")
@requires(Permission.SUPERVISE)
def lots() -> ResponseReturnValue:
    """The regulator's desk: running lots by their nearest limit, and what waits for a word."""
    with snapshot() as db:
        return render_template("supervision/regulator/lots.html", **_running(db))


def _running(db: Session) -> dict[str, Any]:
    rows = watched(db, queries.running_lots(db))
    attempts = queries.latest_attempts(db, ALERTS)
    return {
        "rows": rows,
        "figures": figures(rows, len(attempts)),
        "attempts": attempts,
        "waiting": evaluation.waiting_draws(db),
        "orders": queries.latest_orders(db, ALERTS),
        "leaves": evidence.tree_size(db),
        "feeds": [("wall", outbox.head(db, "wall", Audience.REGULATOR.value))],
    }


@pages.get("/lots/<code>")
@requires(Permission.SUPERVISE)
def lot(code: str) -> ResponseReturnValue:
    """One lot: where it stands, what was ordered, and what can be ordered."""
    with snapshot() as db:
        found = trading.lot_by_code(db, code)
        counted = may_know(Audience.REGULATOR, Matter.RELEASE_COUNT, found.state)
        committee = _committee(db, found)
        channels = _channels(found, committee)
        return render_template(
            "supervision/regulator/lot.html",
            lot=found,
            watched=watched(db, [found])[0],
            steps=steps_of(
                found,
                trading.moments_of(db, found),
                publishes_candidates=found.tender.regime is Regime.CONSTRUCTION,
            ),
            articles=ARTICLES[found.tender.regime],
            attempts=queries.attempts_on(db, found.id),
            orders=queries.orders_on(db, found.id),
            keys=trading.opening_keys(db, found.id),
            opened=_opened(db, found),
            draw=evaluation.draw_of_lot(db, found.id),
            committee=committee,
            feeds=[(topic, outbox.head(db, topic, name)) for topic, name in channels],
            entries=outbox.latest(db, channels, FEED),
            released=trading.release_count(db, found.id) if counted else None,
            now=legal_now(db, f"lot:{found.code}"),
        )


def _opened(db: Session, lot: Lot) -> list[tuple[OpenedBid, Cover]]:
    """The opening table with the guarantees, once regulators may know it."""
    if not may_know_at(Audience.REGULATOR, Matter.OPENING_TABLE, trading.stage_of(db, lot)):
        return []
    opened = trading.opened_bids(db, lot.id)
    return [(each, Cover(each.guarantee["cover"])) for each in opened]


def _committee(db: Session, lot: Lot) -> Committee | None:
    """The lot's meeting, without anything that regulators may not know yet."""
    meeting = evaluation.meeting_of_lot(db, lot.id)
    if meeting is None:
        return None
    known = {matter for matter in secret.Matter if _may_watch(matter, meeting)}
    report = evaluation.report_of_lot(db, lot.id)
    ranked = secret.Matter.RANKING in known
    return Committee(
        meeting=meeting,
        seats=evaluation.progress_of(db, meeting) if secret.Matter.PROGRESS in known else (),
        evaluation=evaluation.evaluation_of(db, meeting.code) if ranked else None,
        names=evaluation.names_of(db, meeting.code) if secret.Matter.IDENTITIES in known else {},
        archive=report.sha256 if report and secret.Matter.REPORT in known else None,
    )


def _may_watch(matter: secret.Matter, meeting: Meeting) -> bool:
    return secret.may_know(secret.Audience.REGULATOR, matter, meeting.state)


def _channels(lot: Lot, committee: Committee | None) -> list[tuple[str, str]]:
    """What the page of a lot watches: the lot, and its meeting once there is one."""
    channels = [(f"lot:{lot.code}", Audience.REGULATOR.value)]
    if committee is not None:
        topic = f"meeting:{committee.meeting.code}"
        channels.append((topic, secret.Audience.REGULATOR.value))
    return channels


@pages.post("/lots/<code>/orders")
@requires(Permission.SUPERVISE)
@form_of(lot)
def order(code: str) -> ResponseReturnValue:
    """Suspend or resume, with article and ground."""
    kind = chosen(OrderKind, request.form.get("kind", ""), field="kind")
    with transaction(lock=[f"lot:{code}"]) as (db, now):
        issue_order(
            db,
            viewer(),
            code,
            kind=kind,
            article=request.form.get("article", ""),
            ground=request.form.get("ground", ""),
            now=now,
        )
    return redirect(url_for("regulator.lot", code=code))
