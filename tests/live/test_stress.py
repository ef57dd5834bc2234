"""The live feed with many watchers, some of which behave badly: nobody misses or doubles anything."""

import contextlib
import random
import time

import pytest
import requests

from tests.conftest import _postgresql_copy
from tests.live.house import live_house

pytestmark = pytest.mark.attack("live")


@pytest.fixture(scope="module")
def house(request, tmp_path_factory):
    with live_house(tmp_path_factory.mktemp("live"), _postgresql_copy(request)) as started:
        yield started


@pytest.fixture
def crowd_of(house):
    crowds = []

    def make(count):
        crowds.append(house.crowd(count))
        crowds[-1].join()
        return crowds[-1]

    yield make
    for crowd in crowds:
        crowd.close()


def everybody_has(head):
    return lambda crowd: all(watcher.last == head for watcher in crowd.watchers)


def faults(crowd):
    return sum(w.gaps for w in crowd.watchers), sum(w.repeats for w in crowd.watchers)


def test_every_watcher_gets_every_number_once_while_many_publish(house, crowd_of, tried):
    crowd = crowd_of(150)

    with house.publishing(4, 50):
        crowd.read(lambda c: any(w.received for w in c.watchers))
    head = house.head()

    assert crowd.read(everybody_has(head))
    assert faults(crowd) == (0, 0)
    tried(150 * 200)


def test_who_is_cut_off_at_random_misses_nothing_after_coming_again(house, crowd_of, tried):
    crowd, rng = crowd_of(100), random.Random(7)

    with house.publishing(2, 80, rate=40):
        for _ in range(4):
            crowd.read(lambda _: False, seconds=0.5)
            crowd.cut(20, rng)
    head = house.head()

    assert crowd.read(everybody_has(head))
    assert faults(crowd) == (0, 0)
    tried(4 * 20)


def test_a_watcher_that_stalls_for_a_moment_gets_all_of_it_whole_and_in_order(house, crowd_of):
    crowd = crowd_of(2)
    stalled = crowd.watchers[0]

    crowd.stall(stalled)
    house.publish(12, padding=60_000)
    head = house.head()
    assert crowd.read(lambda c: c.watchers[1].last == head)
    crowd.wake(stalled)

    assert crowd.read(everybody_has(head))
    assert (stalled.ends, *faults(crowd)) == (0, 0, 0)


def test_a_watcher_that_stalls_for_good_is_ended_and_costs_no_more_than_its_backlog(
    house, crowd_of, tried
):
    crowd = crowd_of(12)
    stalled, steady = crowd.watchers[:10], crowd.watchers[10]
    house.publish(20, padding=60_000)
    assert crowd.read(everybody_has(house.head()))
    before = house.memory()

    for watcher in stalled:
        crowd.stall(watcher)
    head = house.head() + 200
    with house.publishing(1, 200, padding=60_000, rate=60):
        assert crowd.read(lambda _: steady.last == head)
    grown = house.memory() - before

    assert grown < len(stalled) * (3 << 20)  # 12 MB were sent to each
    for watcher in stalled:
        crowd.wake(watcher)
    assert crowd.read(lambda _: all(w.ends for w in stalled))
    assert faults(crowd) == (0, 0)
    assert all(w.last < head for w in stalled)
    tried(len(stalled))


def test_who_was_ended_for_stalling_comes_again_and_reads_on(house, crowd_of):
    crowd = crowd_of(1)
    (stalled,) = crowd.watchers
    crowd.stall(stalled)
    house.publish(200, padding=60_000)
    crowd.wake(stalled)
    assert crowd.read(lambda _: stalled.ends)

    crowd.come(stalled)

    assert crowd.read(everybody_has(house.head()))
    assert faults(crowd) == (0, 0)


@pytest.mark.attack("hostile-input")
def test_who_asks_on_without_reading_the_answers_is_not_heard_until_it_does(house, crowd_of, tried):
    house.publish(500, at_once=100, padding=2000)
    crowd = crowd_of(1)
    (hostile,) = crowd.watchers
    before, after = house.memory(), house.head() - 500

    crowd.stall(hostile)
    ask_without_end(hostile, house.topic, after)
    grown = house.memory() - before
    crowd.wake(hostile)

    house.publish(1)
    assert crowd.read(everybody_has(house.head()))
    assert grown < 50 << 20  # 400 answers of a MB each were asked for
    tried(400)


def ask_without_end(hostile, topic, after):
    hostile.socket.setblocking(True)
    hostile.socket.settimeout(5)
    with contextlib.suppress(OSError):  # nobody takes what it says any more
        for number in range(1, 401):
            hostile.say(f'42{number}["watch",{{"topic":"{topic}","after":{after}}}]')
            time.sleep(0.005)
    hostile.socket.setblocking(False)


@pytest.mark.attack("hostile-input")
@pytest.mark.parametrize("is_whole", [True, False], ids=["in one frame", "in many frames"])
def test_a_message_above_the_limit_ends_its_sender_and_nobody_else(house, crowd_of, is_whole):
    crowd = crowd_of(2)
    hostile, other = crowd.watchers

    send_too_much(hostile.socket, is_whole)

    assert crowd.read(lambda _: hostile.ends)
    house.publish(1)
    assert crowd.read(lambda _: other.last == house.head())


def send_too_much(connection, is_whole):
    """Two MB of one text message, masked with zeros."""
    connection.setblocking(True)
    part = b"\xfe" + (60_000).to_bytes(2) + bytes(4) + b"4" * 60_000
    with contextlib.suppress(OSError):  # it is ended before it has said everything
        if is_whole:
            connection.sendall(b"\x81\xff" + (1 << 21).to_bytes(8) + bytes(4) + b"4" * (1 << 21))
        for number in range(0 if is_whole else 40):
            connection.sendall((b"\x00" if number else b"\x01") + part)
    connection.setblocking(False)


def test_a_live_process_answers_health_and_nothing_but_the_feed(house):
    address = f"http://127.0.0.1:{house.town.live_port}"

    assert requests.get(f"{address}/healthz", timeout=5).json() == {"status": "alive"}
    assert requests.get(f"{address}/live/{house.topic}?after=0", timeout=5).status_code == 200
    for other in ("/", "/sign-in", "/api/openapi.json", "/api/v1/tenders"):
        answer = requests.get(address + other, timeout=5)
        assert (other, answer.status_code) == (other, 404)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("watchers", [1000, 2000])
def test_a_million_messages_without_gap_or_repeat(house, crowd_of, watchers, tried):
    crowd, rng, start = crowd_of(watchers), random.Random(watchers), house.head()
    each = 1_000_000 // watchers // 4

    with house.publishing(4, each, at_once=5):
        while house.head() < start + 4 * each:
            crowd.read(lambda _: False, seconds=0.5)
            crowd.cut(watchers // 50, rng)
    head = house.head()

    assert crowd.read(everybody_has(head), seconds=300)
    assert faults(crowd) == (0, 0)
    tried(watchers * 4 * each)
