"""The floor for a Python process: one thread, one ready frame, one send(2) for each watcher."""

import json
import selectors
import socket
import sys
import time
import urllib.parse
from importlib import import_module

entry = import_module("bench._fanout_stock").entry
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
watchers, jobs = [], []


def accept():
    """Shake hands by hand; `/publish` asks for events."""
    connection, _ = listener.accept()
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(4096)
        if not data:  # somebody only looked whether it listens
            return
        head += data
    path = head.split(b" ", 2)[1].decode()
    if path.startswith("/publish"):
        asked = dict(urllib.parse.parse_qsl(path.partition("?")[2]))
        jobs.append([0, int(asked["events"]), int(asked["rate"]), time.monotonic()])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        connection.close()
        return
    upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    connection.sendall(upgrade + b"\r\n")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    watchers.append(connection)


def send(job):
    """Events of this job that are due."""
    while job[0] < job[1] and (not job[2] or time.monotonic() >= job[3] + job[0] / job[2]):
        job[0] += 1
        body = json.dumps(["entry", entry(job[0], 0)], separators=(",", ":"))
        data = b"42" + body.encode()
        frame = b"\x81\x7e" + len(data).to_bytes(2) + data
        for watcher in list(watchers):
            try:
                watcher.send(frame)
            except OSError:
                watchers.remove(watcher)


while True:
    for _ in selector.select(0.001 if jobs else 1):
        accept()
    for job in list(jobs):
        send(job)
        if job[0] >= job[1]:
            jobs.remove(job)
