"""When a limit is close or past, and what regulators hear of forbidden steps that were tried."""

from datetime import UTC, datetime, timedelta

import pytest

from identity.states import Role
from kernel.errors import InvalidInput, NotYet, Refusal, TooLate, TransitionRefused
from supervision.routes.watching import Watched
from supervision.rules.alerts import CLOSE, is_illegal_attempt, level_of
from supervision.states import AlertLevel
from trading.models.tendering import Lot, Tender
from trading.rules.steps import Actor, NextStep, Step
from trading.states import LotState

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
TEN_DAYS = timedelta(days=10)


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (TEN_DAYS / 5 + timedelta(seconds=1), None),
        (TEN_DAYS / 5, None),
        (TEN_DAYS / 5 - timedelta(seconds=1), AlertLevel.YELLOW),
        (timedelta(seconds=1), AlertLevel.YELLOW),
        (timedelta(0), AlertLevel.RED),
        (-timedelta(days=1), AlertLevel.RED),
    ],
)
def test_the_last_fifth_of_the_time_is_yellow_and_the_limit_itself_red(left, level):
    until = NOON + left
    assert level_of(until - TEN_DAYS, until, NOON) is level


def test_less_than_four_hours_are_yellow_however_long_it_took():
    assert level_of(None, NOON + CLOSE, NOON) is None
    assert level_of(None, NOON + CLOSE - timedelta(seconds=1), NOON) is AlertLevel.YELLOW


def test_what_has_no_limit_is_never_urgent():
    assert level_of(NOON - TEN_DAYS, None, NOON) is None


def test_a_forbidden_step_of_an_agency_is_told():
    refusal = NotYet("award.too_early", "公示期未满。", "实施条例 第54条")
    assert is_illegal_attempt(refusal, {Role.AGENT})


@pytest.mark.parametrize(
    "refusal",
    [
        InvalidInput("award.too_early", "公示期未满。", "实施条例 第54条"),
        TransitionRefused("lot.refused", "现在不能。", "实施条例 第54条"),
        TooLate("award.too_late", "没有依据。"),
    ],
    ids=["a mistake in a form", "a button pressed twice", "no law that was broken"],
)
def test_what_breaks_no_law_is_not_told(refusal):
    assert not is_illegal_attempt(refusal, {Role.AGENT})


def test_nothing_that_a_bidder_tries_is_told():
    refusal = Refusal("bid.too_late", "已截止。", "招标投标法 第28条")
    assert not is_illegal_attempt(refusal, {Role.BIDDER})
    assert not is_illegal_attempt(refusal, {Role.BIDDER, Role.AGENT})
    assert not is_illegal_attempt(refusal, set())


@pytest.mark.parametrize(
    ("state", "level"),
    [(LotState.ANNOUNCED, AlertLevel.YELLOW), (LotState.REPORTED, None)],
    ids=["the time for bids began with the tender", "that of a later step did not"],
)
def test_a_fifth_is_reckoned_only_of_a_time_whose_beginning_is_known(state, level):
    tender = Tender(registered_at=NOON - timedelta(days=100))
    step = NextStep(Step.SUBMIT_BIDS, Actor.BIDDERS, until=NOON + timedelta(days=3))
    row = Watched(Lot(state=state, tender=tender), step, NOON, 0, None)

    assert row.level is level
