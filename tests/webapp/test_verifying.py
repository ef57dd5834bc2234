"""The public page of verification: what it says of bundles, signed files and everything else."""

import io
import re
import zipfile

import pytest

from kernel.errors import InvalidInput
from tests.evidence import signed_papers
from tests.factories.pages import Reader
from tests.factories.trading import make_cast, make_open_lot
from tests.trading.test_pages import START
from webapp.examining import FileKind, Known, examined, kind_of
from webapp.settings import prepare_keys
from webapp.worker import Worker


@pytest.fixture
def anybody(app, settings):
    prepare_keys(settings)
    return Reader(app.test_client())


def brought(reader, content, name):
    answer = reader.send("/verify", at="/verify", file=(io.BytesIO(content), name))
    return answer.status_code, answer.get_data(as_text=True)


@pytest.fixture
def bundle(app, settings, anybody):
    make_cast()
    lot = make_open_lot(start=START)
    Worker(settings).sweep()
    answer = app.test_client().get(f"/api/v1/tenders/{lot.rpartition('-')[0]}/bundle")
    assert answer.status_code == 200
    return answer.get_data()


def verdict(page):
    return re.search(r"结论：(\S+?)</h2>", page)[1]


def test_a_bundle_of_this_site_is_valid_and_its_parts_are_counted_in_words(anybody, bundle):
    status, page = brought(anybody, bundle, "evidence.zip")
    assert (status, verdict(page)) == (200, "有效"), page
    assert "检查点签名" in page


def test_a_bundle_with_one_byte_changed_is_not_valid(anybody, bundle):
    with zipfile.ZipFile(io.BytesIO(bundle)) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    changed = next(name for name in members if name.startswith("streams/"))
    members[changed] = members[changed].replace(b"2026", b"2025", 1)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    status, page = brought(anybody, out.getvalue(), "evidence.zip")
    assert (status, verdict(page)) == (200, "无效")


def test_an_archive_signed_under_the_authority_of_this_site_is_valid(anybody, settings):
    settings.authority.mkdir(parents=True, exist_ok=True)
    (settings.authority / "root.crt").write_bytes(signed_papers.authority().trust_pem)
    status, page = brought(anybody, signed_papers.archive(), "evaluation.pdf")
    assert (status, verdict(page)) == (200, "有效"), page


def test_a_stricter_limit_of_memory_than_its_own_stays_in_force(anybody, tmp_path, monkeypatch):
    monkeypatch.setattr("webapp.examining.MEMORY_KILOBYTES", 1_900_000)
    (tmp_path / "brought").write_bytes(signed_papers.archive())
    result = examined(tmp_path / "brought", FileKind.PDF, Known(None, "", ""))
    assert result["facts"]["digest"] == "valid"


def test_an_unsigned_or_broken_pdf_is_never_said_to_be_valid(anybody):
    status, page = brought(anybody, b"%PDF-1.7\nnot one", "x.pdf")
    assert status == 200
    assert verdict(page) in ("不能确定", "无效")


def test_a_signed_pdf_is_judged_fact_by_fact_under_the_limits_of_the_page(anybody):
    status, page = brought(anybody, signed_papers.archive_steps()[1], "report.pdf")

    assert status == 200
    assert "内容没有改过" in page
    assert "不能确定：内容没有改过" not in page
    assert "没有读完" not in page


def test_a_file_of_another_kind_is_refused_at_its_field(anybody):
    status, page = brought(anybody, b"MZ\x90", "run.exe")
    assert status == 422
    assert '<a href="#file">' in page


def test_a_form_without_a_file_comes_back(anybody):
    assert anybody.send("/verify", at="/verify").status_code == 422


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", FileKind.PDF),
        (b"\x00\x00%PDF-1.7", FileKind.PDF),
        (b"PK\x03\x04", FileKind.BUNDLE),
        (b'\xef\xbb\xbf {"receipt"', FileKind.RECEIPT),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head, kind):
    assert kind_of(head) is kind


def test_an_unknown_beginning_is_refused():
    with pytest.raises(InvalidInput) as refusal:
        kind_of(b"GIF89a")
    assert refusal.value.code == "verify.unknown_kind"


def test_the_public_log_shows_its_newest_checkpoint(anybody, bundle):
    page = anybody.get("/evidence")
    assert "zhaobiao.invalid/evidence" in page
    assert "还没有联署" in page


def test_before_the_first_checkpoint_the_log_says_so(anybody):
    assert "还没有检查点" in anybody.get("/evidence")
