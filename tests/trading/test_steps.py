from datetime import UTC, date, datetime

import pytest

from trading.labels import steps_of
from trading.models.tendering import Lot
from trading.rules.limits import limits_for
from trading.rules.steps import Actor, LotTimes, NextStep, Step, next_step
from trading.states import LotState, Regime

DAY = date(2026, 9, 1)
FIRST, SECOND = (datetime(2026, 9, day, 2, tzinfo=UTC) for day in (1, 2))
CONSTRUCTION, GOVPROC = (limits_for(regime, DAY) for regime in Regime)


def test_every_state_has_a_next_step():
    assert {next_step(state, LotTimes(), CONSTRUCTION).step for state in LotState} == set(Step)


@pytest.mark.parametrize(
    ("state", "times", "wanted"),
    [
        (
            LotState.ANNOUNCED,
            LotTimes(deadline=FIRST),
            NextStep(Step.SUBMIT_BIDS, Actor.BIDDERS, until=FIRST),
        ),
        (
            LotState.RELEASING,
            LotTimes(deadline=FIRST, window_ends_at=SECOND),
            NextStep(Step.RELEASE_BIDS, Actor.BIDDERS, until=SECOND),
        ),
        (LotState.OPENED, LotTimes(), NextStep(Step.CONFIRM_OPENING, Actor.AGENCY)),
        (
            LotState.AWARDED,
            LotTimes(),
            NextStep(Step.ARCHIVE, Actor.AGENCY),
        ),
    ],
    ids=["open", "window", "opened", "awarded"],
)
def test_a_step_has_its_actor_and_its_times(state, times, wanted):
    assert next_step(state, times, CONSTRUCTION) == wanted


def test_in_construction_the_agency_publishes_candidates_and_the_award_follows_the_publicity():
    reported = next_step(LotState.REPORTED, LotTimes(choice_due=FIRST), CONSTRUCTION)
    published = LotTimes(choice_due=FIRST, publicity_until=SECOND)
    after = next_step(LotState.CANDIDATES_PUBLISHED, published, CONSTRUCTION)

    source = "招标投标法实施条例 第54条"
    assert reported == NextStep(Step.PUBLISH_CANDIDATES, Actor.AGENCY, until=FIRST, source=source)
    assert after == NextStep(
        Step.DECIDE_AWARD, Actor.PROCURING_ENTITY, begins=SECOND, source=source
    )


def test_in_government_procurement_the_entity_decides_and_the_result_is_shown_before_the_archive():
    reported = next_step(LotState.REPORTED, LotTimes(choice_due=FIRST), GOVPROC)
    awarded = next_step(LotState.AWARDED, LotTimes(result_until=SECOND), GOVPROC)

    assert reported == NextStep(
        Step.DECIDE_AWARD, Actor.PROCURING_ENTITY, until=FIRST, source="财政部令第87号 第68条"
    )
    assert awarded == NextStep(
        Step.ARCHIVE, Actor.AGENCY, begins=SECOND, source="财政部令第87号 第69条"
    )


def way(moments, **kwargs):
    lot = Lot(deadline=FIRST, window_ends_at=None)
    return [(step.name, step.at, step.is_done) for step in steps_of(lot, moments, **kwargs)]


def test_the_way_of_a_lot_shows_what_is_due():
    shown = way({"lot.registered": FIRST, "lot.published": FIRST}, publishes_candidates=True)
    assert shown[:3] == [
        ("登记项目", FIRST, True),
        ("发布公告", FIRST, True),
        ("投标截止", FIRST, False),
    ]
    assert len(shown) == 11
    assert len(way({}, publishes_candidates=False)) == 10


def test_what_ended_a_lot_cuts_its_way_off():
    moments = {"lot.registered": FIRST, "lot.published": FIRST, "lot.failed": SECOND}
    assert way(moments, publishes_candidates=True) == [
        ("登记项目", FIRST, True),
        ("发布公告", FIRST, True),
        ("流标", SECOND, True),
        ("归档", None, False),
    ]
