"""A decision on a finding and the restriction that it imposes are one whole."""

import pytest

from identity.queries import restrictions_by_finding
from storage.database import snapshot
from supervision.states import FindingState
from tests.crashes import try_every_statement
from tests.factories.supervision import decide, found, noticed, restriction
from tests.supervision.test_conduct import year_from_today

pytestmark = pytest.mark.attack("crashes")


def test_a_decision_with_a_restriction_is_whole_or_absent(city, database, database_url, tried):
    code = noticed("AG42")
    terms = restriction(year_from_today())

    deaths = try_every_statement(database, database_url, lambda: decide(code, terms))
    tried(deaths)
    assert deaths > 10

    assert found(code).state is FindingState.DECIDED
    with snapshot() as db:
        assert len(restrictions_by_finding(db, code)) == 1
