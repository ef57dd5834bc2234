"""Documents for the archive: valid PDF/A-3b, readable Chinese, rehearsals that look like ones."""

import io
import subprocess

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import pdfa

from evidence.actions import papers
from kernel.errors import InvalidInput
from tests.evidence import signed_papers


def written(pieces, *, attachment=None, rehearsal=False, title="开标记录"):
    return papers.write_pdfa(
        pieces,
        title=title,
        subject="ZB-2026-001",
        attachment=attachment,
        font_folder=signed_papers.FONTS,
        now=signed_papers.NOW,
        rehearsal=rehearsal,
    )


def text_of(pdf, tmp_path):
    (tmp_path / "paper.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", "paper.pdf", "-"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout.decode()


def test_a_report_is_archive_form_3b_with_every_font_inside():
    checked = pdfa.validate_written(io.BytesIO(signed_papers.report()), "3b")

    assert (checked.verdict, checked.violations) == ("pass", ())


def test_the_attachment_comes_out_as_it_went_in():
    pdf = written([papers.Passage("正文")], attachment=("opening.json", b'{"a":"1.00"}'))

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert list(opened.attachments) == ["opening.json"]
        file = opened.attachments["opening.json"]
        assert file.get_file().read_bytes() == b'{"a":"1.00"}'
        assert file.relationship == pikepdf.Name.Data


def test_a_paper_without_attachment_holds_no_file():
    with pikepdf.open(io.BytesIO(written([papers.Passage("正文")]))) as opened:
        assert list(opened.attachments) == []


def test_every_page_has_header_subject_and_numbering(tmp_path):
    text = text_of(
        written([papers.Passage("一"), papers.NewPage(), papers.Passage("二")]), tmp_path
    )

    first, second, rest = text.split("\f")
    assert rest == ""
    for page, number in ((first, 1), (second, 2)):
        assert "开标记录" in page
        assert "ZB-2026-001" in page
        assert f"第{number}页共2页" in page.replace(" ", "")


def test_a_table_keeps_its_head_on_every_page(tmp_path):
    grid = papers.Grid(["序号", "投标人"], [[str(n), "甲公司"] for n in range(80)], [1, 3], "表一")

    pages = text_of(written([grid]), tmp_path).split("\f")[:-1]

    assert len(pages) > 1
    assert all("投标人" in page for page in pages)


def test_marks_of_the_markup_language_are_printed_as_they_are(tmp_path):
    text = text_of(written([papers.Passage("报价 <b>低</b> & 高\n第二行")]), tmp_path)

    assert "<b>低</b> & 高" in text


def test_a_rehearsal_is_marked_on_every_page_and_is_archive_form_too(tmp_path):
    pdf = written([papers.Passage("一"), papers.NewPage(), papers.Passage("二")], rehearsal=True)

    assert pdfa.validate_written(io.BytesIO(pdf), "3b").verdict == "pass"
    pages = text_of(pdf, tmp_path).split("\f")[:-1]
    assert len(pages) == 2
    assert all(papers.REHEARSAL_FOOT in page for page in pages)


def test_a_real_paper_has_no_mark_of_a_rehearsal(tmp_path):
    assert "演练" not in text_of(written([papers.Passage("一")]), tmp_path)


def test_the_same_content_gives_the_same_pages_whenever_it_is_written():
    first, second = (written([papers.Passage("一")]) for _ in range(2))

    with pikepdf.open(io.BytesIO(first)) as one, pikepdf.open(io.BytesIO(second)) as two:
        assert one.pages[0].Contents.read_bytes() == two.pages[0].Contents.read_bytes()
        assert one.docinfo["/CreationDate"] == two.docinfo["/CreationDate"]


@pytest.mark.parametrize(
    ("pieces", "title", "place", "point"),
    [
        pytest.param([papers.Passage("𠮷")], "记录", "/pieces/0/0", "U+20BB7", id="a passage"),
        pytest.param(
            [papers.Grid(["人"], [["甲"], ["\u0000"]], [1])],
            "记录",
            "/pieces/0/1/1/0",
            "U+0000",
            id="a cell of a table",
        ),
        pytest.param([papers.Passage("一")], "记录😀", "/title", "U+1F600", id="the title"),
    ],
)
def test_a_character_without_glyph_is_refused_by_place_and_code_point(pieces, title, place, point):
    with pytest.raises(InvalidInput) as refusal:
        written(pieces, title=title)

    problem = refusal.value.problems[0]
    assert (problem.code, problem.field) == ("papers.missing_glyph", place)
    assert problem.values["points"] == point


def test_rare_characters_of_names_that_the_font_has_are_printed(tmp_path):
    assert "䶮𬭎" in text_of(written([papers.Passage("䶮𬭎")]), tmp_path)


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=60))
def test_any_common_chinese_text_can_be_written(text):
    assert written([papers.Passage(text)]).startswith(b"%PDF-1.7")


def test_a_missing_font_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(papers, "FONT_FILES", {"Absent": "absent.ttf"})

    with pytest.raises(FileNotFoundError, match=r"absent\.ttf"):
        papers.register_fonts(tmp_path)


def test_a_file_that_is_no_font_is_named(tmp_path, monkeypatch):
    (tmp_path / "broken.ttf").write_bytes(b"OTTO" + bytes(64))
    monkeypatch.setattr(papers, "FONT_FILES", {"Broken": "broken.ttf"})

    with pytest.raises(FileNotFoundError, match=r"broken\.ttf"):
        papers.register_fonts(tmp_path)
