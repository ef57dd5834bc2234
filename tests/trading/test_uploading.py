"""A part that does not come is given up, whether it stands still or trickles."""

import socket
import time

import pytest
from flask import Request

from kernel.errors import Busy, Refusal
from trading.routes import uploading
from trading.routes.uploading import EACH, InTime, Uploads

pytestmark = pytest.mark.attack("live")


@pytest.fixture
def line(monkeypatch):
    """(what a bidder writes into, the body as the server reads it)."""
    monkeypatch.setattr(uploading, "LONGEST_SECONDS", 1.0)
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb", buffering=0) as body:
        given = {"gunicorn.socket": ours, "wsgi.input": body, "wsgi.input_terminated": True}
        yield theirs, InTime(Request(given | {"CONTENT_LENGTH": "1000"}))


def test_a_part_that_stands_still_is_given_up(line):
    _bidder, body = line

    with pytest.raises(Refusal) as refused:
        body.read(1000)

    assert refused.value.problems[0].code == "upload.too_slow"


def test_a_part_that_trickles_is_given_up(line):
    bidder, body = line
    bidder.send(bytes(1000))
    began = time.monotonic()
    with pytest.raises(Refusal) as refused:
        while True:  # never so long without a byte that it would stand still
            body.read(1)
            time.sleep(0.02)

    assert refused.value.problems[0].code == "upload.too_slow"
    assert time.monotonic() - began >= 1


def test_nobody_takes_all_the_room_and_what_is_done_gives_it_back():
    uploads = Uploads(EACH + 1)
    held = [uploads.one_of("greedy") for _ in range(EACH)]
    for each in held:
        each.__enter__()

    with pytest.raises(Busy), uploads.one_of("greedy"):
        pass
    with uploads.one_of("other"), pytest.raises(Busy), uploads.one_of("third"):
        pass
    held[0].__exit__(None, None, None)
    with uploads.one_of("greedy"), pytest.raises(Busy), uploads.one_of("greedy"):
        pass
