"""How long a sign-in holds, where it may lead, and what kind of browser it came from.

Source: security.md D; 网络安全法 第24条、第42条 (identity is checked, access is kept safe).
"""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

IDLE = timedelta(hours=8)
"""A browser that was not seen for so long is signed out."""

SEEN_EVERY = timedelta(minutes=5)
"""How exactly it is kept when somebody was seen last; more often would write at every page."""

LONGEST_ADDRESS = 500
_MISREAD = re.compile(r"[ \\]")
# The first that fits decides: what calls itself Edge calls itself Chrome and Safari as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def own_path(text: str) -> str:
    """The address if it is a page of this site to go on to, otherwise nothing.

    A path only: no host, no scheme, nothing that a browser could read as one; and not the doors
    of signing in and out, which would lead round in a circle.
    """
    if not text.startswith("/") or text.startswith("//") or len(text) > LONGEST_ADDRESS:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if not text.isprintable() or _MISREAD.search(text) or parts.scheme or parts.netloc:
        return ""
    return "" if parts.path.startswith(("/sign-in", "/sign-out", "/api/")) else text


def is_idle(seen_at: datetime, now: datetime) -> bool:
    """Whether a browser was last seen too long ago; the end of the time itself is too long."""
    return now - seen_at >= IDLE


def is_worth_noting(seen_at: datetime | None, now: datetime) -> bool:
    """Whether it is time to keep anew when this sign-in was seen."""
    return seen_at is None or now - seen_at >= SEEN_EVERY


def browser_family(user_agent: str) -> str:
    """What a browser says it is, in two words; nothing of it is believed or compared."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(word for word in (browser, system) if word)
