"""A platform that wants an opening key before its time, and a witness that goes by its own folder."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from client.keys import KeyFolder
from client.session import Platform
from client.witness import _terms_of, make_opening_key, window_ended

pytestmark = pytest.mark.attack("witnesses")

LOT = "TD0000000000-01"
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
TRUTH = {"rehearsal": False, "deadline": (NOW + HOUR).isoformat(), "window_minutes": 30}


@pytest.fixture
def told():
    """What a platform says of a lot, whatever that is: {"url", "tender"}."""
    answer = {}

    def application(environ, start_response):
        raw = json.dumps(answer["tender"])
        return Response(raw, content_type="application/json")(environ, start_response)

    server = make_server("127.0.0.1", 0, application)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    answer["url"] = f"http://127.0.0.1:{server.server_port}"
    yield answer
    server.shutdown()
    thread.join()
    server.server_close()


def tender(now=NOW, rehearsal=False, **lot):
    shown = {"lot": LOT, "state": "unsealing", "window_ends_at": (NOW - HOUR).isoformat()}
    shown |= {"deadline": (NOW - 2 * HOUR).isoformat(), "window_minutes": 30} | lot
    return {"rehearsal": rehearsal, "now": now.isoformat(), "lots": [shown]}


def publishes(told, folder, answer, first=TRUTH):
    """Whether the witness, who was told `first` when it made its key, takes the window for over."""
    keys = KeyFolder(folder)
    if first is not None:
        keys.remember(_terms_of(LOT), first)
    told["tender"] = answer
    return window_ended(Platform(told["url"]), KeyFolder(folder), LOT)


def test_a_witness_publishes_when_the_window_is_over_by_all_that_it_was_told(told, tmp_path):
    past = {"deadline": (NOW - 2 * HOUR).isoformat()}
    put_off = {"deadline": (NOW - 3 * HOUR).isoformat()}

    assert publishes(told, tmp_path, tender(), TRUTH | past)
    assert publishes(told, tmp_path, tender(), TRUTH | put_off)
    assert publishes(told, tmp_path, tender(), None)


LIES = {
    "an earlier deadline": tender(),
    "called a rehearsal with a later clock": tender(
        NOW + 24 * HOUR, rehearsal=True, deadline=TRUTH["deadline"]
    ),
    "a later clock without a rehearsal": tender(NOW + 24 * HOUR, deadline=TRUTH["deadline"]),
    "an end before the deadline": tender(deadline=TRUTH["deadline"]),
    "all at once": tender(NOW + 24 * HOUR, rehearsal=True, window_minutes=0),
    "no end": tender(window_ends_at=None),
    "suspended": tender(state="suspended"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_platform_that_lies_about_the_time_gets_no_half(told, tmp_path, lie):
    assert not publishes(told, tmp_path, LIES[lie])


def test_a_window_that_was_longer_when_the_key_was_made_is_still_open(told, tmp_path):
    first = TRUTH | {"deadline": (NOW - 2 * HOUR).isoformat(), "window_minutes": 180}

    assert not publishes(told, tmp_path, tender(window_minutes=30), first)


def test_a_rehearsal_goes_by_its_own_clock(told, tmp_path):
    first = TRUTH | {"rehearsal": True}
    answer = tender(NOW + 24 * HOUR, rehearsal=True, deadline=TRUTH["deadline"])

    assert publishes(told, tmp_path, answer, first)


def test_what_was_told_first_holds_though_the_platform_asks_for_a_second_key(told, tmp_path):
    keys = KeyFolder(tmp_path)
    keys.remember(_terms_of(LOT), TRUTH)
    told["tender"] = LIES["called a rehearsal with a later clock"]

    with pytest.raises(KeyError):  # nobody registers it: what was told is kept before that
        make_opening_key(Platform(told["url"]), keys, LOT)

    assert keys.recall(_terms_of(LOT)) == TRUTH
    assert not publishes(told, tmp_path, told["tender"], None)
