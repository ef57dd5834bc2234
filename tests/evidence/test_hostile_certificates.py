"""Certificates that are no good for what they were used for, one fault each."""

import dataclasses
import io
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import DocumentSecurityStore

from evidence.actions import signing
from evidence.actions.authority import Credential, new_rsa_key, open_authority
from evidence.actions.pdf_signatures import examine
from evidence.actions.timestamps import BuiltInTimeStamper
from evidence.rules import certificates
from evidence.rules.certificates import Issuer, Subject
from evidence.rules.pdf_reasons import Status
from tests.evidence import signed_papers

pytestmark = pytest.mark.attack("archives")
NOW = signed_papers.NOW
DAY = timedelta(days=1)
CRL = "http://crl.invalid/issuing.crl"
EXPERT = Subject("某某大学", "评标专家甲")


@pytest.fixture
def authority(tmp_path):
    return open_authority(tmp_path / "ca", NOW - 30 * DAY)


@pytest.fixture
def key():
    return new_rsa_key()


def signed(authority, who, *, stamper=None, stamped=True):
    """The letter signed by a program that asks nobody, with this authority's proofs beside it."""
    field = signing.SignatureField("signed", "签名")
    letter = signing.lay_out_fields(signed_papers.plain_letter(), [field])
    stamper = stamper or BuiltInTimeStamper(authority)
    meta = PdfSignatureMetadata("signed", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    signer = signing.KeptKeySigner(who, authority)
    pdf = PdfSigner(meta, signer, timestamper=stamper if stamped else None).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(letter)), output=io.BytesIO()
    )
    context = authority.validation_context(NOW)
    chain = [who.asn1, *context.certificate_registry]
    DocumentSecurityStore.add_dss(pdf, None, certs=chain, crls=context.crls)
    return pdf.getvalue()


def judged(authority, pdf, days=0):
    moment = datetime.now(UTC) + timedelta(days=days)
    return examine(pdf, [authority.trust_pem], now=moment)


def trust(result):
    (finding,) = result.findings
    return finding.trust.code


def changed(certificate, issuer, *, drop=(), add=(), **fields):
    """This certificate issued again by somebody, without some extensions and with others."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(fields.get("subject", certificate.subject))
        .issuer_name(issuer.certificate.subject)
        .public_key(certificate.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(certificate.not_valid_before_utc)
        .not_valid_after(certificate.not_valid_after_utc)
    )
    for extension in certificate.extensions:
        if type(extension.value) not in drop:
            builder = builder.add_extension(extension.value, critical=extension.critical)
    for value, is_critical in add:
        builder = builder.add_extension(value, critical=is_critical)
    return builder.sign(issuer.key, hashes.SHA256())


def test_a_good_certificate_is_good_for_an_experts_signature(authority, key):
    who = Credential(authority.issue(EXPERT, key.public_key(), now=NOW), key)

    assert trust(judged(authority, signed(authority, who))) == "trust.chain"


def test_a_certificate_that_had_run_out_before_the_stamp_is_invalid(authority, key):
    old = authority.issue(EXPERT, key.public_key(), now=NOW - 20 * DAY, lifetime=10 * DAY)

    result = judged(authority, signed(authority, Credential(old, key)))

    assert (trust(result), result.verdict) == ("trust.expired_then", Status.INVALID)


def test_a_certificate_that_begins_after_the_stamp_is_invalid(authority, key):
    early = authority.issue(EXPERT, key.public_key(), now=NOW + 10 * DAY)

    result = judged(authority, signed(authority, Credential(early, key)), days=20)

    assert result.verdict != Status.VALID


def test_revoking_after_a_stamped_signature_takes_nothing_back(authority, key):
    who = Credential(authority.issue(EXPERT, key.public_key(), now=NOW), key)
    authority.revoke(who.certificate, now=NOW + DAY)

    assert trust(judged(authority, signed(authority, who), days=2)) == "trust.chain"


def test_a_revoked_certificate_without_a_stamp_proves_nothing(authority, key):
    who = Credential(authority.issue(EXPERT, key.public_key(), now=NOW), key)
    authority.revoke(who.certificate, now=NOW)

    result = judged(authority, signed(authority, who, stamped=False), days=1)

    assert (trust(result), result.verdict) == ("trust.revoked_later", Status.INDETERMINATE)


def no_purpose(authority, key):
    """The certificate of a web server: what a stolen key of its machine could sign with."""
    return certificates.server_certificate(
        ["zhaobiao.example"], key.public_key(), authority.issuing.issuer, now=NOW, crl_url=CRL
    )


def time_stamping(authority, key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "时间戳")])
    return certificates.time_stamp_certificate(
        name, key.public_key(), authority.issuing.issuer, now=NOW, crl_url=CRL
    )


def of_an_authority(authority, key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "另一机构")])
    return certificates.issuing_certificate(
        name, key.public_key(), authority.root.issuer, now=NOW, crl_url=CRL
    )


def encrypting(authority, key):
    good = authority.issue(EXPERT, key.public_key(), now=NOW)
    names = ["digital_signature", "content_commitment", "data_encipherment", "key_agreement"]
    names += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    usage = x509.KeyUsage(key_encipherment=True, **dict.fromkeys(names, False))
    return changed(good, authority.issuing.issuer, drop=[x509.KeyUsage], add=[(usage, True)])


def for_programs(authority, key):
    """To sign programs with, not papers."""
    good = authority.issue(EXPERT, key.public_key(), now=NOW)
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
    return changed(good, authority.issuing.issuer, add=[(purpose, True)])


def of_an_unknown_duty(authority, key):
    good = authority.issue(EXPERT, key.public_key(), now=NOW)
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.9"), b"\5\0")
    return changed(good, authority.issuing.issuer, add=[(unknown, True)])


WRONG_USE = [
    (no_purpose, "trust.other"),
    (time_stamping, "trust.purpose"),
    (of_an_authority, "trust.other"),
    (encrypting, "trust.other"),
    (for_programs, "trust.purpose"),
    (of_an_unknown_duty, "trust.no_chain"),
]


@pytest.mark.parametrize(("make", "code"), WRONG_USE)
def test_a_certificate_for_something_else_signs_no_paper(authority, key, make, code):
    result = judged(authority, signed(authority, Credential(make(authority, key), key)))

    assert (trust(result), result.verdict) == (code, Status.INDETERMINATE)


def test_an_expert_makes_no_certificates(authority, key):
    """Signed with a good key and certificate, in the name of somebody else."""
    expert = Issuer(authority.issue(EXPERT, key.public_key(), now=NOW), key)
    other = new_rsa_key()
    theirs = authority.issue(Subject("某某大学", "评标专家乙"), other.public_key(), now=NOW)
    forged = changed(theirs, expert, drop=[x509.AuthorityKeyIdentifier])

    result = judged(authority, signed(authority, Credential(forged, other)))

    assert result.verdict != Status.VALID
    assert trust(result) == "trust.no_chain"


def test_a_double_of_the_authority_with_the_same_names_is_nobody(authority, tmp_path, key):
    double = open_authority(tmp_path / "double", NOW)
    assert double.root.certificate.subject == authority.root.certificate.subject
    who = Credential(double.issue(EXPERT, key.public_key(), now=NOW), key)

    result = judged(authority, signed(double, who))

    assert result.verdict == Status.INDETERMINATE


def test_an_experts_certificate_stamps_no_time(authority, key):
    """Whoever could stamp with it could date a signature back."""
    who = Credential(authority.issue(EXPERT, key.public_key(), now=NOW), key)
    stamper = BuiltInTimeStamper(authority)
    stamper._key, stamper._certificate = who.key, who.asn1

    (finding,) = judged(authority, signed(authority, who, stamper=stamper)).findings

    assert finding.time_proof != "time_stamp"


def test_a_revoked_time_stamp_authority_proves_no_time(authority, key):
    who = Credential(authority.issue(EXPERT, key.public_key(), now=NOW), key)
    authority.revoke(authority.time_stamp.certificate, now=NOW - DAY)

    (finding,) = judged(authority, signed(authority, who)).findings

    assert finding.time_proof != "time_stamp"


def test_a_root_that_is_no_root_of_ours_convinces_nobody(authority, key):
    """The certificate itself given as its own root, as a careless reader might add it."""
    who = Credential(authority.issue(EXPERT, key.public_key(), now=NOW), key)
    selfmade = dataclasses.replace(
        who, certificate=changed(who.certificate, Issuer(who.certificate, key))
    )

    result = judged(authority, signed(authority, selfmade))

    assert (trust(result), result.verdict) == ("trust.no_chain", Status.INDETERMINATE)
