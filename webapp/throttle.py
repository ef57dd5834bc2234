"""How often one may try to sign in or apply: by address and name, counted in memory or Redis.

Attempts are counted before the password is looked at, so that a guess costs the guesser and not
the hashing. Several web processes need REDIS_URL to count together; while that is away each counts
alone, so that nobody is locked out and nobody guesses unhindered.
"""

import logging

from flask import Flask, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from kernel.errors import TooMany
from webapp.settings import Settings

BY_NAME = RateLimitItemPerMinute(10)
BY_ADDRESS = RateLimitItemPerMinute(60)
DOORS = ("account_api.make_token", "account.sign_in_now")
# Here no name is given: the address is counted, and the person by the rules of their codes.
NAMELESS = ("account.give_code", "applications.show_state")
BY_APPLICANT = RateLimitItemPerHour(20)
_PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 1}
log = logging.getLogger("zhaobiao.throttle")
APPLYING = "applications.apply"


class Counted:
    """Counts attempts together with the other processes, or alone while that cannot be."""

    def __init__(self, url: str | None) -> None:
        """`url` of the store that all share; none: this process counts alone."""
        self._alone = FixedWindowRateLimiter(storage_from_string("memory://"))
        self._shared = (
            FixedWindowRateLimiter(storage_from_string(url, wrap_exceptions=True, **_PATIENCE))
            if url
            else self._alone
        )

    def hit(self, limit: RateLimitItem, *names: str) -> bool:
        """Count one attempt; False when it is one too many."""
        try:
            return self._shared.hit(limit, *names)
        except StorageError:
            log.warning("attempts are counted by this process alone")
            return self._alone.hit(limit, *names)


def register_throttle(app: Flask, settings: Settings) -> None:
    """Count attempts at the doors where passwords are taken. Raises TooMany above the limits."""
    counted = Counted(settings.redis_url)

    @app.before_request
    def count() -> None:
        if request.method == "POST" and request.endpoint == APPLYING:
            if not counted.hit(BY_APPLICANT, "applicant", request.remote_addr or ""):
                raise TooMany("application.too_many", "申请次数过多，请一小时后再试。")
            return
        if request.method != "POST" or request.endpoint not in (*DOORS, *NAMELESS):
            return
        by_address = counted.hit(BY_ADDRESS, "address", request.remote_addr or "")
        is_named = request.endpoint in DOORS
        by_name = counted.hit(BY_NAME, "name", _name()) if is_named else True
        if not by_name or not by_address:
            raise TooMany("account.too_many_attempts", "尝试次数过多，请一分钟后再试。")


def _name() -> str:
    body = request.get_json(silent=True)
    given = body.get("username") if isinstance(body, dict) else request.form.get("username")
    return str(given or "").strip().lower()[:40]
