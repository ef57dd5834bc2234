"""What an issuer does: look at the orders, approve, sign the letter by PIN, or refuse."""

from typing import Any

from client import papers
from client.session import Platform


def orders(platform: Platform) -> list[dict[str, Any]]:
    """Orders to this institution, newest first; what they back is not told."""
    found: list[dict[str, Any]] = platform.get("/guarantee-orders")["orders"]
    return found


def issue(platform: Platform, order: str, pin: str) -> dict[str, Any]:
    """Approve an order and sign its letter; going on where an earlier try ended."""
    known = next(each for each in orders(platform) if each["order"] == order)
    paper = known["paper"] or platform.post(f"/guarantee-orders/{order}/approval", {})["paper"]
    return papers.sign(platform, paper, pin)


def refuse(platform: Platform, order: str, reason: str) -> None:
    """Refuse an order; the bidder sees the reason."""
    platform.post(f"/guarantee-orders/{order}/refusal", {"reason": reason})
