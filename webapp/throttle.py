"""How often one may try to sign in or apply: by address and name, counted in memory or Redis.

Attempts are counted before the password is looked at, so that a guess costs the guesser and not
the hashing. Several web processes need REDIS_URL to count together.
"""

from flask import Flask, request
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
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
APPLYING = "applications.apply"


def register_throttle(app: Flask, settings: Settings) -> None:
    """Count attempts at the doors where passwords are taken. Raises TooMany above the limits."""
    counted = FixedWindowRateLimiter(storage_from_string(settings.redis_url or "memory://"))

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
