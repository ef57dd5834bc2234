"""What a decided finding does: restrictions, what the public learns, what a rehearsal leaves alone."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from identity import queries as identity
from identity.actions.standing import refuse_restricted
from identity.models.organisations import Organisation
from identity.states import OrganisationKind, RestrictionKind, Role
from kernel.errors import InvalidInput, NotAllowed, TransitionRefused
from kernel.periods import end_of
from storage import due
from storage.database import snapshot, transaction
from supervision import queries
from supervision.actions import conduct_decisions
from supervision.states import Consequence, FindingState
from tests.factories.identity import CODES, make_organisation, make_person
from tests.factories.supervision import (
    AGENCY,
    LONG_AGO,
    decide,
    do,
    found,
    noticed,
    real_time,
    record,
    restriction,
)
from tests.factories.trading import make_open_lot, make_tender
from tests.supervision.test_conduct import OTHER, facts, refused, year_from_today
from trading.models.tendering import Tender


def test_a_restriction_is_part_of_the_decision_and_bars_the_registration(city):
    code, until = noticed("AG42"), year_from_today()

    decide(code, restriction(until))

    with pytest.raises(NotAllowed) as fault:
        make_tender()
    assert fault.value.code == "standing.restricted"
    assert fault.value.problems[0].values["finding"] == code
    with snapshot() as db:
        imposed = identity.restrictions_by_finding(db, code)
    assert [(r.kind, r.ends_at) for r in imposed] == [(RestrictionKind.REGISTRATION, end_of(until))]
    assert "restriction.proposed" not in facts(code)


@pytest.mark.parametrize(
    ("item", "months", "code"),
    [
        ("AG42", 11, "restriction.out_of_bounds"),
        ("AG42", 25, "restriction.out_of_bounds"),
        ("AG23", 12, "restriction.not_for_this_act"),
    ],
)
def test_a_restriction_that_the_law_does_not_allow_undoes_the_whole_decision(
    city, item, months, code
):
    finding = noticed(item)
    terms = restriction(year_from_today(months=months))

    assert refused(InvalidInput, decide, finding, terms) == code
    assert found(finding).state is FindingState.NOTICED


def test_a_decision_names_article_and_ground(city):
    code = noticed()
    for article, ground in ((" ", "理由"), ("条款", " \n")):
        empty = conduct_decisions.Decision(article, ground)
        assert (
            refused(InvalidInput, do, conduct_decisions.decide_finding, "regulator", code, empty)
            == "text.empty"
        )


def test_a_finding_is_decided_once(city):
    code = noticed()
    decide(code)
    assert refused(TransitionRefused, decide, code) == "finding.transition_refused"


def test_a_finding_that_was_not_noticed_cannot_be_decided(city):
    code = record()
    assert refused(TransitionRefused, decide, code) == "finding.transition_refused"


def test_a_dismissed_finding_has_no_points(city):
    code = noticed()

    do(conduct_decisions.dismiss_finding, "regulator", code, ground="申辩成立")

    with snapshot() as db:
        assert queries.deductions_of(db, found(code).agency_id) == []
    assert found(code).ground == "申辩成立"


def test_cancelling_lifts_the_restriction_and_keeps_the_record(city):
    code = noticed("AG42")
    decide(code, restriction(year_from_today()))

    do(conduct_decisions.cancel_finding, "regulator", code, ground="复议决定撤销")

    finding = found(code)
    assert (finding.state, finding.cancel_ground) == (FindingState.CANCELLED, "复议决定撤销")
    assert finding.starts_at is not None
    with snapshot() as db:
        assert queries.deductions_of(db, finding.agency_id) == []
        assert [r.lifted_at is not None for r in identity.restrictions_by_finding(db, code)] == [
            True
        ]
    make_tender()
    again = refused(
        TransitionRefused, do, conduct_decisions.cancel_finding, "regulator", code, ground="x"
    )
    assert again == "finding.transition_refused"


def test_no_tender_is_registered_after_a_restriction_that_came_in_between(city):
    code, until = noticed("AG42"), year_from_today()

    def register(_):
        with contextlib.suppress(NotAllowed):
            make_tender()

    with ThreadPoolExecutor(9) as pool:
        registering = [pool.submit(register, number) for number in range(16)]
        pool.submit(decide, code, restriction(until)).result()
        for each in registering:
            each.result()

    with pytest.raises(NotAllowed):
        make_tender()
    decided_at = found(code).decided_at
    with snapshot() as db:
        assert all(at <= decided_at for at in db.scalars(sa.select(Tender.registered_at)))


def test_an_expired_restriction_bars_nobody(city):
    decided_at = real_time() - timedelta(days=400)
    code = noticed("AG42", at=decided_at - LONG_AGO)

    decide(code, restriction(year_from_today(decided_at)), at=decided_at)

    assert make_tender().startswith("TD")


@pytest.mark.parametrize(
    "name", ["临江　招标代理有限公司", "临江招标（代理）有限公司", " 临江·招标代理 有限公司"]
)
def test_a_look_alike_name_under_another_code_does_not_pass(city, name):
    make_organisation(CODES[31], name, OrganisationKind.AGENCY)
    make_person("look_alike", CODES[31], Role.AGENT)
    code = noticed("AG42")
    decide(code, restriction(year_from_today()))

    with pytest.raises(NotAllowed) as fault:
        make_tender(agent="look_alike")

    assert fault.value.problems[0].values["finding"] == code


def test_a_rehearsed_finding_on_a_real_agency_has_no_effect(city):
    lot = make_open_lot(start=datetime(2026, 9, 1, 2, 0, tzinfo=UTC))
    code = noticed("AG42", lot=lot)

    restricted = refused(InvalidInput, decide, code, restriction(year_from_today()))
    decide(code)

    assert restricted == "restriction.rehearsal"
    finding = found(code)
    assert (finding.is_rehearsal, finding.consequence) == (True, Consequence.NONE)
    with snapshot() as db:
        assert queries.deductions_of(db, finding.agency_id) == []
        assert queries.public_conduct(db, finding.starts_at) == []


def test_a_rehearsed_finding_counts_for_an_agency_in_training(city):
    lot = make_open_lot(start=datetime(2026, 9, 1, 2, 0, tzinfo=UTC))
    with transaction() as (db, _):
        db.execute(
            sa.update(Organisation)
            .where(Organisation.credit_code == AGENCY)
            .values(is_training=True)
        )
    code = noticed("AG42", lot=lot)

    decide(code, restriction(year_from_today()))

    assert found(code).consequence is Consequence.RED_CARD
    with pytest.raises(NotAllowed), transaction() as (db, _):
        refuse_restricted(db, AGENCY, "x", RestrictionKind.REGISTRATION)


def test_the_public_learns_of_a_decision_while_its_record_period_runs(city):
    code = noticed("AG23")
    noticed("AG30")
    decide(code)
    finding, instant = found(code), timedelta(microseconds=1)

    def public(at):
        with snapshot() as db:
            return [each.code for each in queries.public_conduct(db, at)]

    assert public(finding.starts_at - instant) == []
    assert public(finding.starts_at) == [code]
    assert public(finding.ends_at - instant) == [code]
    assert public(finding.ends_at) == []


def test_findings_are_listed_by_state_and_by_a_part_of_the_name(city):
    first, second = record("AG23"), record("AG23", agency=OTHER)

    def listed(**more):
        wanted = {"states": list(FindingState)} | more
        with snapshot() as db:
            return {each.code for each in queries.findings(db, **wanted)}

    assert listed() == {first, second}
    assert listed(agency="另一") == {second}
    assert listed(agency=AGENCY.lower()) == {first}
    assert listed(agency="100%") == set()
    assert listed(states=[FindingState.DECIDED]) == set()
    assert listed(after=found(second)) == {first}


def test_two_findings_of_one_day_are_noted_by_one_row(city):
    at = real_time() - LONG_AGO
    for item in ("AG23", "AG30"):
        noticed(item, at=at)
    with snapshot() as db:
        assert len(due.pending(db, f"organisation:{AGENCY}")) == 1
