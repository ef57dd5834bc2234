"""Reads the text of a foreign file, in a process of its own with limits of time and memory.

A bid is an unfriendly input: a broken or hostile file ends its own worker, never this program.
What cannot be read is refused with the reason (encrypted, scanned, damaged, too large), so that
"no similarity" never means "no text". The formats themselves are read by extraction_formats.py.
"""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from kernel.errors import InvalidInput, Refusal
from supervision.rules.similarity import Document

_ROOT = Path(__file__).resolve().parents[2]
_READER = "supervision.actions.extraction_formats"

REASONS = {
    "unreadable": "无法读取文件。",
    "too_large": "文件或其展开后的内容过大。",
    "unknown_format": "不是 PDF、DOCX 或文本文件。",
    "not_utf8": "不是 UTF-8 文本。",
    "encrypted": "文件已加密。",
    "damaged": "文件已损坏或格式不合规。",
    "scanned": "这是扫描件,没有文字层,请先做文字识别。",
    "garbled": "文字层无法还原为可读文字(缺少字符映射)。",
    "forbidden_content": "文件含有不允许的内容(外部实体或文档类型声明)。",
    "too_slow": "读取超过时间限制。",
    "too_much_memory": "读取超过内存限制。",
    "ended": "读取进程意外结束。",
}


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the worker of one file may use."""

    seconds: int = 180
    memory_bytes: int = 1 << 30
    file_bytes: int = 200 << 20
    text_characters: int = 20_000_000


@dataclasses.dataclass(frozen=True)
class Extracted:
    """The text with its pages; `textless_pages` (from 1) carry an image and no text."""

    document: Document
    textless_pages: tuple[int, ...] = ()


def extracted(path: str, limits: Limits | None = None) -> Extracted:
    """The text of a PDF, DOCX or UTF-8 file. Line ends and a byte-order mark are kept as they are.

    A form feed stands between pages. Raises InvalidInput with code `extraction.<reason>`, one of
    REASONS, when there is no readable text.
    """
    limits = limits or Limits()
    answer = _answer_of_worker(path, limits)
    if "reason" in answer:
        raise refusal(str(answer["reason"]), path, str(answer.get("place", "")))
    document = Document(answer["text"], tuple(answer["page_starts"]))
    return Extracted(document, tuple(answer["textless_pages"]))


def refusal(reason: str, path: str, place: str = "") -> Refusal:
    """The refusal of a file for one of the REASONS."""
    return InvalidInput(
        f"extraction.{reason}",
        "“%(name)s”%(place)s:%(reason)s",
        field="file",
        name=Path(path).name,
        place=place,
        reason=REASONS[reason],
    )


def _answer_of_worker(path: str, limits: Limits) -> dict[str, Any]:
    settings = json.dumps(dataclasses.asdict(limits))
    try:
        done = subprocess.run(
            [sys.executable, "-m", _READER, os.path.abspath(path), settings],
            cwd=_ROOT,
            # Nothing of our environment, least of all its secrets, goes to the reader.
            env={"PYTHONIOENCODING": "utf-8", "PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds + 2,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"reason": "too_slow"}
    return _parsed(done)


def _parsed(done: "subprocess.CompletedProcess[bytes]") -> dict[str, Any]:
    if done.returncode == -signal.SIGXCPU:
        return {"reason": "too_slow"}
    if done.returncode != 0:
        return {"reason": "ended"}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
