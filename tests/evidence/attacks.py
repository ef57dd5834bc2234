"""Attacks on signed PDFs: each takes a good file and gives one that must not come out as valid.

After the published families: incremental saving, shadow documents (hide, replace, hide and
replace), wrapping of byte ranges, universal forgery, evil annotation.
"""

import io
import re

import pikepdf
from asn1crypto import cms
from pyhanko.pdf_utils import generic, writer
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from evidence.actions import papers, signing
from evidence.actions.authority import Credential, new_rsa_key
from evidence.rules import certificates
from tests.evidence import signed_papers
from tests.evidence.signed_papers import NOW, authority, timestamper, updated

_CONTENTS = re.compile(rb"/Contents <([0-9A-Fa-f]{2000,})>")
_RANGE = re.compile(rb"/ByteRange ?\[([\d ]+)\]")


def stream(content, **entries):
    return generic.StreamObject(
        {pdf_name(f"/{key}"): value for key, value in entries.items()}, stream_data=content
    )


def pages_of(w):
    return w.root["/Pages"]


def page_of(w, number=0):
    return pages_of(w)["/Kids"].raw_get(number).get_object()


def new_page(w, text=b"BT (new) Tj ET"):
    page = writer.PageObject(contents=w.add_object(stream(text)), media_box=(0, 0, 300, 300))
    page["/Parent"] = w.root.raw_get("/Pages")
    return w.add_object(page)


def add_page(pdf):
    def change(w):
        w.insert_page(
            writer.PageObject(contents=w.add_object(stream(b"")), media_box=(0, 0, 300, 300))
        )

    return updated(pdf, change)


def remove_page(pdf):
    def change(w):
        tree = pages_of(w)
        del tree["/Kids"][-1]
        tree["/Count"] = generic.NumberObject(len(tree["/Kids"]))
        w.update_container(tree)

    return updated(pdf, change)


def replace_page(pdf):
    def change(w):
        tree = pages_of(w)
        tree["/Kids"][0] = new_page(w)
        w.update_container(tree)

    return updated(pdf, change)


def swap_pages(pdf):
    def change(w):
        tree = pages_of(w)
        tree["/Kids"] = generic.ArrayObject(reversed(tree["/Kids"]))
        w.update_container(tree)

    return updated(pdf, change)


def overwrite_content(pdf):
    def change(w):
        page = page_of(w)
        content = page["/Contents"]
        content._data = b"BT (pay 900) Tj ET"
        content._encoded_data = None
        w.mark_update(page.raw_get("/Contents"))

    return updated(pdf, change)


def white_box(pdf):
    return updated(
        pdf, lambda w: w.add_stream_to_page(0, w.add_object(stream(b"1 g 0 0 200 200 re f")))
    )


def annotate(pdf, subtype="/FreeText"):
    def change(w):
        page = page_of(w)
        note = {
            "/Type": pdf_name("/Annot"),
            "/Subtype": pdf_name(subtype),
            "/Rect": generic.ArrayObject(map(generic.NumberObject, (10, 10, 200, 200))),
            "/Contents": generic.pdf_string("900"),
            "/F": generic.NumberObject(4),
        }
        entry = w.add_object(
            generic.DictionaryObject({pdf_name(key): value for key, value in note.items()})
        )
        notes = generic.ArrayObject([*page.get("/Annots", ()), entry])
        page[pdf_name("/Annots")] = notes
        w.update_container(page)

    return updated(pdf, change)


def stamp_over(pdf):
    return annotate(pdf, "/Stamp")


def hide_shadow(pdf):
    """An overlay that everybody saw when signing becomes empty, or the other way round."""

    def change(w):
        overlay = page_of(w)["/Resources"]["/XObject"].raw_get("/Over")
        overlay.get_object()._data = b"1 g 0 0 300 300 re f"
        overlay.get_object()._encoded_data = None
        w.mark_update(overlay)

    return updated(pdf, change)


def replace_shadow(pdf):
    """The resource behind the drawn name is exchanged for a new object."""

    def change(w):
        page = page_of(w)
        form = stream(b"BT (900) Tj ET", Type=pdf_name("/XObject"), Subtype=pdf_name("/Form"))
        page["/Resources"]["/XObject"][pdf_name("/Over")] = w.add_object(form)
        w.update_container(page)

    return updated(pdf, change)


def hide_and_replace_shadow(pdf):
    """A second page tree, signed but never shown, becomes the document."""

    def change(w):
        w.root[pdf_name("/Pages")] = w.root["/PieceInfo"].raw_get("/Hidden")
        w.update_root()

    return updated(pdf, change)


def override_field(pdf):
    def change(w):
        field = w.root["/AcroForm"]["/Fields"][0]
        field[pdf_name("/V")] = generic.pdf_string("900")
        w.update_container(field)

    return updated(pdf, change)


def override_field_picture(pdf):
    def change(w):
        field = w.root["/AcroForm"]["/Fields"][0]
        picture = stream(b"BT (900) Tj ET", Subtype=pdf_name("/Form"))
        field["/AP"][pdf_name("/N")] = w.add_object(picture)
        w.update_container(field)

    return updated(pdf, change)


def add_text_field(pdf):
    def change(w):
        field = w.add_object(
            generic.DictionaryObject(
                {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): generic.pdf_string("more")}
            )
        )
        form = w.root["/AcroForm"]
        form["/Fields"].append(field)
        w.update_container(form)

    return updated(pdf, change)


def unsigned_place_over_text(pdf):
    spec = SigFieldSpec("over", on_page=0, box=(0, 0, 290, 290))
    return updated(pdf, lambda w: append_signature_field(w, spec))


def take_signature_away(pdf):
    def change(w):
        for entry in w.root["/AcroForm"]["/Fields"]:
            field = entry.get_object()
            if "/V" in field and field["/FT"] == "/Sig":
                del field["/V"]
                w.update_container(field)

    return updated(pdf, change)


def drop_form(pdf):
    def change(w):
        del w.root["/AcroForm"]
        w.update_root()

    return updated(pdf, change)


def exchange_attachment(pdf):
    def change(w):
        names = w.root["/Names"]["/EmbeddedFiles"]["/Names"]
        file = names[1]["/EF"]
        w.mark_update(file.raw_get("/F"))
        file["/F"]._data = b'{"lot":"9"}'
        file["/F"]._encoded_data = None

    return updated(pdf, change)


def flip_covered_byte(pdf):
    at = pdf.index(b"stream") + 12
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def append_tail(pdf):
    return pdf + b"\n% an uncovered tail\n" * 5


def truncate(pdf):
    return pdf[:-1500]


def cut_in_half(pdf):
    return pdf[: len(pdf) // 2]


def rewrite(pdf):
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(output)
    return output.getvalue()


def encrypt(pdf):
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(output, encryption=pikepdf.Encryption(owner="o", user=""))
    return output.getvalue()


def with_range(pdf, change):
    """The last byte range exchanged in place, in the same number of bytes."""
    match = list(_RANGE.finditer(pdf))[-1]
    numbers = change([int(number) for number in match[1].split()])
    text = " ".join(map(str, numbers)).encode().ljust(len(match[1]))
    return pdf[: match.start(1)] + text[: len(match[1])] + pdf[match.end(1) :]


def widen_gap(pdf):
    return with_range(pdf, lambda r: [r[0], r[1] - 40, r[2], r[3]])


def overlap_ranges(pdf):
    return with_range(pdf, lambda r: [r[0], r[2] + 10, r[2], r[3]])


def start_later(pdf):
    return with_range(pdf, lambda r: [9, r[1] - 9, r[2], r[3]])


def end_early(pdf):
    return with_range(pdf, lambda r: [r[0], r[1], r[2], r[3] - 60])


def negative_range(pdf):
    return with_range(pdf, lambda r: [r[0], r[1], r[2], -r[3] // 100])


def break_range(pdf):
    match = list(_RANGE.finditer(pdf))[-1]
    return pdf[: match.start(1)] + b"0 1".ljust(len(match[1])) + pdf[match.end(1) :]


def hide_behind_value(pdf):
    """Bytes put into the zeros that fill the place of the signature."""
    match = list(_CONTENTS.finditer(pdf))[-1]
    return pdf[: match.end(1) - 20] + b"DEADBEEF" + pdf[match.end(1) - 12 :]


def with_cms(pdf, change):
    """The last signature exchanged in its place."""
    match = list(_CONTENTS.finditer(pdf))[-1]
    info = cms.ContentInfo.load(bytes.fromhex(match[1].decode()))
    text = change(info).dump().hex().encode().ljust(len(match[1]), b"0")
    assert len(text) == len(match[1])
    return pdf[: match.start(1)] + text + pdf[match.end(1) :]


def flip_value(pdf):
    def change(info):
        signer = info["content"]["signer_infos"][0]
        value = signer["signature"].native
        signer["signature"] = bytes([value[0] ^ 1]) + value[1:]
        return info

    return with_cms(pdf, change)


def exchange_value(pdf):
    """Another person's signature on another letter."""
    other = PdfFileReader(io.BytesIO(signed_papers.letter("乙"))).embedded_signatures[-1]
    return with_cms(pdf, lambda info: cms.ContentInfo.load(other.pkcs7_content))


def exchange_certificate(pdf):
    """The same key certified under another name."""
    key = signed_papers.person("甲").key.public_key()
    certificate = authority().issue(signed_papers.Subject("假冒公司", "冒名者"), key, now=NOW)
    impostor = signed_papers.Credential(certificate, signed_papers.person("甲").key).asn1

    def change(info):
        signed = info["content"]
        kept = [one for one in signed["certificates"] if one.chosen.ca]
        signed["certificates"] = [*[one.chosen for one in kept], impostor]
        identity = cms.IssuerAndSerialNumber(
            {"issuer": impostor.issuer, "serial_number": impostor.serial_number}
        )
        signed["signer_infos"][0]["sid"] = cms.SignerIdentifier(
            "issuer_and_serial_number", identity
        )
        return info

    return with_cms(pdf, change)


def exchange_time_stamp(pdf):
    """A time-stamp of another signature."""
    other = PdfFileReader(io.BytesIO(signed_papers.letter("乙"))).embedded_signatures[-1]

    def change(info):
        signer = info["content"]["signer_infos"][0]
        signer["unsigned_attrs"] = other.signer_info["unsigned_attrs"]
        return info

    return with_cms(pdf, change)


def garbage_value(pdf):
    match = list(_CONTENTS.finditer(pdf))[-1]
    return pdf[: match.start(1)] + b"30" * (len(match[1]) // 2) + pdf[match.end(1) :]


def stranger_signs(pdf):
    """One more signature over the text, by a key that certifies itself."""
    key = new_rsa_key()
    name = certificates.Subject("陌生人").name()
    own = certificates.Issuer(certificates.root_certificate(name, key, now=NOW), key)
    certificate = certificates.signing_certificate(
        certificates.Subject("陌生人"),
        key.public_key(),
        own,
        now=NOW,
        crl_url="http://crl.invalid/",
    )
    laid_out = signing.lay_out_fields(
        pdf, [signing.SignatureField("over", "签名", 0, (0, 0, 290, 290))]
    )
    signer = signing.KeptKeySigner(Credential(certificate, key), authority())
    metadata = signers.PdfSignatureMetadata(field_name="over", md_algorithm="sha256")
    output = io.BytesIO()
    signers.PdfSigner(
        metadata,
        signer,
        timestamper=timestamper(),
        stamp_style=signing._stamp_style(
            papers.draw_stamp(["陌生人"], font_folder=signed_papers.FONTS)
        ),
    ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(laid_out)), output=output)
    return output.getvalue()
