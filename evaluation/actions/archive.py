"""Checking a signed PDF for a person at the command line or a page: any file, or our own archive.

With an evidence bundle the file must be one of our archives, and the log must know it.
Source: design.md §5, `flask evaluation verify`; 电子签名法 第13条.
"""

import hashlib
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from evaluation.rules.archive import archive_verdict, is_archive, log_status, shape_problems
from evidence.actions import pdf_signatures
from evidence.rules.pdf_reasons import Status
from evidence.rules.pdf_signatures import Examination
from kernel.errors import InvalidInput

MEMBER_LIMIT_BYTES = 16 * 1024 * 1024
"""How large archives.json and trust.pem of a bundle may be."""

_BROKEN_BUNDLE = (
    OSError,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)
"""What zipfile and its decompressors raise on damaged or encrypted files."""


def verify_pdf(
    pdf: bytes, *, trust: Sequence[bytes], logged: Sequence[str] | None, now: datetime
) -> dict[str, object]:
    """The result of design.md §5 as an object ready for JSON.

    `logged`: a list of SHA-256 (hexadecimal) from the log; the file must then be one of our
    archives and among them. None: any PDF; what claims to be an archive must still look like one.
    Raises InvalidInput `trust.unreadable`.
    """
    sha256 = hashlib.sha256(pdf).hexdigest()
    try:
        examination = pdf_signatures.examine_apart(pdf, trust, now=now)
    except ValueError as error:
        raise InvalidInput(
            "trust.unreadable", "可信根证书不是 PEM 格式的证书。", field="trust"
        ) from error
    result = {"sha256": sha256, **examination.as_json()}
    if logged is not None and not examination.error:
        result |= _as_archive(examination, result, log_status(sha256, logged))
    elif is_archive(examination):
        result |= _as_archive(examination, result, None)
    return result


def read_bundle(bundle: Path) -> tuple[list[str], bytes | None]:
    """The hashes in a bundle's archives.json (none if it is missing) and its trust.pem.

    Raises InvalidInput `bundle.unreadable` naming the member.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            rows = _member(archive, "archives.json")
            trust = _member(archive, "trust.pem")
    except _BROKEN_BUNDLE as error:
        raise _unreadable(bundle.name) from error
    return _hashes(rows), trust


def _as_archive(
    examination: Examination, result: dict[str, object], log: Status | None
) -> dict[str, object]:
    """What changes in the result when the file has to be one of our archives."""
    problems = shape_problems(examination)
    facts = result["facts"]
    if problems and isinstance(facts, dict):
        facts = {**facts, "coverage": Status.INVALID.value}
    changed = {
        "verdict": archive_verdict(examination, problems, log).value,
        "facts": facts,
        "archive": [{"code": problem.code, "zh": str(problem)} for problem in problems],
    }
    return changed if log is None else {**changed, "log": log.value}


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    if name not in archive.namelist():
        return None
    with archive.open(name) as file:
        content = file.read(MEMBER_LIMIT_BYTES + 1)
    if len(content) > MEMBER_LIMIT_BYTES:
        raise _unreadable(name)
    return content


def _hashes(rows: bytes | None) -> list[str]:
    if rows is None:
        return []
    try:
        return [str(row["sha256"]) for row in json.loads(rows)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unreadable("archives.json") from error


def _unreadable(name: str) -> InvalidInput:
    return InvalidInput(
        "bundle.unreadable", "证据包无法读取：%(name)s。", field="evidence", name=name
    )
