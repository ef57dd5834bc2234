"""What has to be done only once while one file is judged, however many signatures ask for it.

Every signature of an archive carries the certificates of the same authorities, and pyHanko parses
them, prepares their names and checks the same revocation lists anew for each. Here a certificate
is one object per file, and a value that was checked under a key is not calculated again. What is
asked about certificates, and for which moment, stays as it is: nothing is believed from one
signature to the next but arithmetic.
"""

# mypy: allow-untyped-calls
# (asn1crypto and pyHanko carry no annotations.)

import functools
from collections.abc import Iterable

from asn1crypto import algos, cms, keys
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    DefaultSignatureValidator,
    SignatureValidationContext,
)


class _Name(asn1_x509.Name):  # type: ignore[misc]
    """A name that is compared with another one only once, by the rules of RFC 5280 7.1."""

    @functools.cached_property
    def _answers(self) -> dict[bytes, bool]:
        return {}

    def __eq__(self, other: object) -> bool:
        """Whether it is the same name, in whatever way both are written."""
        if not isinstance(other, asn1_x509.Name):
            return False
        written = other.chosen.dump()
        if written not in self._answers:
            self._answers[written] = bool(super().__eq__(other))
        return self._answers[written]


class _Certificate(asn1_x509.Certificate):  # type: ignore[misc]
    """A certificate that stays one object where pyHanko would take a copy of it."""

    @functools.cached_property
    def subject(self) -> asn1_x509.Name:
        """Whom it names."""
        return _Name.load(super().subject.dump())

    @functools.cached_property
    def issuer(self) -> asn1_x509.Name:
        """Who issued it."""
        return _Name.load(super().issuer.dump())

    def untag(self) -> "_Certificate":
        """Itself: it carries no tag, and nobody writes to it."""
        return self


class Certificates:
    """The certificates of one file, one object for each."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Certificate] = {}

    def shared(self, certificates: Iterable[asn1_x509.Certificate]) -> tuple[_Certificate, ...]:
        """The same certificates as the objects that stand for them in this file."""
        return tuple(self._one(certificate.dump()) for certificate in certificates)

    def share_within(self, signature: EmbeddedPdfSignature) -> None:
        """Let the signature and its time-stamps carry these objects."""
        self._replace(signature.signed_data)
        for token in extract_tst_data_iter(signature.signer_info, signed=False):
            self._replace(token)

    def _one(self, der: bytes) -> _Certificate:
        if der not in self._known:
            self._known[der] = _Certificate.load(der)
        return self._known[der]

    def _replace(self, signed: cms.SignedData) -> None:
        choices = signed["certificates"]
        for place, choice in enumerate(choices):
            if choice.name == "certificate":
                known = self._one(choice.chosen.dump())
                choices[place] = cms.CertificateChoices("certificate", known)


class RememberingValidator(DefaultSignatureValidator):
    """Checks each value under its key once; what does not fit is checked again each time."""

    def __init__(self) -> None:
        self._fitting: set[tuple[bytes, bytes, bytes, bytes, SignatureValidationContext]] = set()

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Raise InvalidSignature if the value does not fit."""
        key, algorithm = public_key_info.dump(), signature_algorithm.dump()
        question = (signature, signed_data, key, algorithm, context)
        if question not in self._fitting:
            super().validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, context
            )
            self._fitting.add(question)
