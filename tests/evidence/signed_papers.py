"""Signed papers for tests: one authority, a few people and their files, made once in a process."""

import atexit
import functools
import io
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from evidence.actions import papers, signing
from evidence.actions.authority import Authority, Credential, new_rsa_key, open_authority
from evidence.actions.pdf_signatures import examine
from evidence.actions.timestamps import BuiltInTimeStamper
from evidence.rules.certificates import Subject
from evidence.rules.pdf_signatures import Examination
from evidence.rules.signing import SignatureField, sign_attributes

FONTS = Path(__file__).resolve().parents[2] / "static/dist/fonts"
NOW = datetime.now(UTC).replace(microsecond=0)
EXPERTS = ("甲", "乙", "丙", "丁", "戊")


@functools.cache
def authority() -> Authority:
    folder = Path(tempfile.mkdtemp(prefix="authority-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return open_authority(folder / "ca", NOW)


@functools.cache
def timestamper() -> BuiltInTimeStamper:
    return BuiltInTimeStamper(authority())


@functools.cache
def person(name: str) -> Credential:
    key = new_rsa_key()
    subject = Subject("某某大学", f"评标专家{name}", "12100000400000000X", f"E-{ord(name)}")
    return Credential(authority().issue(subject, key.public_key(), now=NOW), key)


@functools.cache
def report() -> bytes:
    """An unsigned evaluation report of two pages."""
    rows = [[str(n), f"某某建设{n}有限公司", "12345.00"] for n in range(1, 40)]
    pieces = [
        papers.Heading("评标报告", 1),
        papers.Passage("项目编号：ZB-2026-001"),
        papers.Grid(["序号", "投标人", "报价（元）"], rows, [1, 4, 2], "表一 得分", [2]),
        papers.Room(210),
    ]
    return papers.write_pdfa(
        pieces,
        title="评标报告",
        subject="ZB-2026-001",
        attachment=("evaluation.json", b'{"lot":"1"}'),
        font_folder=FONTS,
        now=NOW,
        rehearsal=False,
    )


def places(experts: int = len(EXPERTS)) -> list[SignatureField]:
    people = [
        SignatureField(
            f"expert{n + 1}",
            f"评标专家签名{n + 1}",
            -1,
            (60 + 160 * (n % 3), 200 - 70 * (n // 3), 200 + 160 * (n % 3), 254 - 70 * (n // 3)),
        )
        for n in range(experts)
    ]
    seal = SignatureField("seal", "平台电子印章", -1, (380, 130, 520, 184))
    return [SignatureField("certification", "平台认证"), *people, seal]


def signed_by(pdf: bytes, field: str, who: Credential) -> bytes:
    """The three steps at once, through the form in which they are stored."""
    prepared = signing.prepare(
        pdf,
        field,
        who.certificate,
        authority(),
        timestamper(),
        context=authority().validation_context(NOW),
        stamp=papers.draw_stamp(["签名"], font_folder=FONTS),
    )
    stored = signing.PreparedSignature.from_row(prepared.to_row(), prepared.revision)
    value = sign_attributes(who.key, stored.attributes)
    return signing.finish(stored, value, authority(), timestamper())


@functools.cache
def archive_steps() -> tuple[bytes, ...]:
    """The archive after certification, after each expert, and after the seal."""
    context = authority().validation_context
    steps = [
        signing.certify(
            signing.lay_out_fields(report(), places()),
            authority(),
            timestamper(),
            context=context(NOW),
        )
    ]
    for number, name in enumerate(EXPERTS, start=1):
        steps.append(signed_by(steps[-1], f"expert{number}", person(name)))
    stamp = papers.draw_stamp(["昭标"], font_folder=FONTS, red=True)
    sealed = signing.seal(steps[-1], authority(), timestamper(), context=context(NOW), stamp=stamp)
    return (*steps, sealed)


def archive() -> bytes:
    return archive_steps()[-1]


@functools.cache
def plain_letter() -> bytes:
    """Two pages, a text field, an overlay, and a second page tree that is not shown."""
    pdf = pikepdf.new()
    overlay = pdf.make_stream(b"0 0 m", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    for text in (b"pay 100", b"page two"):
        page = pdf.add_blank_page(page_size=(300, 300))
        page.obj.Contents = pdf.make_stream(b"BT (" + text + b") Tj ET /Over Do")
        page.obj.Resources = Dictionary(XObject=Dictionary(Over=overlay))
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T="amount",
            V="100",
            Rect=[10, 10, 90, 30],
            F=4,
            P=pdf.pages[0].obj,
            AP=Dictionary(N=pdf.make_stream(b"100", Subtype=Name.Form, BBox=[0, 0, 80, 20])),
        )
    )
    pdf.pages[0].obj.Annots = Array([field])
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([field]), DA="/Plain 9 Tf"))
    hidden = pdf.make_indirect(Dictionary(Type=Name.Pages, Count=1))
    page = Dictionary(
        Type=Name.Page,
        Parent=hidden,
        MediaBox=[0, 0, 300, 300],
        Contents=pdf.make_stream(b"BT (pay 900) Tj ET"),
    )
    hidden.Kids = Array([pdf.make_indirect(page)])
    pdf.Root.PieceInfo = Dictionary(Hidden=hidden)
    output = io.BytesIO()
    pdf.save(output, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return output.getvalue()


@functools.cache
def letter(name: str = "甲") -> bytes:
    """The letter with one signature that certifies nothing, as anybody's program makes it."""
    field = SignatureField("signed", "签名", 0, (100, 100, 240, 154))
    stamp = papers.draw_stamp(["签名"], font_folder=FONTS)
    return signing.sign_with(
        signing.lay_out_fields(plain_letter(), [field]),
        "signed",
        person(name),
        authority(),
        timestamper(),
        context=authority().validation_context(NOW),
        stamp=stamp,
    )


def updated(pdf: bytes, change) -> bytes:
    """The file with one more revision, in which `change(writer)` was done."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def examined(pdf: bytes) -> Examination:
    return examine(pdf, [authority().trust_pem], now=datetime.now(UTC))
