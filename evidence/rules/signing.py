"""What a person's signature on a PDF consists of between its three steps, and what the key does.

Step one fixes a revision and its signed attributes, step two (the person's own request) signs
those attributes and nothing else, step three completes the file: evidence/actions/signing.py.
Source: 电子签名法 第13条 (the signer alone controls the signature data); ETSI EN 319 142-1.
"""

import base64
import dataclasses
import hashlib
import secrets
from typing import Self

from asn1crypto import algos, core, keys, pem
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from evidence.rules.certificates import Keys
from kernel.errors import NotAllowed, Problem

KDF_ROUNDS = 600_000
"""PBKDF2-HMAC-SHA256 rounds over a PIN: about 0.15 s. Source: OWASP, password storage 2023."""

_BLOCK_BITS = 128


@dataclasses.dataclass(frozen=True)
class SignatureField:
    """An empty place for a signature.

    `box` is (left, bottom, right, top) in points on `page` (0 = first, -1 = last); without a box
    the signature is invisible. `label` is what a reader's screen says.
    """

    name: str
    label: str
    page: int = -1
    box: tuple[int, int, int, int] | None = None


@dataclasses.dataclass(frozen=True)
class PreparedSignature:
    """A revision that waits for one person's signature. Holds no key and no PIN.

    `revision`: the whole file with an empty placeholder between `gap_start` and `gap_end` (byte
    positions of `<` and after `>`); `digest`: SHA-256 of the rest; `attributes`: DER of the
    signed attributes; `certificate`: DER of whose signature is awaited.
    """

    field: str
    revision: bytes
    gap_start: int
    gap_end: int
    digest: bytes
    attributes: bytes
    certificate: bytes

    @property
    def revision_sha256(self) -> str:
        """Which file this is, as a hexadecimal SHA-256."""
        return hashlib.sha256(self.revision).hexdigest()

    def to_row(self) -> dict[str, str | int]:
        """All but the revision itself, which belongs into the vault: text and numbers for a row."""
        return {
            "field": self.field,
            "revision_sha256": self.revision_sha256,
            "gap_start": self.gap_start,
            "gap_end": self.gap_end,
            **{
                name: _text(getattr(self, name)) for name in ("digest", "attributes", "certificate")
            },
        }

    @classmethod
    def from_row(cls, row: dict[str, str | int], revision: bytes) -> Self:
        """The inverse of `to_row`. Raises ValueError if this is not the revision of the row."""
        prepared = cls(
            field=str(row["field"]),
            revision=revision,
            gap_start=int(row["gap_start"]),
            gap_end=int(row["gap_end"]),
            digest=_bytes(row["digest"]),
            attributes=_bytes(row["attributes"]),
            certificate=_bytes(row["certificate"]),
        )
        if prepared.revision_sha256 != row["revision_sha256"] or not prepared.digest_is_right():
            raise ValueError("the stored revision is not the one that was prepared")
        return prepared

    def digest_is_right(self) -> bool:
        """Whether the bytes outside the gap still have the digest that was put into words."""
        covered = hashlib.sha256(self.revision[: self.gap_start])
        covered.update(self.revision[self.gap_end :])
        return secrets.compare_digest(covered.digest(), self.digest)


def sign_attributes(private_key: Keys, attributes: bytes) -> bytes:
    """The signature value over DER signed attributes: all that an unlocked key is used for."""
    if isinstance(private_key, rsa.RSAPrivateKey):
        return private_key.sign(attributes, PKCS1v15(), hashes.SHA256())
    return private_key.sign(attributes, ec.ECDSA(hashes.SHA256()))


def signature_problems(prepared: PreparedSignature, signature: bytes) -> list[Problem]:
    """Why a signature value may not be put into the prepared revision; empty if it may."""
    key = x509.load_der_x509_certificate(prepared.certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey) and _verifies(key, signature, prepared.attributes):
        return []
    return [
        Problem(
            "signing.wrong_signature",
            "签名值与证书或文件不符，未写入文件。请重新签名。",
            "电子签名法 第13条",
        )
    ]


def lock(private_key: Keys, pin: str) -> bytes:
    """The key as PEM that opens with the PIN only (PKCS#8, PBES2: PBKDF2 and AES-256)."""
    plain = private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    salt, start = secrets.token_bytes(16), secrets.token_bytes(16)
    scheme = algos.EncryptionAlgorithm({"algorithm": "pbes2", "parameters": _scheme(salt, start)})
    locked = keys.EncryptedPrivateKeyInfo(
        {
            "encryption_algorithm": scheme,
            "encrypted_data": core.OctetString(_encrypted(plain, pin, salt, start)),
        }
    )
    armoured: bytes = pem.armor("ENCRYPTED PRIVATE KEY", locked.dump())
    return armoured


def unlock(locked: bytes, pin: str) -> Keys:
    """The private key behind a PIN. Raises NotAllowed `signing.wrong_pin`, whatever went wrong.

    Counting wrong tries is the caller's (identity): this takes about 0.15 s a try.
    """
    try:
        key = serialization.load_pem_private_key(locked, password=pin.encode())
    except (ValueError, TypeError) as error:
        raise _wrong_pin() from error
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise _wrong_pin()


def _verifies(key: rsa.RSAPublicKey, signature: bytes, attributes: bytes) -> bool:
    try:
        key.verify(signature, attributes, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _wrong_pin() -> NotAllowed:
    return NotAllowed(
        "signing.wrong_pin", "签名 PIN 不正确，密钥未打开。", "电子签名法 第13条", field="pin"
    )


def _scheme(salt: bytes, start: bytes) -> algos.Pbes2Params:
    derivation = algos.Pbkdf2Params(
        {
            "salt": core.OctetString(salt),
            "iteration_count": KDF_ROUNDS,
            "prf": {"algorithm": "sha256"},
        }
    )
    return algos.Pbes2Params(
        {
            "key_derivation_func": {"algorithm": "pbkdf2", "parameters": derivation},
            "encryption_scheme": {
                "algorithm": "aes256_cbc",
                "parameters": core.OctetString(start),
            },
        }
    )


def _encrypted(plain: bytes, pin: str, salt: bytes, start: bytes) -> bytes:
    derived = PBKDF2HMAC(hashes.SHA256(), 32, salt, KDF_ROUNDS).derive(pin.encode())
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(algorithms.AES256(derived), modes.CBC(start)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(text: str | int) -> bytes:
    return base64.b64decode(str(text), validate=True)
