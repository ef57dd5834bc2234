"""A bidder's guarantee: ordered under a code that hides the tender, proved by the sealed preimage.

Only this folder knows the salt until the bid is opened.
"""

import hashlib
import secrets
from typing import Any

from client.canonical import canonical
from client.keys import KeyFolder
from client.session import Platform

ORDER_TYPE = "guarantee-order/v1"


def order_code(salt: bytes, named: dict[str, Any]) -> str:
    """SHA-256(salt ‖ canonical JSON of what the guarantee is for), in hex."""
    return hashlib.sha256(salt + canonical(named)).hexdigest()


def order(platform: Platform, keys: KeyFolder, lot: str, issuer: str) -> str:
    """Order a guarantee for a lot from an issuer; returns the order's code."""
    tender = platform.get(f"/tenders/{lot.rpartition('-')[0]}")
    shown = next(each for each in tender["lots"] if each["lot"] == lot)
    salt = secrets.token_bytes(32)
    named = {
        "type": ORDER_TYPE,
        "tender": tender["tender"],
        "lot": lot,
        "beneficiary": tender["procuring_entity"]["code"],
        "required_fen": shown["guarantee_fen"],
        "deadline": shown["deadline"],
    }
    keys.remember(f"guarantee-{lot}", {"salt": salt.hex(), "named": named})
    body = {"issuer": issuer, "code": order_code(salt, named)}
    made: dict[str, Any] = platform.post(f"/lots/{lot}/guarantee-orders", body)
    return str(made["order"])


def preimage_of(platform: Platform, keys: KeyFolder, lot: str) -> dict[str, str] | None:
    """What the manifest says of the issued guarantee; None if none was ordered or issued."""
    if not keys.has(f"guarantee-{lot}"):
        return None
    orders = platform.get(f"/lots/{lot}/guarantee-orders/mine")["orders"]
    issued = next((each for each in orders if each["state"] == "issued"), None)
    if issued is None:
        return None
    kept = keys.recall(f"guarantee-{lot}")
    return {
        "order": issued["order"],
        "salt": kept["salt"],
        "deadline": kept["named"]["deadline"],
        "sha256": issued["sha256"],
    }
