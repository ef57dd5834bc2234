"""Signing: five experts in turn in three steps each, the seal last; nothing is ever half signed."""

import asyncio
import io
import re
import subprocess

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import pdfa
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from evidence.actions import signing
from evidence.actions.authority import Credential, new_rsa_key
from evidence.actions.timestamps import HttpTimeStamper, TimeStampError
from evidence.rules.certificates import Subject
from evidence.rules.signing import PreparedSignature, lock, sign_attributes, unlock
from kernel.errors import NotAllowed, Refusal
from tests.evidence import signed_papers
from tests.evidence.signed_papers import NOW, authority, timestamper

NAMES = ["certification", "expert1", "expert2", "expert3", "expert4", "expert5", "seal"]


def prepared(name="甲", field="expert1", pdf=None):
    return signing.prepare(
        pdf or signed_papers.archive_steps()[0],
        field,
        signed_papers.person(name).certificate,
        authority(),
        timestamper(),
        context=authority().validation_context(NOW),
    )


def reader_of(pdf):
    return PdfFileReader(io.BytesIO(pdf))


def test_all_seven_signatures_and_the_time_stamp_are_good_to_another_eye():
    reader = reader_of(signed_papers.archive())

    async def judge():
        context = authority().validation_context
        people = [
            await async_validate_pdf_signature(
                one, context(NOW), ts_validation_context=context(NOW)
            )
            for one in reader.embedded_regular_signatures
        ]
        (stamp,) = reader.embedded_timestamp_signatures
        return people, await async_validate_pdf_timestamp(stamp, context(NOW))

    people, stamp = asyncio.run(judge())
    names = [one.field_name for one in reader.embedded_regular_signatures]
    assert names == NAMES
    assert all(one.bottom_line for one in people)
    assert all(one.timestamp_validity.trusted for one in people)
    assert (stamp.valid, stamp.trusted, stamp.intact) == (True, True, True)
    assert stamp.coverage.name == "ENTIRE_FILE"


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_each_signature_lasts_without_anything_from_outside(number):
    """PAdES-LTA with nothing but the root: chain, revocation lists and times are in the file."""
    trust = SimpleTrustManager.build(trust_roots=[authority().root.asn1])
    policy = CertValidationPolicySpec(
        trust_manager=trust, revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO)
    )
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(cert_validation_policy=policy))
    signature = reader_of(signed_papers.archive()).embedded_regular_signatures[number]

    result = asyncio.run(ades_lta_validation(signature, spec))

    assert str(result.ades_subindic) == "AdESPassed.OK"


def test_poppler_calls_all_seven_valid_and_the_file_wholly_covered(tmp_path):
    (tmp_path / "archive.pdf").write_bytes(signed_papers.archive())

    said = subprocess.run(
        ["pdfsig", "archive.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout

    assert len(re.findall("Signature is Valid", said)) == len(NAMES)
    assert len(re.findall(r"^  - Total document signed", said, re.MULTILINE)) == 1


def test_qpdf_finds_no_fault_in_the_signed_file(tmp_path):
    (tmp_path / "archive.pdf").write_bytes(signed_papers.archive())

    subprocess.run(["qpdf", "--check", "archive.pdf"], cwd=tmp_path, check=True, capture_output=1)


def test_signing_breaks_no_rule_of_the_archive_form():
    """The checker does not know forms and proofs of signatures; all it knows must hold."""
    checked = pdfa.validate_written(io.BytesIO(signed_papers.archive()), "3b")

    assert checked.violations == ()
    assert len(checked.unsupported) == 5


def test_each_signature_is_exactly_one_revision():
    reader = reader_of(signed_papers.archive())

    revisions = [one.signed_revision for one in reader.embedded_signatures]

    assert revisions == list(range(2, 2 + len(NAMES) + 1))
    assert reader.xrefs.total_revisions == revisions[-1] + 1


def test_the_attachment_survives_all_signatures():
    with pikepdf.open(io.BytesIO(signed_papers.archive())) as pdf:
        assert pdf.attachments["evaluation.json"].get_file().read_bytes() == b'{"lot":"1"}'


def test_nothing_between_the_steps_holds_a_key():
    row = prepared().to_row()

    assert sorted(row) == [
        "attributes",
        "certificate",
        "digest",
        "field",
        "gap_end",
        "gap_start",
        "revision_sha256",
    ]


def test_what_is_stored_comes_back_as_it_was():
    step = prepared()

    assert PreparedSignature.from_row(step.to_row(), step.revision) == step


def test_a_revision_of_another_row_is_refused():
    step = prepared()
    changed = bytearray(step.revision)
    changed[100] ^= 1

    with pytest.raises(ValueError, match="not the one"):
        PreparedSignature.from_row(step.to_row(), bytes(changed))


def test_a_revision_changed_between_the_steps_is_not_finished():
    step = prepared()
    value = sign_attributes(signed_papers.person("甲").key, step.attributes)
    changed = step.revision[:100] + b"!" + step.revision[101:]
    other = PreparedSignature(**{**vars(step), "revision": changed})

    with pytest.raises(ValueError, match="changed"):
        signing.finish(other, value, authority(), timestamper())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(lambda step: bytes(384), id="no signature at all"),
        pytest.param(
            lambda step: sign_attributes(signed_papers.person("乙").key, step.attributes),
            id="another person's key",
        ),
        pytest.param(
            lambda step: sign_attributes(
                signed_papers.person("甲").key, prepared(field="expert2").attributes
            ),
            id="the attributes of another field",
        ),
    ],
)
def test_a_signature_that_does_not_fit_is_never_put_into_the_file(value):
    step = prepared()

    with pytest.raises(Refusal) as refusal:
        signing.finish(step, value(step), authority(), timestamper())

    assert refusal.value.code == "signing.wrong_signature"


def test_without_a_time_stamp_there_is_no_file():
    step = prepared()
    value = sign_attributes(signed_papers.person("甲").key, step.attributes)
    nobody = HttpTimeStamper("http://127.0.0.1:9/", timeout_seconds=1)

    with pytest.raises(TimeStampError):
        signing.finish(step, value, authority(), nobody)


def test_a_revoked_certificate_cannot_begin_to_sign():
    key = new_rsa_key()
    certificate = authority().issue(Subject("丙公司"), key.public_key(), now=NOW)
    authority().revoke(certificate, now=NOW)

    with pytest.raises(NotAllowed) as refusal:
        signing.prepare(
            signed_papers.archive_steps()[0],
            "expert1",
            certificate,
            authority(),
            timestamper(),
            context=authority().validation_context(NOW),
        )

    assert refusal.value.code == "signing.certificate_not_valid"


def test_a_curve_key_cannot_sign_a_pdf():
    """It would make the file PDF 2.0, which the archive form forbids."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = authority().issue(Subject("丁公司"), key.public_key(), now=NOW)

    with pytest.raises(TypeError, match="RSA"):
        signing.prepare(
            signed_papers.archive_steps()[0],
            "expert1",
            certificate,
            authority(),
            timestamper(),
            context=authority().validation_context(NOW),
        )


def test_a_place_that_was_not_laid_out_cannot_be_signed():
    with pytest.raises(SigningError, match="No empty signature field"):
        prepared(field="expert9")


def test_a_place_that_is_signed_already_cannot_be_signed_again():
    with pytest.raises(SigningError, match="appears to be filled"):
        prepared(pdf=signed_papers.archive_steps()[1])


@pytest.fixture(scope="module")
def locked():
    return lock(signed_papers.person("甲").key, "135790")


def test_the_right_pin_opens_the_key(locked):
    assert unlock(locked, "135790").private_numbers() == (
        signed_papers.person("甲").key.private_numbers()
    )


@pytest.mark.parametrize("pin", ["", "135791", "135790 ", "１３５７９０", "\u0000"])
def test_a_wrong_pin_is_refused_with_a_stable_code(locked, pin):
    with pytest.raises(NotAllowed) as refusal:
        unlock(locked, pin)

    assert refusal.value.code == "signing.wrong_pin"


def test_a_broken_key_file_gives_the_same_refusal():
    with pytest.raises(NotAllowed) as refusal:
        unlock(b"no key", "135790")

    assert refusal.value.code == "signing.wrong_pin"


def test_openssl_reads_the_locked_key_and_its_many_rounds(locked, tmp_path):
    (tmp_path / "key.pem").write_bytes(locked)

    opened = subprocess.run(
        ["openssl", "pkey", "-in", "key.pem", "-passin", "pass:135790", "-pubout"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    ).stdout
    parsed = subprocess.run(
        ["openssl", "asn1parse", "-in", "key.pem"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert serialization.load_pem_public_key(opened) == (
        signed_papers.person("甲").key.public_key()
    )
    assert "hmacWithSHA256" in parsed
    assert f"{600_000:06X}" in parsed


def test_a_curve_key_can_be_locked_too():
    key = ec.generate_private_key(ec.SECP256R1())

    assert unlock(lock(key, "246802"), "246802").private_numbers() == key.private_numbers()


@settings(max_examples=5, deadline=None)
@given(st.text(min_size=1, max_size=20))
def test_any_pin_opens_what_it_locked(pin):
    key = ec.generate_private_key(ec.SECP256R1())

    assert unlock(lock(key, pin), pin).private_numbers() == key.private_numbers()


def test_a_credential_shows_its_certificate_in_both_forms():
    who = signed_papers.person("甲")

    assert isinstance(who, Credential)
    assert who.asn1.dump() == who.certificate.public_bytes(serialization.Encoding.DER)
    assert isinstance(who.certificate, x509.Certificate)
