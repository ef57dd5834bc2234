"""Thousands of watchers in one thread: real websockets, read frame by frame, every number looked at.

They do what the contract asks of a client: drop what they have, ask again after the last number.
Also the load of bench/fanout.py, there against servers that just send.
"""

import json
import random
import selectors
import socket
import time
from array import array

_HELLO = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n{header}\r\n"
)
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
_AT_ONCE = 32
# Its seat was taken away: by a packet, or because a question came after that.
_SHUT_OUT = (b"41", b'430[""')


class Watcher:
    """One connection: what it has seen, and what went wrong with it."""

    def __init__(self, header="", shown=0):
        self.header, self.last = header, shown
        self.received = self.repeats = self.gaps = self.ends = 0
        self.is_stalled, self.socket = False, None

    def begin(self, port, path):
        self.buffer, self.early = bytearray(), []
        self.is_open = self.is_joined = False
        self.last_event = 0
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(_HELLO.format(path=path, port=port, header=self.header).encode())
        self.socket.setblocking(False)

    def say(self, text):
        body = text.encode()
        size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2)
        self.socket.send(b"\x81" + size + bytes(4) + body)  # a mask of zeros changes nothing

    def take(self, number):
        """A number out of an answer or an event; what is there already is dropped."""
        self.gaps += number > self.last + 1
        self.last = max(self.last, number)

    def take_event(self, number):
        """On one connection no event comes twice; an answer may hold what comes as one, too."""
        self.repeats += number <= self.last_event
        self.last_event = number
        self.take(number)


class Crowd:
    """`topic`: what to watch, from `shown` on; none where the server sends to all that connect."""

    def __init__(self, port, headers, *, path=SOCKET_IO, topic=None, shown=0):
        self.port, self.path, self.topic = port, path, topic
        self.watchers = [Watcher(header, shown) for header in headers]
        self.latencies = array("I")
        self.comes_again = False
        self._selector = selectors.DefaultSelector()

    def join(self, seconds=60):
        """Connect everybody, a few at once; given up when nobody joined for so long."""
        waiting, joining = list(self.watchers), []
        end = time.monotonic() + seconds
        while waiting or joining:
            while waiting and len(joining) < _AT_ONCE:
                joining.append(waiting.pop())
                self.come(joining[-1])
            self._turn(0.1)
            still = [watcher for watcher in joining if not watcher.is_joined]
            if len(still) < len(joining):
                end = time.monotonic() + seconds
            joining = still
            assert time.monotonic() < end, f"{len(waiting) + len(joining)} never joined"

    def read(self, is_over, seconds=60):
        """Read until `is_over(self)`; returns whether it came to that in time."""
        end = time.monotonic() + seconds
        while not is_over(self):
            if time.monotonic() > end:
                return False
            self._turn(0.05)
        return True

    def cut(self, count, rng: random.Random):
        """So many watchers, chosen at random, lose their connection and come again."""
        self.comes_again = True  # also who is shut out because an older connection came late
        for watcher in rng.sample(self.watchers, count):
            self._selector.unregister(watcher.socket)
            watcher.socket.close()
            self.come(watcher)

    def stall(self, watcher):
        """This watcher reads no more."""
        watcher.is_stalled = True
        self._selector.unregister(watcher.socket)

    def wake(self, watcher):
        watcher.is_stalled = False
        self._selector.register(watcher.socket, selectors.EVENT_READ, watcher)

    def come(self, watcher):
        """Connect, and watch from the last number on."""
        watcher.begin(self.port, self.path)
        self._selector.register(watcher.socket, selectors.EVENT_READ, watcher)

    def close(self):
        for watcher in self.watchers:
            if watcher.socket is not None:
                watcher.socket.close()
        self._selector.close()

    def _turn(self, seconds):
        for key, _ in self._selector.select(seconds):
            self._hear(key.data)

    def _hear(self, watcher):
        try:
            data = watcher.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._ended(watcher)
            return
        watcher.buffer += data
        if not watcher.is_open:
            self._open(watcher)
        if watcher.is_open:
            for text in _texts(watcher.buffer):
                if text.startswith(_SHUT_OUT):
                    self._ended(watcher)
                    return
                self._hear_text(watcher, text)

    def _ended(self, watcher):
        watcher.ends += 1
        self._selector.unregister(watcher.socket)
        watcher.socket.close()
        watcher.is_joined = False
        if self.comes_again:
            self.come(watcher)

    def _open(self, watcher):
        head, mark, rest = watcher.buffer.partition(b"\r\n\r\n")
        if mark:
            assert head.startswith(b"HTTP/1.1 101"), bytes(head[:200])
            watcher.buffer, watcher.is_open = rest, True
            watcher.is_joined = self.path != SOCKET_IO

    def _hear_text(self, watcher, text):
        if text.startswith(b"42") or self.path != SOCKET_IO:
            self._note(watcher, text)
        elif text.startswith(b"0{"):
            watcher.say("40")
        elif text == b"2":
            watcher.say("3")
        elif text.startswith(b"40"):
            self._ask(watcher)
        elif text.startswith(b"43"):
            self._answered(watcher, json.loads(text[text.index(b"[") :])[0])

    def _note(self, watcher, text):
        watcher.received += 1
        if self.topic:
            start = text.index(b'"seq":') + 6
            number = int(text[start : text.index(b",", start)])
            if watcher.is_joined:
                watcher.take_event(number)
            else:
                watcher.early.append(number)
        stamp = text.find(b"@T")
        if stamp >= 0:
            sent = int(text[stamp + 2 : stamp + 21])
            self.latencies.append((time.monotonic_ns() - sent) // 1000)

    def _ask(self, watcher):
        if self.topic is None:
            watcher.is_joined = True
            return
        asked = json.dumps({"topic": self.topic, "after": watcher.last})
        watcher.say(f'420["watch",{asked}]')

    def _answered(self, watcher, answer):
        assert "error" not in answer, answer
        for entry in answer["entries"]:
            watcher.take(entry["seq"])
        if answer["more"]:
            self._ask(watcher)
            return
        watcher.is_joined = True
        for number in watcher.early:  # the server joins first and reads then
            watcher.take_event(number)


def _texts(buffer):
    """The bodies of the whole frames at the start of the buffer, which are taken out of it."""
    bodies, start, end = [], 0, len(buffer)
    while end - start >= 2:
        size, head = buffer[start + 1] & 127, 2
        if size >= 126:
            head = 4 if size == 126 else 10
            if end - start < head:
                break
            size = int.from_bytes(buffer[start + 2 : start + head])
        if end - start < head + size:
            break
        assert buffer[start] in (0x81, 0x88), f"a broken frame: {bytes(buffer[start : start + 20])}"
        if buffer[start] == 0x81:
            bodies.append(bytes(buffer[start + head : start + head + size]))
        start += head + size
    del buffer[:start]
    return bodies
