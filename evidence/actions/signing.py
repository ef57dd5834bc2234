"""Signing a PDF: places first, the platform's certification, people in three steps, the seal last.

Every revision carries what proves its certificates (chain, revocation lists) as of its making, so
nothing needs to be fetched later. A failure raises and returns no file: never a half-signed one.
Source: 电子签名法 第13、14条; ETSI EN 319 142-1 (PAdES, level LTA).
"""

# mypy: allow-untyped-calls
# (pyHanko's constructors carry no annotations.)

import asyncio
import binascii
import dataclasses
import io
import uuid
from collections.abc import Sequence

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner, Signer
from pyhanko.sign.signers.pdf_signer import (
    DSSContentSettings,
    PdfSignatureMetadata,
    PdfSigner,
    PdfTBSDocument,
    SigDSSPlacementPreference,
)
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from evidence.actions.authority import Authority, Credential, asn1_certificate
from evidence.rules import signing as rules
from evidence.rules.signing import PreparedSignature, SignatureField
from kernel.errors import NotAllowed, refuse_if

CERTIFICATION = "certification"
SEAL = "seal"
DOCUMENT_TIME_STAMP = "timestamp"
_DIGEST = "sha256"
_EMBEDDING = DSSContentSettings(
    include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
)
"""Proofs go into the signature's own revision, so that one signature is exactly one revision."""


class KeptKeySigner(Signer):
    """A signer whose RSA key stays loaded: pyHanko's own reads and checks it at every signature."""

    def __init__(self, credential: Credential, authority: Authority) -> None:
        """Sign with this credential and put the authority's chain beside it."""
        super().__init__(signing_cert=credential.asn1, cert_registry=authority.store)
        self._key = credential.key

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """The signature value; a dry run asks for its length only."""
        if dry_run:
            return bytes(self._key.key_size // 8)
        return rules.sign_attributes(self._key, data)


def lay_out_fields(pdf: bytes, places: Sequence[SignatureField]) -> bytes:
    """The file with these empty fields, in this order, before anybody signs.

    A person's signature locks its own field; the one called `seal` locks the document.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for place in places:
        fields.append_signature_field(writer, _field(place))
    return _written(writer)


def certify(
    pdf: bytes, authority: Authority, timestamper: TimeStamper, *, context: ValidationContext
) -> bytes:
    """The platform's certification: from here on fields may be filled and nothing else changed."""
    meta = dataclasses.replace(
        _metadata(CERTIFICATION, context), certify=True, docmdp_permissions=MDPPerm.FILL_FORMS
    )
    signer = PdfSigner(meta, KeptKeySigner(authority.seal, authority), timestamper=timestamper)
    return _signed(pdf, signer)


def seal(
    pdf: bytes,
    authority: Authority,
    timestamper: TimeStamper,
    *,
    context: ValidationContext,
    stamp: bytes | None = None,
) -> bytes:
    """The platform's seal over everything, closed by one document time-stamp (PAdES-LTA).

    `stamp` is a one-page PDF drawn into the field. Nothing may be changed afterwards.
    """
    meta = dataclasses.replace(
        _metadata(SEAL, context),
        docmdp_permissions=MDPPerm.NO_CHANGES,
        use_pades_lta=True,
        timestamp_field_name=DOCUMENT_TIME_STAMP,
    )
    signer = PdfSigner(
        meta,
        KeptKeySigner(authority.seal, authority),
        timestamper=timestamper,
        stamp_style=_stamp_style(stamp),
    )
    return _signed(pdf, signer)


def sign_with(
    pdf: bytes,
    field: str,
    credential: Credential,
    authority: Authority,
    timestamper: TimeStamper,
    *,
    context: ValidationContext,
    stamp: bytes | None = None,
) -> bytes:
    """One whole signature of a program that holds its own key (an issuer's guarantee)."""
    signer = PdfSigner(
        _metadata(field, context),
        KeptKeySigner(credential, authority),
        timestamper=timestamper,
        stamp_style=_stamp_style(stamp),
    )
    return _signed(pdf, signer)


def prepare(
    pdf: bytes,
    field: str,
    certificate: x509.Certificate,
    authority: Authority,
    timestamper: TimeStamper,
    *,
    context: ValidationContext,
    stamp: bytes | None = None,
) -> PreparedSignature:
    """Step one: the revision with an empty place, and the attributes the person has to sign.

    Checks the certificate and embeds its proofs; needs no key of the person. Raises NotAllowed
    `signing.certificate_not_valid` if the certificate is revoked or expired, pyHanko's
    SigningError if there is no such empty field, TimeStampError if the authority is silent.
    """
    signer = _external(certificate, authority)
    pdf_signer = PdfSigner(
        _metadata(field, context),
        signer,
        timestamper=timestamper,
        stamp_style=_stamp_style(stamp),
    )
    try:
        return asyncio.run(_prepared(pdf, field, certificate, signer, pdf_signer))
    except SigningError as error:
        if isinstance(error.__cause__, PathError | ValidationError):
            raise NotAllowed(
                "signing.certificate_not_valid",
                "签名证书已被吊销、过期或不可信，不能签名。请先更换证书。",
                "电子签名法 第17条",
            ) from error
        raise


def finish(
    prepared: PreparedSignature,
    signature: bytes,
    authority: Authority,
    timestamper: TimeStamper,
) -> bytes:
    """Step three: time-stamp the person's signature value and put both into the revision.

    Raises Refusal `signing.wrong_signature` if value, attributes and certificate do not belong
    together, ValueError if the revision was changed, TimeStampError if there is no time-stamp.
    """
    if not prepared.digest_is_right():
        raise ValueError("the revision was changed after it was prepared")
    refuse_if(rules.signature_problems(prepared, signature))
    return asyncio.run(_finished(prepared, signature, authority, timestamper))


async def _prepared(
    pdf: bytes,
    field: str,
    certificate: x509.Certificate,
    signer: ExternalSigner,
    pdf_signer: PdfSigner,
) -> PreparedSignature:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    gap, _, output = await pdf_signer.async_digest_doc_for_signing(
        writer, existing_fields_only=True
    )
    attributes = await signer.signed_attrs(gap.document_digest, _DIGEST, use_pades=True)
    output.seek(0)
    return PreparedSignature(
        field=field,
        revision=output.read(),
        gap_start=gap.reserved_region_start,
        gap_end=gap.reserved_region_end,
        digest=gap.document_digest,
        attributes=attributes.dump(),
        certificate=asn1_certificate(certificate).dump(),
    )


async def _finished(
    prepared: PreparedSignature,
    signature: bytes,
    authority: Authority,
    timestamper: TimeStamper,
) -> bytes:
    certificate = x509.load_der_x509_certificate(prepared.certificate)
    signer = _external(certificate, authority, signature)
    content = await signer.async_sign_prescribed_attributes(
        _DIGEST, cms.CMSAttributes.load(prepared.attributes), timestamper=timestamper
    )
    gap = PreparedByteRangeDigest(prepared.digest, prepared.gap_start, prepared.gap_end)
    output = io.BytesIO(prepared.revision)
    await PdfTBSDocument.async_finish_signing(output, gap, content)
    return output.getvalue()


def _external(
    certificate: x509.Certificate, authority: Authority, signature: bytes | None = None
) -> ExternalSigner:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("a PDF is signed with an RSA key: a curve would make it PDF 2.0")
    return ExternalSigner(
        asn1_certificate(certificate), authority.store, signature or key.key_size // 8
    )


def _metadata(field: str, context: ValidationContext) -> PdfSignatureMetadata:
    return PdfSignatureMetadata(
        field_name=field,
        md_algorithm=_DIGEST,
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=True,
        validation_context=context,
        dss_settings=_EMBEDDING,
    )


def _signed(pdf: bytes, signer: PdfSigner) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    output = io.BytesIO()
    signer.sign_pdf(writer, existing_fields_only=True, output=output)
    return output.getvalue()


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _field(place: SignatureField) -> SigFieldSpec:
    locks = (
        FieldMDPSpec(FieldMDPAction.ALL)
        if place.name == SEAL
        else FieldMDPSpec(FieldMDPAction.INCLUDE, fields=[place.name])
    )
    certifies = place.name == CERTIFICATION
    return SigFieldSpec(
        place.name,
        on_page=place.page,
        box=place.box,
        empty_field_appearance=place.box is not None,
        combine_annotation=True,
        readable_field_name=place.label,
        field_mdp_spec=None if certifies else locks,
        doc_mdp_update_value=MDPPerm.NO_CHANGES if place.name == SEAL else None,
    )


def _stamp_style(stamp: bytes | None) -> StaticStampStyle | None:
    return None if stamp is None else StaticStampStyle(background=_StampPage(stamp), border_width=0)


class _StampPage(PdfContent):
    """The first page of a PDF in memory as the picture of a signature."""

    def __init__(self, page: bytes) -> None:
        self._page = page
        super().__init__()

    def render(self) -> bytes:
        """Import the page with its fonts and draw it."""
        reader = PdfFileReader(io.BytesIO(self._page))
        picture = self._ensure_writer.import_page_as_xobject(reader)
        name = b"/Stamp" + binascii.hexlify(uuid.uuid4().bytes)
        self.resources.xobject[name.decode()] = picture
        left, bottom, right, top = picture.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return name + b" Do"
