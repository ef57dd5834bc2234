"""Checking anybody's signed PDF: good files are valid, attacks never are, reasons are right."""

import io
import subprocess
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.actions import signing
from evidence.actions.authority import Credential, new_rsa_key, open_authority
from evidence.actions.pdf_signatures import examine
from evidence.actions.timestamps import BuiltInTimeStamper
from evidence.rules.certificates import Subject
from evidence.rules.pdf_reasons import REASONS, Status
from evidence.rules.pdf_signatures import FACT_NAMES, Examination, Fact, SignatureFinding, worst
from tests.evidence import attacks, signed_papers
from tests.evidence.signed_papers import NOW, examined

pytestmark = pytest.mark.attack("archives")

CHANGED_LATER = [
    (attacks.add_page, "coverage.pages_added"),
    (attacks.remove_page, "coverage.pages_removed"),
    (attacks.replace_page, "coverage.pages_replaced"),
    (attacks.swap_pages, "coverage.pages_replaced"),
    (attacks.overwrite_content, "coverage.changed"),
    (attacks.white_box, "coverage.changed"),
    (attacks.annotate, "coverage.annotation"),
    (attacks.stamp_over, "coverage.annotation"),
    (attacks.add_text_field, "coverage.field"),
    (attacks.append_tail, "coverage.tail"),
]
ON_LETTER_ONLY = [
    (attacks.hide_shadow, "coverage.changed"),
    (attacks.replace_shadow, "coverage.changed"),
    (attacks.hide_and_replace_shadow, "coverage.pages_removed"),
    (attacks.override_field, "coverage.form_filled"),
    (attacks.override_field_picture, "coverage.form_filled"),
    (attacks.unsigned_place_over_text, "coverage.unsigned_field"),
]
ON_RANGES = [
    (attacks.widen_gap, "coverage.gap"),
    (attacks.overlap_ranges, "coverage.gap"),
    (attacks.start_later, "coverage.gap"),
    (attacks.end_early, "coverage.partial"),
    (attacks.negative_range, "coverage.gap"),
    (attacks.break_range, "coverage.gap"),
    (attacks.rewrite, "coverage.gap"),
    (attacks.hide_behind_value, "coverage.padding"),
]


def cases(*tables):
    return [
        pytest.param(attack, code, id=attack.__name__.replace("_", " "))
        for table in tables
        for attack, code in table
    ]


def codes(examination):
    return {name: examination.fact(name).code for name in FACT_NAMES}


def test_a_letter_with_one_signature_is_valid_by_all_four_facts():
    result = examined(signed_papers.letter())

    assert result.verdict == Status.VALID
    assert codes(result) == {
        "digest": "digest.same",
        "signature": "signature.fits",
        "trust": "trust.chain",
        "coverage": "coverage.whole",
    }
    (finding,) = result.findings
    assert finding.signer == "评标专家甲，某某大学"
    assert finding.time_proof == "time_stamp"


def test_every_stage_of_an_archive_is_valid_as_a_signed_file():
    verdicts = [examined(step).verdict for step in signed_papers.archive_steps()]

    assert verdicts == [Status.VALID] * 7


def test_an_archive_shows_each_signature_with_signer_and_time():
    findings = examined(signed_papers.archive()).findings

    assert [finding.kind for finding in findings] == ["signature"] * 7 + ["time_stamp"]
    assert [finding.field for finding in findings[1:3]] == ["expert1", "expert2"]
    times = [finding.signed_at for finding in findings]
    assert times == sorted(times)
    assert all(finding.status == Status.VALID for finding in findings)


@pytest.mark.parametrize(("attack", "code"), cases(CHANGED_LATER, ON_LETTER_ONLY))
def test_what_came_after_the_signature_of_a_letter_is_seen(attack, code):
    result = examined(attack(signed_papers.letter()))

    assert result.verdict == REASONS[code][0] != Status.VALID
    assert codes(result) == {
        "digest": "digest.same",
        "signature": "signature.fits",
        "trust": "trust.chain",
        "coverage": code,
    }


@pytest.mark.parametrize(
    ("attack", "code"),
    cases(CHANGED_LATER, [(attacks.exchange_attachment, "coverage.changed")]),
)
def test_what_came_after_the_seal_of_an_archive_speaks_against_every_signature(attack, code):
    result = examined(attack(signed_papers.archive()))

    assert result.verdict == Status.INVALID
    assert [finding.coverage.code for finding in result.findings[:8]] == [code] * 8


@pytest.mark.parametrize(("attack", "code"), cases(ON_RANGES))
def test_a_byte_range_that_leaves_something_out_is_seen(attack, code):
    for pdf in (signed_papers.letter(), signed_papers.archive()):
        result = examined(attack(pdf))

        assert result.verdict == Status.INVALID
        assert result.fact("coverage").code == code


@pytest.mark.parametrize(
    ("attack", "name", "code"),
    [
        pytest.param(attacks.flip_covered_byte, "digest", "digest.differs", id="covered byte"),
        pytest.param(attacks.flip_value, "signature", "signature.wrong", id="value flipped"),
        pytest.param(attacks.exchange_value, "digest", "digest.differs", id="value of another"),
        pytest.param(
            attacks.exchange_certificate,
            "signature",
            "signature.other_certificate",
            id="certificate of another",
        ),
        pytest.param(
            attacks.exchange_time_stamp, "trust", "trust.time_stamp", id="time-stamp of another"
        ),
        pytest.param(attacks.garbage_value, "signature", "signature.broken", id="garbage"),
    ],
)
def test_an_exchanged_value_is_seen_by_the_right_fact(attack, name, code):
    result = examined(attack(signed_papers.letter()))

    assert result.verdict == Status.INVALID
    assert codes(result)[name] == code


def test_a_stranger_who_signs_over_the_text_makes_nothing_valid():
    result = examined(attacks.stranger_signs(signed_papers.letter()))

    assert result.verdict == Status.INDETERMINATE
    assert [finding.status for finding in result.findings] == ["valid", "indeterminate"]
    assert result.findings[1].trust.code in {"trust.no_chain", "trust.other"}


@pytest.mark.parametrize(
    ("attack", "error"),
    [
        pytest.param(attacks.take_signature_away, "file.unsigned", id="signature taken away"),
        pytest.param(attacks.drop_form, "file.unsigned", id="form dropped"),
        pytest.param(attacks.truncate, "file.unreadable", id="end cut off"),
        pytest.param(attacks.cut_in_half, "file.unreadable", id="cut in half"),
        pytest.param(attacks.encrypt, "file.encrypted", id="encrypted"),
        pytest.param(lambda pdf: b"", "file.unreadable", id="nothing"),
        pytest.param(lambda pdf: b"%PDF-1.7\n%%EOF\n", "file.unreadable", id="only marks"),
        pytest.param(lambda pdf: signed_papers.report(), "file.unsigned", id="never signed"),
    ],
)
def test_of_a_file_that_cannot_be_judged_nothing_is_said(attack, error):
    result = examined(attack(signed_papers.letter()))

    assert (result.verdict, result.error) == (Status.INDETERMINATE, error)
    assert result.as_json()["error"]["code"] == error
    assert set(result.as_json()["facts"].values()) == {"indeterminate"}


def test_without_a_trust_root_a_file_is_at_best_indeterminate():
    result = examine(signed_papers.letter(), [], now=NOW)

    assert result.verdict == Status.INDETERMINATE
    assert result.fact("trust").code == "trust.no_root"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Another authority, whose people we do not know."""
    return open_authority(tmp_path_factory.mktemp("elsewhere") / "ca", NOW)


def test_an_archive_is_still_valid_years_later_with_nothing_but_the_root():
    later = datetime.now(UTC) + timedelta(days=9 * 365)

    result = examine(signed_papers.archive(), [signed_papers.authority().trust_pem], now=later)

    assert result.verdict == Status.VALID


def test_when_the_time_stamp_authority_has_expired_nothing_proves_the_time_any_more():
    later = datetime.now(UTC) + timedelta(days=11 * 365)

    result = examine(signed_papers.archive(), [signed_papers.authority().trust_pem], now=later)

    assert result.verdict == Status.INDETERMINATE
    assert result.findings[-1].trust.code == "trust.expired"


def test_with_another_root_the_signer_is_unknown(elsewhere):
    result = examine(signed_papers.letter(), [elsewhere.trust_pem], now=NOW)

    assert result.verdict == Status.INDETERMINATE
    assert result.fact("trust").code == "trust.no_chain"


def signed_elsewhere(authority, *, stamped=True):
    key = new_rsa_key()
    certificate = authority.issue(
        Subject("外地公司"), key.public_key(), now=NOW, lifetime=timedelta(days=30)
    )
    field = signing.SignatureField("signed", "签名")
    return signing.sign_with(
        signing.lay_out_fields(signed_papers.plain_letter(), [field]),
        "signed",
        Credential(certificate, key),
        authority,
        BuiltInTimeStamper(authority) if stamped else None,
        context=authority.validation_context(NOW),
    )


def later_examined(pdf, authority, days):
    return examine(pdf, [authority.trust_pem], now=datetime.now(UTC) + timedelta(days=days))


def test_a_certificate_that_expired_after_a_stamped_signature_stays_good(elsewhere):
    pdf = signed_elsewhere(elsewhere)

    assert later_examined(pdf, elsewhere, 365).verdict == Status.VALID


def test_a_certificate_that_expired_after_an_unstamped_signature_proves_nothing(elsewhere):
    pdf = signed_elsewhere(elsewhere, stamped=False)

    in_time, too_late = (later_examined(pdf, elsewhere, days) for days in (0, 31))

    assert in_time.verdict == Status.VALID
    assert in_time.findings[0].time_proof == "claimed"
    assert too_late.verdict == Status.INDETERMINATE
    assert too_late.fact("trust").code in {"trust.expired", "trust.revocation_unknown"}


def test_a_certificate_revoked_before_the_stamp_is_invalid(tmp_path):
    """The revocation list comes with a later signature of the same file."""
    authority = open_authority(tmp_path / "ca", NOW)
    fields = [signing.SignatureField(name, "签名") for name in ("first", "second")]
    people = [Credential(*issued(authority, name)) for name in ("甲公司", "乙公司")]
    context = authority.validation_context(NOW)
    authority.revoke(people[0].certificate, now=NOW - timedelta(days=1))
    pdf = signing.lay_out_fields(signed_papers.plain_letter(), fields)
    stamper = BuiltInTimeStamper(authority)
    pdf = signing.sign_with(pdf, "first", people[0], authority, stamper, context=context)
    fresh = authority.validation_context(NOW)
    pdf = signing.sign_with(pdf, "second", people[1], authority, stamper, context=fresh)

    result = later_examined(pdf, authority, 0)

    assert [finding.trust.code for finding in result.findings] == [
        "trust.revoked",
        "trust.chain",
    ]
    assert result.verdict == Status.INVALID


def issued(authority, name):
    key = new_rsa_key()
    certificate: x509.Certificate = authority.issue(Subject(name), key.public_key(), now=NOW)
    return certificate, key


def test_bytes_that_are_no_certificate_are_no_trust_root():
    with pytest.raises(ValueError, match="PEM"):
        examine(signed_papers.letter(), [b"no certificate"], now=NOW)


def test_poppler_alone_would_call_an_added_page_valid(tmp_path):
    """Why the platform hands out its own verifier: other programs look at the digest only."""
    bad = attacks.add_page(signed_papers.letter())
    (tmp_path / "bad.pdf").write_bytes(bad)

    said = subprocess.run(
        ["pdfsig", "bad.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout

    assert "Signature is Valid" in said
    assert examined(bad).verdict == Status.INVALID


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([], "indeterminate"),
        (["valid"], "valid"),
        (["valid", "indeterminate"], "indeterminate"),
        (["indeterminate", "invalid", "valid"], "invalid"),
    ],
)
def test_the_worst_finding_decides(statuses, verdict):
    assert worst([Status(status) for status in statuses]) == verdict


@settings(max_examples=50)
@given(st.lists(st.sampled_from(sorted(REASONS)), min_size=4, max_size=4))
def test_a_file_is_valid_only_if_all_four_facts_hold(chosen):
    facts = {name: Fact(code) for name, code in zip(FACT_NAMES, chosen, strict=True)}
    finding = SignatureFinding("f", "signature", "", "", "", 1, **facts)

    result = Examination(findings=(finding,))

    assert (result.verdict == "valid") == all(fact.status == "valid" for fact in facts.values())
    assert SignatureFinding.from_json(finding.as_json()) == finding


def test_every_reason_is_said_in_both_languages():
    for status, chinese, english in REASONS.values():
        assert isinstance(status, Status)
        assert chinese.endswith("。")
        assert english.isascii()
        assert english.endswith(".")


def test_a_signature_of_an_unknown_kind_is_named_and_not_passed_over():
    with pikepdf.open(io.BytesIO(signed_papers.plain_letter())) as pdf:
        value = pikepdf.Dictionary(
            Type=pikepdf.Name.Sig,
            SubFilter=pikepdf.Name("/GM.sm2"),
            ByteRange=[0, 1, 2, 3],
            Contents=pikepdf.String("30"),
        )
        field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="gm", V=pdf.make_indirect(value))
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))
        output = io.BytesIO()
        pdf.save(output)

    result = examined(output.getvalue())

    assert result.verdict == Status.INVALID
    assert [finding.field for finding in result.findings] == ["gm"]
