"""Signed statements, brought again or under keys that do not count any more."""

import base64
import hashlib

import pyrage
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from identity import queries as identity
from identity.actions import credentials
from identity.states import KeyPurpose
from kernel.errors import InvalidInput
from storage import database as doors
from storage.database import transaction
from tests.attacks.signed_statements import KINDS, Door, Poster
from tests.crashes import everything
from tests.factories.identity import viewer
from tests.factories.trading import Bidder

pytestmark = pytest.mark.attack("statements")


# A committee for each single case takes its time.
LONG = ("expert-commitment", "score-sheet")


@pytest.fixture(params=[pytest.param(k, marks=pytest.mark.slow) if k in LONG else k for k in KINDS])
def door(app, request):
    return Door(app, request.param)


def test_a_statement_brought_again_changes_nothing(door, tried):
    door.takes()

    told = door.post(door.signed.path, door.signed.who.username, door.signed.body())

    assert told == door.signed.replayed
    assert door.look() <= {"subject"}  # which keeps the latest instant of every door
    tried()


def revoke(username):
    who = viewer(username)
    with transaction(lock=[f"person:{who.code}"]) as (db, now):
        code = identity.valid_key(db, who.code, KeyPurpose.STATEMENT).code
        credentials.revoke_key(db, who, code, now=now)


def test_a_statement_under_a_revoked_or_replaced_key_is_refused(door, tried):
    signed = door.signed
    old, new = signed.body(), Bidder(signed.who.username).enrol()
    door.look()
    assert door.refuses(old) == "statement.signature"
    revoke(new.username)
    door.look()
    assert door.refuses(signed.body(signer=new)) == "statement.signature"
    revoke(new.username)
    door.look()
    assert door.refuses(old) == "key.none"
    tried(door.told())


def test_the_proof_of_a_revoked_key_does_not_enrol_it_again(app, tried):
    """Whoever kept an old proof could bring back a key that its owner gave up."""
    signed = KINDS["undertaking"](app)
    revoke(signed.who.username)
    before = everything(doors.current_database())

    with pytest.raises(InvalidInput) as refused:
        signed.who.enrol()

    assert refused.value.code == "key.was_revoked"
    assert everything(doors.current_database()) == before
    tried()


def test_the_proof_of_a_key_is_bound_to_its_person(app, tried):
    signed = KINDS["undertaking"](app)
    before = everything(doors.current_database())
    stolen = Bidder(signed.other.username, key=signed.who.key)
    stolen.sign = lambda message: signed.who.key.sign(
        message.replace(viewer("bidder2").code.encode(), viewer("bidder1").code.encode()),
        ec.ECDSA(hashes.SHA256()),
    )

    with pytest.raises(InvalidInput) as refused:
        stolen.enrol()

    assert refused.value.code == "key.not_proved"
    assert everything(doors.current_database()) == before
    tried()


def test_a_release_that_a_later_one_replaced_does_not_come_back(app, tried):
    signed = KINDS["bid-release"](app)
    post = Poster(app.test_client(), "bidder1")
    assert post(signed.path, "bidder1", signed.body())[0] == 201
    blob = pyrage.encrypt(b"{}", [pyrage.x25519.Identity.generate().to_public()])
    later = signed.statement | {"release_sha256": hashlib.sha256(blob).hexdigest()}
    body = signed.body(later) | {"release": base64.b64encode(blob).decode()}
    assert post(signed.path, "bidder1", body)[0] == 201
    before = everything(doors.current_database())

    told = post(signed.path, "bidder1", signed.body())

    assert told == (409, "release.superseded")
    assert everything(doors.current_database()) == before
    tried()
