"""The keys that a person keeps in a folder of their own: one to sign with, one per sealed bid.

The platform never sees a private half of these. Files are readable by their owner only.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pyrage
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from client.canonical import canonical
from client.session import Platform

_PROOF_DOMAIN = b"zhaobiao-key-proof/v1\n"


class KeyFolder:
    """A folder of keys."""

    def __init__(self, folder: Path) -> None:
        """Made if it is not there."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def signing_key(self) -> ec.EllipticCurvePrivateKey:
        """The P-256 key, made at first use."""
        path = self.folder / "signing.pem"
        if not path.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            pem = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            self._write(path, pem)
        loaded = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path} is not a P-256 key")
        return loaded

    def enrol(self, platform: Platform) -> None:
        """Tell the platform the public half, once, with proof that the private one is here."""
        key = self.signing_key()
        spki = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        person = str(platform.get("/me")["code"])
        if self.has("enrolled") and self.recall("enrolled") == person:
            return
        proof = _sign(key, _PROOF_DOMAIN + person.encode() + b"\n" + spki)
        platform.post("/keys/statement", {"spki": _b64(spki), "proof": _b64(proof)})
        self.remember("enrolled", person)

    def signed(self, statement: dict[str, Any]) -> dict[str, Any]:
        """The statement with its signature, as the platform takes it."""
        signature = _sign(self.signing_key(), canonical(statement))
        return {"statement": statement, "signature": _b64(signature)}

    def new_seal(self) -> str:
        """A fresh age key pair, kept here; returns its public half, the seal."""
        identity = pyrage.x25519.Identity.generate()
        seal = str(identity.to_public())
        self._write(self.folder / f"{seal}.key", str(identity).encode())
        return seal

    def identity_of(self, seal: str) -> str:
        """The private half of a seal."""
        return (self.folder / f"{seal}.key").read_text()

    def has_seal(self, seal: str) -> bool:
        """Whether the private half of this seal is here."""
        return (self.folder / f"{seal}.key").exists()

    def has(self, name: str) -> bool:
        """Whether there is a note of this name."""
        return (self.folder / f"{name}.json").exists()

    def remember(self, name: str, value: Any) -> None:
        """Keep a note, such as a receipt."""
        self._write(self.folder / f"{name}.json", json.dumps(value, ensure_ascii=False).encode())

    def recall(self, name: str) -> Any:
        """A note kept before. Raises FileNotFoundError."""
        return json.loads((self.folder / f"{name}.json").read_text())

    def keep(self, name: str, text: str) -> None:
        """Keep a text as a file of this very name."""
        self._write(self.folder / name, text.encode())

    def kept(self, name: str) -> str | None:
        """A text kept before, if there is one."""
        path = self.folder / name
        return path.read_bytes().decode() if path.exists() else None

    def _write(self, path: Path, value: bytes) -> None:
        beside = path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)


def _sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
