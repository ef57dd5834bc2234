"""Checking anybody's signed PDF: pyHanko underneath, four facts on top, hostile files in a cage.

`examine` works in this process and is for files that we made; `examine_apart` starts a process
with limits of time and memory and is for everything that comes from outside.
Source: ETSI EN 319 102-1; ETSI EN 319 142-1. Nothing is ever fetched from the network.
"""

# mypy: allow-untyped-calls
# (pyHanko's constructors carry no annotations.)

import asyncio
import json
import logging
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from evidence.actions.authority import asn1_certificate
from evidence.actions.pdf_reading import open_reader
from evidence.actions.pdf_revisions import coverage_facts, ends_clean
from evidence.actions.pdf_trust import UNREADABLE, Core, gather_proofs, is_time_stamp, judge
from evidence.rules.pdf_signatures import Examination, Fact, SignatureFinding

SIZE_LIMIT_BYTES = 100 * 1024 * 1024
MEMORY_LIMIT_BYTES = 2 * 1024**3
TIME_LIMIT_SECONDS = 60
_WORKER = "evidence.actions.pdf_signatures"
_OUT_OF_MEMORY = 3
_PROJECT = Path(__file__).resolve().parents[2]


def examine(pdf: bytes, trust: Sequence[bytes], *, now: datetime) -> Examination:
    """All findings about the file. `trust`: PEM texts, each of one root certificate or more.

    A file that cannot be read, is encrypted or unsigned gives an Examination with an error.
    Raises ValueError if a trust text is no certificate.
    """
    roots = tuple(root for text in trust for root in _roots(text))
    if len(pdf) > SIZE_LIMIT_BYTES:
        return Examination(error="file.too_large")
    try:
        reader = open_reader(pdf)
        if reader.encrypted:
            return Examination(error="file.encrypted")
        signatures, others = _signatures(reader)
        if not signatures and not others:
            return Examination(error="file.unsigned")
        return asyncio.run(_examined(reader, pdf, signatures, others, roots, now))
    except UNREADABLE:
        return Examination(error="file.unreadable")


def examine_apart(
    pdf: bytes,
    trust: Sequence[bytes],
    *,
    now: datetime,
    seconds: int = TIME_LIMIT_SECONDS,
    memory_bytes: int = MEMORY_LIMIT_BYTES,
) -> Examination:
    """The same in a process of its own that ends at a limit: error `file.too_costly`."""
    for text in trust:
        _roots(text)
    if len(pdf) > SIZE_LIMIT_BYTES:
        return Examination(error="file.too_large")
    order = {
        "trust": [text.decode() for text in trust],
        "now": now.isoformat(),
        "seconds": seconds,
        "memory_bytes": memory_bytes,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", _WORKER],
            input=json.dumps(order).encode() + b"\n" + pdf,
            capture_output=True,
            timeout=seconds,
            cwd=_PROJECT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Examination(error="file.too_costly")
    if done.returncode:
        is_stopped = done.returncode < 0 or done.returncode == _OUT_OF_MEMORY
        return Examination(error="file.too_costly" if is_stopped else "file.unreadable")
    return _from_worker(json.loads(done.stdout))


def _from_worker(answer: dict[str, object]) -> Examination:
    rows, fields = answer["findings"], answer["fields"]
    if not isinstance(rows, list) or not isinstance(fields, list):
        raise TypeError("findings and fields must be lists")
    return Examination(
        findings=tuple(SignatureFinding.from_json(row) for row in rows),
        error=str(answer["error"]),
        revisions=int(str(answer["revisions"])),
        ends_clean=bool(answer["ends_clean"]),
        fields=tuple(fields),
    )


def _limit(what: int, most: int) -> None:
    """Set this limit, or keep the stricter one of whoever started us: it cannot be raised."""
    hard = resource.getrlimit(what)[1]
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (allowed, allowed))


def _work() -> None:
    """The process behind `examine_apart`: an order line and a file come in, findings go out."""
    order = json.loads(sys.stdin.buffer.readline())
    memory, seconds = order["memory_bytes"], order["seconds"]
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CPU, seconds)
    logging.disable()
    result = examine(
        sys.stdin.buffer.read(),
        [text.encode() for text in order["trust"]],
        now=datetime.fromisoformat(order["now"]),
    )
    answer = {
        "findings": [finding.as_json() for finding in result.findings],
        "error": result.error,
        "revisions": result.revisions,
        "ends_clean": result.ends_clean,
        "fields": result.fields,
    }
    sys.stdout.write(json.dumps(answer))


def _roots(text: bytes) -> list[asn1_x509.Certificate]:
    return [asn1_certificate(entry) for entry in x509.load_pem_x509_certificates(text)]


def _signatures(reader: PdfFileReader) -> tuple[list[EmbeddedPdfSignature], list[str]]:
    """Signatures in signing order, and the fields whose content is no signature we can read."""
    found, broken = [], []
    for name, _, field in enumerate_sig_fields(reader, filled_status=True):
        try:
            found.append(EmbeddedPdfSignature(reader, field, name))
        except UNREADABLE:
            broken.append(name)
    return sorted(found, key=lambda signature: signature.signed_revision), broken


async def _examined(
    reader: PdfFileReader,
    pdf: bytes,
    signatures: list[EmbeddedPdfSignature],
    broken: list[str],
    roots: tuple[asn1_x509.Certificate, ...],
    now: datetime,
) -> Examination:
    proofs = gather_proofs(reader, signatures, roots)
    coverage = coverage_facts(reader, pdf, signatures)
    findings: list[SignatureFinding] = []
    proven = now
    # From the last to the first: a document time-stamp proves the time of all that it covers.
    for signature, covers in zip(reversed(signatures), reversed(coverage), strict=True):
        core = await judge(signature, proofs, now, proven)
        findings.append(_finding(signature, core, covers))
        if is_time_stamp(signature) and findings[-1].status == "valid" and core.signed_at:
            proven = core.signed_at
    return Examination(
        findings=(*reversed(findings), *(_broken(name) for name in broken)),
        revisions=reader.xrefs.total_revisions,
        ends_clean=ends_clean(pdf),
        fields=tuple(name for name, _, _ in enumerate_sig_fields(reader)),
    )


def _finding(signature: EmbeddedPdfSignature, core: Core, coverage: Fact) -> SignatureFinding:
    return SignatureFinding(
        field=signature.field_name,
        kind="time_stamp" if is_time_stamp(signature) else "signature",
        signer=_signer(signature),
        signed_at=core.signed_at.isoformat() if core.signed_at else "",
        time_proof=core.time_proof,
        revision=signature.signed_revision + 1,
        digest=core.digest,
        signature=core.signature,
        trust=core.trust,
        coverage=coverage,
    )


def _broken(name: str) -> SignatureFinding:
    """A filled signature field in which no signature can be read."""
    unknown = {
        "digest": Fact("digest.unknown"),
        "signature": Fact("signature.broken"),
        "trust": Fact("trust.not_judged"),
        "coverage": Fact("coverage.unknown"),
    }
    return SignatureFinding(name, "signature", "", "", "", 0, **unknown)


def _signer(signature: EmbeddedPdfSignature) -> str:
    """The common name and organisation in the certificate, as it claims; empty without one."""
    try:
        name = signature.signer_cert.subject.native
    except (*UNREADABLE, SignatureValidationError):
        return ""
    parts = [name.get("common_name"), name.get("organization_name")]
    return "，".join(str(part) for part in parts if part)


if __name__ == "__main__":
    try:
        _work()
    except MemoryError:
        sys.exit(_OUT_OF_MEMORY)
