"""The page of one's keys: what is there, revoking one, and the way back."""

import base64

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from evidence.models.streams import Fact
from identity import queries
from identity.actions import credentials
from identity.states import KeyPurpose, OrganisationKind, Role
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person, viewer
from tests.factories.pages import Reader
from tests.factories.papers import PIN, do_duty


@pytest.fixture
def people(app):
    make_organisation(CODES[0], "临江银行", OrganisationKind.ISSUER)
    make_person("banker", CODES[0], Role.ISSUER)
    make_person("other", CODES[0], Role.ISSUER)


def enrol(username):
    """A statement key of this person; its code."""
    who, key = viewer(username), ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    message = b"zhaobiao-key-proof/v1\n" + who.code.encode() + b"\n" + spki
    proof = key.sign(message, ec.ECDSA(hashes.SHA256()))
    assert base64.b64encode(spki)
    with transaction(lock=[f"person:{who.code}"]) as (db, now):
        return credentials.enrol_statement_key(db, who, spki=spki, proof=proof, now=now).code


def revocable(username):
    with snapshot() as db:
        return queries.valid_key(db, viewer(username).code, KeyPurpose.STATEMENT)


def kinds():
    with snapshot() as db:
        return db.scalars(sa.select(Fact.kind).order_by(Fact.recorded_at)).all()


GOOD = {"password": PASSWORD, "confirm": "yes"}


def test_the_page_lists_my_keys_and_leads_back(app, people):
    mine, theirs = enrol("banker"), enrol("other")
    page = Reader(app.test_client(), "banker").get("/account/keys?next=/desk")
    assert mine in page
    assert "现在有效" in page
    assert theirs not in page
    assert '<a class="btn is-2" href="/desk">' in page
    elsewhere = Reader(app.test_client(), "banker").get("/account/keys?next=//evil.example")
    assert "回到刚才的页面" not in elsewhere


def test_a_new_key_is_told_at_the_next_visit_and_to_its_owner_only(app, people):
    Reader(app.test_client(), "banker")
    Reader(app.test_client(), "other")
    code = enrol("banker")

    again, other = Reader(app.test_client(), "banker"), Reader(app.test_client(), "other")

    assert again.landed.headers["Location"] == "/account/since"
    assert code in again.get("/account/since")
    assert other.landed.headers["Location"] == "/account/undertakings"
    assert code not in other.get("/account/since")


def test_a_revoked_key_signs_nothing_more_and_is_recorded(app, people):
    old, new = enrol("banker"), enrol("banker")
    banker = Reader(app.test_client(), "banker")

    banker.sent(f"/account/keys/{new}/revoke", **GOOD)

    assert revocable("banker").code == old
    assert kinds()[-1] == "key.revoked"
    again = banker.send(f"/account/keys/{new}/revoke", **GOOD)
    assert again.status_code == 409
    assert "已经停用" in again.text


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"password": "wrong password"}, 403, "password"),
        ({"password": "x" * 200}, 403, "password"),
        ({"confirm": ""}, 422, "confirm"),
    ],
)
def test_a_refused_revocation_comes_back_and_changes_nothing(app, people, change, status, field):
    code = enrol("banker")
    before = kinds()
    banker = Reader(app.test_client(), "banker")
    banker.refused(f"/account/keys/{code}/revoke", status, field, **GOOD | change)
    assert (revocable("banker").code, kinds()) == (code, before)


def test_keys_of_others_are_not_found(app, people):
    code = enrol("other")
    banker = Reader(app.test_client(), "banker")
    banker.get(f"/account/keys/{code}", 404)
    assert banker.send(f"/account/keys/{code}/revoke", **GOOD).status_code == 404
    assert revocable("other").code == code


def test_the_certificate_of_a_revoked_key_goes_on_the_list(app, people):
    banker = Reader(app.test_client(), "banker")
    banker.sent("/papers/key", pin=PIN)
    with snapshot() as db:
        key = queries.valid_key(db, viewer("banker").code, KeyPurpose.DOCUMENT)
    workshop = app.extensions["workshop"]
    serial = x509.load_pem_x509_certificate(key.certificate.encode()).serial_number

    banker.sent(f"/account/keys/{key.code}/revoke", **GOOD)
    do_duty(credentials.REVOKE, f"person:{viewer('banker').code}", workshop)

    with snapshot() as db:
        now = queries.key_by_code(db, key.code).revoked_at
    lists = workshop.authority.revocation_lists(now)
    listed = {each.serial_number for revoked in lists for each in revoked}
    assert serial in listed
    assert "已停用" in banker.get("/account/keys")
