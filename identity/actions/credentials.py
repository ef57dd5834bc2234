"""Enrolling keys by which people sign statements. Their private halves never come here.

Every new key is a fact that its owner sees.
"""

import base64
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity import queries
from identity.models.credentials import SigningKey
from identity.rules.permissions import Viewer
from identity.states import KeyPurpose
from kernel import codes
from kernel.errors import InvalidInput, NotFound, Refusal

P256 = "ecdsa-p256-sha256"
_PROOF_DOMAIN = b"zhaobiao-key-proof/v1\n"


def enrol_statement_key(
    db: Session, who: Viewer, *, spki: bytes, proof: bytes, now: datetime
) -> SigningKey:
    """Enrol a P-256 public key. `proof` signs the domain, the person's code and the key itself.

    The keys enrolled before stay valid for what they signed, but this one counts from now on.
    """
    public = load_p256(spki)
    if not is_p256_signature(public, proof, _PROOF_DOMAIN + who.code.encode() + b"\n" + spki):
        raise InvalidInput(
            "key.not_proved", "没有证明您持有该公钥对应的私钥。", "电子签名法 第13条", field="proof"
        )
    person = queries.person_by_code(db, who.code)
    if person is None:
        raise NotFound("account.not_found", "没有这个账户。")
    key = SigningKey(
        code=codes.new_code("KY"),
        person=person,
        purpose=KeyPurpose.STATEMENT,
        algorithm=P256,
        public_key=spki,
        made_at=now,
    )
    db.add(key)
    record(
        db,
        stream=f"person:{who.code}",
        kind="key.enrolled",
        actor=who.code,
        subject=f"key:{key.code}",
        data={
            "algorithm": P256,
            "purpose": KeyPurpose.STATEMENT.value,
            "spki": base64.b64encode(spki).decode(),
        },
        now=now,
    )
    return key


def load_p256(spki: bytes) -> ec.EllipticCurvePublicKey:
    """The public key in this SubjectPublicKeyInfo. Raises InvalidInput if it is not P-256."""
    try:
        public = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise _not_p256() from fault
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        raise _not_p256()
    return public


def is_p256_signature(public: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    """Whether this DER signature over the message is the key's."""
    try:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def describe(key: SigningKey) -> dict[str, Any]:
    """A key as its owner sees it."""
    return {
        "code": key.code,
        "purpose": key.purpose.value,
        "algorithm": key.algorithm,
        "made_at": key.made_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


def _not_p256() -> InvalidInput:
    return InvalidInput("key.not_p256", "公钥必须是 P-256 的 SubjectPublicKeyInfo。", field="spki")


def signed_by(db: Session, who: Viewer, text: bytes, signature: bytes) -> SigningKey:
    """The person's current statement key, if this signature over the text is its own.

    Raises Refusal when no key is enrolled, InvalidInput when the signature is another's.
    """
    key = queries.valid_key(db, who.code, KeyPurpose.STATEMENT)
    if key is None:
        raise Refusal("key.none", "请先登记签名密钥。", "电子签名法 第13条", field="signature")
    if not is_p256_signature(load_p256(key.public_key), signature, text):
        raise InvalidInput(
            "statement.signature",
            "签名与声明不符，或不是您当前登记的密钥 %(key)s 所签。",
            "电子签名法 第13条",
            field="signature",
            key=key.code,
        )
    return key
