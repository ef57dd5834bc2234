"""Writing a document for the archive: Chinese pages in PDF/A-3b, its figures attached as a file.

What a document says is its owner's (guarantee, opening record, evaluation report); here stand the
pieces it is made of. Source: ISO 19005-3; 电子签名法 第5、6条 (form that can be kept unchanged).
"""

import dataclasses
import io
import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pikepdf
from pikepdf import Name, pdfa
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from kernel.errors import InvalidInput

REGULAR, BOLD = "ZhaobiaoSans", "ZhaobiaoSansBold"
FONT_FILES = {REGULAR: "NotoSansSC-400Regular.ttf", BOLD: "NotoSansSC-700Bold.ttf"}
INK, QUIET, RULE = HexColor("#1a1c20"), HexColor("#5b616b"), HexColor("#c3c8d0")
TINT, ALERT = HexColor("#eef1f5"), HexColor("#a8281e")
MARGIN, TOP, BOTTOM = 22 * mm, 26 * mm, 24 * mm
TEXT_WIDTH = A4[0] - 2 * MARGIN
"""Points between the margins of an upright A4 page."""

REHEARSAL_MARK = "演练"
REHEARSAL_FOOT = "演练文件：仅供演练使用，不具有法律效力。"
FIELD_SIZE = (140, 54)
"""Width and height of a visible signature field in points."""

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_WIDE_TARGET = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]{5,6})>")
_FOOT_SIZE = 8
_MARK_SIZE = 120
_NEEDED_AFTER_HEADING = 24 * mm
_TEXT = ParagraphStyle(
    "text", fontName=REGULAR, fontSize=10.5, leading=17, spaceAfter=4, wordWrap="CJK", textColor=INK
)
_ALERT_TEXT = ParagraphStyle("alert", parent=_TEXT, textColor=ALERT)
_HEADINGS = {
    1: ParagraphStyle(
        "title", parent=_TEXT, fontName=BOLD, fontSize=20, leading=30, alignment=TA_CENTER
    ),
    2: ParagraphStyle("chapter", parent=_TEXT, fontName=BOLD, fontSize=14, leading=24),
    3: ParagraphStyle("section", parent=_TEXT, fontName=BOLD, fontSize=11.5, leading=20),
}
_CELL = ParagraphStyle("cell", parent=_TEXT, fontSize=8.5, leading=12, spaceAfter=0)
_FIGURE = ParagraphStyle("figure", parent=_CELL, alignment=TA_RIGHT)
_HEAD = ParagraphStyle("head", parent=_CELL, fontName=BOLD, alignment=TA_CENTER)
_CAPTION = ParagraphStyle("caption", parent=_CELL, fontName=BOLD, fontSize=9.5, leading=16)


@dataclasses.dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the document's title, 2 a chapter, 3 a section."""

    text: str
    level: int = 2


@dataclasses.dataclass(frozen=True)
class Passage:
    """A paragraph; a line feed ends a line. `alert` sets it in red."""

    text: str
    alert: bool = False


@dataclasses.dataclass(frozen=True)
class Grid:
    """A table: rows of text under a head that comes back on every page.

    `widths` are shares of the text width; `figures` are the columns set by their right edge.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    caption: str = ""
    figures: Sequence[int] = ()


@dataclasses.dataclass(frozen=True)
class NewPage:
    """What follows begins on a new page."""


@dataclasses.dataclass(frozen=True)
class Room:
    """An empty strip that is never cut, `height` points high: where signature fields will lie."""

    height: float


Piece = Heading | Passage | Grid | NewPage | Room


def write_pdfa(
    pieces: Sequence[Piece],
    *,
    title: str,
    subject: str,
    attachment: tuple[str, bytes] | None,
    font_folder: Path,
    now: datetime,
    rehearsal: bool,
) -> bytes:
    """The pieces as PDF/A-3b; each page has a header and 第 x 页 共 y 页, rehearsals are marked.

    `attachment` is a file name and JSON bytes. Raises InvalidInput `papers.missing_glyph` (before
    anything is drawn) for a character that the fonts cannot show, FileNotFoundError without fonts.
    """
    register_fonts(font_folder)
    require_glyphs([dataclasses.astuple(piece) for piece in pieces], "/pieces")
    require_glyphs({"title": title, "subject": subject}, "")
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=TOP,
        bottomMargin=BOTTOM,
        title=title,
        subject=subject,
        author="昭标",
        lang="zh-CN",
        initialFontName=REGULAR,
    )
    pages = partial(_NumberedPages, foot=subject, header=title, rehearsal=rehearsal)
    document.build([part for piece in pieces for part in _drawn(piece)], canvasmaker=pages)
    return _archive_form(buffer.getvalue(), attachment, now)


def draw_stamp(lines: Sequence[str], *, font_folder: Path, red: bool = False) -> bytes:
    """A one-page PDF of FIELD_SIZE with a frame and these lines, the first one large."""
    register_fonts(font_folder)
    require_glyphs(list(lines), "/stamp")
    width, height = FIELD_SIZE
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=FIELD_SIZE, invariant=1, initialFontName=REGULAR)
    canvas.setStrokeColor(ALERT if red else RULE)
    canvas.setFillColor(ALERT if red else INK)
    canvas.rect(0.5, 0.5, width - 1, height - 1)
    for number, line in enumerate(lines):
        canvas.setFont(BOLD if number == 0 else REGULAR, 15 if number == 0 else 7.5)
        canvas.drawString(6, height - 20 - 13 * number, line)
    canvas.save()
    return buffer.getvalue()


def register_fonts(font_folder: Path) -> None:
    """Load both faces once in a process. Raises FileNotFoundError naming the missing file."""
    for face, file in FONT_FILES.items():
        if face in pdfmetrics.getRegisteredFontNames():
            continue
        path = font_folder / file
        if not path.exists():
            raise FileNotFoundError(f"font file is missing: {path}")
        try:
            pdfmetrics.registerFont(TTFont(face, str(path)))
        except TTFError as error:
            raise FileNotFoundError(f"not a usable TrueType font: {path}: {error}") from error


def require_glyphs(value: object, place: str) -> None:
    """Refuse text that would come out as empty boxes; walks dictionaries, lists and tuples.

    Raises InvalidInput `papers.missing_glyph` that names the place as a JSON pointer and each
    code point. The fonts must be registered.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            require_glyphs(item, f"{place}/{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            require_glyphs(item, f"{place}/{index}")
    elif isinstance(value, str):
        _require_text_glyphs(value, place)


def _require_text_glyphs(text: str, place: str) -> None:
    lost = sorted({character for character in text if not _is_drawn(character)})
    if lost:
        raise InvalidInput(
            "papers.missing_glyph",
            "%(field)s 处有字体不能显示的字符：%(points)s。请改用字库内的字。",
            field=place or "/",
            points="、".join(f"U+{ord(character):04X}" for character in lost),
        )


def _is_drawn(character: str) -> bool:
    if character == "\n":
        return True
    return all(ord(character) in pdfmetrics.getFont(face).face.charWidths for face in FONT_FILES)


class _NumberedPages(Canvas):  # type: ignore[misc]  # ReportLab carries no types
    """A canvas that holds its pages back until it knows how many there are."""

    def __init__(
        self, *arguments: object, foot: str, header: str, rehearsal: bool, **options: object
    ) -> None:
        # Without these the first page starts in Helvetica, which is not embedded: no PDF/A.
        options |= {"initialFontName": REGULAR, "invariant": 1, "lang": "zh-CN"}
        super().__init__(*arguments, **options, pdfVersion=(1, 7))
        self._held: list[dict[str, object]] = []
        self._foot, self._header, self._rehearsal = foot, header, rehearsal

    def showPage(self) -> None:  # noqa: N802 (ReportLab's name)
        self._held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._held, start=1):
            held = self._held
            self.__dict__.update(page)
            self._held = held
            self._draw_frame(f"第 {number} 页 共 {len(held)} 页")
            super().showPage()
        super().save()

    def _draw_frame(self, numbering: str) -> None:
        width, height = A4
        self.saveState()
        self.setFont(REGULAR, _FOOT_SIZE)
        self.setFillColor(QUIET)
        self.drawString(MARGIN, height - 15 * mm, self._header)
        self.drawRightString(width - MARGIN, height - 15 * mm, "昭标")
        self.drawString(MARGIN, 12 * mm, self._foot)
        self.drawRightString(width - MARGIN, 12 * mm, numbering)
        self.setStrokeColor(RULE)
        self.line(MARGIN, height - 17 * mm, width - MARGIN, height - 17 * mm)
        if self._rehearsal:
            self._draw_rehearsal(width, height)
        self.restoreState()

    def _draw_rehearsal(self, width: float, height: float) -> None:
        self.setFillColor(ALERT)
        self.drawCentredString(width / 2, 17 * mm, REHEARSAL_FOOT)
        self.translate(width / 2, height / 2)
        self.rotate(45)
        self.setFillColor(ALERT, alpha=0.12)
        self.setFont(BOLD, _MARK_SIZE)
        self.drawCentredString(0, -_MARK_SIZE / 3, REHEARSAL_MARK)


def _drawn(piece: Piece) -> list[Flowable]:
    if isinstance(piece, Heading):
        return [CondPageBreak(_NEEDED_AFTER_HEADING), _text(piece.text, _HEADINGS[piece.level])]
    if isinstance(piece, Passage):
        return [_text(piece.text, _ALERT_TEXT if piece.alert else _TEXT)]
    if isinstance(piece, NewPage):
        return [PageBreak()]
    if isinstance(piece, Room):
        return [CondPageBreak(piece.height), Spacer(1, piece.height)]
    return _table(piece)


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(text).replace("\n", "<br/>"), style)


def _table(piece: Grid) -> list[Flowable]:
    total = sum(piece.widths)
    styles = [_FIGURE if column in piece.figures else _CELL for column in range(len(piece.widths))]
    cells = [[_text(text, _HEAD) for text in piece.head]] + [
        [_text(text, style) for text, style in zip(row, styles, strict=True)] for row in piece.rows
    ]
    table = Table(
        cells,
        colWidths=[TEXT_WIDTH * width / total for width in piece.widths],
        repeatRows=1,
        spaceAfter=10,
        style=[
            ("FONT", (0, 0), (-1, -1), REGULAR, 8.5),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("BACKGROUND", (0, 0), (-1, 0), TINT),
            ("LINEABOVE", (0, 0), (-1, 0), 1, INK),
            ("LINEBELOW", (0, 0), (-1, -1), 0.3, RULE),
            ("LINEBELOW", (0, -1), (-1, -1), 1, INK),
        ],
    )
    return [_text(piece.caption, _CAPTION), table] if piece.caption else [table]


def _archive_form(raw: bytes, attachment: tuple[str, bytes] | None, now: datetime) -> bytes:
    """The file as PDF/A-3b, validated after writing. Raises pikepdf's PdfaError if it is not."""
    moment = now.astimezone(_SHANGHAI).strftime("D:%Y%m%d%H%M%S+08'00'")
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        for page in pdf.pages:
            if "/Trans" in page.obj:  # ReportLab's empty one; the archive form does not know it.
                del page.obj["/Trans"]
        pdf.docinfo["/CreationDate"] = pdf.docinfo["/ModDate"] = moment
        _mend_text_maps(pdf)
        if attachment is not None:
            _attach(pdf, *attachment, moment)
        output = io.BytesIO()
        pdfa.save(pdf, output, "3b", deterministic_id=True)
    return output.getvalue()


def _mend_text_maps(pdf: pikepdf.Pdf) -> None:
    """Make rare characters (beyond U+FFFF) copy and search as themselves: names are evidence.

    ReportLab writes their code points plainly where the format wants UTF-16.
    """
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Dictionary) or "/ToUnicode" not in item:
            continue
        stream = item.ToUnicode
        mended = _WIDE_TARGET.sub(_as_utf16, stream.read_bytes())
        stream.write(mended)


def _as_utf16(match: re.Match[bytes]) -> bytes:
    target = chr(int(match[2], 16)).encode("utf-16-be").hex().upper()
    return b"<%s> <%s>" % (match[1], target.encode())


def _attach(pdf: pikepdf.Pdf, name: str, content: bytes, moment: str) -> None:
    file = pikepdf.AttachedFileSpec(
        pdf,
        content,
        filename=name,
        mime_type="application/json",
        description="本文件的机器可读数据",
        creation_date=moment,
        mod_date=moment,
    )
    file.relationship = Name.Data
    pdf.attachments[name] = file
