"""What is noted of every answered request, for the log and for the metrics.

By the name of its door and never by its address: an address names lots, bids and people. Who asked
is not noted at all.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask, Response, g, request


@dataclass(frozen=True)
class Answered:
    """One answer. `endpoint` is empty where no door fits, `code` where nothing was refused."""

    endpoint: str
    method: str
    status: int
    code: str
    seconds: float


def register_answered(app: Flask, *listeners: Callable[[Answered], object]) -> None:
    """Tell the listeners of every answer, after everything else is done to it.

    To be registered before all that looks at a request: what that refuses is noted too.
    """

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            request=secrets.token_hex(8), endpoint=request.endpoint or ""
        )

    @app.after_request
    def end(response: Response) -> Response:
        answered = Answered(
            request.endpoint or "",
            request.method,
            response.status_code,
            g.get("refused", ""),
            time.perf_counter() - g.began,
        )
        for listener in listeners:
            listener(answered)
        return response


def note_code(code: str) -> None:
    """The answer that is being made refuses for this reason."""
    g.refused = code
