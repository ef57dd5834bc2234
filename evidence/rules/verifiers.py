"""Who checks which kind of signature over a signed statement: one table from algorithm to check.

A new kind (a passkey, a CA's USB key, SM2) is one more line. Source: security.md A.6.
"""

from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

P256 = "ecdsa-p256-sha256"
RSA = "rsa-pkcs1-sha256"
Check = Callable[[bytes, bytes, bytes], bool]


def is_signature(algorithm: str, spki: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature over the message is this public key's (SubjectPublicKeyInfo, DER).

    False for an algorithm that is not in the table and for a key that does not fit it.
    """
    check = VERIFIERS.get(algorithm)
    return check is not None and check(spki, signature, message)


def _is_p256(spki: bytes, signature: bytes, message: bytes) -> bool:
    public = _loaded(spki)
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        return False
    try:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _is_rsa(spki: bytes, signature: bytes, message: bytes) -> bool:
    public = _loaded(spki)
    if not isinstance(public, rsa.RSAPublicKey):
        return False
    try:
        public.verify(signature, message, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _loaded(spki: bytes) -> object:
    try:
        return serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        return None


VERIFIERS: Mapping[str, Check] = {P256: _is_p256, RSA: _is_rsa}
