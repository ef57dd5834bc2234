"""Receipts as people keep them: signed at once, completed with the proof after the close.

Signed after the commit by the web processes' key; asking again after a crash signs again.
"""

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from evidence import queries
from evidence.models.streams import Fact
from evidence.rules.receipts import sign_receipt

TYPE = "receipt/v1"


def receipt_of(fact: Fact, code: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The receipt of a fact: everything that is needed to check it off-line."""
    return {
        "type": TYPE,
        "code": code,
        "fact": fact.body,
        "salt": fact.salt.hex(),
        "commitment": fact.commitment.hex(),
        "signature": base64.b64encode(sign_receipt(key, fact.commitment)).decode(),
        "key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    }


def with_proof(db: Session, receipt: dict[str, Any]) -> dict[str, Any]:
    """The receipt with index, inclusion proof and checkpoint, once its fact is in the tree."""
    covered = queries.head_over(db, bytes.fromhex(receipt["commitment"]))
    if covered is None:
        return receipt
    index, head, cosignatures = covered
    proof = queries.inclusion_proof(db, index, head.size)
    return {
        **receipt,
        "index": index,
        "size": head.size,
        "proof": [value.hex() for value in proof],
        "checkpoint": head.note + "".join(cosignatures),
    }
