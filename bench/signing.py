"""Row 5b: one PAdES signature, ours with the key kept loaded against pyHanko's SimpleSigner."""

import io
import json
import logging
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import keys, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from reportlab.pdfgen.canvas import Canvas

from evidence.actions.authority import Credential, new_rsa_key, open_authority
from evidence.actions.signing import KeptKeySigner
from evidence.rules.certificates import Subject

ROUNDS = 9


def main() -> None:
    """Print the row: medians of interleaved rounds, milliseconds of processor time."""
    logging.disable(logging.ERROR)
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        authority = open_authority(Path(folder) / "ca", now)
        key = new_rsa_key()
        subject = Subject("某某", "甲", "12100000400000000X", "E-1")
        credential = Credential(authority.issue(subject, key.public_key(), now=now), key)
        kept = KeptKeySigner(credential, authority)
        stock = signers.SimpleSigner(
            signing_cert=x509.Certificate.load(
                credential.certificate.public_bytes(serialization.Encoding.DER)
            ),
            signing_key=keys.PrivateKeyInfo.load(_pkcs8(credential)),
            cert_registry=authority.store,
        )
        pdf = _page()
        _timed(pdf, kept), _timed(pdf, stock)
        pairs = [(_timed(pdf, kept), _timed(pdf, stock)) for _ in range(ROUNDS)]
    ours = statistics.median(pair[0] for pair in pairs)
    limit = statistics.median(pair[1] for pair in pairs)
    ratio = round(statistics.median(a / b for a, b in pairs), 2)
    row = {"row": "5b", "what": "one PAdES signature, RSA-3072, CPU", "goal": "≤ 0.3 × stock"}
    print(json.dumps(row | {"ours": f"{ours:.1f} ms", "limit": f"{limit:.1f} ms", "ratio": ratio}))


def _pkcs8(credential: Credential) -> bytes:
    return credential.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _timed(pdf: bytes, signer: signers.Signer) -> float:
    began = time.process_time()
    metadata = signers.PdfSignatureMetadata(
        field_name="one", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), metadata, signer=signer)
    return (time.process_time() - began) * 1000


def _page() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(100, 700, "signed")
    canvas.save()
    return buffer.getvalue()


if __name__ == "__main__":
    main()
