"""`GET /metrics` for the operator's monitoring, as Prometheus reads it, with a token of its own.

Until the close nothing may tell that somebody bids or orders a guarantee, and a counter tells by
moving. So only such doors are counted at which nobody who bids or backs has anything to do on the
way to a bid; of work and of what waits only what the health page names. Where bids arrive nothing
is counted: faults there stand in the log, with all others (webapp/logs.py). What the machine as a
whole uses (processor, memory) moves with all its traffic and is not hidden from who runs it.

Every process tells of itself and is asked at its own address: each web process has one already,
and figures in shared files would mix processes that live with ones that are gone. What is read
from the database is the same from each.
"""

import hmac
from collections.abc import Iterable, Iterator

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from evidence import queries as evidence
from identity.guard import asks_own_token, open_to_all, permission_of
from identity.rules.permissions import GRANTS, permissions_of
from identity.states import Role
from storage.base import real_now
from storage.database import snapshot
from webapp.answered import Answered
from webapp.health import condition

metrics = Blueprint("metrics", __name__)

BIDDING_ROLES = (Role.BIDDER, Role.ISSUER)
# Of the doors that are open to all: those of machines, and what the public reads after the opening.
# Not where a bidder signs in, reads the tender and its documents, or checks the receipt.
OPEN_DOORS = frozenset(
    {
        "award_api.show_award",
        "award_api.show_candidates",
        "award_api.show_report",
        "conduct_api.public_conduct",
        "health.alive",
        "health.ready",
        "metrics.show",
        "negative_list.acts",
        "negative_list.check",
        "opening_api.show_opening",
        "opening_api.show_opening_record",
    }
)
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STEPS = 10


class Metrics:
    """The figures of one process."""

    def __init__(self, app: Flask, socket_limit: int) -> None:
        """Counts nothing yet."""
        # When a figure first moved is nobody's business.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._app = app
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "zhaobiao_requests",
            "Answered requests.",
            ["endpoint", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "zhaobiao_request_seconds",
            "Time to an answer, without its body.",
            ["endpoint"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._refusals = Counter(
            "zhaobiao_refusals", "Refused requests.", ["code"], registry=self.registry
        )
        self.registry.register(_Condition(app, socket_limit))
        ProcessCollector(registry=self.registry)

    def note(self, answered: Answered) -> None:
        """Count an answer, where that tells nothing of bids."""
        if not is_counted(self._app, answered.endpoint):
            return
        self._requests.labels(answered.endpoint, str(answered.status)).inc()
        self._seconds.labels(answered.endpoint).observe(answered.seconds)
        if answered.code:
            self._refusals.labels(answered.code).inc()


def is_counted(app: Flask, endpoint: str) -> bool:
    """Whether requests at this door may be counted: nobody bids or backs a bid through it."""
    permission = permission_of(app, endpoint)
    if permission is None:
        return endpoint in OPEN_DOORS
    return permission in _never_bidding()


def _never_bidding() -> frozenset[object]:
    """What roles grant, less all that a bidder or an issuer may."""
    every = frozenset().union(*GRANTS.values())
    return every - permissions_of(BIDDING_ROLES)


class _Condition(Collector):
    """What waits, is late or fails, as the health page has it; read when it is asked for."""

    def __init__(self, app: Flask, socket_limit: int) -> None:
        self._app, self._limit = app, socket_limit

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with snapshot() as db:
            found, oldest, now = condition(db), evidence.oldest_pending(db), real_now(db)
        waited = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        yield _gauge("log_pending_facts", "Facts that wait for the log.", found.pending_facts)
        yield _gauge("log_lag_seconds", "Age of the oldest fact that waits for the log.", waited)
        yield _gauge(
            "channel_messages_waiting",
            "Messages that wait for their number in a shared channel.",
            found.waiting_messages,
        )
        yield _gauge("work_late", "Due work that is late.", len(found.late))
        yield _gauge("work_failing", "Due work that failed at its last try.", len(found.failing))
        if found.mail is not None:
            mail = GaugeMetricFamily("zhaobiao_mail", "E-mails by state.", labels=["state"])
            for state, number in found.mail.items():
                mail.add_metric([state.value], number)
            yield mail
        yield _gauge(
            "relay_lag_seconds",
            "How long ago watchers had everything; looked at once a second.",
            self._app.extensions["live"].behind_seconds(),
        )
        yield _gauge(
            "sockets_share",
            "Open sockets as a share of the limit, up to the next tenth.",
            self._socket_share(),
        )

    def _socket_share(self) -> float:
        """In tenths: enough to see the limit come near, too coarse to see a few people come."""
        number: int = self._app.extensions["live"].taken()
        return -(-number * _STEPS // self._limit) / _STEPS


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"zhaobiao_{name}", meaning, value=value)


@metrics.get("/metrics")
@open_to_all
@asks_own_token
def show() -> Response:
    """The figures, for whoever has the token; there is nothing here where none is set."""
    wanted = current_app.extensions["settings"].metrics_token
    if wanted is None:
        return Response(status=404)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = current_app.extensions["metrics"].registry
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
