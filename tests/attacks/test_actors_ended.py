"""A right that has ended is none at any door: signed out, expired, password changed, access ended,
role taken away, organisation restricted.

Every door of every kind is tried at the stage at which the person was let through before.
"""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from identity import queries
from identity.actions import colleagues, sign_ins, standing
from identity.models.accounts import ApiToken, PersonRole
from identity.rules.permissions import Viewer
from identity.states import RestrictionKind
from storage.base import real_now
from storage.database import transaction
from tests.attacks.test_actors import first_allowed
from tests.attacks.trying import ALLOWED
from tests.factories.identity import password_hash, viewer

pytestmark = pytest.mark.attack("permissions")


def signed_out(username):
    with transaction() as (db, now):
        sign_ins.end_others(db, viewer(username), kept="", now=now)


def expired(username):
    who = viewer(username).code
    with transaction() as (db, now):
        mine = ApiToken.person_id == queries.person_by_code(db, who).id
        db.execute(sa.update(ApiToken).where(mine).values(expires_at=now))


def password_changed(username):
    with transaction() as (db, now):
        sign_ins.change_password(db, viewer(username), password_hash(), kept="", now=now)


def access_ended(username):
    who = viewer(username)
    with transaction() as (db, now):
        colleagues.end_access(db, Viewer(organisation=who.organisation), who.code, now=now)


def role_taken(username):
    with transaction() as (db, _):
        mine = PersonRole.person_id == queries.person_by_username(db, username).id
        db.execute(sa.delete(PersonRole).where(mine))


ENDINGS = {
    signed_out: "account.token_invalid",
    expired: "account.token_invalid",
    password_changed: "account.token_invalid",
    access_ended: "account.token_invalid",
    role_taken: "account.not_permitted",
}
RESTRICTED = {
    RestrictionKind.REGISTRATION: {"trading_api.publish_tender", "agency.publish_notice"},
    RestrictionKind.BIDDING: {
        "trading_api.submit_bid",
        "trading_api.submit_bid/again",
        "guarantee_api.order_guarantee",
    },
}


def through_all_doors(town, people, prepare):
    """(door, answer, tables that changed) of every door at its first open stage, after `prepare`."""
    trial = town.trial
    for stage, doors in first_allowed(town).items():
        known = prepared(trial, stage, people, prepare)
        for door in doors:
            code = trial.code(door.request(town.walk, known), known["tokens"][door.person(known)])
            yield door.name, code, trial.changed()
            if not trial.is_untouched():
                known = prepared(trial, stage, people, prepare)


def prepared(trial, stage, people, prepare):
    """The stage, at which this has happened to everybody who acts at its doors."""
    known = trial.at(stage)
    for username in sorted({known.get(name, name) for name in people}):
        prepare(username)
    trial.begin()
    return known


def actors(town):
    return {door.who for doors in first_allowed(town).values() for door in doors}


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda each: each.__name__)
def test_a_right_that_ended_opens_no_door(town, tried, ending):
    found = list(through_all_doors(town, actors(town), ending))
    tried(len(found))

    assert [each for each in found if each[1] != ENDINGS[ending] or each[2]] == []


def restrict(username, kind):
    who = viewer(username)
    with transaction(lock=[f"organisation:{who.organisation}"]) as (db, _):
        now = real_now(db)
        standing.impose(
            db,
            credit_code=who.organisation,
            name=who.organisation_name,
            kind=kind,
            ground="串通投标",
            finding="行政处罚决定书 1 号",
            origin="临江市监管局",
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=365),
            actor="system",
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", [RestrictionKind.REGISTRATION, RestrictionKind.BIDDING])
def test_a_restricted_organisation_is_kept_from_just_what_the_restriction_says(town, tried, kind):
    sides = {"agent", "bidder1", "bidder5"}
    found = list(through_all_doors(town, sides, lambda name: restrict(name, kind)))
    kept_out = {door for door, code, _ in found if code == "standing.restricted"}
    tried(len(found))

    assert kept_out == RESTRICTED[kind]
    assert {code for _, code, _ in found} == {ALLOWED, "standing.restricted"}
    assert [each for each in found if each[1] != ALLOWED and each[2]] == []
