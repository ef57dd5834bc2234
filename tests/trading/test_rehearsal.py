from datetime import UTC, datetime, timedelta

import pytest

from kernel.errors import InvalidInput
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from tests.factories.identity import viewer
from tests.factories.trading import make_cast, make_tender
from trading import queries
from trading.actions.rehearsal import move_rehearsal
from trading.rules import rehearsal
from trading.rules.limits import first_day
from trading.states import Regime

REAL = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
# Midnight in Shanghai is 16:00 UTC of the day before.
FIRST = datetime(2017, 12, 27, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "codes"),
    [
        (FIRST - INSTANT, ["rehearsal.start"]),
        (FIRST, []),
        (REAL, []),
        (REAL + INSTANT, ["rehearsal.start"]),
    ],
    ids=["before the law", "its first instant", "now", "in the future"],
)
def test_a_rehearsal_starts_under_the_law_it_plays_and_not_in_the_future(start, codes):
    assert first_day(Regime.CONSTRUCTION).isoformat() == "2017-12-28"
    problems = rehearsal.start_problems(start, Regime.CONSTRUCTION, REAL)
    assert [problem.code for problem in problems] == codes


@pytest.mark.parametrize(
    ("to", "codes"),
    [
        (REAL - INSTANT, ["rehearsal.backwards"]),
        (REAL, []),
        (REAL + rehearsal.FARTHEST, []),
        (REAL + rehearsal.FARTHEST + INSTANT, ["rehearsal.too_far"]),
    ],
    ids=["back", "where it stands", "ten years", "farther"],
)
def test_a_rehearsal_moves_forward_by_at_most_ten_years(to, codes):
    assert [problem.code for problem in rehearsal.move_problems(to, REAL, REAL)] == codes


def test_a_clock_at_the_end_of_the_calendar_is_refused_and_does_not_move(database):
    make_cast(1)
    code = make_tender(rehearsal_from=REAL)
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    with (
        pytest.raises(InvalidInput) as refused,
        transaction(lock=[f"tender:{code}", f"lot:{code}-01"]) as (db, now),
    ):
        tender = queries.tender_by_code(db, code)
        move_rehearsal(db, viewer("agent"), tender, to=end, now=now)

    assert refused.value.code == "rehearsal.too_far"
    with snapshot() as db:
        assert legal_now(db, f"tender:{code}") < real_now(db)
