"""A receipt: one fact with its salt, signed at once by the platform; it verifies off-line.

One that is missing from the closed set convicts the platform (design.md §4.4, §4.5). The
signature is Ed25519 over "zhaobiao-receipt/v1\\n" ‖ commitment, by the receipt key.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

_DOMAIN = b"zhaobiao-receipt/v1\n"


def sign_receipt(key: Ed25519PrivateKey, commitment: bytes) -> bytes:
    """The platform's signature over a fact's commitment."""
    return key.sign(_DOMAIN + commitment)


def is_receipt_signature(public: bytes, signature: bytes, commitment: bytes) -> bool:
    """Whether the platform signed this commitment."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _DOMAIN + commitment)
    except InvalidSignature:
        return False
    return True
