"""Pages of regulators: the wall, a lot with its opening, draw and meeting, orders with ground.

What is shown of a lot is asked of trading's disclosure, of a meeting of evaluation's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from evaluation import queries as evaluation
from evaluation.models.meeting import Meeting
from evaluation.queries import LostSeat, SeatProgress
from evaluation.rules import disclosure as secret
from evaluation.rules.presence import RUNNING, is_told
from evidence import queries as evidence
from identity.forms import chosen, form_of
from identity.guard import requires, viewer
from identity.states import Permission
from outbox import queries as outbox
from storage.base import real_now
from storage.database import snapshot, transaction
from supervision import queries
from supervision.actions.orders import issue_order
from supervision.queries import LotWatched, OnItsWay
from supervision.routes.watching import by_urgency, figures, watched
from supervision.rules.orders import ARTICLES
from supervision.states import OrderKind
from trading import queries as trading
from trading.labels import steps_of
from trading.models.opening import OpenedBid
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience, Matter, may_know_at
from trading.rules.guarantee import Cover
from trading.states import LotState, Regime

ALERTS = 6
"""So many alerts and orders the wall shows."""
FEED = 40
"""So many entries of the feed a page shows; the numbers tell whether any are missing."""

Opened = Sequence[tuple[OpenedBid, str | None]]
"""What was opened, each with the committee's code for it where regulators may know that."""

_M = secret.Matter


@dataclass(frozen=True)
class Committee:
    """What regulators may know of a meeting in its present state."""

    meeting: Meeting
    seats: Sequence[SeatProgress]
    evaluation: dict[str, Any] | None
    names: dict[str, str]
    archive: str | None

    @property
    def is_running(self) -> bool:
        """Whether connections of its seats are looked at."""
        return self.meeting.state in RUNNING


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
    now = real_now(db)
    rows = by_urgency(queries.running_lots(db), now)
    attempts, lost = queries.latest_attempts(db, ALERTS), evaluation.lost_seats(db, now)
    return {
        "rows": rows,
        "figures": figures(rows, len(attempts), len(lost)),
        "attempts": attempts,
        "lost": lost,
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
        known = queries.lot_watched(db, code)
        found, now = known.lot, known.lot.tender.now(real_now(db))
        moments = trading.moments_of(db, [found])[found.id]
        opened = _opened(db, found, moments)
        channels = _channels(known)
        committee = _committee(db, known, opened)
        feed = outbox.latest(db, channels, FEED)
        head = feed.heads.get(channels[0], 0)
        return render_template(
            "supervision/regulator/lot.html",
            lot=found,
            watched=watched(OnItsWay(found, known.report, known.award, known.meeting, head), now),
            steps=steps_of(
                found,
                moments,
                publishes_candidates=found.tender.regime is Regime.CONSTRUCTION,
            ),
            articles=ARTICLES[found.tender.regime],
            attempts=queries.attempts_on(db, found.id),
            lost=_lost(found, committee, real_now(db)),
            orders=known.orders,
            keys=known.keys,
            opened=[(each, Cover(each.guarantee["cover"])) for each, _ in opened],
            draw=known.draw,
            committee=committee,
            feeds=[(topic, feed.heads.get((topic, name), 0)) for topic, name in channels],
            entries=feed.entries,
            released=known.released,
            now=now,
        )


def _lost(lot: Lot, committee: Committee | None, now: datetime) -> Sequence[LostSeat]:
    """The same cards as on the wall, from the seats that the page shows anyway."""
    if committee is None or not committee.is_running or lot.state is not LotState.EVALUATING:
        return []
    return [
        LostSeat(lot, each.seat, each.lost_at)
        for each in committee.seats
        if each.lost_at is not None and is_told(each.lost_at, now)
    ]


def _opened(db: Session, lot: Lot, moments: Mapping[str, datetime]) -> Opened:
    """The opening table, once regulators may know it."""
    stage = trading.stage_at(lot, moments)
    if not may_know_at(Audience.REGULATOR, Matter.OPENING_TABLE, stage):
        return []
    return queries.opened_with_codes(db, lot.id)


def _committee(db: Session, known: LotWatched, opened: Opened) -> Committee | None:
    """The lot's meeting, without anything that regulators may not know yet."""
    meeting = known.meeting
    if meeting is None:
        return None
    return Committee(
        meeting=meeting,
        seats=evaluation.progress_of(db, meeting) if _may_watch(_M.PROGRESS, meeting) else (),
        evaluation=evaluation.evaluation_of(db, meeting.code)
        if _may_watch(_M.RANKING, meeting)
        else None,
        names={code: each.bid.bidder.name for each, code in opened if code is not None},
        archive=known.archive,
    )


def _may_watch(matter: secret.Matter, meeting: Meeting) -> bool:
    return secret.may_know(secret.Audience.REGULATOR, matter, meeting.state)


def _channels(known: LotWatched) -> list[tuple[str, str]]:
    """What the page of a lot watches: the lot, and its meeting once there is one."""
    channels = [(f"lot:{known.lot.code}", Audience.REGULATOR.value)]
    if known.meeting is not None:
        channels.append((f"meeting:{known.meeting.code}", secret.Audience.REGULATOR.value))
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
