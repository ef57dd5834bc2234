"""Turns the bytes of a PDF, a DOCX or a text file into text with pages; runs as its own process.

Started by extraction.py as `python -m … PATH LIMITS`; sets its own limits before it opens the
file, prints one JSON object, and never prints a traceback. Nothing here trusts the file: no
external entity, no document type, no unbounded decompression.
"""

import io
import json
import logging
import resource
import sys
import unicodedata
import warnings
import zipfile
import zlib
from pathlib import Path

from lxml import etree
from pypdf import PageObject, PdfReader
from pypdf.errors import PdfReadError, PyPdfError

PAGE_BREAK = "\f"
MOST_GARBLED = 0.3
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DOCX_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_PIECE = 1 << 20
_BROKEN_PDF = (
    PyPdfError,
    PdfReadError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    AssertionError,
    zlib.error,
)
"""What pypdf raises on damaged files."""


class Unreadable(Exception):
    """The file has no readable text; `reason` is a key of extraction.REASONS."""

    def __init__(self, reason: str, place: str = "") -> None:
        """Name the reason, and the place in the file where it is known."""
        super().__init__(reason)
        self.reason = reason
        self.place = place


def main(path: str, settings: str) -> None:
    """Read one file within its limits and print the answer as JSON."""
    limits = json.loads(settings)
    limit_this_process(limits["seconds"], limits["memory_bytes"])
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    print(json.dumps(answer(path, limits)))  # ASCII, so that lone surrogates pass too.


def answer(path: str, limits: dict[str, int]) -> dict[str, object]:
    """Text, page starts and pages without text; or the reason why there is none."""
    try:
        pages, textless = pages_of(_content(path, limits["file_bytes"]), limits["text_characters"])
    except Unreadable as unreadable:
        return {"reason": unreadable.reason, "place": unreadable.place}
    except MemoryError:
        return {"reason": "too_much_memory"}
    starts, at = [], 0
    for page in pages:
        starts.append(at)
        at += len(page) + len(PAGE_BREAK)
    numbered = starts if len(pages) > 1 or textless is not None else []
    text = PAGE_BREAK.join(pages)
    return {"text": text, "page_starts": numbered, "textless_pages": textless or []}


def pages_of(content: bytes, most: int) -> tuple[list[str], list[int] | None]:
    """The pages of a file by its first bytes, and which of a PDF's pages have no text (from 1)."""
    if content[:1024].lstrip().startswith(b"%PDF-"):
        return pdf_pages(content, most)
    if content.startswith(b"PK\x03\x04"):
        return docx_text(content, most).split(PAGE_BREAK), None
    return plain_text(content, most).split(PAGE_BREAK), None


def plain_text(content: bytes, most: int) -> str:
    """A UTF-8 text as it is, with its byte-order mark and line ends."""
    if b"\0" in content[:4096]:
        raise Unreadable("unknown_format")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("not_utf8", f"第 {error.start + 1} 个字节") from error
    if len(text) > most:
        raise Unreadable("too_large")
    return text


def pdf_pages(content: bytes, most: int) -> tuple[list[str], list[int]]:
    """The text of each page; refused when pages have images instead of text, or only noise."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("encrypted")
        return _read_pages(reader, most)
    except _BROKEN_PDF as error:
        raise Unreadable("damaged") from error


def docx_text(content: bytes, most: int) -> str:
    """The paragraphs and notes of a DOCX, a line each; a page break becomes a form feed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            if _DOCX_PARTS[0] not in names:
                raise Unreadable("unknown_format")
            parts = [_part(archive, name, most) for name in _DOCX_PARTS if name in names]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise Unreadable("damaged") from error
    except RuntimeError as error:  # zipfile says so of an encrypted member.
        raise Unreadable("encrypted") from error
    text = "".join(_text_of_xml(part) for part in parts)
    if len(text) > most:
        raise Unreadable("too_large")
    return text


def limit_this_process(seconds: int, memory_bytes: int) -> None:
    """From now on this process may use so much processor time and memory, and write no file."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _content(path: str, most: int) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise Unreadable("unreadable") from error
    if len(content) > most:
        raise Unreadable("too_large")
    return content


def _read_pages(reader: PdfReader, most: int) -> tuple[list[str], list[int]]:
    pages: list[str] = []
    textless = []
    left = most
    for number, page in enumerate(reader.pages, start=1):
        text = _whole_characters(page.extract_text().replace(PAGE_BREAK, " "))
        left -= len(text)
        if left < 0:
            raise Unreadable("too_large")
        if not text.strip() and _has_image(page):
            textless.append(number)
        pages.append(text)
    if textless and not any(page.strip() for page in pages):
        raise Unreadable("scanned")
    if _is_garbled("".join(pages)):
        raise Unreadable("garbled")
    return pages, textless


def _whole_characters(text: str) -> str:
    """Surrogate pairs as the one character they mean; a lone half as the replacement character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _has_image(page: PageObject) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources else None
    if not objects:
        return False
    each = (entry.get_object() for entry in objects.get_object().values())
    return any(entry.get("/Subtype") in {"/Image", "/Form"} for entry in each)


def _is_garbled(text: str) -> bool:
    """Whether much of the text is replacement, private or control characters."""
    seen = [character for character in text[:200_000] if not character.isspace()]
    noise = sum(
        each == "\ufffd" or unicodedata.category(each) in {"Co", "Cn", "Cc", "Cs"} for each in seen
    )
    return noise > MOST_GARBLED * max(len(seen), 1)


def _part(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """One member, unpacked piece by piece so that a zip bomb is stopped at the limit."""
    # A character of text takes a few dozen bytes of mark-up in practice, rarely hundreds.
    limit = min(most * 20, 300 << 20)
    pieces, size = [], 0
    with archive.open(name) as member:
        while piece := member.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise Unreadable("too_large")
            pieces.append(piece)
    return b"".join(pieces)


def _text_of_xml(content: bytes) -> str:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("damaged") from error
    if root.getroottree().docinfo.doctype:
        raise Unreadable("forbidden_content")
    return "".join(_pieces(root))


def _pieces(root: etree._Element) -> list[str]:
    pieces = []
    for element in root.iter(f"{_WORD}t", f"{_WORD}tab", f"{_WORD}br", f"{_WORD}cr", f"{_WORD}p"):
        kind = element.tag.removeprefix(_WORD)
        if kind == "t":
            pieces.append((element.text or "").replace(PAGE_BREAK, " "))
        elif kind == "br" and element.get(f"{_WORD}type") == "page":
            pieces.append(PAGE_BREAK)
        else:
            pieces.append("\t" if kind == "tab" else "\n")
    return pieces


if __name__ == "__main__":
    main(*sys.argv[1:3])
