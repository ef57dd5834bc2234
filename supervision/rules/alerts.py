"""When a limit is close or passed, and which refused attempts a regulator hears of.

Yellow: less than four hours are left, or a fifth of the time. Red: the limit has passed, or
somebody tried a step that the state or the time of the lot forbids. What a bidder tries is never
told: before the deadline it would tell that there is a bidder.
Source: domain.md 7.2 (practice of electronic monitoring); 电子招标投标办法 第44条、第48条.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from identity.states import Role
from kernel.errors import NotYet, Refusal, TooLate
from supervision.states import AlertLevel

CLOSE = timedelta(hours=4)
LAST_PART = 5
"""Yellow in the last fifth of the time."""

_TOLD_OF = frozenset({Role.AGENT, Role.PROCURING_OFFICER, Role.EXPERT, Role.ISSUER})
_STEPS = (Refusal, NotYet, TooLate)


def level_of(begun: datetime | None, until: datetime | None, now: datetime) -> AlertLevel | None:
    """How urgent a limit is; the limit itself is already passed. None: calm, or no limit."""
    if until is None:
        return None
    if now >= until:
        return AlertLevel.RED
    left = until - now
    if left < CLOSE or (begun is not None and left * LAST_PART < until - begun):
        return AlertLevel.YELLOW
    return None


def is_illegal_attempt(refusal: Refusal, roles: Collection[Role]) -> bool:
    """Whether a refusal is a forbidden step of somebody whose steps regulators watch.

    A mistake in a form is none, nor is a button pressed twice, nor what a bidder does. A refusal
    without a source names no law that was broken.
    """
    if Role.BIDDER in roles or not _TOLD_OF & set(roles):
        return False
    return type(refusal) in _STEPS and bool(refusal.problems[0].source)
