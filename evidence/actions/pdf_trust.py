"""Was a certificate good when it was used? Digest, value and chain of one signature in a PDF.

The time counts that somebody trusted proves: the signature's own time-stamp, else a later one of
the document, else now. A time-stamp is judged as of its own time, as long as its certificate has
not run out: an archive must not lapse with its revocation lists. Nothing is fetched.
Source: ETSI EN 319 102-1, 5.5 and 5.6.
"""

# mypy: allow-untyped-calls
# (pyHanko's constructors carry no annotations.)

import contextlib
import dataclasses
import struct
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from asn1crypto import cms, crl, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESSubIndic
from pyhanko.sign.general import CMSExtractionError, find_cms_attribute_iter
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import (
    DocumentTimestampStatus,
    PdfSignatureStatus,
    SignatureStatus,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

from evidence.actions.pdf_sharing import Certificates, RememberingValidator
from evidence.rules.pdf_signatures import Fact

UNREADABLE = (
    PdfError,
    CMSExtractionError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What pyHanko and asn1crypto raise on malformed input; anything else is a fault of ours."""

_DOCUMENT_SIGNING, _ADOBE_DOCUMENTS = "1.3.6.1.5.5.7.3.36", "1.2.840.113583.1.1.5"
_FOR_PAPERS = {
    *("any_extended_key_usage", "email_protection", "client_auth", "microsoft_document_signing"),
    *(_DOCUMENT_SIGNING, _ADOBE_DOCUMENTS),
}
"""What a certificate may say that it is for, if it says so at all, to sign a paper: papers or a
person, not servers, programs or time-stamps. Source: RFC 5280 4.2.1.12; RFC 9336."""


@dataclasses.dataclass(frozen=True)
class Proofs:
    """Trust roots, and what the file itself brings along to judge certificates."""

    roots: tuple[asn1_x509.Certificate, ...]
    certificates: tuple[asn1_x509.Certificate, ...]
    revocation_lists: tuple[crl.CertificateList, ...]
    responses: tuple[ocsp.OCSPResponse, ...]
    arithmetic: RememberingValidator = dataclasses.field(default_factory=RememberingValidator)

    def at(self, moment: datetime) -> ValidationContext:
        """How certificates are judged as of this moment: nothing fetched, declared sources needed.

        A revocation list made after the moment still tells what was revoked before it.
        """
        return ValidationContext(
            trust_roots=list(self.roots),
            other_certs=list(self.certificates),
            crls=list(self.revocation_lists),
            ocsps=list(self.responses),
            allow_fetching=False,
            revocation_mode="hard-fail",
            retroactive_revinfo=True,
            moment=moment,
            signature_validator=self.arithmetic,
        )


@dataclasses.dataclass(frozen=True)
class Core:
    """Digest, signature and trust of one signature, and when it was made."""

    digest: Fact
    signature: Fact
    trust: Fact
    signed_at: datetime | None = None
    time_proof: str = ""


def gather_proofs(
    reader: PdfFileReader,
    signatures: Sequence[EmbeddedPdfSignature],
    roots: tuple[asn1_x509.Certificate, ...],
) -> Proofs:
    """Chains and revocation information out of the file's security store; none if it has none."""
    lists, responses = _old_style(signatures)
    certificates = _shared_certificates(signatures)
    roots = certificates.shared(roots)
    try:
        dss = DocumentSecurityStore.read_dss(reader)
        store = dss.as_validation_context({"trust_roots": list(roots)})
    except NoDSSFoundError:
        return Proofs(roots, (), lists, responses)
    return Proofs(
        roots,
        certificates.shared(store.certificate_registry),
        (*store.crls, *lists),
        (*store.ocsps, *responses),
    )


def _shared_certificates(signatures: Sequence[EmbeddedPdfSignature]) -> Certificates:
    """One object for each certificate in the file; a broken signature keeps what it has."""
    certificates = Certificates()
    for signature in signatures:
        with contextlib.suppress(*UNREADABLE):
            certificates.share_within(signature)
    return certificates


def _old_style(
    signatures: Sequence[EmbeddedPdfSignature],
) -> tuple[tuple[crl.CertificateList, ...], tuple[ocsp.OCSPResponse, ...]]:
    """Revocation information inside signatures, as PDF had it before PAdES."""
    lists: list[crl.CertificateList] = []
    responses: list[ocsp.OCSPResponse] = []
    for signature in signatures:
        attributes = signature.signer_info["signed_attrs"]
        for entry in _attribute_values(attributes, "adobe_revocation_info_archival"):
            lists.extend(entry["crl"] or ())
            responses.extend(entry["ocsp"] or ())
    return tuple(lists), tuple(responses)


def _attribute_values(attributes: cms.CMSAttributes, name: str) -> list[Any]:
    return list(find_cms_attribute_iter(attributes, name)) if attributes else []


def is_time_stamp(signature: EmbeddedPdfSignature) -> bool:
    """Whether this is a time-stamp of the document and no person's signature."""
    return bool(signature.sig_object_type == "/DocTimeStamp")


async def judge(
    signature: EmbeddedPdfSignature, proofs: Proofs, now: datetime, proven: datetime
) -> Core:
    """Digest, signature and trust; `proven` is the earliest trusted time from outside."""
    if not _is_supported(signature):
        unsupported = Fact("signature.unsupported")
        return Core(Fact("digest.unknown"), unsupported, Fact("trust.not_judged"))
    try:
        digest = _digest_fact(signature)
        if is_time_stamp(signature):
            return await _time_stamp_core(signature, digest, proofs, proven)
        return await _signature_core(signature, digest, proofs, now, proven)
    except SignatureValidationError as error:
        return Core(_digest_fact(signature), _refused(error), Fact("trust.not_judged"))
    except (UnsupportedAlgorithm, NotImplementedError):
        unsupported = Fact("signature.unsupported")
        return Core(Fact("digest.unknown"), unsupported, Fact("trust.not_judged"))
    except UNREADABLE:
        broken = Fact("signature.broken")
        return Core(Fact("digest.unknown"), broken, Fact("trust.not_judged"))


def _is_supported(signature: EmbeddedPdfSignature) -> bool:
    """Whether we can calculate with its algorithms at all: what we cannot check is not wrong."""
    try:
        get_pyca_cryptography_hash(signature.md_algorithm)
        return bool(signature.signer_info["signature_algorithm"].signature_algo)
    except (ValueError, AttributeError):
        return False


def _digest_fact(signature: EmbeddedPdfSignature) -> Fact:
    """Compare the covered bytes with what the signature says of them."""
    content = signature.signed_data["encap_content_info"]
    if content["content_type"].native == "tst_info":
        signed = content["content"].parsed["message_imprint"]["hashed_message"].native
    else:
        values = _attribute_values(signature.signer_info["signed_attrs"], "message_digest")
        if not values:
            return Fact("digest.unknown")
        signed = values[0].native
    return Fact("digest.same" if signature.compute_digest() == signed else "digest.differs")


async def _time_stamp_core(
    signature: EmbeddedPdfSignature, digest: Fact, proofs: Proofs, proven: datetime
) -> Core:
    moment = _gen_time(signature.signed_data)
    status = await async_validate_pdf_timestamp(signature, proofs.at(moment), skip_diff=True)
    trust = _trust_fact(status, proofs, is_proven=False)
    if status.trusted and _has_expired(status, proven):
        trust = Fact("trust.expired")
    return Core(digest, _value_fact(status), trust, status.timestamp, "time_stamp")


def _has_expired(status: SignatureStatus, proven: datetime) -> bool:
    """Whether a time-stamp's own certificate ran out before anything later vouched for it."""
    return bool(status.signing_cert.not_valid_after < proven)


async def _signature_core(
    signature: EmbeddedPdfSignature,
    digest: Fact,
    proofs: Proofs,
    now: datetime,
    proven: datetime,
) -> Core:
    """Judge the certificate at the time its time-stamp proves; without one, at `proven`."""
    stamped = _stamped_at(signature)
    status = await _validated(signature, proofs, stamped or proven, stamped or proven)
    stamp = status.timestamp_validity
    value = _value_fact(status)
    if stamp is not None and not (stamp.valid and stamp.intact):
        return Core(digest, value, Fact("trust.time_stamp"))
    if stamp is not None and stamp.trusted and not _has_expired(stamp, proven):
        trust = _trust_fact(status, proofs, is_proven=True)
        return Core(digest, value, trust, stamp.timestamp, "time_stamp")
    if stamped is not None:
        status = await _validated(signature, proofs, proven, proven)
    trust = _trust_fact(status, proofs, is_proven=proven < now)
    claimed = signature.self_reported_timestamp
    return Core(digest, value, trust, claimed, "claimed" if claimed else "")


async def _validated(
    signature: EmbeddedPdfSignature, proofs: Proofs, moment: datetime, proven: datetime
) -> PdfSignatureStatus:
    return await async_validate_pdf_signature(
        signature,
        signer_validation_context=proofs.at(moment),
        ts_validation_context=proofs.at(proven),
        skip_diff=True,
    )


def _stamped_at(signature: EmbeddedPdfSignature) -> datetime | None:
    """The time in the signature's time-stamp, not yet believed."""
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        return _gen_time(token)
    return None


def _gen_time(token: cms.SignedData) -> datetime:
    moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def _value_fact(status: SignatureStatus) -> Fact:
    return Fact("signature.fits" if status.valid else "signature.wrong")


_TRUST_CODES: dict[AdESSubIndic, str] = {
    AdESFailure.REVOKED: "trust.revoked",
    AdESFailure.NOT_YET_VALID: "trust.expired_then",
    AdESIndeterminate.NOT_YET_VALID: "trust.expired_then",
    AdESIndeterminate.REVOKED_NO_POE: "trust.revoked",
    AdESIndeterminate.REVOKED_CA_NO_POE: "trust.revoked",
    AdESIndeterminate.EXPIRED: "trust.expired_then",
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: "trust.expired_then",
    AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED: "trust.expired_then",
    AdESIndeterminate.TRY_LATER: "trust.revocation_unknown",
    AdESIndeterminate.REVOCATION_OUT_OF_BOUNDS_NO_POE: "trust.revocation_unknown",
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: "trust.no_chain",
    AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE: "trust.no_chain",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: "trust.weak",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "trust.weak",
}
_UNPROVEN = {"trust.revoked": "trust.revoked_later", "trust.expired_then": "trust.expired"}
"""What the same finding amounts to when no trusted time proves when the certificate was used."""


def _trust_fact(
    status: PdfSignatureStatus | DocumentTimestampStatus, proofs: Proofs, *, is_proven: bool
) -> Fact:
    if not (status.valid and status.intact):
        return Fact("trust.not_judged")
    if status.trusted:
        return Fact("trust.chain" if _is_of_its_purpose(status) else "trust.purpose")
    if not proofs.roots:
        return Fact("trust.no_root")
    code = "trust.other"
    if status.revoked:
        code = "trust.revoked"
    elif status.trust_problem_indic is not None:
        code = _TRUST_CODES.get(status.trust_problem_indic, code)
    return Fact(code if is_proven else _UNPROVEN.get(code, code))


def _is_of_its_purpose(status: PdfSignatureStatus | DocumentTimestampStatus) -> bool:
    """Whether a person's certificate is for papers; of a time-stamp's the library sees to it."""
    purposes = status.signing_cert.extended_key_usage_value
    if isinstance(status, DocumentTimestampStatus) or purposes is None:
        return True
    return not _FOR_PAPERS.isdisjoint(purposes.native)


def _refused(error: SignatureValidationError) -> Fact:
    """The fact behind pyHanko's refusal to look further."""
    if "does not match selected" in str(error):
        return Fact("signature.other_certificate")
    if "SubFilter" in str(error):
        return Fact("signature.unsupported")
    return Fact("signature.broken")
