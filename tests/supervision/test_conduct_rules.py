"""Points, periods, consequences and bounds, as tables; each clause before, at and after."""

from datetime import UTC, date, datetime, timedelta

import pytest

from identity.states import RestrictionKind
from kernel.errors import TransitionRefused
from supervision.labels import LABELS, label
from supervision.rules import conduct, limits
from supervision.rules.conduct import Accused, Deduction, Hearing, RestrictionTerms
from supervision.rules.conduct_catalogue import CATALOGUES, catalogue_on, item_of, item_problems
from supervision.rules.conduct_disclosure import Matter, may_know
from supervision.states import (
    FINDING,
    Consequence,
    FindingEvent,
    FindingState,
    RestrictionBasis,
    Severity,
)
from trading.rules.disclosure import Audience
from trading.states import Regime

INSTANT = timedelta(microseconds=1)
NOTICE = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # a Wednesday, ten o'clock in China
OVER = datetime(2026, 12, 2, 16, 0, tzinfo=UTC)  # the end of the Wednesday after
TODAY = date(2026, 11, 25)


def codes(problems):
    return [problem.code for problem in problems]


@pytest.mark.parametrize("state", list(FindingState))
@pytest.mark.parametrize("event", list(FindingEvent))
def test_every_pair_of_the_findings_table_is_decided(state, event):
    if (state, event) in FINDING.moves:
        assert FINDING.after(state, event) is FINDING.moves[state, event]
    else:
        with pytest.raises(TransitionRefused):
            FINDING.after(state, event)


def test_the_catalogue_has_forty_six_acts_in_order():
    items = catalogue_on(TODAY)
    assert [item.code for item in items] == [f"AG{number:02d}" for number in range(1, 47)]
    assert all(item.source and item.behaviour for item in items)


SCALE = {
    Severity.GRAVE: ({10}, {12}),
    Severity.SERIOUS: ({5, 6}, {6, 12}),
    Severity.MODERATE: ({3, 4}, {3, 6}),
    Severity.MINOR: ({2}, {3}),
}


@pytest.mark.parametrize("item", catalogue_on(TODAY), ids=lambda item: item.code)
def test_points_and_period_fit_the_severity(item):
    points, months = SCALE[item.severity]
    assert item.points in points
    assert item.months in months


def test_what_happened_is_judged_by_the_catalogue_of_its_day():
    first = CATALOGUES[0].in_force_from

    assert codes(item_problems("AG01", first - timedelta(days=1))) == ["finding.no_such_item"]
    assert item_problems("AG01", first) == []
    assert item_of("AG47", TODAY) is None
    assert codes(item_problems("AG47", TODAY)) == ["finding.no_such_item"]


def test_limits_are_dated_and_name_their_sources():
    with pytest.raises(LookupError):
        limits.limits_on(date(2023, 12, 31))
    profile = limits.limits_on(date(2024, 1, 1))
    assert profile.defence_source
    assert profile.decision_source
    assert all(bound.source for bound in profile.bounds.values())


def test_the_defence_period_is_five_working_days():
    assert conduct.defence_until(NOTICE) == OVER


def test_over_the_national_day_the_defence_period_is_longer():
    noticed_at = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
    # 8, 9, 10 (worked in exchange), 12, 13 October
    assert conduct.defence_until(noticed_at) == datetime(2026, 10, 13, 16, 0, tzinfo=UTC)


def test_a_defence_is_in_time_up_to_the_last_instant():
    hearing = Hearing(FindingState.NOTICED, OVER, None)

    assert conduct.defence_problems(hearing, OVER - INSTANT) == []
    assert codes(conduct.defence_problems(hearing, OVER)) == ["finding.defence_too_late"]
    assert codes(conduct.defence_problems(hearing, OVER + INSTANT)) == ["finding.defence_too_late"]


def test_nobody_decides_before_the_defence_period_is_over():
    hearing = Hearing(FindingState.NOTICED, OVER, None)

    assert codes(conduct.decision_problems(hearing, OVER - INSTANT)) == ["finding.defence_running"]
    assert conduct.decision_problems(hearing, OVER) == []
    assert conduct.decision_problems(hearing, OVER + INSTANT) == []


@pytest.mark.parametrize("state", [FindingState.DEFENDED, FindingState.UNDEFENDED])
def test_after_a_statement_or_a_waiver_one_may_decide_at_once(state):
    assert conduct.decision_problems(Hearing(state, OVER, NOTICE), NOTICE) == []


@pytest.mark.parametrize(
    ("heard_at", "due"),
    [
        (datetime(2026, 11, 26, 3, 0, tzinfo=UTC), datetime(2026, 12, 10, 16, 0, tzinfo=UTC)),
        (None, datetime(2026, 12, 16, 16, 0, tzinfo=UTC)),
    ],
    ids=["from the statement", "from the last day for one"],
)
def test_a_decision_is_late_after_ten_working_days(heard_at, due):
    state = FindingState.DEFENDED if heard_at else FindingState.UNDEFENDED
    hearing = Hearing(state, OVER, heard_at)

    assert conduct.decision_due(hearing) == due
    assert not conduct.is_late(hearing, due - INSTANT)
    assert conduct.is_late(hearing, due)
    assert conduct.is_late(hearing, due + INSTANT)


def test_nothing_is_due_before_the_notice():
    assert conduct.decision_due(Hearing(FindingState.RECORDED, None, None)) is None


@pytest.mark.parametrize(
    ("decided_on", "months", "last_day"),
    [
        ("2026-11-25", 3, "2027-02-25"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-11-25", 12, "2027-11-25"),
    ],
)
def test_points_count_from_the_day_after_the_decision_through_the_last_day(
    decided_on, months, last_day
):
    decided_at = datetime.fromisoformat(f"{decided_on}T18:00:00+08:00")
    midnight = timedelta(hours=6)

    starts_at, ends_at = conduct.record_period(decided_at, months)

    assert starts_at == decided_at + midnight
    assert ends_at == datetime.fromisoformat(f"{last_day}T00:00:00+08:00") + timedelta(days=1)


def test_points_are_active_from_their_first_instant_and_not_at_their_end():
    deduction = Deduction(5, Severity.SERIOUS, NOTICE, OVER)

    active = [
        conduct.is_active(deduction, at) for at in (NOTICE - INSTANT, NOTICE, OVER - INSTANT, OVER)
    ]

    assert active == [False, True, True, False]


def deduction(points, severity=Severity.MODERATE):
    return Deduction(points, severity, NOTICE, OVER)


@pytest.mark.parametrize(
    ("points", "consequence"),
    [
        ([], Consequence.NONE),
        ([2], Consequence.NONE),
        ([3], Consequence.REMINDER),
        ([3, 2], Consequence.REMINDER),
        ([6], Consequence.YELLOW_CARD),
        ([6, 5], Consequence.YELLOW_CARD),
        ([6, 6], Consequence.RED_CARD),
        ([6, 5, 4], Consequence.RED_CARD),
    ],
)
def test_three_points_remind_six_give_yellow_and_twelve_red(points, consequence):
    credit = conduct.credit_at([deduction(each) for each in points], NOTICE)
    assert (credit.points, credit.consequence) == (sum(points), consequence)


def test_one_grave_act_gives_red_while_it_is_active():
    grave = deduction(10, Severity.GRAVE)
    assert conduct.credit_at([grave], NOTICE).consequence is Consequence.RED_CARD
    assert conduct.credit_at([grave], OVER).consequence is Consequence.NONE


@pytest.mark.parametrize(
    ("points", "score", "grade"),
    [
        (0, 100, "AAA"),
        (10, 90, "AAA"),
        (11, 89, "AA"),
        (20, 80, "AA"),
        (21, 79, "A"),
        (30, 70, "A"),
        (31, 69, "B"),
        (40, 60, "B"),
        (41, 59, "C"),
        (130, 0, "C"),
    ],
)
def test_the_score_is_a_hundred_less_the_active_points(points, score, grade):
    credit = conduct.credit_at([deduction(points)] if points else [], NOTICE)
    assert (credit.score, credit.grade.name) == (score, grade)


@pytest.mark.parametrize(
    ("is_rehearsal", "is_training", "counts"),
    [(False, False, True), (False, True, True), (True, True, True), (True, False, False)],
)
def test_a_rehearsed_finding_counts_only_in_training(is_rehearsal, is_training, counts):
    assert conduct.counts(is_rehearsal=is_rehearsal, is_training=is_training) is counts


def terms(until, *, basis=RestrictionBasis.TENDERING_LAW, kind=RestrictionKind.REGISTRATION):
    return RestrictionTerms(basis, kind, date.fromisoformat(until), "理由")


GRAVE = Accused("AG42", None, True)


@pytest.mark.parametrize(
    ("basis", "until", "refused"),
    [
        (RestrictionBasis.TENDERING_LAW, "2027-11-24", True),
        (RestrictionBasis.TENDERING_LAW, "2027-11-25", False),
        (RestrictionBasis.TENDERING_LAW, "2028-11-25", False),
        (RestrictionBasis.TENDERING_LAW, "2028-11-26", True),
        (RestrictionBasis.PROCUREMENT_LAW, "2027-11-24", True),
        (RestrictionBasis.PROCUREMENT_LAW, "2027-11-25", False),
        (RestrictionBasis.PROCUREMENT_LAW, "2029-11-25", False),
        (RestrictionBasis.PROCUREMENT_LAW, "2029-11-26", True),
    ],
)
def test_a_restriction_lasts_one_to_two_years_or_one_to_three(basis, until, refused):
    problems = conduct.restriction_problems(terms(until, basis=basis), GRAVE, NOTICE)
    assert codes(problems) == (["restriction.out_of_bounds"] if refused else [])
    assert all(problem.source for problem in problems)


@pytest.mark.parametrize(
    ("accused", "basis", "expected"),
    [
        (Accused("AG23", None, True), RestrictionBasis.TENDERING_LAW, "not_for_this_act"),
        (Accused("AG42", Regime.GOVPROC, True), RestrictionBasis.TENDERING_LAW, "other_regime"),
        (
            Accused("AG42", Regime.CONSTRUCTION, True),
            RestrictionBasis.PROCUREMENT_LAW,
            "other_regime",
        ),
        (Accused("AG42", None, False), RestrictionBasis.TENDERING_LAW, "rehearsal"),
    ],
)
def test_a_restriction_rests_on_an_article_that_fits(accused, basis, expected):
    problems = conduct.restriction_problems(terms("2027-11-25", basis=basis), accused, NOTICE)
    assert codes(problems) == [f"restriction.{expected}"]
    assert basis not in conduct.bases_for(accused, NOTICE)


@pytest.mark.parametrize("kind", [RestrictionKind.BIDDING, RestrictionKind.EVALUATION])
def test_an_agency_can_only_be_kept_from_agency_business(kind):
    problems = conduct.restriction_problems(terms("2027-11-25", kind=kind), GRAVE, NOTICE)
    assert codes(problems) == ["restriction.kind_not_allowed"]


def test_every_act_in_government_procurement_may_be_restricted_few_in_tendering():
    every = [item.code for item in catalogue_on(TODAY)]

    def restricted(basis):
        return [
            code for code in every if basis in conduct.bases_for(Accused(code, None, True), NOTICE)
        ]

    assert restricted(RestrictionBasis.PROCUREMENT_LAW) == every
    assert restricted(RestrictionBasis.TENDERING_LAW) == ["AG08", "AG24", "AG42"]


def test_an_act_of_tomorrow_cannot_be_found():
    assert conduct.occurrence_problems(TODAY, NOTICE) == []
    assert codes(conduct.occurrence_problems(TODAY + timedelta(days=1), NOTICE)) == [
        "finding.in_the_future"
    ]


def test_only_an_agency_is_found_at_fault_and_only_for_its_own_lot():
    problems = conduct.accused_problems(is_agency=False, agency="A", agency_of_lot="B")
    assert codes(problems) == ["finding.not_an_agency", "finding.lot_of_another"]
    assert conduct.accused_problems(is_agency=True, agency="A", agency_of_lot="A") == []
    assert conduct.accused_problems(is_agency=True, agency="A", agency_of_lot=None) == []


@pytest.mark.parametrize("state", list(FindingState))
def test_before_the_notice_only_regulators_know_and_the_public_only_the_decision(state):
    assert may_know(Audience.REGULATOR, Matter.FINDING, state)
    assert may_know(Audience.PARTY, Matter.FINDING, state) is (state is not FindingState.RECORDED)
    assert may_know(Audience.PUBLIC, Matter.CONDUCT_NOTICE, state) is (
        state is FindingState.DECIDED
    )
    for matter in (Matter.FINDING, Matter.DEFENCE, Matter.DECISION):
        assert not may_know(Audience.PUBLIC, matter, state)


@pytest.mark.parametrize("kind", list(LABELS))
def test_every_state_has_its_words(kind):
    assert set(LABELS[kind]) == set(kind)
    assert all(label(member) for member in kind)
