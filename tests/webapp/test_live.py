"""The live feed from the wire: real sockets against a real gunicorn, messages by the real door."""

import threading
import time

import pytest
import requests
import socketio
import sqlalchemy as sa
from engineio.socket import Socket
from flask import request
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.people import CAST, PASSWORD
from identity import queries as identity
from identity.actions.accounts import token_digest
from identity.models.accounts import ApiToken
from identity.rules.permissions import ANONYMOUS
from identity.states import OrganisationKind, Role
from kernel.errors import NotFound, Refusal
from outbox.actions.messages import publish
from outbox.actions.relay import Relay
from storage.database import Database
from tests.factories.identity import CODES, make_organisation, make_person
from tests.factories.identity import token as make_token
from tests.journeys.town import running, wait_for
from trading.models.tendering import Lot
from webapp.channels import unseen
from webapp.seats import Seat

pytestmark = pytest.mark.attack("live")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with running(tmp_path_factory.mktemp("live"), ZHAOBIAO_SOCKETS="8") as started:
        started.database = Database(f"sqlite:///{started.var / 'zhaobiao.db'}")
        with started.database.snapshot() as db:
            started.lot = db.scalars(sa.select(Lot.code)).one()
        started.tokens = {name: token(started, name) for name in ("agency", "regulator", "bidder1")}
        yield started
        started.database.dispose()


def token(town, name):
    platform = town.platform(name)
    return platform._http.headers["Authorization"]


class Watcher:
    """A client as the contract describes it: drops what it has; `early` is what came over a gap.

    Its library hears every message in a thread of its own: they may be told in another order.
    """

    def __init__(self, town, credential, topic, *, origin=None):
        self.town, self.topic, self.credential = town, topic, credential
        self.seen, self.early = [], {}
        self.origin = origin
        self.guard = threading.Lock()

    def __enter__(self):
        self.connect()
        return self

    def __exit__(self, *_):
        self.client.disconnect()

    def connect(self):
        self.client = socketio.Client(reconnection=False)
        self.client.on("entry", self.take)
        headers = {"Authorization": self.credential} if self.credential else {}
        if self.origin:
            headers["Origin"] = self.origin
        self.client.connect(self.town.url, headers=headers, transports=["websocket"])
        return self

    def watch(self, after=None):
        last = self.seen[-1]["seq"] if self.seen else 0
        asked = {"topic": self.topic, "after": last if after is None else after}
        answer = self.client.call("watch", asked, timeout=10)
        for entry in answer.get("entries", []):
            self.take(entry)
        return answer

    def take(self, entry):
        with self.guard:
            last = self.seen[-1]["seq"] if self.seen else 0
            if entry["seq"] > last:
                self.early[entry["seq"]] = entry
            while found := self.early.pop(last + 1, None):
                self.seen.append(found)
                last += 1


def send(town, count, text="news", audiences=("public", "party", "regulator")):
    for number in range(count):
        with town.database.transaction() as (db, now):
            payload = {name: {"text": f"{text} for {name}", "n": number} for name in audiences}
            publish(db, f"lot:{town.lot}", "lot.moved", payload, now)


def numbers(watcher):
    return [entry["seq"] for entry in watcher.seen]


def test_two_watchers_miss_nothing_though_one_drops_its_socket(town):
    with Watcher(town, town.tokens["agency"], f"lot:{town.lot}") as steady:
        dropping = Watcher(town, town.tokens["bidder1"], f"lot:{town.lot}").connect()
        steady.watch()
        dropping.watch()
        head = steady.seen[-1]["seq"]
        senders = [threading.Thread(target=send, args=(town, 50)) for _ in range(4)]
        for sender in senders:
            sender.start()
        wait_for(lambda: len(dropping.seen) > head + 20)
        dropping.client.disconnect()
        for sender in senders:
            sender.join()
        dropping.connect().watch()
        for watcher in (steady, dropping):
            wait_for(lambda w=watcher: w.seen[-1]["seq"] == head + 200)
            assert numbers(watcher) == list(range(1, head + 201))
            assert watcher.early == {}
        dropping.client.disconnect()


def test_each_audience_gets_its_own_words_only(town):
    with Watcher(town, town.tokens["bidder1"], f"lot:{town.lot}") as watcher:
        assert watcher.watch()["audience"] == "public"
        send(town, 3, "secret")
        wait_for(lambda: any("secret" in str(entry) for entry in watcher.seen))
        told = str(watcher.seen)
    assert "secret for public" in told
    assert "for party" not in told
    assert "for regulator" not in told
    page = requests.get(f"{town.url}/live/lot:{town.lot}", timeout=5).text
    assert "for regulator" not in page


def test_a_regulator_sees_the_wall_and_nobody_else_knows_it_exists(town):
    with Watcher(town, town.tokens["regulator"], "wall") as watcher:
        assert watcher.watch()["audience"] == "regulator"
    with Watcher(town, town.tokens["agency"], "wall") as other:
        assert other.watch()["error"]["code"] == "live.no_such_topic"
    assert requests.get(f"{town.url}/live/wall", timeout=5).status_code == 404


def test_nothing_is_told_of_what_was_rolled_back(town):
    with Watcher(town, town.tokens["agency"], f"lot:{town.lot}") as watcher:
        watcher.watch()
        before = len(watcher.seen)
        with pytest.raises(RuntimeError), town.database.transaction() as (db, now):
            publish(db, f"lot:{town.lot}", "lot.moved", {"party": {"text": "never"}}, now)
            raise RuntimeError("rolled back")
        send(town, 1, "after")
        wait_for(lambda: len(watcher.seen) > before)
        assert "never" not in str(watcher.seen)


@pytest.mark.attack("permissions")
@pytest.mark.parametrize("credential", ["", "Bearer nonsense"])
def test_a_socket_without_a_valid_credential_is_refused(town, credential):
    with pytest.raises(socketio.exceptions.ConnectionError):
        Watcher(town, credential, "wall").connect()


@pytest.mark.attack("web")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_socket_from_another_origin_is_refused(town, origin):
    with pytest.raises(socketio.exceptions.ConnectionError):
        Watcher(town, town.tokens["agency"], "wall", origin=origin).connect()


def test_above_the_cap_a_socket_is_told_to_poll_and_pages_still_answer(town):
    credentials = [token(town, row[0]) for row in CAST[:9]]
    open_ones = [Watcher(town, each, f"lot:{town.lot}").connect() for each in credentials[:8]]
    refusals = []
    ninth = socketio.Client(reconnection=False)
    ninth.on("connect_error", refusals.append)

    with pytest.raises(socketio.exceptions.ConnectionError):
        ninth.connect(town.url, headers={"Authorization": credentials[8]}, transports=["websocket"])

    assert refusals == [{"message": "live.full", "data": {"use": "poll"}}]
    page = requests.get(f"{town.url}/live/lot:{town.lot}?after=0", timeout=5).json()
    assert page["entries"]
    assert requests.get(f"{town.url}/healthz", timeout=5).ok
    for watcher in open_ones:
        watcher.client.disconnect()
    wait_for(lambda: can_connect(town))


def can_connect(town):
    try:
        with Watcher(town, town.tokens["agency"], "wall"):
            return True
    except socketio.exceptions.ConnectionError:
        return False


def browser_of(town, name):
    """A signed-in browser without scripts, as requests has one."""
    browser = requests.Session()
    page = browser.get(f"{town.url}/sign-in", timeout=10).text
    mark = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"username": name, "password": PASSWORD, "csrf_token": mark}
    browser.post(f"{town.url}/sign-in", data=form, timeout=10)
    return browser


@pytest.mark.attack("permissions")
def test_a_browser_that_is_ended_loses_its_socket_within_a_second(town):
    first, second = browser_of(town, "witness"), browser_of(town, "witness")
    cookie = "; ".join(f"{each.name}={each.value}" for each in second.cookies)
    client = socketio.Client(reconnection=False)
    client.connect(town.url, headers={"Cookie": cookie}, transports=["websocket"])
    page = first.get(f"{town.url}/account/sign-ins", timeout=10).text
    mark = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.connected

    form = {"csrf_token": mark}
    answer = first.post(f"{town.url}/account/sign-ins/others/end", data=form, timeout=10)
    began = time.monotonic()
    wait_for(lambda: not client.connected)

    assert time.monotonic() - began < 3
    assert answer.ok
    assert first.get(f"{town.url}/desk", timeout=10).ok
    assert second.get(f"{town.url}/desk", timeout=10).status_code == 401


@pytest.mark.attack("permissions")
def test_who_loses_the_right_loses_the_socket_within_a_second(town):
    credential = token(town, "buyer")
    with Watcher(town, credential, f"lot:{town.lot}") as watcher:
        assert watcher.watch()["audience"] == "party"
        with town.database.transaction() as (db, now):
            person = identity.person_by_username(db, "buyer")
            db.execute(
                sa.update(ApiToken).where(ApiToken.person_id == person.id).values(revoked_at=now)
            )
        began = time.monotonic()
        wait_for(lambda: not watcher.client.connected)
        assert time.monotonic() - began < 3


@pytest.mark.attack("hostile-input")
@pytest.mark.parametrize(
    "asked",
    [
        None,
        [],
        "wall",
        10**30,
        {"topic": 1},
        {"topic": "wall", "after": -1},
        {"topic": "wall", "after": 10**30},
        {"topic": "wall", "after": "1"},
        {"topic": "wall", "after": True},
        {"topic": "lot:TD0000000000-01\x00"},
        {"topic": "lot:" + "A" * 100_000},
        {"topic": "lot:TD0000000000-01"},
        {"topic": "../etc"},
    ],
)
def test_a_malformed_watch_is_answered_and_opens_no_room(town, asked):
    with Watcher(town, town.tokens["regulator"], "wall") as watcher:
        answer = watcher.client.call("watch", asked, timeout=10)
        assert answer["error"]["code"].startswith(("live.", "lot."))


@pytest.mark.attack("hostile-input")
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
@settings(max_examples=50)
def test_no_topic_and_no_number_is_ever_a_fault(anything):
    with pytest.raises(Refusal):
        unseen(ANONYMOUS, anything, 0)


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 17, "١"])
def test_polling_after_a_malformed_number_is_refused(town, after):
    answer = requests.get(f"{town.url}/live/lot:{town.lot}", params={"after": after}, timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "live.after")


def test_polling_comes_in_pages_of_five_hundred(town):
    send(town, 520, "many", audiences=("public",))
    page = requests.get(f"{town.url}/live/lot:{town.lot}?after=0", timeout=5).json()
    assert (len(page["entries"]), page["more"]) == (500, True)
    last = page["entries"][-1]["seq"]
    rest = requests.get(f"{town.url}/live/lot:{town.lot}?after={last}", timeout=5).json()
    assert rest["entries"][0]["seq"] == last + 1


def test_a_socket_that_closes_while_it_asks_is_told_so_and_is_no_fault(app):
    live = app.extensions["live"]
    with app.test_request_context():
        request.sid = "closed-before-it-was-answered"
        answer = live._watch({"topic": "wall", "after": 0})

    assert answer["error"]["code"] == "live.gone"


def test_a_socket_that_closes_while_its_seat_is_taken_keeps_neither_seat_nor_topic(app):
    live = app.extensions["live"]
    live._seats.take("closed-before-it-sat", Seat("PN0000000000", "token:00"))
    live._seats.watch("closed-before-it-sat", ("wall", "regulator"))

    live._end_lost_rights()

    assert (len(live._seats), live._seats.watching()) == (0, [])


def test_a_socket_that_is_just_coming_keeps_its_seat(app):
    live = app.extensions["live"]
    engine, manager = live.sockets.server.eio, live.sockets.server.manager
    engine.sockets["coming"] = Socket(engine, "coming")
    sid = manager.pre_connect("coming", "/")
    person = make_person(
        "watcher",
        make_organisation(CODES[10], "临江路桥有限公司", OrganisationKind.BIDDER),
        Role.BIDDER,
    )
    stamp = f"token:{token_digest(make_token('watcher')).hex()}"
    live._seats.take(sid, Seat(person, stamp))  # nothing but its connection can cost it the seat

    live._end_lost_rights()
    while_it_came = len(live._seats)
    manager.connect(sid, "/")
    del engine.sockets["coming"]  # the connection ended, and nobody was told
    live._end_lost_rights()

    assert (while_it_came, len(live._seats)) == (1, 0)


def test_a_socket_that_closes_before_it_enters_a_room_is_told_so_and_is_no_fault(app):
    live = app.extensions["live"]
    with app.test_request_context():
        request.sid = "closed-before-it-entered"
        with pytest.raises(NotFound) as refused:
            live._enter("wall|regulator")

    assert refused.value.problems[0].code == "live.gone"


def test_a_watcher_whose_delivery_fails_does_not_end_the_feed_of_the_others(database):
    told = []

    def deliver(channel, entries):
        if channel == ("lot:A", "public"):
            raise RuntimeError("its socket is broken")
        told.extend(entry.seq for entry in entries)

    relay = Relay(database, deliver)
    for topic in ("lot:A", "lot:B"):
        relay.follow((topic, "public"), 0)
    for _ in range(3):
        with database.transaction() as (db, now):
            for topic in ("lot:A", "lot:B"):
                publish(db, topic, "lot.moved", {"public": {}}, now)
    wait_for(lambda: told == [1, 2, 3])
    relay.stop()


def test_more_channels_are_followed_than_an_expression_may_be_deep(database):
    told = []
    relay = Relay(database, lambda channel, _entries: told.append(channel[0]))
    for number in range(1500):
        relay.follow((f"lot:{number}", "public"), 0)

    with database.transaction() as (db, now):
        publish(db, "lot:1499", "lot.moved", {"public": {}}, now)

    wait_for(lambda: told == ["lot:1499"])
    relay.stop()


def test_a_relay_says_how_far_its_watchers_are_behind(database):
    is_held, told = threading.Event(), []

    def deliver(_channel, entries):
        is_held.wait(30)
        told.extend(entries)

    relay = Relay(database, deliver)
    relay.follow(("lot:A", "public"), 0)
    with database.transaction() as (db, now):
        publish(db, "lot:A", "lot.moved", {"public": {}}, now)
    wait_for(lambda: relay.behind_seconds() > 1.5)
    is_held.set()
    wait_for(lambda: told)

    wait_for(lambda: relay.behind_seconds() < 1.5)
    relay.stop()
