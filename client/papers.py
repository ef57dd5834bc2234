"""Signing a document: ask for the turn, wait until it is prepared, sign by PIN, wait until done."""

import time
from collections.abc import Callable
from typing import Any

from client.session import Platform, Refused

POLL_SECONDS = 0.3
PATIENCE_SECONDS = 300.0


def make_key(platform: Platform, pin: str) -> str:
    """Have a document key with a certificate made, unless there is a valid one."""
    for key in platform.get("/keys")["keys"]:
        if key["purpose"] == "document" and key["revoked_at"] is None:
            return str(key["code"])
    return str(platform.post("/keys/document", {"pin": pin})["code"])


def sign(platform: Platform, paper: str, pin: str) -> dict[str, Any]:
    """All three steps; goes on wherever it stands. Raises TimeoutError after five minutes."""
    _until(lambda: _asked(platform, paper))
    if _until(lambda: _has_reached(platform, paper, "prepared", "signed", "done")) == "prepared":
        platform.post(f"/papers/{paper}/signature", {"pin": pin})
    _until(lambda: _has_reached(platform, paper, "done"))
    shown: dict[str, Any] = platform.get(f"/papers/{paper}")
    return shown


def _asked(platform: Platform, paper: str) -> bool:
    """Whether we are in the queue, or past it; not while the document is still being drawn."""
    try:
        platform.post(f"/papers/{paper}/turn", {})
    except Refused as refused:
        if refused.code == "paper.not_drawn":
            return False
        if refused.code != "paper.signed_already":
            raise
    return True


def _has_reached(platform: Platform, paper: str, *states: str) -> str | None:
    shown = platform.get(f"/papers/{paper}")
    if shown["turn"] == "waiting":  # it lapsed, or the certificate did not do
        raise RuntimeError(f"paper {paper}: {shown['finding']}")
    return str(shown["turn"]) if shown["turn"] in states else None


def _until(check: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if answer := check():
            return answer
        time.sleep(POLL_SECONDS)
    raise TimeoutError("the document was not ready in time")
