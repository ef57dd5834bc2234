"""Bodies that are read below gunicorn's reader are what was sent, and nothing of what follows."""

import itertools
import socket
import threading

import pytest
from flask import Request
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import ClientDisconnected

from trading.routes.arriving import Arriving, body_of

pytestmark = pytest.mark.attack("live")
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def put(size):
    return b"PUT /part HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size


def connection():
    """(what the bidder writes into, the server's end, gunicorn's requests from it)."""
    theirs, ours = socket.socketpair()
    ours.settimeout(5)
    return theirs, ours, RequestParser(Config(), ours, ("127.0.0.1", 1))


def body_on(ours, request):
    return body_of(Request({"wsgi.input": request.body, "gunicorn.socket": ours}))


def pieces_of(body, size):
    while piece := bytes(body.read(size)):
        yield piece


def send_in_pieces(theirs, text, cuts):
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for start, end in itertools.pairwise(edges):
        theirs.sendall(text[start:end])


@settings(max_examples=50)
@given(
    body=st.binary(max_size=3000) | st.integers(1, 3).map(lambda n: bytes(range(256)) * 700 * n),
    cuts=st.lists(st.integers(0, 1 << 20), max_size=5),
    size=st.integers(1, 1 << 19),
)
def test_a_body_is_what_was_sent_and_the_next_request_stays_whole(body, cuts, size):
    theirs, ours, requests = connection()
    with theirs, ours:
        sent = (theirs, put(len(body)) + body + NEXT, cuts)
        sender = threading.Thread(target=send_in_pieces, args=sent)
        sender.start()
        arriving = body_on(ours, next(requests))

        assert isinstance(arriving, Arriving)
        assert b"".join(pieces_of(arriving, size)) == body
        assert next(requests).path == "/next"
        sender.join()


def test_of_a_body_that_is_not_read_to_its_end_nothing_becomes_a_request():
    theirs, ours, requests = connection()
    with theirs, ours:
        theirs.sendall(put(100) + NEXT + bytes(100 - len(NEXT)) + NEXT.replace(b"next", b"last"))

        assert bytes(body_on(ours, next(requests)).read(5)) == NEXT[:5]
        assert next(requests).path == "/last"


def test_who_hangs_up_in_the_middle_is_told_apart_from_the_end():
    theirs, ours, requests = connection()
    with ours:
        theirs.sendall(put(100) + b"half")
        arriving = body_on(ours, next(requests))
        theirs.close()

        assert bytes(arriving.read(100)) == b"half"
        with pytest.raises(ClientDisconnected):
            arriving.read(100)


def test_a_connection_whose_body_stood_still_is_not_used_again():
    theirs, ours, requests = connection()
    with theirs, ours:
        theirs.sendall(put(100))
        arriving = body_on(ours, next(requests))
        ours.settimeout(0.01)
        with pytest.raises(TimeoutError):
            arriving.read(100)
        theirs.sendall(bytes(100) + NEXT)

        assert list(requests) == []


def test_a_body_in_chunks_comes_by_the_ordinary_way():
    theirs, ours, requests = connection()
    with theirs, ours:
        head = b"PUT /part HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        theirs.sendall(head + b"4\r\nhalf\r\n0\r\n\r\n")
        environ = {"wsgi.input": next(requests).body, "wsgi.input_terminated": True}
        body = body_of(Request(environ | {"gunicorn.socket": ours}))

        assert not isinstance(body, Arriving)
        assert b"".join(pieces_of(body, 10)) == b"half"
