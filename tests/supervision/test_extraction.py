import io
import json
import logging
import os
import resource
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from kernel.errors import InvalidInput
from supervision.actions.extraction import REASONS, Limits, extracted
from supervision.actions.extraction_formats import (
    Unreadable,
    _whole_characters,
    answer,
    docx_text,
    main,
    pages_of,
    pdf_pages,
    plain_text,
)

MOST = 10**6
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


PIXEL = (
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def pdf(*pages: str, image_on: tuple[int, ...] = ()) -> bytes:
    """A PDF with these lines, one a page; on the numbered pages only an image."""
    pixel = ImageReader(io.BytesIO(bytes.fromhex(PIXEL)))
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    target = io.BytesIO()
    canvas = Canvas(target)
    for number, text in enumerate(pages, start=1):
        canvas.setFont("STSong-Light", 12)
        if number in image_on:
            canvas.drawImage(pixel, 10, 10)
        else:
            canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


WHOLE = pdf("第一页", "第二页")


def docx(body: str, **parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        )
        for name, text in parts.items():
            archive.writestr(f"word/{name}.xml", f'<w:notes xmlns:w="{WORD}">{text}</w:notes>')
    return target.getvalue()


def reason_of(read, *arguments) -> str:
    with pytest.raises(Unreadable) as unreadable:
        read(*arguments)
    assert unreadable.value.reason in REASONS
    return unreadable.value.reason


def refused(path, limits=None) -> str:
    with pytest.raises(InvalidInput) as refusal:
        extracted(str(path), limits)
    return refusal.value.code


def test_text_of_a_pdf_comes_with_its_pages(tmp_path):
    path = tmp_path / "bid.pdf"
    path.write_bytes(pdf("第一页投标文件", "第二页"))

    found = extracted(str(path))

    assert found.document.text.split("\f")[0].strip() == "第一页投标文件"
    second = found.document.text.index("第二页")
    assert found.document.pages_of((0, 7)) == (1, 1)
    assert found.document.pages_of((second, second + 3)) == (2, 2)
    assert found.textless_pages == ()


def test_text_keeps_its_byte_order_mark_line_ends_and_page_breaks(tmp_path):
    path = tmp_path / "bid.txt"
    path.write_bytes("\ufeff甲\r\n乙\f丙".encode())

    found = extracted(str(path))

    assert found.document.text == "\ufeff甲\r\n乙\f丙"
    assert found.document.page_starts == (0, 6)


def test_text_without_page_breaks_has_no_pages(tmp_path):
    path = tmp_path / "bid.txt"
    path.write_text("甲", encoding="utf-8")

    assert extracted(str(path)).document.page_starts == ()


def test_docx_gives_paragraphs_tabs_notes_and_page_breaks():
    body = (
        "<w:p><w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t></w:r></w:p>"
        '<w:p><w:r><w:br w:type="page"/><w:t>丙</w:t><w:br/></w:r></w:p>'
    )
    content = docx(body, footnotes="<w:p><w:r><w:t>注</w:t></w:r></w:p>")

    pages, textless = pages_of(content, MOST)

    assert ["".join(page.split()) for page in pages] == ["甲乙", "丙注"]
    assert textless is None


def test_a_scanned_pdf_is_named_as_such(tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf("", "", image_on=(1, 2)))

    assert refused(path) == "extraction.scanned"


def test_single_scanned_pages_are_listed():
    pages, textless = pdf_pages(pdf("甲", "", "乙", image_on=(2,)), MOST)

    assert [page.strip() for page in pages] == ["甲", "", "乙"]
    assert textless == [2]


def test_an_empty_page_is_not_called_scanned():
    assert pdf_pages(pdf("甲", ""), MOST)[1] == []


def encrypted(password: str) -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(pdf("甲"))))
    writer.encrypt(password, algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_a_pdf_with_a_password_is_refused_as_encrypted():
    assert reason_of(pdf_pages, encrypted("geheim"), MOST) == "encrypted"


@pytest.mark.parametrize("cut", [20, 200, 700])
def test_a_cut_pdf_is_damaged(cut):
    assert reason_of(pdf_pages, pdf("甲")[:cut], MOST) == "damaged"


def test_unreadable_characters_are_named_as_garbled():
    assert reason_of(pdf_pages, garbled_pdf(), MOST) == "garbled"


def garbled_pdf() -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas.setFont("STSong-Light", 12)
    canvas.drawString(72, 700, "\ue000\ue001\ue002\ue003甲")
    canvas.save()
    return target.getvalue()


def test_a_zip_bomb_is_stopped_at_the_limit():
    bomb = docx("<w:p><w:r><w:t>" + "a" * 30_000_000 + "</w:t></w:r></w:p>")

    assert len(bomb) < 100_000
    assert reason_of(docx_text, bomb, MOST) == "too_large"


def test_more_text_than_allowed_is_refused_in_every_format():
    body = "<w:p><w:r><w:t>" + "a" * 200 + "</w:t></w:r></w:p>"

    assert reason_of(docx_text, docx(body), 100) == "too_large"
    assert reason_of(pdf_pages, pdf("a" * 50, "b" * 60), 100) == "too_large"
    assert reason_of(plain_text, b"a" * 101, 100) == "too_large"


def test_document_type_and_entities_in_a_docx_are_refused():
    target = io.BytesIO()
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    xml = (
        f'<!DOCTYPE d [<!ENTITY l0 "ha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]><d>&f;</d>'
    )
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", xml)

    assert reason_of(docx_text, target.getvalue(), MOST) == "forbidden_content"


def test_half_characters_of_a_pdf_neither_move_places_nor_break_the_output():
    assert _whole_characters("甲\ud83d\ude00乙\udc00") == "甲😀乙\ufffd"


def test_pdf_and_docx_are_known_by_their_first_bytes():
    assert pages_of(pdf("甲"), MOST)[0][0].strip() == "甲"
    assert pages_of(b"\r\n" + pdf("甲"), MOST)[0][0].strip() == "甲"
    assert pages_of(docx("<w:p><w:r><w:t>甲</w:t></w:r></w:p>"), MOST)[0][0].strip() == "甲"
    assert pages_of("%甲".encode(), MOST) == (["%甲"], None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_broken_pdf_is_read_or_refused_by_name(choice):
    content = bytearray(WHOLE)
    for _ in range(choice.draw(st.integers(1, 20))):
        content[choice.draw(st.integers(8, len(content) - 1))] = choice.draw(st.integers(0, 255))

    assert outcome_of(bytes(content)) in {"read", *REASONS}


def outcome_of(content: bytes) -> str:
    try:
        pdf_pages(content, MOST)
    except Unreadable as unreadable:
        return unreadable.reason
    return "read"


def test_other_archives_and_broken_ones_are_refused():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("other.txt", "x")

    assert reason_of(docx_text, target.getvalue(), MOST) == "unknown_format"
    assert reason_of(docx_text, docx("<w:p/>")[:60], MOST) == "damaged"
    assert reason_of(docx_text, docx("<w:p>"), MOST) == "damaged"


def test_an_encrypted_archive_is_refused():
    content = bytearray(docx("<w:p/>"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1

    assert reason_of(docx_text, bytes(content), MOST) == "encrypted"


@pytest.mark.parametrize(
    ("content", "reason"),
    [("甲".encode("gb18030") + b"a", "not_utf8"), (b"\0a", "unknown_format")],
)
def test_what_is_no_utf8_text_is_refused(content, reason):
    assert reason_of(plain_text, content, MOST) == reason


def test_a_file_above_its_limit_or_missing_is_refused(tmp_path):
    path = tmp_path / "bid.txt"
    path.write_bytes(b"a" * 11)
    limits = {"file_bytes": 10, "text_characters": 100}

    assert answer(str(path), limits)["reason"] == "too_large"
    assert answer(str(tmp_path / "none"), limits)["reason"] == "unreadable"
    assert answer(str(path), {**limits, "file_bytes": 11})["text"] == "a" * 11


def test_a_worker_out_of_memory_ends_alone(tmp_path):
    path = tmp_path / "bid.txt"
    path.write_bytes(b"a" * 150_000_000)

    code = refused(path, Limits(memory_bytes=400 << 20, text_characters=10**9))

    assert code in {"extraction.too_much_memory", "extraction.ended"}


def test_a_worker_out_of_time_ends_alone(tmp_path):
    path = tmp_path / "bid.pdf"
    path.write_bytes(pdf(*["一二三四五六七八九十" * 4] * 6000))

    assert refused(path, Limits(seconds=1)) == "extraction.too_slow"


def test_a_file_that_never_answers_is_given_up(tmp_path):
    path = tmp_path / "bid.txt"
    os.mkfifo(path)

    assert refused(path, Limits(seconds=1)) == "extraction.too_slow"


def test_a_refusal_names_the_file_and_the_place(tmp_path):
    path = tmp_path / "投标.txt"
    path.write_bytes(b"abc\xff")

    with pytest.raises(InvalidInput) as refusal:
        extracted(str(path))

    assert "“投标.txt”第 4 个字节" in str(refusal.value)


def test_the_reader_limits_itself_before_it_reads_and_answers_in_json(
    tmp_path, monkeypatch, capsys
):
    """The limits themselves would outlive this test; that they hold is tested on real workers."""
    asked = {}
    monkeypatch.setattr(resource, "setrlimit", asked.__setitem__)
    path = tmp_path / "bid.txt"
    path.write_text("第一页\f第二页", encoding="utf-8")
    settings = {
        "seconds": 7,
        "memory_bytes": 1 << 30,
        "file_bytes": 100,
        "text_characters": 100,
    }

    try:
        main(str(path), json.dumps(settings))
    finally:
        logging.disable(logging.NOTSET)

    assert asked[resource.RLIMIT_CPU][0] == 7
    assert asked[resource.RLIMIT_AS] == (1 << 30, 1 << 30)
    assert asked[resource.RLIMIT_FSIZE] == (0, 0)
    assert json.loads(capsys.readouterr().out) == {
        "text": "第一页\f第二页",
        "page_starts": [0, 4],
        "textless_pages": [],
    }


def test_a_file_for_which_there_is_no_memory_is_named_so(tmp_path):
    path = tmp_path / "bid.txt"
    path.write_text("a", encoding="utf-8")

    assert answer(str(path), {"file_bytes": 2**62, "text_characters": 9}) == {
        "reason": "too_much_memory"
    }


def test_a_scanned_pdf_has_no_pages_to_give():
    assert reason_of(pdf_pages, pdf("", "", image_on=(1, 2)), MOST) == "scanned"
