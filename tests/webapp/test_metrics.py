"""What monitoring is told: of whom, by which token, and nothing that tells of bids."""

import re
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from evidence.actions.streams import record, release_held
from evidence.models.streams import Fact
from identity.guard import permission_of
from identity.rules.permissions import permissions_of
from identity.states import OrganisationKind, Permission, Role
from storage import due
from storage.database import open_database, snapshot, transaction
from storage.due import DueWork
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.trading.test_guarantee import Bank
from webapp.factory import create_app
from webapp.metrics import BIDDING_ROLES, OPEN_DOORS, is_counted
from webapp.settings import prepare_keys, settings_from, workshop_of
from webapp.worker import Worker

# Where whoever means to bid comes by, though everybody may.
ON_THE_WAY = {
    "account.sign_in_now",
    "account_api.make_token",
    "documents.show",
    "guarantee_api.show_issuers",
    "live.read",
    "opening_api.show_opening_keys",
    "public.tender",
    "trading_api.show_tender",
    "verifying.verify",
}
TOKEN = "monitoring-0123456789"
OURS = {"Authorization": f"Bearer {TOKEN}"}


def site(folder, url, **more):
    given = {"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": url}
    settings = settings_from({**given, "ZHAOBIAO_METRICS_TOKEN": TOKEN, **more})
    prepare_keys(settings)
    return create_app(settings)


@pytest.fixture
def app(sqlite_url, tmp_path):
    made = site(tmp_path, sqlite_url)
    yield made
    open_database(sqlite_url).dispose()


def figures(app):
    """Name and labels → value."""
    answer = app.test_client().get("/metrics", headers=OURS)
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN} "[:-2]},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer \u00ff\u00fe"},
    ],
)
@pytest.mark.attack("permissions")
def test_metrics_are_refused_without_the_right_token(app, headers):
    answer = app.test_client().get("/metrics", headers=headers)

    assert (answer.status_code, answer.data) == (401, b"")


@pytest.mark.attack("permissions")
def test_no_person_reaches_the_metrics_by_a_token_of_their_own(app):
    make_organisation(CODES[0], "临江中心", OrganisationKind.TRADING_CENTRE)
    make_person("operator", CODES[0], Role.OPERATOR)
    held = {"Authorization": f"Bearer {token('operator')}"}

    assert app.test_client().get("/metrics", headers=held).status_code == 401


@pytest.mark.attack("permissions")
def test_the_token_of_monitoring_opens_no_other_door(app, tried):
    doors = [rule.rule for rule in app.url_map.iter_rules() if not rule.arguments]
    tried(len(doors))

    for door in doors:
        if door != "/metrics":
            answer = app.test_client().get(door, headers=OURS)
            assert answer.status_code in (401, 405, 303), door


def test_where_no_token_is_set_there_are_no_metrics(tmp_path, sqlite_url):
    app = site(tmp_path, sqlite_url, ZHAOBIAO_METRICS_TOKEN="")

    for headers in ({}, OURS, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        assert app.test_client().get("/metrics", headers=headers).status_code == 404


def test_requests_are_counted_by_the_name_of_their_door_and_refusals_by_their_code(app):
    make_organisation(CODES[0], "临江代理", OrganisationKind.AGENCY)
    make_person("agent", CODES[0], Role.AGENT)
    client, held = app.test_client(), {"Authorization": f"Bearer {token('agent')}"}

    client.get("/healthz")
    client.get("/healthz")
    client.get("/run/tenders/TD0000000000", headers=held)
    client.get("/centre/health", headers=held)
    client.get("/nowhere")

    found = figures(app)
    assert found['zhaobiao_requests_total{endpoint="health.alive",status="200"}'] == 2
    assert found['zhaobiao_requests_total{endpoint="agency.tender",status="404"}'] == 1
    assert found['zhaobiao_requests_total{endpoint="health.page",status="403"}'] == 1
    assert found['zhaobiao_request_seconds_count{endpoint="health.alive"}'] == 2
    assert {name: n for name, n in found.items() if "refusals" in name} == {
        'zhaobiao_refusals_total{code="tender.not_found"}': 1,
        'zhaobiao_refusals_total{code="account.not_permitted"}': 1,
    }
    assert not re.search("TD0000000000|nowhere", str(found))


def tell(db, now, **more):
    record(db, kind="x.told", actor="test", subject="tender:T", data={}, now=now, **more)


def test_the_lag_of_the_log_is_not_the_age_of_what_was_held_back(app):
    with transaction() as (db, now):
        tell(db, now, stream="lot:L/bidder:B", held_by="lot:L")
    time.sleep(0.2)
    with transaction() as (db, now):
        release_held(db, "lot:L")

    found = figures(app)

    assert found["zhaobiao_log_pending_facts"] == 1
    assert found["zhaobiao_log_lag_seconds"] == 0


def test_what_waits_is_late_or_fails_is_told(app):
    before = figures(app)
    with transaction() as (db, now):
        tell(db, now, stream="tender:T")
        db.add(DueWork(kind="lot.close", subject="lot:L", due_at=now - timedelta(minutes=1)))
        db.add(DueWork(kind="lot.x", subject="lot:L", due_at=now, last_error="x", tries=1))
    time.sleep(0.2)

    after = figures(app)

    names = ("log_pending_facts", "log_lag_seconds", "work_late", "work_failing")
    assert [before[f"zhaobiao_{name}"] for name in names] == [0, 0, 0, 0]
    assert after["zhaobiao_log_pending_facts"] == 1
    assert 0.2 <= after["zhaobiao_log_lag_seconds"] < 60
    assert (after["zhaobiao_work_late"], after["zhaobiao_work_failing"]) == (1, 1)
    assert after["zhaobiao_sockets_share"] == 0
    assert after["process_resident_memory_bytes"] > 0
    assert "zhaobiao_mail" not in str(after)


def test_every_door_that_a_bidder_or_issuer_may_pass_is_left_out_unless_it_is_listed(app):
    theirs = permissions_of(BIDDING_ROLES)

    counted = {name for name in app.view_functions if is_counted(app, name)}

    assert {Permission.BID, Permission.ISSUE_GUARANTEE, Permission.SIGN_PAPERS} <= theirs
    assert {permission_of(app, name) for name in counted} & theirs == set()
    assert {name for name in counted if permission_of(app, name) is None} == OPEN_DOORS
    assert set(app.view_functions) >= OPEN_DOORS | ON_THE_WAY
    assert counted & ON_THE_WAY == set()
    assert counted >= {"agency.publish_notice", "regulator.wall", "scoring.room", "health.page"}
    assert not is_counted(app, "")


def still(app):
    """The figures, but for what moves whatever is done: the machine's own, and those of asking."""
    moving = re.compile(r'process_|.*endpoint="metrics\.show"')
    return {name: value for name, value in figures(app).items() if not moving.match(name)}


def sequenced(app):
    """All that can be done is done, and what is left has failed."""
    worker = Worker(app.extensions["settings"])
    while worker.sweep():
        pass
    all_fails()


def all_fails():
    with transaction() as (db, _):
        db.execute(sa.update(DueWork).values(last_error="x"))


def walk(app, who, codes):
    """This person at every door that one may pass who bids or backs, and at every open one but the listed."""
    theirs = permissions_of((Role.BIDDER, Role.ISSUER))
    client, held = app.test_client(), {"Authorization": f"Bearer {token(who)}"}
    for rule in app.url_map.iter_rules():
        asks = permission_of(app, rule.endpoint)
        if rule.endpoint in OPEN_DOORS or (asks is not None and asks not in theirs):
            continue
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            for code in codes if rule.arguments else codes[:1]:
                address = re.sub("<[^>]+>", code, rule.rule)
                client.open(address, method=method, headers=held)


@pytest.mark.attack("leaks")
def test_before_the_deadline_no_figure_moves_when_somebody_orders_a_guarantee_or_bids(app):
    """The figures of a lot with bids are then those of one without."""
    workshop = workshop_of(app.extensions["settings"])
    bank = Bank(workshop.vault, 2, workshop)
    bank.hall.ready()
    app.test_client().get("/healthz")
    sequenced(app)
    before = still(app)

    order = bank.order("bidder1")
    paper = bank.approve(order)
    bank.hall.all_bid()
    walk(app, "bidder1", [bank.lot, bank.hall.receipts["bidder1"]])
    walk(app, "banker", [order, paper])
    sequenced(app)
    bank.approve(bank.order("bidder2"))
    all_fails()

    assert still(app) == before
    assert before['zhaobiao_requests_total{endpoint="health.alive",status="200"}'] == 1
    assert before["zhaobiao_work_failing"] > 0
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).where(Fact.kind == "bid.submitted")) == 2
        assert len(due.pending(db)) > before["zhaobiao_work_failing"]
