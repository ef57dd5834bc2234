"""The authority in its folder: made once, whole, by whoever comes first; its lists stay fresh."""

import stat
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from evidence.actions.authority import CRL_REFRESH, Authority, open_authority
from evidence.rules.certificates import Subject

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def opened_root(folder):
    return open_authority(folder, NOW).trust_pem


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Opened by two processes at once, as at the first start of web and worker."""
    folder = tmp_path_factory.mktemp("both") / "ca"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        roots = list(pool.map(opened_root, [folder, folder]))
    assert roots[0] == roots[1]
    return folder


def test_two_processes_that_start_together_share_one_authority(folder):
    assert open_authority(folder, NOW).trust_pem == opened_root(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["ca"]


def test_only_the_owner_can_read_the_keys(folder):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.key")}

    assert modes == dict.fromkeys(("root.key", "issuing.key", "seal.key", "time_stamp.key"), 0o600)


def test_the_chain_leads_from_seal_to_root(folder):
    authority = open_authority(folder, NOW)
    issuing, root = authority.certificate_chain

    authority.seal.certificate.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)


def test_a_list_of_exactly_a_day_is_kept_and_an_older_one_is_made_anew(folder):
    authority = open_authority(folder, NOW)

    at_a_day = authority.revocation_lists(NOW + CRL_REFRESH)
    after_it = authority.revocation_lists(NOW + CRL_REFRESH + timedelta(seconds=1))

    assert [entry.last_update_utc for entry in at_a_day] == [NOW, NOW]
    assert {entry.last_update_utc for entry in after_it} == {
        NOW + CRL_REFRESH + timedelta(seconds=1)
    }
    numbers = [
        entry.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for entry in after_it
    ]
    assert numbers == [2, 2]


def test_a_revoked_certificate_is_on_the_next_list_once(folder):
    authority = open_authority(folder, NOW)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    good = authority.issue(Subject("甲公司"), key, now=NOW)
    bad = authority.issue(Subject("乙公司"), key, now=NOW)

    authority.revoke(bad, now=NOW + timedelta(days=3))
    authority.revoke(bad, now=NOW + timedelta(days=4))

    made = Authority(folder, authority.crl_url).revocation_lists(NOW + timedelta(days=3))[1]
    row = made.get_revoked_certificate_by_serial_number(bad.serial_number)
    assert row.revocation_date_utc == NOW + timedelta(days=3)
    assert made.get_revoked_certificate_by_serial_number(good.serial_number) is None


def test_a_half_made_folder_beside_it_is_not_taken_for_an_authority(tmp_path):
    (tmp_path / ".ca-half").mkdir()
    (tmp_path / ".ca-half" / "root.key").write_text("half")

    authority = open_authority(tmp_path / "ca", NOW)

    assert authority.trust_pem.startswith(b"-----BEGIN CERTIFICATE-----")


def test_a_place_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "ca").write_text("a file where the folder should be")

    with pytest.raises(OSError, match="ca"):
        open_authority(tmp_path / "ca", NOW)

    assert [path.name for path in tmp_path.iterdir()] == ["ca"]


def test_a_server_certificate_is_for_its_hosts_and_serves_tls_only(folder):
    authority = open_authority(folder, NOW)
    chain, key = authority.serve_tls(["centre.example", "192.0.2.7"], NOW)

    server, issuing = x509.load_pem_x509_certificates(chain.read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["centre.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    usage = server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    server.verify_directly_issued_by(issuing)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
