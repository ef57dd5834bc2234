"""Enrolling keys: statement keys are made by their owners, whose private halves never come here;
document keys are made here, locked by a PIN that is never kept.

Every new key is a fact that its owner sees.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from evidence.actions.authority import Authority, new_rsa_key
from evidence.actions.streams import record
from evidence.rules import signing
from evidence.rules.certificates import Subject
from evidence.rules.verifiers import P256, RSA, is_signature
from identity import queries
from identity.models.credentials import SigningKey
from identity.rules.credentials import checked_pin
from identity.rules.papers import pin_problems
from identity.rules.permissions import Viewer
from identity.states import KeyPurpose
from kernel import codes
from kernel.errors import InvalidInput, NotAllowed, Refusal, refuse_if
from storage.due import schedule

REVOKE = "key.revoke"
_PROOF_DOMAIN = b"zhaobiao-key-proof/v1\n"


def enrol_statement_key(
    db: Session, who: Viewer, *, spki: bytes, proof: bytes, now: datetime
) -> SigningKey:
    """Enrol a P-256 public key. `proof` signs the domain, the person's code and the key itself.

    The keys enrolled before stay valid for what they signed, but this one counts from now on.
    """
    load_p256(spki)
    message = _PROOF_DOMAIN + who.code.encode() + b"\n" + spki
    if not is_signature(P256, spki, proof, message):
        raise InvalidInput(
            "key.not_proved", "没有证明您持有该公钥对应的私钥。", "电子签名法 第13条", field="proof"
        )
    _refuse_given_up(db, who, spki)
    key = SigningKey(
        code=codes.new_code("KY"),
        person=queries.person_with_code(db, who.code),
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


def _refuse_given_up(db: Session, who: Viewer, spki: bytes) -> None:
    """A proof is good for ever: without this, an old one would bring a revoked key back."""
    known = [key for key in queries.keys_of(db, who.code) if key.public_key == spki]
    if any(key.revoked_at is not None for key in known):
        raise InvalidInput(
            "key.was_revoked",
            "该密钥已停用，不能再次登记；请生成新的密钥。",
            "电子签名法 第15条",
            field="spki",
        )


@dataclass(frozen=True)
class LockedKey:
    """A new RSA key behind a PIN, with its certificate; made outside of any transaction."""

    locked: str
    certificate: str
    spki: bytes


def make_document_key(who: Viewer, pin: str, authority: Authority, now: datetime) -> LockedKey:
    """A key by which a person signs documents, locked by their PIN; half a second of work.

    `now` is real time: certificates know no rehearsal. Raises InvalidInput for a bad PIN.
    """
    checked, key = checked_pin(pin), new_rsa_key()
    subject = Subject(who.organisation_name, who.name, who.organisation, who.code)
    certificate = authority.issue(subject, key.public_key(), now=now)
    return LockedKey(
        locked=signing.lock(key, checked).decode(),
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        spki=key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )


def enrol_document_key(db: Session, who: Viewer, made: LockedKey, *, now: datetime) -> SigningKey:
    """Keep a person's document key and record its certificate."""
    key = SigningKey(
        code=codes.new_code("KY"),
        person=queries.person_with_code(db, who.code),
        purpose=KeyPurpose.DOCUMENT,
        algorithm=RSA,
        public_key=made.spki,
        certificate=made.certificate,
        locked_key=made.locked,
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
            "algorithm": RSA,
            "purpose": KeyPurpose.DOCUMENT.value,
            "spki": base64.b64encode(made.spki).decode(),
            "certificate": made.certificate,
        },
        now=now,
    )
    return key


def revoke_key(db: Session, who: Viewer, code: str, *, now: datetime) -> SigningKey:
    """One of my keys signs nothing from now on; what it signed before stays valid.

    The worker puts its certificate on the revocation list. Raises NotFound for keys of others.
    """
    key = queries.key_of(db, who.code, code)
    if key.revoked_at is not None:
        raise Refusal("key.revoked_already", "该密钥已经停用。", "电子签名法 第15条")
    key.revoked_at = now
    record(
        db,
        stream=f"person:{who.code}",
        kind="key.revoked",
        actor=who.code,
        subject=f"key:{code}",
        data={"purpose": key.purpose.value},
        now=now,
    )
    if key.certificate is not None:
        schedule(db, REVOKE, f"person:{who.code}", now)
    return key


def count_attempt(db: Session, key_code: str) -> str:
    """Count a try at a key's PIN before it is made, so that tries side by side count too.

    Returns the locked key. Raises NotAllowed once it is blocked, Refusal once revoked.
    """
    key = db.get_one(SigningKey, key_code)
    if key.revoked_at is not None:
        raise Refusal("key.revoked", "该密钥已停用，请重新申请签署。", "电子签名法 第15条")
    refuse_if(pin_problems(key.wrong_pins), NotAllowed)
    key.wrong_pins += 1
    if key.locked_key is None:
        raise RuntimeError("a document key has a locked half")
    return key.locked_key


def forget_attempts(db: Session, key_code: str) -> None:
    """The PIN was right: the tries before it do not count any more."""
    db.get_one(SigningKey, key_code).wrong_pins = 0


def load_p256(spki: bytes) -> ec.EllipticCurvePublicKey:
    """The public key in this SubjectPublicKeyInfo. Raises InvalidInput if it is not P-256."""
    try:
        public = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise _not_p256() from fault
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        raise _not_p256()
    return public


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
    if not is_signature(key.algorithm, key.public_key, signature, text):
        raise InvalidInput(
            "statement.signature",
            "签名与声明不符，或不是您当前登记的密钥 %(key)s 所签。",
            "电子签名法 第13条",
            field="signature",
            key=key.code,
        )
    return key
