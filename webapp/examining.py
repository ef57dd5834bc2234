"""Judges a file that somebody brought: in a process of its own, with limits of time and memory.

The file is an unfriendly input; whatever it does ends its own process. Our own command judges
signed PDFs, the separate verifier judges bundles and receipts: this only starts them.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from evidence.actions.pdf_signatures import MEMORY_LIMIT_BYTES
from kernel.errors import Busy, InvalidInput
from webapp.settings import ROOT

SECONDS = 60
MEMORY_KILOBYTES = (MEMORY_LIMIT_BYTES + (256 << 20)) >> 10
"""More than the judge allows itself: its own limit has the better words."""
AT_ONCE = 2
_slots = threading.BoundedSemaphore(AT_ONCE)


class FileKind(StrEnum):
    """What kind of file was brought, by its first bytes."""

    PDF = "pdf"
    BUNDLE = "bundle"
    RECEIPT = "receipt"


@dataclass(frozen=True)
class Known:
    """What this site takes for granted: trusted certificates, keys of the log and of receipts.

    `successions`: JSON of how these keys followed others; empty if they never did.
    """

    trust: Path | None
    log_key: str
    receipt_key: str
    successions: str = ""


def kind_of(head: bytes) -> FileKind:
    """The kind of a file that begins with these bytes. Raises InvalidInput."""
    if b"%PDF-" in head:
        return FileKind.PDF
    if head.startswith(b"PK"):
        return FileKind.BUNDLE
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return FileKind.RECEIPT
    message = "只能核验 PDF、证据包（ZIP）或回执（JSON）。"
    raise InvalidInput("verify.unknown_kind", message, field="file")


def examined(path: Path, kind: FileKind, known: Known) -> dict[str, Any]:
    """The judgement as the command prints it. Raises Busy, InvalidInput when it took too long."""
    if not _slots.acquire(timeout=5):
        raise Busy("verify.busy", "正在核验其他文件，请稍后再试。")
    try:
        return _answer(_limited(_command(path, kind, known)))
    finally:
        _slots.release()


def _command(path: Path, kind: FileKind, known: Known) -> list[str]:
    trust = ["--trust", str(known.trust)] if known.trust else []
    if kind is FileKind.PDF:
        return [sys.executable, "-m", "flask", "evaluation", "verify", str(path), *trust]
    judge = [sys.executable, str(ROOT / "verifier/verify.py"), "--log-key", known.log_key]
    judge += ["--receipt-key", known.receipt_key, *trust]
    judge += ["--successions", known.successions] if known.successions else []
    return [*judge, "--receipt", str(path)] if kind is FileKind.RECEIPT else [*judge, str(path)]


def _limited(command: Sequence[str]) -> list[str]:
    limits = f'ulimit -t {SECONDS}; ulimit -v {MEMORY_KILOBYTES}; exec "$@"'
    return ["/bin/sh", "-c", limits, "sh", *command]


def _answer(command: Sequence[str]) -> dict[str, Any]:
    # Nothing of our environment, least of all its secrets, goes to the judge.
    surroundings = {"PYTHONIOENCODING": "utf-8", "PATH": "/usr/bin:/bin", "FLASK_APP": "wsgi"}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS + 5,
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as fault:
        message = "核验没有完成：文件过于复杂，或者超过时间和内存限制。结论：不能确定。"
        raise InvalidInput("verify.gave_up", message, field="file") from fault
    return found
