from datetime import UTC, datetime

import pytest

from identity.states import OrganisationKind, Role
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.awarding import RECEIVED, Awarding
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.trading import move_to
from trading import queries
from trading.actions.suspension import suspend_lot
from trading.actions.tendering import move_lot
from trading.states import LotEvent, LotState, Regime
from webapp.worker import Worker

PUBLICITY_ENDS = datetime(2026, 9, 28, 16, 0, tzinfo=UTC)
DECISION_ENDS = datetime(2026, 9, 30, 16, 0, tzinfo=UTC)


class Town:
    """A reported lot and everybody who asks about it over the web."""

    def __init__(self, client, settings, **kwargs):
        self.client = client
        self.made = Awarding(Vault(settings.files), **kwargs)
        self.lot, self.receipts = self.made.lot, self.made.receipts
        make_organisation(CODES[46], "监管局", OrganisationKind.REGULATOR)
        make_person("regulator", CODES[46], Role.REGULATOR)
        move_to(self.lot, RECEIVED)
        self.made.receive()

    def get(self, path, username=None):
        return self.client.get(f"/api/v1/{path}", headers=self._as(username))

    def post(self, path, username, **body):
        return self.client.post(f"/api/v1/{path}", json=body, headers=self._as(username))

    def page(self):
        return self.client.get(f"/tenders/{self.lot.rpartition('-')[0]}").get_data(as_text=True)

    def publish(self):
        assert self.post(f"lots/{self.lot}/candidates", "agent").status_code == 201

    def award(self, **body):
        move_to(self.lot, PUBLICITY_ENDS)
        body = {"receipt": self.receipts[0]} | body
        return self.post(f"lots/{self.lot}/award", "officer", **body)

    def _as(self, username):
        return {"Authorization": f"Bearer {token(username)}"} if username else {}


@pytest.fixture
def town(client, settings):
    return Town(client, settings)


def code(answer):
    return answer.status_code, answer.json["error"]["code"]


@pytest.mark.parametrize(
    ("username", "status"),
    [
        (None, 404),
        ("bidder1", 404),
        ("expert0", 404),
        ("agent", 200),
        ("officer", 200),
        ("regulator", 200),
    ],
)
def test_the_report_is_for_the_party_and_regulators(town, username, status):
    answer = town.get(f"lots/{town.lot}/report", username)

    assert answer.status_code == status
    assert ("90.00" in answer.get_data(as_text=True)) is (status == 200)


def test_the_public_sees_rank_name_and_price_of_candidates_and_of_nobody_else(town):
    path = f"lots/{town.lot}/candidates"
    assert code(town.get(path)) == (404, "candidates.not_published")
    assert town.post(path, "bidder1").status_code == 403
    town.publish()

    answer = town.get(path)
    text = answer.get_data(as_text=True)
    assert answer.json["until"] == PUBLICITY_ENDS.isoformat()
    assert [set(each) for each in answer.json["candidates"]] == [
        {"rank", "tied", "bidder", "name", "price"}
    ] * 3
    for hidden in ("90.00", "没有资质", town.made.owners[town.receipts[3]], *town.receipts):
        assert hidden not in text


def test_a_bidder_learns_its_own_result_when_it_is_out_and_nobody_elses(town):
    mine, rejected = town.receipts[1], town.receipts[3]
    town.publish()
    assert code(town.get(f"bids/{mine}/result", "bidder2")) == (404, "award.not_yet")
    assert code(town.get(f"lots/{town.lot}/award")) == (404, "award.not_yet")
    assert code(town.post(f"lots/{town.lot}/award", "officer", receipt=mine)) == (
        409,
        "award.publicity_not_over",
    )
    assert town.award().status_code == 201

    ranked = town.get(f"bids/{mine}/result", "bidder2").json
    assert (ranked["rank"], ranked["total"], ranked["won"]) == (2, "90.00", False)
    assert (ranked["notice"], ranked["award"]["winner"]) == (None, CODES[10])
    refused = town.get(f"bids/{rejected}/result", "bidder4").json
    assert (refused["rank"], refused["rejected"]) == (None, "没有资质")
    won = town.get(f"bids/{town.receipts[0]}/result", "bidder1").json
    assert (won["won"], won["notice"]["price"]) == (True, "31415926.53")
    assert code(town.get(f"bids/{mine}/result", "bidder1")) == (404, "receipt.not_found")
    assert town.get(f"bids/{mine}/result").status_code == 401


def test_the_award_is_public_with_the_reason_but_without_the_ground(town):
    town.publish()
    answer = town.award(receipt=town.receipts[1], reason="gave_up", ground="见来函")

    shown = town.get(f"lots/{town.lot}/award")
    assert answer.status_code == 201
    assert (shown.json["winner"], shown.json["passing_over"]) == (CODES[11], "gave_up")
    assert "见来函" not in shown.get_data(as_text=True) + town.page()
    assert "放弃中标" in town.page()


@pytest.mark.parametrize(
    "body", [{}, {"receipt": "RC1", "reason": "because"}, {"receipt": "RC1", "more": 1}]
)
def test_an_award_is_asked_for_in_the_stated_form(town, body):
    assert town.post(f"lots/{town.lot}/award", "officer", **body).status_code == 422


def test_the_public_page_tells_candidates_and_award_as_they_come(town):
    before = town.page()
    town.publish()
    published = town.page()
    town.award()
    awarded = town.page()

    assert "2026-09-29 00:00:00" not in before
    assert "2026-09-29 00:00:00" in published
    assert "中标通知书发出时间" not in published
    assert "中标通知书发出时间" in awarded
    assert "90.00" not in awarded


def test_a_suspended_lot_tells_what_it_told_before(town):
    town.publish()
    with transaction(lock=[f"lot:{town.lot}"]) as (db, now):
        suspend_lot(db, town.lot, actor="regulator", data={}, now=now)

    assert town.get(f"lots/{town.lot}/candidates").status_code == 200
    assert town.get(f"lots/{town.lot}/opening").status_code == 200


def test_an_archived_lot_tells_what_it_told_before(town):
    town.publish()
    town.award()
    answer = town.post(f"lots/{town.lot}/archive", "agent")

    assert answer.json == {"lot": town.lot, "state": "archived", "ended_as": "awarded"}
    for path in ("candidates", "award", "opening"):
        assert town.get(f"lots/{town.lot}/{path}").status_code == 200
    assert "中标通知书发出时间" in town.page()


def test_prices_that_were_public_stay_so_when_the_lot_fails_and_is_archived(client, settings):
    town = Town(client, settings)
    with transaction(lock=[f"lot:{town.lot}"]) as (db, now):
        lot = queries.lot_by_code(db, town.lot)
        lot.state = LotState.EVALUATING
        move_lot(db, lot, LotEvent.FAILED, actor="platform", data={}, now=now)
    for _ in range(2):
        assert town.get(f"lots/{town.lot}/opening").status_code == 200
        town.post(f"lots/{town.lot}/archive", "agent")


def test_a_termination_tells_everybody_its_ground(town):
    path = f"lots/{town.lot}/termination"
    assert town.post(path, "bidder1", ground="不想办了").status_code == 403
    assert code(town.post(path, "agent", ground=" ")) == (409, "termination.ground_missing")
    assert town.post(path, "agent", ground="资金来源取消").status_code == 201

    assert "资金来源取消" in town.page()
    assert code(town.post(path, "agent", ground="再次")) == (409, "lot.transition_refused")
    assert town.get(f"lots/{town.lot}/candidates").status_code == 404


def test_the_worker_awards_by_silence_at_its_moment(client, settings):
    town = Town(client, settings, regime=Regime.GOVPROC)
    worker = Worker(settings)
    while worker.sweep():
        pass
    with snapshot() as db:
        assert queries.lot_by_code(db, town.lot).state is LotState.REPORTED
    move_to(town.lot, DECISION_ENDS)
    while worker.sweep():
        pass

    assert town.get(f"lots/{town.lot}/award").json["by_silence"] is True
    assert "逾期未确定" in town.page()
