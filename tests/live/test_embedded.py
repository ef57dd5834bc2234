"""The embedded default at its caps: sockets and uploads all taken, and people still get through."""

import contextlib
import socket
import subprocess
import time

import pytest
import requests

from client import bidder
from client.keys import KeyFolder
from client.session import Platform
from demo.people import PASSWORD
from tests.journeys.test_with_violence import meanwhile
from tests.journeys.town import Town
from tests.live.house import House
from trading.routes.uploading import EACH
from webapp.serve import web_child
from webapp.settings import ROOT

pytestmark = pytest.mark.attack("live")
SOCKETS, UPLOADS, SIZE = 200, 100, 1 << 20
FORM = bidder.Form("1000000.00", 180, "合格")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The web process just as `run` starts it, with the caps that it has by default."""
    town = Town(tmp_path_factory.mktemp("embedded"))
    town.run("flask", "prepare")
    town.live_port = town.port
    town.processes["web"] = subprocess.Popen(
        web_child("127.0.0.1", town.port).command,
        cwd=ROOT,
        env=town.environment,
        stdout=town.log,
        stderr=town.log,
    )
    try:
        town.wait_until_ready()
        yield House(town, f"sqlite:///{town.var / 'zhaobiao.db'}")
    finally:
        town.stop()


@pytest.fixture
def full(house):
    """(house, crowd, upload, whose tokens, its slow connections): every seat and upload is taken."""
    with contextlib.ExitStack() as open_connections:
        crowd = open_connections.enter_context(contextlib.closing(house.crowd(SOCKETS)))
        crowd.join()
        people = house.colleagues("bidder2", -(-UPLOADS // EACH) + 1)
        upload = begin(house, people[0])
        slow = [half_sent(house, upload, people[number // EACH]) for number in range(UPLOADS)]
        open_connections.callback(close_all, slow)
        while not is_refused(one_more := half_sent(house, upload, people[-1])):
            slow.append(one_more)  # it has a seat, as it was quicker than another, or no answer yet
        yield house, crowd, upload, people, slow


def begin(house, token):
    url = f"{house.town.url}/api/v1/lots/{house.lot}/uploads"
    answer = requests.post(url, json={"size": SIZE}, headers=bearer(token), timeout=10)
    return answer.json()["upload"]


def put(house, upload, token):
    url = f"{house.town.url}/api/v1/uploads/{upload}?offset=0"
    return requests.put(url, data=bytes(SIZE), headers=bearer(token), timeout=10)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def half_sent(house, upload, token):
    """A connection over which half a part was sent, and no more comes."""
    connection = socket.create_connection(("127.0.0.1", house.town.port))
    head = (
        f"PUT /api/v1/uploads/{upload}?offset=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: {SIZE}\r\n\r\n"
    )
    connection.sendall(head.encode() + bytes(SIZE // 2))
    return connection


def is_refused(connection):
    """Whether it was sent away, and closed then; who has a seat hears nothing."""
    connection.settimeout(1)
    try:
        answer = connection.recv(1024)
    except TimeoutError:
        return False
    connection.close()
    return b" 503 " in answer


def has_a_seat(connection):
    """Nothing was said to it: neither that it must wait nor that it ended."""
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    return False


def close_all(connections):
    for connection in connections:
        connection.close()


def test_at_the_caps_the_rest_waits_and_people_still_get_through(full, tmp_path, tried):
    house, crowd, upload, people, slow = full
    refused = put(house, upload, people[-1])
    head = house.head()
    house.publish(3)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "upload.busy")
    assert int(refused.headers["Retry-After"]) > 0
    for page in ("healthz", "readyz", f"tenders/{house.lot.rpartition('-')[0]}"):
        assert requests.get(f"{house.town.url}/{page}", timeout=5).ok
    assert crowd.read(lambda c: all(w.last == head + 3 for w in c.watchers))
    with meanwhile(lambda: submit(house, tmp_path)):
        time.sleep(1)
        next(filter(has_a_seat, slow)).close()  # one gives up: its room goes to who waits
    assert (tmp_path / "receipt").read_text().startswith("RC")
    tried(SOCKETS + UPLOADS)


def submit(house, folder):
    """As the client does it: where it is told to wait it tries again by itself."""
    platform, keys = Platform(house.town.url), KeyFolder(folder / "keys")
    platform.sign_in("bidder3", PASSWORD)
    keys.enrol(platform)
    plan = folder / "plan.txt"
    plan.write_bytes(b"construction plan\n" * 1000)
    receipt = bidder.submit(platform, keys, house.lot, FORM, {"plan.txt": plan})
    (folder / "receipt").write_text(receipt["code"])
