"""What the built-in authority puts into certificates and revocation lists."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from evidence.rules import certificates
from evidence.rules.certificates import Issuer, Revocation, Subject
from kernel.errors import InvalidInput
from tests.evidence import signed_papers

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SUBJECT = Subject("某某银行股份有限公司", "张三", "91110000100000000X", "I-7", "保函部")


@pytest.fixture(scope="module")
def issuer():
    return Issuer(
        signed_papers.authority().issuing.certificate, signed_papers.authority().issuing.key
    )


def issued(issuer, key=None, **options):
    key = key or ec.generate_private_key(ec.SECP256R1()).public_key()
    return certificates.signing_certificate(
        SUBJECT, key, issuer, now=NOW, crl_url="http://crl.invalid/x.crl", **options
    )


def test_a_certificate_names_person_organisation_and_credit_code(issuer):
    name = issued(issuer).subject

    assert [(part.oid.dotted_string, part.value) for part in name] == [
        ("2.5.4.6", "CN"),
        ("2.5.4.10", "某某银行股份有限公司"),
        ("2.5.4.97", "NTRCN-91110000100000000X"),
        ("2.5.4.11", "保函部"),
        ("2.5.4.3", "张三"),
        ("2.5.4.5", "I-7"),
    ]


def test_an_organisation_without_a_person_is_its_own_common_name():
    name = Subject("某某银行").name()

    assert name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "某某银行"
    assert name.get_attributes_for_oid(NameOID.SERIAL_NUMBER) == []


def test_a_person_may_sign_with_commitment_and_nothing_else(issuer):
    usage = issued(issuer).extensions.get_extension_for_class(x509.KeyUsage)

    assert usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == (True, True)
    assert (usage.value.key_cert_sign, usage.value.crl_sign) == (False, False)


def test_a_certificate_lasts_its_lifetime_from_now(issuer):
    certificate = issued(issuer, lifetime=timedelta(days=10))

    assert certificate.not_valid_before_utc == NOW - certificates.CLOCK_TOLERANCE
    assert certificate.not_valid_after_utc == NOW + timedelta(days=10)


def test_the_issuer_really_signed_the_certificate(issuer):
    issued(issuer).verify_directly_issued_by(issuer.certificate)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(rsa.generate_private_key(65537, 2048).public_key(), id="rsa of 2048 bits"),
        pytest.param(ec.generate_private_key(ec.SECP384R1()).public_key(), id="another curve"),
    ],
)
def test_a_weak_or_strange_key_is_refused(issuer, key):
    with pytest.raises(InvalidInput) as refusal:
        issued(issuer, key)

    assert refusal.value.code == "certificate.weak_key"


def test_rsa_of_exactly_3072_bits_is_accepted(issuer):
    key = signed_papers.authority().seal.key.public_key()

    assert issued(issuer, key).public_key() == key


def test_the_time_stamp_certificate_serves_time_stamping_only(issuer):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    certificate = certificates.time_stamp_certificate(
        SUBJECT.name(), key, issuer, now=NOW, crl_url="http://crl.invalid/x.crl"
    )

    purpose = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert purpose.critical
    assert list(purpose.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def test_no_authority_may_stand_below_the_issuing_one(issuer):
    limits = issuer.certificate.extensions.get_extension_for_class(x509.BasicConstraints)

    assert limits.critical
    assert (limits.value.ca, limits.value.path_length) == (True, 0)


def test_a_revocation_list_names_each_revoked_certificate_and_its_moment(issuer):
    revoked = [Revocation(7, NOW - timedelta(hours=1)), Revocation(5, NOW)]

    made = certificates.revocation_list(issuer, revoked, number=3, now=NOW)

    assert [(row.serial_number, row.revocation_date_utc) for row in made] == [
        (5, NOW),
        (7, NOW - timedelta(hours=1)),
    ]
    assert made.next_update_utc == NOW + certificates.CRL_LIFETIME
    assert made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 3
    assert made.is_signature_valid(issuer.key.public_key())


def test_a_long_name_is_cut_in_the_common_name_only():
    organisation = "中国某某建设工程集团有限责任公司第一工程局" * 2

    name = Subject(organisation).name()

    assert name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == organisation
    assert name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == organisation[:21]


def test_an_identifier_outside_plain_letters_is_refused():
    with pytest.raises(InvalidInput) as refusal:
        Subject("某某银行", identifier="甲").name()

    assert refusal.value.code == "certificate.bad_identifier"
