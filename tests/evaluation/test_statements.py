"""How often the pages of a meeting and of a draw ask the database: not more for more to show."""

import pytest

from evaluation.actions import report
from storage.vault import Vault
from tests.factories.evaluation import Evaluation, method
from tests.factories.pages import Reader
from tests.factories.statements import asked

MOST = 8
SIZES = {"few": (3, 5), "many": (7, 9)}


@pytest.fixture(params=SIZES)
def drawn(request, client, settings):
    """A lot with its experts called: 3 bids and 5 seats, or 7 and 9."""
    bidders, seats = SIZES[request.param]
    plan = method("construction", seats=seats, cities=[{"seats": seats, "city": "临江"}])
    made = Evaluation(Vault(settings.files), experts=seats + 1, bidders=bidders, plan=plan)
    return made.confirmed().drawn()


def statements(client, username, path):
    visitor = Reader(client.application.test_client(), username)
    with asked() as texts:
        visitor.get(path)
    return len(texts)


def test_the_meeting_asks_no_oftener_for_more_bids_or_seats(drawn, client):
    drawn.accept_all().convene()
    path = f"/evaluation/meetings/{drawn.meeting}"
    first = drawn.experts[next(iter(drawn.keys))]
    counted = {"convened": statements(client, first, path)}
    drawn.scoring()
    counted["scoring"] = statements(client, first, path)
    counted["room"] = statements(client, first, f"{path}/room")
    for code in drawn.keys:
        drawn.hand_in(code)
    counted["committed"] = statements(client, first, path)
    drawn.reveal_sheets()
    counted["revealed"] = statements(client, first, path)
    drawn.lock()
    counted["locked"] = statements(client, first, path)
    drawn.rank()
    drawn.do(report.begin_report, drawn.experts[drawn.chair], drawn.meeting)
    counted["reporting"] = statements(client, first, path)

    assert {state: count for state, count in counted.items() if count > MOST} == {}


def test_the_draw_asks_no_oftener_for_more_seats(drawn, client):
    path = f"/evaluation/lots/{drawn.lot}/draw"
    counted = {who: statements(client, who, path) for who in ("agent", "host", "officer")}
    drawn.accept_all().convene()
    counted["with a meeting"] = statements(client, "agent", path)

    assert {who: count for who, count in counted.items() if count > MOST} == {}
