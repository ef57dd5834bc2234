"""Signatures that are odd but not forged, and files that are built oddly: what is said of each."""

import io

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from evidence.actions import pdf_signatures, signing
from evidence.actions.pdf_sharing import Certificates
from evidence.rules.pdf_reasons import Status
from evidence.rules.pdf_signatures import FACT_NAMES, SignatureFinding
from tests.evidence import attacks, drafts, signed_papers
from tests.evidence.signed_papers import examined, updated

pytestmark = pytest.mark.attack("archives")


def signed_by_expert(change=lambda data: None, old=b"", new=b""):
    """The second expert's signature with other data, or other text in its dictionary."""
    plan = drafts.draft(signed_papers.archive_steps()[2])
    if old:
        plan.replace(plan.number_with(b"/SubFilter"), old, new)
    return drafts.signed(plan, signed_papers.person("乙").key, change)


def said(pdf):
    finding = examined(pdf).findings[-1]
    return [getattr(finding, name).code.split(".")[1] for name in FACT_NAMES]


def without(name):
    def change(data):
        signer = data["signer_infos"][0]
        kept = [one for one in signer["signed_attrs"] if one["type"].native != name]
        signer["signed_attrs"] = kept

    return change


def digest_by(algorithm):
    def change(data):
        data["signer_infos"][0]["digest_algorithm"] = {"algorithm": algorithm}

    return change


def value_by(algorithm):
    def change(data):
        data["signer_infos"][0]["signature_algorithm"] = {"algorithm": algorithm}

    return change


def key_on_an_unknown_curve(data):
    """SM2: the certificate can be read, its key cannot be used."""
    without("signing_certificate_v2")(data)
    signer = data["signer_infos"][0]
    place = next(
        place
        for place, one in enumerate(data["certificates"])
        if one.chosen.serial_number == signer["sid"].chosen["serial_number"].native
    )
    certificate = asn1_x509.Certificate.load(data["certificates"][place].chosen.dump())
    certificate["tbs_certificate"]["subject_public_key_info"] = {
        "algorithm": {"algorithm": "ec", "parameters": ("named", "1.2.156.10197.1.301")},
        "public_key": b"\x04" + bytes(64),
    }
    data["certificates"][place] = cms.CertificateChoices("certificate", certificate)
    value_by("sha256_ecdsa")(data)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        pytest.param(
            without("message_digest"),
            ["unknown", "broken", "not_judged", "whole"],
            id="no digest in it",
        ),
        pytest.param(
            without("content_type"), ["same", "broken", "not_judged", "whole"], id="no kind in it"
        ),
        pytest.param(
            digest_by("md2"),
            ["unknown", "unsupported", "not_judged", "whole"],
            id="a digest nobody uses",
        ),
        pytest.param(
            digest_by("1.2.3.4"),
            ["unknown", "unsupported", "not_judged", "whole"],
            id="an unknown digest",
        ),
        pytest.param(
            digest_by("sha1"), ["differs", "fits", "not_judged", "whole"], id="another digest"
        ),
        pytest.param(
            value_by("1.2.156.10197.1.501"),
            ["unknown", "unsupported", "not_judged", "whole"],
            id="an unknown algorithm",
        ),
        pytest.param(
            value_by("sha256_dsa"), ["same", "wrong", "not_judged", "whole"], id="another algorithm"
        ),
        pytest.param(
            key_on_an_unknown_curve,
            ["unknown", "unsupported", "not_judged", "whole"],
            id="a key on an unknown curve",
        ),
    ],
)
def test_what_cannot_be_checked_is_no_forgery_and_what_is_wrong_is_named(change, codes):
    pdf = signed_by_expert(change)

    assert said(pdf) == codes
    unknown = "unsupported" in codes
    assert examined(pdf).verdict == (Status.INDETERMINATE if unknown else Status.INVALID)


def test_a_format_of_signature_that_pdf_does_not_know_is_not_judged():
    pdf = signed_by_expert(old=b"/ETSI.CAdES.detached", new=b"/adbe.x509.rsa_sha1")

    assert said(pdf) == ["same", "unsupported", "not_judged", "whole"]
    assert examined(pdf).verdict == Status.INDETERMINATE


def test_a_byte_range_that_is_no_numbers_covers_nothing():
    pdf = signed_papers.letter()
    at = pdf.rindex(b"/ByteRange [0 ") + len(b"/ByteRange [")

    result = examined(pdf[:at] + b"/" + pdf[at + 1 :])

    assert result.verdict == Status.INVALID
    assert result.fact("coverage").code == "coverage.gap"


def test_revocation_lists_inside_a_signature_count_as_well():
    """As PDF had it before PAdES: no security store, the proofs are signed attributes."""
    context = signed_papers.authority().validation_context(signed_papers.NOW)
    laid_out = signing.lay_out_fields(
        signed_papers.plain_letter(), [signing.SignatureField("old", "签名")]
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="old",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        embed_validation_info=True,
        validation_context=context,
    )
    signer = signing.KeptKeySigner(signed_papers.person("甲"), signed_papers.authority())
    output = io.BytesIO()
    signers.PdfSigner(metadata, signer, timestamper=signed_papers.timestamper()).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(laid_out)), output=output
    )

    assert b"/DSS" not in output.getvalue()
    assert said(output.getvalue()) == ["same", "fits", "chain", "whole"]


def field_of(kids, w):
    """A signature field, added and not signed, with these widgets under it."""
    field = generic.DictionaryObject(
        {pdf_name("/FT"): pdf_name("/Sig"), pdf_name("/T"): generic.pdf_string("later")}
    )
    reference = w.add_object(field)
    if kids:
        rows = [generic.ArrayObject(map(generic.NumberObject, corners)) for corners in kids]
        field[pdf_name("/Kids")] = generic.ArrayObject(
            w.add_object(
                generic.DictionaryObject(
                    {
                        pdf_name("/Parent"): reference,
                        pdf_name("/Subtype"): pdf_name("/Widget"),
                        pdf_name("/Rect"): row,
                    }
                )
            )
            for row in rows
        )
    form = w.root["/AcroForm"]
    form["/Fields"].append(reference)
    w.update_container(form)


@pytest.mark.parametrize(
    "kids", [pytest.param([], id="no widget"), pytest.param([(0, 0, 90, 90)], id="one widget")]
)
def test_a_field_that_nobody_signed_never_makes_a_changed_letter_valid(kids):
    result = examined(updated(signed_papers.letter(), lambda w: field_of(kids, w)))

    codes = {"coverage.unsigned_field", "coverage.field"}
    assert (result.fact("coverage").code in codes) == bool(kids)
    assert (result.verdict == Status.VALID) == (not kids)


def test_a_form_that_was_away_for_one_revision_is_a_change():
    kept = {}

    def drop(w):
        kept["form"] = w.root.raw_get("/AcroForm")
        del w.root["/AcroForm"]
        w.update_root()

    def restore(w):
        w.root[pdf_name("/AcroForm")] = generic.IndirectObject(
            kept["form"].idnum, kept["form"].generation, w
        )
        w.update_root()

    result = examined(updated(updated(signed_papers.letter(), drop), restore))

    assert result.verdict == Status.INVALID
    assert result.fact("coverage").code == "coverage.field"


def test_a_page_tree_that_leads_back_to_itself_is_read_once():
    def change(w):
        tree = attacks.pages_of(w)
        tree["/Kids"].append(w.root.raw_get("/Pages"))
        w.update_container(tree)

    result = examined(updated(signed_papers.letter(), change))

    assert result.verdict != Status.VALID


def test_an_old_version_that_cannot_be_read_whole_is_not_compared():
    """Its catalog names an object that is nowhere in the file."""

    def loose_end(w):
        w.root[pdf_name("/Loose")] = generic.IndirectObject(9999, 0, w)
        w.update_root()

    pdf = updated(signed_papers.plain_letter(), loose_end)
    pdf = signing.sign_with(
        signing.lay_out_fields(pdf, [signing.SignatureField("signed", "签名")]),
        "signed",
        signed_papers.person("甲"),
        signed_papers.authority(),
        signed_papers.timestamper(),
        context=signed_papers.authority().validation_context(signed_papers.NOW),
    )

    assert examined(pdf).verdict == Status.VALID
    changed = examined(attacks.annotate(pdf))
    assert changed.verdict == Status.INDETERMINATE
    assert changed.fact("coverage").code == "coverage.unknown"


def test_findings_without_facts_are_refused():
    row = {"field": "f", "kind": "signature", "facts": None}

    with pytest.raises(TypeError, match="facts"):
        SignatureFinding.from_json(row)


def test_an_answer_of_the_process_that_is_no_list_is_refused():
    with pytest.raises(TypeError, match="lists"):
        pdf_signatures._from_worker({"findings": {}, "fields": []})


def test_a_changed_page_whose_notes_are_no_list_is_a_change():
    """What exactly changed cannot be said then."""

    def change(w):
        page = attacks.page_of(w)
        page[pdf_name("/Annots")] = generic.NumberObject(3)
        w.update_container(page)

    result = examined(updated(signed_papers.letter(), change))

    assert result.verdict == Status.INVALID
    assert result.fact("coverage").code == "coverage.changed"


def test_names_of_shared_certificates_are_compared_as_everywhere():
    """Letter case and spaces do not matter (RFC 5280 7.1); another kind of value never equals."""
    certificate = signed_papers.person("甲").asn1
    (shared,) = Certificates().shared([certificate])
    loud = asn1_x509.Name.build({"common_name": "ZHAO  Biao"})
    soft = asn1_x509.Name.build({"common_name": "zhao biao"})
    certificate = asn1_x509.Certificate.load(certificate.dump())
    certificate["tbs_certificate"]["subject"] = loud
    (renamed,) = Certificates().shared([certificate])

    assert shared.subject == shared.subject
    assert shared.subject != shared.issuer
    assert renamed.subject == soft
    assert renamed.subject != "zhao biao"
