"""Against a real server on real sockets: generated events, broken frames, foreign origins, smuggling.

After every siege the same holds: no traceback in the log, a watcher of before still hears what is
published, who only sent nonsense heard nothing, and the site answers.
"""

import contextlib
import json
import re
import socket
import time

import hypothesis
import pytest
import requests
import sqlalchemy as sa
import websocket
from hypothesis import HealthCheck
from hypothesis import strategies as st

from identity import queries as identity
from identity.models.accounts import ApiToken
from outbox.actions.messages import publish
from storage.database import Database
from tests.journeys.town import running
from trading.models.tendering import Lot

HOUSE = hypothesis.settings(
    database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
IN_CI, AT_LENGTH = 60, 1_000
EVENTS = (
    "watch",
    "leave",
    "connect",
    "disconnect",
    "entry",
    "message",
    "__class__",
    "",
    "\0",
    "\ud800",
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=50)
    | st.sampled_from(("wall", "lot:TD0000000000-01", "meeting:MT0000000000", "../x", 10**400)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(("topic", "after", "x", "_placeholder", "num")), inner)
    ),
    max_leaves=12,
)
LARGE = 400_000
FLOOD = 100
DEEP = 100_000
FRAMES = (
    "", "4", "5", "6", "7", "8", "9", "0", "1", "2", "3", "2probe", "40", "41", "42", "43", "44", "45",
    "46", "47", "4x", "b", "bAAAA", "b!!", "42[", "42{}", "42null", "42[]", "42[1]", "42[null]", '42[{"a":1}]',
    '42["watch"', '42["watch",NaN]', '42["watch",{"topic":"\\ud800"}]', '42/none,["watch"]', "42/,[1]",
    '42999999999999999999999["watch"]', '421["watch"]', '42-1["watch"]', '43["x"]', "431[]", "43999[1]",
    '451-["watch",{"_placeholder":true,"num":0}]', '45-["watch"]', '459999999999-["watch"]',
    '45' + "9" * 5_000 + '-["watch"]', "461-[]", "460[]", "40{", "40[]", '40{"auth":[]}', "40/wall,", "41/wall,",
    "42" + "[" * DEEP, '42["watch",' + "[" * DEEP + "]" * DEEP + "]", '42["watch",' + '{"a":' * DEEP + "1" + "}" * DEEP + "]",
    '42["watch",' + "9" * 5_000 + "]", '42["watch","' + "x" * LARGE + '"]', "4" * LARGE, "\0", "\u202e", "é" * 1_000,
)  # fmt: skip
BINARY = (b"", b"\0", b"\xff\xfe", b"4", b'42["watch"]', b"\x04" + bytes(10), bytes(LARGE))


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with running(tmp_path_factory.mktemp("wire"), ZHAOBIAO_SOCKETS="8") as started:
        started.database = Database(f"sqlite:///{started.var / 'zhaobiao.db'}")
        with started.database.snapshot() as db:
            started.lot = db.scalars(sa.select(Lot.code)).one()
        names = ("agency", "regulator", "bidder1")
        started.tokens = {
            name: started.platform(name)._http.headers["Authorization"] for name in names
        }
        yield started
        started.kill("web")  # what is still open would keep it from ending for a while
        started.database.dispose()


class Raw:
    """A socket that speaks whatever it is told to."""

    def __init__(self, town, who, auth=""):
        place = f"ws://127.0.0.1:{town.port}/socket.io/?EIO=4&transport=websocket"
        headers = [f"Authorization: {town.tokens[who]}"]
        self.ws = websocket.create_connection(place, timeout=3, header=headers)
        self.heard = [self.ws.recv()]
        self.ws.send(f"40{auth}")

    def hears(self, *starts):
        """The next message that begins so; whatever else comes is kept in `heard`."""
        while True:
            text = self.ws.recv()
            if isinstance(text, bytes):
                text = text.decode("utf-8", "replace")
            self.heard.append(text)
            if text == "2":
                self.ws.send("3")
            if text == "" or text.startswith(starts):
                return text

    def is_closed(self):
        """Whether it was ended; otherwise it still answers an event."""
        try:
            self.ws.send('4277["leave",{}]')
            return self.hears("4377[") == ""
        except (websocket.WebSocketException, OSError):
            return True

    def entries(self):
        return [text for text in self.heard if text.startswith('42["entry"')]


class Siege:
    """A watcher of before, the length of the log of before; `lifted` says what must still hold."""

    def __init__(self, town):
        self.town, self.asked, self.hostile = town, 0, None
        self.log_before = town.log_path.stat().st_size
        self.steady = Raw(town, "agency")
        self.steady.hears("40{")
        asked = json.dumps(["watch", {"topic": f"lot:{town.lot}", "after": 0}])
        self.steady.ws.send(f"421{asked}")
        self.steady.hears("431[")
        self.hostile = self.again()

    def again(self, auth=""):
        if self.hostile:
            self.hostile.ws.shutdown()
        self.hostile = Raw(self.town, "regulator", auth)
        return self.hostile

    def send(self, frame, binary=b""):
        """One frame, perhaps with what a binary event announces; answered or cleanly ended."""
        self.asked += 1
        with contextlib.suppress(websocket.WebSocketException, OSError):  # as good as an answer
            if isinstance(frame, bytes):
                self.hostile.ws.send_binary(frame)
            else:
                self.hostile.ws.send(frame.encode("utf-8", "surrogatepass").decode("latin-1"))
            if binary:
                self.hostile.ws.send_binary(binary)
        if self.hostile.is_closed():
            self.again()

    def lifted(self):
        """Publish, and compare who hears it; returns what harm was done."""
        heard = len(self.steady.entries())
        with self.town.database.transaction() as (db, now):
            payload = {
                name: {"text": "after the siege"} for name in ("party", "regulator", "public")
            }
            publish(db, f"lot:{self.town.lot}", "lot.moved", payload, now)
        while len(self.steady.entries()) == heard:
            self.steady.hears('42["entry"')
        harm = {"ended": self.hostile.is_closed(), "overheard": self.hostile.entries()}
        for each in (self.steady, self.hostile):
            each.ws.shutdown()
        harm["down"] = not requests.get(f"{self.town.url}/readyz", timeout=5).ok
        with self.town.log_path.open("rb") as log:
            log.seek(self.log_before)
            told = log.read().decode("utf-8", "replace")
        harm["fault"] = told[-3_000:] if "Traceback" in told else ""
        return {name: what for name, what in harm.items() if what}


@pytest.fixture
def siege(town):
    return Siege(town)


def besiege(siege, examples):
    @hypothesis.settings(HOUSE, max_examples=examples)
    @hypothesis.given(
        st.sampled_from(EVENTS) | st.text(max_size=20), st.lists(ANYTHING, max_size=3)
    )
    def send(event, arguments):
        siege.send("42" + json.dumps([event, *arguments]))
        siege.send("425" + json.dumps([event, *arguments]))

    send()


@pytest.mark.attack("hostile-input")
def test_generated_events_are_answered_or_end_their_socket_and_nobody_elses(siege, tried):
    besiege(siege, IN_CI)

    assert siege.lifted() == {}
    tried(siege.asked)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.attack("hostile-input")
def test_generated_events_are_answered_or_end_their_socket_at_length(siege, tried):
    besiege(siege, AT_LENGTH)

    assert siege.lifted() == {}
    tried(siege.asked)


@pytest.mark.attack("hostile-input")
def test_broken_frames_are_answered_or_end_their_socket_and_nobody_elses(siege, tried):
    for frame in (*FRAMES, *BINARY):
        siege.send(frame)
    for frame in FRAMES:
        if frame.startswith("45"):
            siege.send(frame, binary=b"\xff")

    assert siege.lifted() == {}
    tried(siege.asked)


@pytest.mark.attack("permissions")
@pytest.mark.parametrize("event", ["disconnect", "connect"])
def test_a_socket_that_names_its_event_like_the_librarys_own_keeps_no_lost_right(town, event):
    credential = town.platform("bidder2")._http.headers["Authorization"]
    town.tokens["bidder2"] = credential
    rogue = Raw(town, "bidder2")
    rogue.hears("40{")
    rogue.ws.send("421" + json.dumps(["watch", {"topic": f"lot:{town.lot}", "after": 0}]))
    rogue.hears("431[")
    rogue.ws.send("42" + json.dumps([event]))
    time.sleep(0.2)
    with town.database.transaction() as (db, now):
        person = identity.person_by_username(db, "bidder2")
        db.execute(
            sa.update(ApiToken).where(ApiToken.person_id == person.id).values(revoked_at=now)
        )
    time.sleep(1.5)  # rights are looked at twice a second

    with town.database.transaction() as (db, now):
        publish(db, f"lot:{town.lot}", "lot.moved", {"public": {"text": f"not for {event}"}}, now)

    assert rogue.is_closed()
    rogue.ws.shutdown()
    assert f"not for {event}" not in "".join(rogue.heard)


@pytest.mark.attack("hostile-input")
def test_a_flood_of_events_is_answered_one_after_the_other(siege, tried):
    lot = json.dumps({"topic": f"lot:{siege.town.lot}", "after": 0})
    for number in range(FLOOD):
        siege.hostile.ws.send(f'42{number}["watch",{lot}]')
    siege.hostile.hears(f"43{FLOOD - 1}[")
    answered = [int(text[2 : text.index("[")]) for text in siege.hostile.heard if text[:2] == "43"]

    assert answered == list(range(FLOOD))
    siege.again()
    assert siege.lifted() == {}
    tried(FLOOD)


@pytest.mark.attack("hostile-input")
def test_who_sends_without_end_waits_for_the_answers_and_nobody_else_does(siege, tried):
    sent = 0
    with contextlib.suppress(websocket.WebSocketException, OSError):
        for number in range(200 * FLOOD):
            sent = number + 1
            siege.hostile.ws.send(f'42{number}["watch",{{"topic":"lot:{siege.town.lot}"}}]')

    siege.again()
    assert siege.lifted() == {}
    tried(sent)


ORIGINS = (
    "null",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://www.127.0.0.1:{port}",
    "http://127.0.0.1:{port}@evil.example",
    "http://127.0.0.1:{port}.evil.example",
    "HTTP://127.0.0.1:{port}",
    "http://127.0.0.1.:{port}",
    "http://[::1]:{port}",
    "http://[::ffff:127.0.0.1]:{port}",
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}",
    "http://2130706433:{port}",
    "http://127.0.0.1",
    "file://",
    "http://127.0.0.1:{port} http://evil.example",
)


@pytest.mark.attack("web")
def test_a_socket_of_a_page_of_another_origin_is_refused(town, tried):
    place = f"ws://127.0.0.1:{town.port}/socket.io/?EIO=4&transport=websocket"
    held, let_in = [f"Authorization: {town.tokens['agency']}"], []
    for origin in ORIGINS:
        foreign = origin.format(port=town.port)
        with contextlib.suppress(websocket.WebSocketBadStatusException):
            websocket.create_connection(place, timeout=5, header=held, origin=foreign).shutdown()
            let_in.append(foreign)
    own = f"http://127.0.0.1:{town.port}"
    ours = websocket.create_connection(place, timeout=5, header=held, origin=own)

    assert let_in == []
    assert ours.recv().startswith("0{")
    ours.shutdown()
    tried(len(ORIGINS))


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"0\r\n\r\n" + HIDDEN
LENGTH = b"Content-Length: %d\r\n" % len(CHUNKED)
SMUGGLED = {
    "two lengths": (LENGTH + b"Content-Length: 0\r\n", HIDDEN),
    "two lengths in one": (b"Content-Length: 0, %d\r\n" % len(HIDDEN), HIDDEN),
    "length and chunks": (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
    "chunks twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", CHUNKED),
    "chunks not last": (b"Transfer-Encoding: chunked, gzip\r\n", CHUNKED),
    "chunks misspelt": (b"Transfer-Encoding: xchunked\r\n", CHUNKED),
    "chunks after a tab": (b"Transfer-Encoding:\x0bchunked\r\n", CHUNKED),
    "blank before the colon": (b"Transfer-Encoding : chunked\r\n", CHUNKED),
    "folded": (b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH, CHUNKED),
    "signed length": (b"Content-Length: +5\r\n", HIDDEN),
    "negative length": (b"Content-Length: -1\r\n", HIDDEN),
    "length in hex": (b"Content-Length: 0x5\r\n", HIDDEN),
    "length with an underscore": (b"Content-Length: 1_0\r\n", HIDDEN),
    "nul in a name": (b"Content-Len\0gth: 5\r\n", HIDDEN),
    "nul in a value": (b"X: a\0b\r\n", HIDDEN),
    "bare line end": (b"X: a\nContent-Length: 5\r\n", HIDDEN),
    "chunk size signed": (b"Transfer-Encoding: chunked\r\n", b"+0\r\n\r\n" + HIDDEN),
    "chunk size in hex": (b"Transfer-Encoding: chunked\r\n", b"0x0\r\n\r\n" + HIDDEN),
    "chunk with an underscore": (b"Transfer-Encoding: chunked\r\n", b"1_0\r\n" + HIDDEN),
}  # fmt: skip


@pytest.mark.attack("web")
@pytest.mark.parametrize("trick", SMUGGLED)
def test_no_second_request_hides_in_the_body_of_a_first(town, trick):
    headers, body = SMUGGLED[trick]
    with socket.create_connection(("127.0.0.1", town.port), timeout=5) as wire:
        wire.sendall(b"POST /api/v1/tokens HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n" + body)
        wire.settimeout(1)
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while piece := wire.recv(65_536):
                answer += piece

    statuses = re.findall(rb"HTTP/1.1 (\d+)", answer)
    assert statuses
    assert all(b"400" <= status < b"600" for status in statuses), answer
