"""Who gets which letter, once, and that nobody else does."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from identity.actions.applications import Applicant, apply
from identity.actions.letters import write_letter
from identity.models.accounts import Person
from identity.rules.letters import TABLE, Candidate, Circle, readers_of
from identity.states import OrganisationKind, Role
from outbox.labels import LABELS, TEXTS
from outbox.models.letters import Letter
from outbox.rules.letters import PUBLIC, SEALED, LetterKind
from storage.database import snapshot, transaction
from tests.factories.identity import (
    CODES,
    make_organisation,
    make_person,
    password_hash,
    viewer,
)
from tests.factories.letters import inbox, letters_to, readers

NOW = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
PEOPLE = [Candidate(f"{role.value}-{org}", org, role) for org in "AB" for role in Role]


def test_every_kind_has_readers_a_title_and_a_text():
    assert set(TABLE) == set(TEXTS) == set(LABELS[LetterKind]) == set(LetterKind)


def test_a_letter_that_tells_of_a_bid_names_nothing_to_the_carrier_and_has_one_role():
    assert not SEALED & PUBLIC
    for kind in SEALED:
        assert TABLE[kind].circle is Circle.NAMED_ORGANISATIONS
        assert TABLE[kind].roles in (frozenset({Role.BIDDER}), frozenset({Role.ISSUER}))


@pytest.mark.parametrize("kind", LetterKind)
def test_a_letter_reaches_the_roles_of_the_table_in_the_named_circle_only(kind):
    expert = TABLE[kind].circle is Circle.PERSON
    named = frozenset({"expert-A"} if expert else {"A"})

    found = readers_of(kind, named, PEOPLE)

    everywhere = TABLE[kind].circle is Circle.EVERYBODY
    places = "AB" if everywhere else "A"
    assert found == sorted(f"{role.value}-{org}" for org in places for role in TABLE[kind].roles)


def test_somebody_with_two_roles_gets_one_letter():
    both = [Candidate("x", "A", Role.AGENT), Candidate("x", "A", Role.PROCURING_OFFICER)]
    assert readers_of(LetterKind.REPORT_RECEIVED, frozenset("A"), both) == ["x"]


@pytest.fixture
def town(database):
    make_organisation(CODES[0], "临江建设有限公司", OrganisationKind.BIDDER)
    make_organisation(CODES[1], "临江路桥有限公司", OrganisationKind.BIDDER)
    make_organisation(CODES[3], "临江发改委", OrganisationKind.REGULATOR)
    make_person("bidder", CODES[0], Role.BIDDER)
    make_person("colleague", CODES[0], Role.BIDDER)
    make_person("rival", CODES[1], Role.BIDDER)
    make_person("regulator", CODES[3], Role.REGULATOR)


def write(kind, *, to=(), subject="lot:TD0-01", at=NOW):
    with transaction() as (db, _):
        write_letter(db, kind, subject, to=to, now=at, data={"receipt": "RC1"})


def test_every_colleague_with_the_role_is_written_to_and_no_rival(town):
    write(LetterKind.BID_RECEIVED, to=[CODES[0]])
    write(LetterKind.ALERT_RAISED)

    assert readers(LetterKind.BID_RECEIVED) == ["bidder", "colleague"]
    assert readers(LetterKind.ALERT_RAISED) == ["regulator"]
    assert inbox("rival") == []


def test_the_same_letter_is_written_once(town):
    for _ in range(2):
        write(LetterKind.BID_RECEIVED, to=[CODES[0]])
    write(LetterKind.BID_RECEIVED, to=[CODES[0]], subject="lot:TD0-02")

    assert [letter.subject for letter in letters_to("bidder")] == ["lot:TD0-01", "lot:TD0-02"]


def test_a_transaction_that_is_rolled_back_writes_no_letter(town):
    with pytest.raises(RuntimeError), transaction() as (db, now):
        write_letter(db, LetterKind.BID_RECEIVED, "lot:TD0-01", to=[CODES[0]], now=now)
        raise RuntimeError

    assert inbox("bidder") == []


def test_whose_access_has_ended_gets_no_letter(town):
    with transaction() as (db, now):
        gone = sa.update(Person).where(Person.code == viewer("colleague").code)
        db.execute(gone.values(ended_at=now))

    write(LetterKind.BID_RECEIVED, to=[CODES[0]])

    assert readers(LetterKind.BID_RECEIVED) == ["bidder"]


def test_a_letter_keeps_the_legal_moment_and_the_real_one(town):
    write(LetterKind.BID_RECEIVED, to=[CODES[0]])

    letter = letters_to("bidder")[0]
    assert (letter.at, letter.data) == (NOW, {"receipt": "RC1"})
    assert letter.written_at > NOW
    assert letter.read_at is None
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Letter)) == 2


def test_a_waiting_registration_is_told_to_the_centre(database):
    make_organisation(CODES[2], "临江交易中心", OrganisationKind.TRADING_CENTRE)
    make_person("operator", CODES[2], Role.OPERATOR)
    given = Applicant(
        OrganisationKind.BIDDER, CODES[5], "新单位", "0591-1234567", "李四", "newcomer"
    )
    with transaction(lock=[f"organisation:{CODES[5]}"]) as (db, now):
        code = apply(db, given, password_hash(), now=now).code

    assert [letter.data for letter in letters_to("operator")] == [{"application": code}]
