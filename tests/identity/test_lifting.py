"""Lifting a restriction, and what is told of a negative list line by line; on both engines."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from identity import queries
from identity.actions import standing
from identity.models.standing import Restriction
from identity.rules.negative_list import MAX_TOLD, SAMPLE, listed_restrictions
from identity.rules.standing import RestrictionView, in_force, lifting_problems
from identity.states import RestrictionKind
from kernel.errors import InvalidInput, NotAllowed, NotFound, Refusal
from storage.base import real_now
from storage.database import snapshot, transaction
from tests.factories.identity import CODES

INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def impose(*, start=-1, end=1):
    with transaction() as (db, _):
        now = real_now(db)
        return standing.impose(
            db,
            credit_code=CODES[0],
            name="临江招标代理有限公司",
            kind=RestrictionKind.REGISTRATION,
            ground="串通投标",
            finding="FD0000000000",
            origin="监管局",
            starts_at=now + start * DAY,
            ends_at=now + end * DAY,
            actor="x",
        ).code


def lift(code, ground="复议决定撤销"):
    with transaction() as (db, _):
        return standing.lift(db, code, ground=ground, actor="PN0000000000")


def ask():
    with transaction() as (db, _):
        standing.refuse_restricted(db, CODES[0], "x", RestrictionKind.REGISTRATION)


def kinds():
    with snapshot() as db:
        query = sa.select(Fact.kind).where(Fact.stream == "negative_list").order_by(Fact.seq)
        return list(db.scalars(query))


def view(**changes):
    with snapshot() as db:
        now = real_now(db)
    values = {
        "code": "RS",
        "kind": RestrictionKind.REGISTRATION,
        "starts_at": now,
        "ends_at": now + DAY,
        "ground": "x",
        "finding": "x",
    }
    return RestrictionView(**values | changes)


def test_a_lifted_restriction_is_free_from_the_instant_of_the_lifting(database):
    at = view().starts_at + timedelta(hours=1)
    lifted = view(starts_at=at - timedelta(hours=1), ends_at=at + DAY, lifted_at=at)

    assert in_force(lifted, at - INSTANT)
    assert not in_force(lifted, at)
    assert not in_force(lifted, at + INSTANT)


def test_only_what_still_holds_can_be_lifted(database):
    restriction = view()

    def codes(at, **changes):
        return [p.code for p in lifting_problems(view(**vars(restriction) | changes), at)]

    assert codes(restriction.ends_at - INSTANT) == []
    assert codes(restriction.starts_at - DAY) == []
    assert codes(restriction.ends_at) == ["standing.ended_already"]
    assert codes(restriction.starts_at, lifted_at=restriction.starts_at) == [
        "standing.lifted_already"
    ]


def test_lifting_lets_the_organisation_act_again_and_keeps_the_row(database):
    code = impose()
    with pytest.raises(NotAllowed):
        ask()

    lift(code)

    ask()
    assert kinds() == ["restriction.imposed", "restriction.lifted"]
    with snapshot() as db:
        row = queries.restriction_by_code(db, code)
        assert (row.lifted_by, row.lift_ground) == ("PN0000000000", "复议决定撤销")
        assert queries.restrictions_not_over(db, real_now(db)) == []


@pytest.mark.parametrize(("ground", "code"), [(" ", "text.empty"), ("x" * 501, "text.too_long")])
def test_a_lifting_names_its_ground(database, ground, code):
    restriction = impose()

    with pytest.raises(InvalidInput) as refused:
        lift(restriction, ground)

    assert refused.value.code == code
    assert kinds() == ["restriction.imposed"]
    with pytest.raises(NotAllowed):
        ask()


def test_a_restriction_is_lifted_once(database):
    code = impose()
    lift(code)

    with pytest.raises(Refusal) as refused:
        lift(code, "再来一次")

    assert refused.value.code == "standing.lifted_already"
    assert kinds() == ["restriction.imposed", "restriction.lifted"]


def test_an_ended_restriction_needs_no_lifting(database):
    with pytest.raises(Refusal) as refused:
        lift(impose(start=-3, end=-1))
    assert refused.value.code == "standing.ended_already"


def test_an_unknown_restriction_cannot_be_lifted(database):
    with pytest.raises(NotFound) as refused:
        lift("RS0000000000")
    assert refused.value.code == "restriction.not_found"


@pytest.mark.parametrize(
    "changes",
    [
        {"lifted_at": sa.text("starts_at")},
        {"lifted_by": "x"},
        {"lifted_at": sa.text("ends_at"), "lifted_by": "x", "lift_ground": "x"},
    ],
    ids=["nobody lifted it", "it was not lifted", "after its end"],
)
def test_the_database_refuses_half_a_lifting(database, changes):
    impose()
    with pytest.raises(sa.exc.IntegrityError), transaction() as (db, _):
        db.execute(sa.update(Restriction).values(changes))


HEADER = "credit_code,name,kind,ground,finding,from,until\n"
GOOD = f"{CODES[0]},甲,registration,理由,F-9,2026-01-01,2027-01-01\n"


def problems(text):
    with pytest.raises(InvalidInput) as refused:
        listed_restrictions(text)
    return [
        (p.code, p.values.get("line"), getattr(p.values.get("why"), "code", ""))
        for p in refused.value.problems
    ]


def test_every_line_at_fault_is_told_with_its_reason():
    text = HEADER + GOOD + ",乙,nothing,理由,F,2026-01-01,2027-01-01\n" + GOOD
    text += f"{CODES[0][:-1]}4,丙,registration,理由,F,2026-01-01,2027-01-01\n"
    text += ",丁,registration,理由,F,2026-02-30,2027-01-01\n"
    text += ",戊,registration,,F,2026-01-01,2027-01-01\n"
    text += ",己,registration,理由,F,2027-01-01,2027-01-01\n"

    assert problems(text) == [
        ("negative_list.row", 3, "negative_list.kind"),
        ("negative_list.row", 5, "credit_code.wrong_check_digit"),
        ("negative_list.row", 6, "input.day"),
        ("negative_list.row", 7, "text.empty"),
        ("negative_list.row", 8, "standing.period"),
    ]


def test_a_list_that_is_no_csv_or_has_no_row_is_refused():
    assert problems(HEADER) == [("negative_list.empty", None, "")]
    assert problems(HEADER + 'a,"b\n') == [("negative_list.row", 2, "negative_list.malformed")]
    assert problems("") == [("negative_list.columns", None, "")]


def test_so_many_faults_and_no_more_are_told():
    assert len(problems(HEADER + ",甲,nothing,理由,F,2026-01-01,2027-01-01\n" * 60)) == MAX_TOLD


def test_the_sample_is_a_good_list():
    assert [row.name for row in listed_restrictions("\ufeff" + SAMPLE)] == ["某某招标代理有限公司"]
