"""Findings through their actions, on both engines: from the record to standing and back."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from evidence.queries import facts_about
from identity import queries as identity
from identity.models.standing import Restriction
from kernel.errors import InvalidInput, NotFound, NotYet, TooLate, TransitionRefused
from kernel.periods import end_of, legal_date, months_after
from outbox.models.messages import WideMessage
from storage import due
from storage.database import snapshot, transaction
from storage.vault import Vault
from supervision import queries
from supervision.actions import conduct, conduct_decisions
from supervision.models.conduct import Finding
from supervision.rules.conduct import credit_at
from supervision.states import Consequence, FindingState
from supervision.timers import DUTIES
from tests.factories.identity import CODES
from tests.factories.supervision import (
    AGENCY,
    decide,
    do,
    found,
    noticed,
    real_time,
    record,
)
from tests.factories.trading import Bidder, make_open_lot, make_tender

OTHER = CODES[30]


def facts(code):
    with snapshot() as db:
        return [fact.kind for fact in facts_about(db, f"finding:{code}")]


def everything():
    """What a refusal must leave as it was: states, restrictions, facts and messages."""
    with snapshot() as db:
        return (
            db.execute(sa.select(Finding.code, Finding.state, Finding.decided_at)).all(),
            db.execute(sa.select(Restriction.code, Restriction.lifted_at)).all(),
            db.scalar(sa.select(sa.func.count()).select_from(Fact)),
            db.scalar(sa.select(sa.func.count()).select_from(WideMessage)),
        )


def refused(kind, call, *args, **kwargs):
    """Code of the refusal, which left no trace."""
    before = everything()
    with pytest.raises(kind) as fault:
        call(*args, **kwargs)
    assert everything() == before
    return fault.value.code


def year_from_today(at=None, months=12):
    return months_after(legal_date(at or real_time()), months)


def test_a_finding_is_recorded_with_points_of_its_item_and_a_fact(city):
    code = record("AG23")

    finding = found(code)
    assert (finding.state, finding.points, finding.months) == (FindingState.RECORDED, 5, 6)
    assert facts(code) == ["finding.recorded"]
    with snapshot() as db:
        streams = set(db.scalars(sa.select(Fact.stream).where(Fact.kind == "finding.recorded")))
        told = db.execute(sa.select(WideMessage.audience, WideMessage.kind)).all()
    assert streams == {f"conduct:{AGENCY}"}
    assert told == [("regulator", "finding.recorded")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": "AG99"}, "finding.no_such_item"),
        ({"on": date(2999, 1, 1)}, "finding.in_the_future"),
        ({"on": date(2020, 1, 1)}, "finding.no_such_item"),
        ({"evidence": " \n "}, "text.empty"),
        ({"evidence": "a\x00b"}, "text.forbidden_character"),
        ({"fact": bytes(32)}, "finding.no_such_fact"),
        ({"agency": CODES[10]}, "finding.not_an_agency"),
    ],
)
def test_what_cannot_be_a_finding_is_refused(city, change, code):
    assert refused(InvalidInput, record, **change) == code


def test_a_finding_on_an_unknown_organisation_or_lot_is_refused(city):
    assert refused(NotFound, record, agency=CODES[40]) == "organisation.not_found"
    assert refused(NotFound, record, lot="TD0000000000-01") == "lot.not_found"


def test_one_act_is_found_once_unless_the_first_finding_was_dropped(city):
    first = record("AG23")
    assert refused(InvalidInput, record, "AG23") == "finding.recorded_already"

    do(conduct_decisions.dismiss_finding, "regulator", first, ground="查无实据")

    assert record("AG23") != first


def test_a_lot_of_another_agency_is_no_evidence_against_this_one(city):
    lot = f"{make_tender()}-01"
    assert found(record(lot=lot)).lot.code == lot
    assert refused(InvalidInput, record, agency=OTHER, lot=lot) == "finding.lot_of_another"


def test_a_fact_of_the_log_is_evidence_but_a_held_one_is_as_good_as_none(city, tmp_path):
    lot = make_open_lot(start=datetime(2026, 9, 1, 2, 0, tzinfo=UTC))
    _, held = Bidder("bidder1").enrol().submit(lot, Vault(tmp_path))
    with snapshot() as db:
        published = facts_about(db, f"lot:{lot}", "lot.published")[0].commitment

    code = record(lot=lot, fact=published)

    assert found(code).fact == published
    assert (
        refused(InvalidInput, record, "AG24", lot=lot, fact=held.commitment)
        == "finding.no_such_fact"
    )


def test_the_agency_learns_of_a_finding_by_the_notice(city):
    code = record()
    with snapshot() as db:
        assert queries.findings_of_agency(db, AGENCY) == []

    do(conduct.send_notice, "regulator", code)

    with snapshot() as db:
        assert [each.code for each in queries.findings_of_agency(db, AGENCY)] == [code]
        pending = [(work.kind, work.due_at) for work in due.pending(db, f"organisation:{AGENCY}")]
    assert pending == [("finding.defence_over", found(code).defence_until)]
    assert refused(TransitionRefused, do, conduct.send_notice, "regulator", code) == (
        "finding.transition_refused"
    )


def test_the_agency_states_its_defence_once(city):
    code = noticed(at=real_time())

    do(conduct.state_defence, "agent", code, statement="已在当日口头答复")

    assert (found(code).state, found(code).defence) == (FindingState.DEFENDED, "已在当日口头答复")
    again = refused(TransitionRefused, do, conduct.state_defence, "agent", code, statement="补充")
    assert again == "finding.transition_refused"


def test_another_agency_does_not_find_the_finding(city):
    code = noticed(at=real_time())
    for action, more in ((conduct.state_defence, {"statement": "x"}), (conduct.waive_defence, {})):
        assert refused(NotFound, do, action, "other_agent", code, **more) == "finding.not_found"


def test_a_defence_after_five_working_days_is_too_late(city):
    code = noticed()
    until = found(code).defence_until
    instant = timedelta(microseconds=1)

    for late in (until, until + instant):
        too_late = refused(
            TooLate, do, conduct.state_defence, "agent", code, statement="迟到", at=late
        )
        assert too_late == "finding.defence_too_late"
    do(conduct.state_defence, "agent", code, statement="及时", at=until - instant)

    assert found(code).state is FindingState.DEFENDED


def test_nobody_decides_before_the_agency_was_heard_or_its_time_is_over(city):
    code = noticed()
    until = found(code).defence_until
    instant = timedelta(microseconds=1)

    assert refused(NotYet, decide, code, at=until - instant) == "finding.defence_running"
    decide(code, at=until)

    assert found(code).state is FindingState.DECIDED


def test_after_a_waiver_one_may_decide_at_once(city):
    code = noticed(at=real_time())
    do(conduct.waive_defence, "agent", code)

    decide(code)

    assert facts(code) == [
        "finding.recorded",
        "finding.noticed",
        "finding.waived",
        "finding.decided",
    ]


def test_the_worker_notes_that_the_defence_period_ended_without_a_word(city):
    codes = [noticed(item) for item in ("AG23", "AG30")]
    running = noticed("AG38", at=real_time())
    with transaction() as (db, _):
        claims = due.claim_due(db)
    assert [claim.kind for claim in claims] == ["finding.defence_over"] * len(claims)

    with transaction(lock=[f"organisation:{AGENCY}"]) as (db, now):
        DUTIES["finding.defence_over"].act(db, AGENCY, now, None)

    states = [found(code).state for code in (*codes, running)]
    assert states == [FindingState.UNDEFENDED] * 2 + [FindingState.NOTICED]


def test_points_count_from_the_day_after_the_decision_until_the_record_ends(city):
    code = noticed("AG23")
    decide(code)
    finding = found(code)

    def points(at):
        with snapshot() as db:
            return credit_at(queries.deductions_of(db, finding.agency_id), at).points

    instant = timedelta(microseconds=1)
    assert finding.starts_at == end_of(legal_date(finding.decided_at))
    assert [points(finding.starts_at - instant), points(finding.starts_at)] == [0, 5]
    assert [points(finding.ends_at - instant), points(finding.ends_at)] == [5, 0]


def test_a_late_decision_is_valid_and_recorded_as_late(city):
    on_time, late = noticed("AG23"), noticed("AG30", at=real_time() - timedelta(days=60))

    decide(on_time, at=found(on_time).defence_until)
    decide(late)

    assert (found(on_time).is_late, found(late).is_late) == (False, True)
    assert found(late).state is FindingState.DECIDED


def test_points_of_several_findings_climb_the_ladder(city):
    reached = []
    for item in ("AG17", "AG20", "AG23", "AG30"):  # 2, 3, 5 and 3 points
        code = noticed(item)
        decide(code)
        reached.append(found(code).consequence)

    assert reached == [
        Consequence.NONE,
        Consequence.REMINDER,
        Consequence.YELLOW_CARD,
        Consequence.RED_CARD,
    ]


def test_a_red_card_proposes_and_restricts_nobody(city):
    code = noticed("AG42")

    decide(code)

    assert found(code).consequence is Consequence.RED_CARD
    assert facts(code)[-2:] == ["finding.decided", "restriction.proposed"]
    with snapshot() as db:
        assert identity.restrictions_on(db, AGENCY) == []
    make_tender()
