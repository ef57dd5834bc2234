"""The platform's own certificate authority: made once in a folder, kept there, loaded from there.

It protects nobody against whoever holds the folder; docs/trust.md says so. An installation with a
licensed CA replaces root and seal. Key files are readable by the owner only.
"""

# mypy: allow-untyped-calls
# (pyHanko's constructors carry no annotations.)

import dataclasses
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from evidence.rules import certificates
from evidence.rules.certificates import Issuer, PublicKeys, Revocation, Subject
from storage.disk import flush

CRL_REFRESH = timedelta(days=1)
"""A revocation list older than this is made anew when the authority is opened or asked."""

_NAME = "昭标"
_TITLES = {
    "root": "根证书",
    "issuing": "签发机构",
    "seal": "平台电子印章",
    "time_stamp": "时间戳服务",
}
_AUTHORITIES = ("root", "issuing")
_PEM = serialization.Encoding.PEM
_DER = serialization.Encoding.DER


@dataclasses.dataclass(frozen=True)
class Credential:
    """A certificate (cryptography's type) and the loaded private key that belongs to it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def asn1(self) -> asn1_x509.Certificate:
        """The same certificate as pyHanko wants it."""
        return asn1_certificate(self.certificate)

    @property
    def issuer(self) -> Issuer:
        """This credential in the role of a signer of certificates."""
        return Issuer(self.certificate, self.key)


class Authority:
    """Root, issuing authority, platform seal and time-stamp key, with their revocation lists."""

    def __init__(self, folder: Path, crl_url: str) -> None:
        """Load from a finished folder; use `open_authority`, which also makes it."""
        self.folder = folder
        self.crl_url = crl_url
        self.root, self.issuing, self.seal, self.time_stamp = (
            _load(folder, name) for name in _TITLES
        )

    @property
    def certificate_chain(self) -> tuple[x509.Certificate, ...]:
        """Issuing certificate, then root: what stands above every certificate issued here."""
        return (self.issuing.certificate, self.root.certificate)

    @property
    def trust_pem(self) -> bytes:
        """The root as PEM: what a verifier elsewhere is given."""
        return self.root.certificate.public_bytes(_PEM)

    @property
    def store(self) -> SimpleCertificateStore:
        """The chain as pyHanko's signers want it."""
        store = SimpleCertificateStore()
        for certificate in self.certificate_chain:
            store.register(asn1_certificate(certificate))
        return store

    def issue(
        self,
        subject: Subject,
        key: PublicKeys,
        *,
        now: datetime,
        lifetime: timedelta = certificates.PERSON_LIFETIME,
    ) -> x509.Certificate:
        """A certificate for somebody's public key (RSA-3072 or P-256). Raises InvalidInput."""
        return certificates.signing_certificate(
            subject, key, self.issuing.issuer, now=now, crl_url=self.crl_url, lifetime=lifetime
        )

    def serve_tls(self, hosts: Sequence[str], now: datetime) -> tuple[Path, Path]:
        """Certificate chain and key for a web server at these hosts, made anew at each call."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = certificates.server_certificate(
            hosts, key.public_key(), self.issuing.issuer, now=now, crl_url=self.crl_url
        )
        chain = certificate.public_bytes(_PEM) + self.issuing.certificate.public_bytes(_PEM)
        private = key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        paths = self.folder / "server.crt", self.folder / "server.key"
        _replace(paths[0], chain, mode=0o644)
        _replace(paths[1], private, mode=0o600)
        return paths

    def revoke(self, certificate: x509.Certificate, *, now: datetime) -> None:
        """Put a certificate issued here on the revocation list, from `now` on; twice is once."""
        with _locked(self.folder):
            revoked = _revocations(self.folder)
            if certificate.serial_number in {entry.serial_number for entry in revoked}:
                return
            revoked.append(Revocation(certificate.serial_number, now))
            _write_revocations(self.folder, revoked)
            _write_list(self, "issuing", now)

    def revocation_lists(self, now: datetime) -> tuple[x509.CertificateRevocationList, ...]:
        """The root's list and the issuing authority's, none of them older than CRL_REFRESH."""
        self.refresh(now)
        return tuple(_read_list(self.folder, name) for name in _AUTHORITIES)

    def refresh(self, now: datetime) -> None:
        """Make the lists anew where they are older than CRL_REFRESH or missing."""
        with _locked(self.folder):
            for name in _AUTHORITIES:
                if _is_stale(self.folder, name, now):
                    _write_list(self, name, now)

    def validation_context(self, now: datetime, *, at: datetime | None = None) -> ValidationContext:
        """How pyHanko checks certificates of this authority: no network, revocation required.

        A new one for every use; `at` checks as of an earlier moment.
        """
        return ValidationContext(
            trust_roots=[self.root.asn1],
            other_certs=[self.issuing.asn1],
            crls=[
                asn1_crl.CertificateList.load(entry.public_bytes(_DER))
                for entry in self.revocation_lists(now)
            ],
            allow_fetching=False,
            revocation_mode="hard-fail",
            moment=at,
        )


def open_authority(
    folder: Path, now: datetime, *, crl_url: str = "http://crl.invalid/issuing.crl"
) -> Authority:
    """The authority in this folder, made at first use; whoever comes second uses the first's.

    It is made in a folder beside it and renamed whole: a crash half way leaves nothing that
    would be taken for an authority.
    """
    if not (folder / "root.crt").exists():
        _create(folder, now, crl_url)
    authority = Authority(folder, crl_url)
    authority.refresh(now)
    return authority


def kept_trust_pem(folder: Path) -> bytes | None:
    """The root as PEM, without touching a key; None where no authority has been made."""
    root = folder / "root.crt"
    return root.read_bytes() if root.exists() else None


def asn1_certificate(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The certificate in pyHanko's form."""
    return asn1_x509.Certificate.load(certificate.public_bytes(_DER))


def new_rsa_key() -> rsa.RSAPrivateKey:
    """A new RSA key of the length that certificates here ask for; about a third of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=certificates.RSA_BITS)


def _create(folder: Path, now: datetime, crl_url: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write_credentials(draft, now, crl_url)
        draft.rename(folder)
    except OSError:
        # Another process was faster: a rename onto its filled folder fails, and its keys stand.
        if not (folder / "root.crt").exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_credentials(folder: Path, now: datetime, crl_url: str) -> None:
    keys = {name: new_rsa_key() for name in _TITLES}
    for name, certificate in _certificates(keys, now, crl_url).items():
        _write(folder / f"{name}.crt", certificate.public_bytes(_PEM), mode=0o644)
        _write(folder / f"{name}.key", _key_pem(keys[name]), mode=0o600)


def _certificates(
    keys: dict[str, rsa.RSAPrivateKey], now: datetime, crl_url: str
) -> dict[str, x509.Certificate]:
    """The root's, the issuing authority's by it, and by that the seal's and the time-stamps'."""
    named = {
        name: Subject(organisation=f"{_NAME}公共资源交易平台", person=f"{_NAME}{title}")
        for name, title in _TITLES.items()
    }
    public = {name: key.public_key() for name, key in keys.items()}
    root = certificates.root_certificate(named["root"].name(), keys["root"], now=now)
    above = Issuer(root, keys["root"])
    issuing = certificates.issuing_certificate(
        named["issuing"].name(), public["issuing"], above, now=now, crl_url=crl_url
    )
    by, lifetime = Issuer(issuing, keys["issuing"]), certificates.TIME_STAMP_LIFETIME
    seal = certificates.signing_certificate(
        named["seal"], public["seal"], by, now=now, crl_url=crl_url, lifetime=lifetime
    )
    time_stamp = certificates.time_stamp_certificate(
        named["time_stamp"].name(), public["time_stamp"], by, now=now, crl_url=crl_url
    )
    return {"root": root, "issuing": issuing, "seal": seal, "time_stamp": time_stamp}


def _key_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _load(folder: Path, name: str) -> Credential:
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{name}.key is not an RSA key")
    return Credential(x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes()), key)


def _read_list(folder: Path, name: str) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl((folder / f"{name}.crl").read_bytes())


def _is_stale(folder: Path, name: str, now: datetime) -> bool:
    if not (folder / f"{name}.crl").exists():
        return True
    return now - _read_list(folder, name).last_update_utc > CRL_REFRESH


def _write_list(authority: Authority, name: str, now: datetime) -> None:
    """Write the next revocation list of one authority; the caller holds the folder's lock."""
    issuer = authority.root.issuer if name == "root" else authority.issuing.issuer
    revoked = [] if name == "root" else _revocations(authority.folder)
    number = _list_number(authority.folder, name) + 1
    made = certificates.revocation_list(issuer, revoked, number=number, now=now)
    _replace(authority.folder / f"{name}.crl", made.public_bytes(_DER), mode=0o644)


def _list_number(folder: Path, name: str) -> int:
    if not (folder / f"{name}.crl").exists():
        return 0
    extension = _read_list(folder, name).extensions.get_extension_for_class(x509.CRLNumber)
    return extension.value.crl_number


def _revocations(folder: Path) -> list[Revocation]:
    path = folder / "revoked.json"
    rows = json.loads(path.read_bytes()) if path.exists() else []
    return [Revocation(int(row["serial"]), datetime.fromisoformat(row["at"])) for row in rows]


def _write_revocations(folder: Path, revoked: list[Revocation]) -> None:
    rows = [
        {"serial": str(entry.serial_number), "at": entry.revoked_at.isoformat()}
        for entry in revoked
    ]
    _replace(folder / "revoked.json", json.dumps(rows).encode(), mode=0o644)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process at a time writes lists of this folder."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    """Write beside and rename, so that a reader sees the old file or the new one, whole."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    _write(draft, content, mode=mode)
    draft.replace(path)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Write with this mode from the first byte on, never readable by others in between."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        flush(file)
