"""What the built-in certificate authority puts into a certificate: root, issuing CA, people, TSA.

Pure: keys, the present moment and lifetimes come in, certificates go out. Keeping them is
evidence/actions/authority.py. Source: 电子签名法 第13、16至19条; RFC 5280; ETSI EN 319 412-2, -3.
"""

import dataclasses
import ipaddress
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kernel.errors import InvalidInput

Keys = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKeys = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

ROOT_LIFETIME = timedelta(days=20 * 365)
ISSUING_LIFETIME = timedelta(days=15 * 365)
TIME_STAMP_LIFETIME = timedelta(days=10 * 365)
PERSON_LIFETIME = timedelta(days=3 * 365)
SERVER_LIFETIME = timedelta(days=397)
CRL_LIFETIME = timedelta(days=30)
CLOCK_TOLERANCE = timedelta(minutes=5)
"""A certificate is valid from a little before it is made, so that no honest clock refuses it."""

RSA_BITS = 3072
_COMMON_NAME_BYTES = 64
_IDENTIFIER = re.compile(r"[A-Za-z0-9-]{0,64}")
_ORGANISATION_IDENTIFIER = x509.ObjectIdentifier("2.5.4.97")


@dataclasses.dataclass(frozen=True)
class Subject:
    """Whom a certificate names: a person of an organisation, or (person empty) the organisation.

    `credit_code` is the organisation's unified social credit code, written as the
    organizationIdentifier `NTRCN-<code>`; `identifier` is the person's public code in the
    serialNumber (never an identity-card number).
    """

    organisation: str
    person: str = ""
    credit_code: str = ""
    identifier: str = ""
    unit: str = ""

    def name(self) -> x509.Name:
        """The distinguished name, in the order country, organisation, unit, person.

        A common name over 64 bytes of UTF-8 is cut there (RFC 5280, ub-common-name, as checked
        by the library); the organisation stands in full beside it. Raises InvalidInput
        `certificate.bad_identifier` if the identifier is not of letters, digits and `-`.
        """
        if not _IDENTIFIER.fullmatch(self.identifier):
            raise InvalidInput(
                "certificate.bad_identifier",
                "证书中的人员编号只能含字母、数字和“-”。",
                field="identifier",
            )
        parts = [
            (NameOID.COUNTRY_NAME, "CN"),
            (NameOID.ORGANIZATION_NAME, self.organisation),
            (_ORGANISATION_IDENTIFIER, f"NTRCN-{self.credit_code}" if self.credit_code else ""),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, self.unit),
            (NameOID.COMMON_NAME, _cut(self.person or self.organisation)),
            (NameOID.SERIAL_NUMBER, self.identifier),
        ]
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])


@dataclasses.dataclass(frozen=True)
class Issuer:
    """Who signs a certificate or a revocation list: its own certificate and key."""

    certificate: x509.Certificate
    key: Keys


@dataclasses.dataclass(frozen=True)
class Revocation:
    """One certificate that is no longer good, from this moment on."""

    serial_number: int
    revoked_at: datetime


def root_certificate(name: x509.Name, key: Keys, *, now: datetime) -> x509.Certificate:
    """The self-signed trust root; it signs issuing authorities and their revocation list only."""
    builder = _builder(name, name, key.public_key(), now, ROOT_LIFETIME)
    return _as_authority(builder, path_length=1).sign(key, hashes.SHA256())


def issuing_certificate(
    name: x509.Name, key: PublicKeys, issuer: Issuer, *, now: datetime, crl_url: str
) -> x509.Certificate:
    """The authority that signs people, seal and TSA; no authority may stand below it."""
    builder = _builder(name, issuer.certificate.subject, key, now, ISSUING_LIFETIME)
    builder = _under(builder, issuer, crl_url)
    return _as_authority(builder, path_length=0).sign(issuer.key, hashes.SHA256())


def signing_certificate(
    subject: Subject,
    key: PublicKeys,
    issuer: Issuer,
    *,
    now: datetime,
    crl_url: str,
    lifetime: timedelta = PERSON_LIFETIME,
) -> x509.Certificate:
    """The certificate of somebody who signs: RSA of 3072 bits or more, or the curve P-256.

    Raises InvalidInput `certificate.weak_key` for any other key. A PDF signer needs RSA: with a
    curve the file would be PDF 2.0, which PDF/A-3 forbids.
    """
    _require_strong(key)
    builder = _builder(subject.name(), issuer.certificate.subject, key, now, lifetime)
    builder = _under(builder, issuer, crl_url).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    return builder.add_extension(_usage(signs=True), critical=True).sign(
        issuer.key, hashes.SHA256()
    )


def time_stamp_certificate(
    name: x509.Name, key: PublicKeys, issuer: Issuer, *, now: datetime, crl_url: str
) -> x509.Certificate:
    """The TSA's certificate: its only, critical purpose is timeStamping. Source: RFC 3161 2.3."""
    builder = _builder(name, issuer.certificate.subject, key, now, TIME_STAMP_LIFETIME)
    builder = (
        _under(builder, issuer, crl_url)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    )
    return builder.sign(issuer.key, hashes.SHA256())


def server_certificate(
    hosts: Sequence[str], key: PublicKeys, issuer: Issuer, *, now: datetime, crl_url: str
) -> x509.Certificate:
    """The certificate of a web server at these host names or addresses: serverAuth only."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _cut(hosts[0]))])
    places = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    builder = _builder(name, issuer.certificate.subject, key, now, SERVER_LIFETIME)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = (
        _under(builder, issuer, crl_url)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(places, critical=False)
        .add_extension(usage, critical=False)
    )
    return builder.sign(issuer.key, hashes.SHA256())


def revocation_list(
    issuer: Issuer, revoked: Iterable[Revocation], *, number: int, now: datetime
) -> x509.CertificateRevocationList:
    """The issuer's revocation list with this number (1 and up), good for CRL_LIFETIME."""
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + CRL_LIFETIME)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(authority_key, critical=False)
    )
    for entry in sorted(revoked, key=lambda entry: entry.serial_number):
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(entry.serial_number)
            .revocation_date(entry.revoked_at)
            .build()
        )
    return builder.sign(issuer.key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKeys, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _under(
    builder: x509.CertificateBuilder, issuer: Issuer, crl_url: str
) -> x509.CertificateBuilder:
    place = x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(crl_url)],
        relative_name=None,
        reasons=None,
        crl_issuer=None,
    )
    key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return builder.add_extension(key, critical=False).add_extension(
        x509.CRLDistributionPoints([place]), critical=False
    )


def _as_authority(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    return builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=path_length), critical=True
    ).add_extension(_usage(signs=False), critical=True)


def _usage(*, signs: bool) -> x509.KeyUsage:
    """Either signing with commitment (non-repudiation), or signing certificates and lists."""
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _cut(text: str) -> str:
    return text.encode()[:_COMMON_NAME_BYTES].decode(errors="ignore")


def _require_strong(key: PublicKeys) -> None:
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS:
        return
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return
    raise InvalidInput(
        "certificate.weak_key",
        "密钥不符合要求：签名密钥须为 3072 位以上的 RSA，或 P-256 曲线。",
        field="public_key",
    )
