from datetime import timedelta

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from identity import queries
from identity.actions import accounts, standing
from identity.models.standing import Restriction
from identity.rules.permissions import ADMINISTERING, GRANTS, KIND_FOR_ROLE, permissions_of
from identity.rules.standing import in_force
from identity.states import OrganisationKind, Permission, RestrictionKind, Role
from kernel.errors import InvalidInput, NotAllowed, Refusal
from storage.base import real_now
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, make_organisation, make_person

HASH = accounts.hash_password("a long enough password")


def test_every_role_has_a_grant_and_a_kind_and_every_permission_is_granted():
    assert set(GRANTS) == set(KIND_FOR_ROLE) == set(Role)
    assert permissions_of(Role) | ADMINISTERING == set(Permission)


def test_an_organisation_is_registered_once(database):
    make_organisation(CODES[0], "甲", OrganisationKind.AGENCY)

    with pytest.raises(Refusal) as refused:
        make_organisation(CODES[0], "乙", OrganisationKind.AGENCY)

    assert refused.value.code == "organisation.exists"


def test_a_role_needs_an_organisation_of_the_right_kind(database):
    make_organisation(CODES[0], "甲", OrganisationKind.AGENCY)

    with pytest.raises(Refusal) as refused:
        make_person("somebody", CODES[0], Role.EXPERT)

    assert refused.value.code == "account.role_does_not_fit"
    with snapshot() as db:
        assert queries.person_by_username(db, "somebody") is None


def test_wrong_name_and_wrong_password_have_one_answer(database):
    make_organisation(CODES[0], "甲", OrganisationKind.AGENCY)
    make_person("somebody", CODES[0], Role.AGENT)

    answers = []
    for username, password in (("nobody", "x"), ("somebody", "x"), ("somebody", "x" * 10_000)):
        with pytest.raises(NotAllowed) as refused:
            accounts.authenticate(username, password)
        answers.append(refused.value.problems)

    assert answers[0] == answers[1] == answers[2]
    assert accounts.authenticate("SomeBody", "a long enough password")


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 129])
def test_passwords_out_of_range_are_refused(password):
    with pytest.raises(InvalidInput) as refused:
        accounts.hash_password(password)
    assert refused.value.code == "account.password_length"


def impose(*, credit_code=None, name="临江（集团）招标代理有限公司", start=-1, end=1):
    with transaction() as (db, _):
        now = real_now(db)
        return standing.impose(
            db,
            credit_code=credit_code,
            name=name,
            kind=RestrictionKind.REGISTRATION,
            ground="出借资质",
            finding="F-1",
            origin="测试",
            starts_at=now + timedelta(days=start),
            ends_at=now + timedelta(days=end),
            actor="x",
        )


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (CODES[0], "别名"),
        (CODES[1], "临江(集团) 招标代理有限公司"),
        (CODES[1], " 临江（集团）招标代理有限公司"),
    ],
)
def test_a_restriction_is_found_by_code_and_by_a_look_alike_name(database, code, name):
    impose(credit_code=CODES[0])

    with pytest.raises(NotAllowed) as refused, transaction() as (db, _):
        standing.refuse_restricted(db, code, name, RestrictionKind.REGISTRATION)

    assert refused.value.code == "standing.restricted"
    assert refused.value.problems[0].values["finding"] == "F-1"


def test_a_restriction_of_another_kind_or_period_does_not_count(database):
    impose(credit_code=CODES[0])
    impose(credit_code=CODES[1], name="乙公司", start=-3, end=-1)

    with transaction() as (db, _):
        standing.refuse_restricted(db, CODES[0], "甲", RestrictionKind.BIDDING)
        standing.refuse_restricted(db, CODES[1], "乙公司", RestrictionKind.REGISTRATION)


def test_a_restriction_begins_with_its_first_and_ends_before_its_last_instant(database):
    impose(credit_code=CODES[0])
    with snapshot() as db:
        view = queries.restrictions_on(db, CODES[0])[0]
    instant = timedelta(microseconds=1)

    assert not in_force(view, view.starts_at - instant)
    assert in_force(view, view.starts_at)
    assert in_force(view, view.ends_at - instant)
    assert not in_force(view, view.ends_at)


GOOD = f"credit_code,name,kind,ground,finding,from,until\n{CODES[0]},甲,registration,理由,F-9,2026-01-01,2027-01-01\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name,kind\n甲,registration\n", "negative_list.columns"),
        (
            GOOD + f"{CODES[0][:-1]}4,乙,registration,理由,F-10,2026-01-01,2027-01-01\n",
            "negative_list.row",
        ),
        (GOOD + "x,乙,registration,理由,F-10,2026-13-01,2027-01-01\n", "negative_list.row"),
        (GOOD + ",乙,nothing,理由,F-10,2026-01-01,2027-01-01\n", "negative_list.row"),
        (GOOD + ",乙,registration,理由,F-10,2027-01-01,2026-01-01\n", "negative_list.row"),
        (GOOD + ",乙\x00,registration,理由,F-10,2026-01-01,2027-01-01\n", "negative_list.row"),
        (GOOD + ",乙\n", "negative_list.row"),
    ],
)
def test_a_list_with_one_bad_row_is_refused_whole(database, text, code):
    with pytest.raises(InvalidInput) as refused, transaction() as (db, _):
        standing.import_list(db, text, origin="省", actor="x")

    assert refused.value.code == code
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Restriction)) == 0
        assert db.scalar(sa.select(sa.func.count()).select_from(Fact)) == 0


def test_a_list_is_imported_with_a_fact_a_row(database):
    with transaction() as (db, _):
        assert standing.import_list(db, "\ufeff" + GOOD, origin="省", actor="x") == 1

    with snapshot() as db:
        assert [fact.kind for fact in db.scalars(sa.select(Fact))] == ["restriction.imposed"]
        assert queries.restrictions_on(db, CODES[0])[0].finding == "F-9"
