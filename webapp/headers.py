"""Response headers: a strict content policy, no sniffing, no framing, nothing cached by mistake."""

import re
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

# Where bids are sealed, no text may become a script, and none but our own worker starts.
SEALING = (
    POLICY.replace("worker-src 'self' blob:", "worker-src 'self'")
    + "; require-trusted-types-for 'script'; trusted-types zhaobiao"
)
_SEALING_PAGE = "sealing.seal"
_SEALING_WORKER = re.compile(r"/static/dist/seal-worker-[A-Z0-9]{8}\.js")
# The name of a bundled file holds its digest: what it says never changes.
_BUNDLED = re.compile(r"/static/dist/[\w-]+-[A-Z0-9]{8}\.(js|css|svg)")


def register_headers(app: Flask) -> None:
    """Add the headers to every answer."""

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _policy())
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if location := response.headers.get("Location"):
            response.headers["Location"] = _of_this_site(location)
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        elif _BUNDLED.fullmatch(request.path) and response.status_code in (200, 304):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _of_this_site(location: str) -> str:
    """The way to go on without a host: nothing here leads elsewhere, and a host can be made up."""
    parts = urlsplit(location)
    if not parts.netloc:
        return location
    path = "/" + parts.path.lstrip("/")
    return urlunsplit(parts._replace(scheme="", netloc="", path=path))


def _policy() -> str:
    """A worker's own answer decides what the worker may do."""
    seals = request.endpoint == _SEALING_PAGE or _SEALING_WORKER.fullmatch(request.path)
    return SEALING if seals else POLICY
