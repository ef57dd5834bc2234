"""Flask-SocketIO as it comes, under gunicorn's gevent worker: what row 1 is measured against."""

import time

from flask import Flask, request
from flask_socketio import SocketIO, join_room

app = Flask(__name__)
sockets = SocketIO(app, async_mode="gevent", ping_interval=60, ping_timeout=60)
TOPIC = "lot:TD0000000000-01"


@sockets.on("connect")
def connect(_auth=None):
    """Everybody who connects watches."""
    join_room("watch")


@app.get("/publish")
def publish():
    """Start so many events, so many a second (0: as fast as it goes), so much padding."""
    asked = [int(request.args.get(name, 0)) for name in ("events", "rate", "padding")]
    sockets.start_background_task(send, *asked)
    return "ok"


def send(events, rate, padding):
    """The same message as the platform sends."""
    for number in range(1, events + 1):
        sockets.emit("entry", entry(number, padding), to="watch")
        sockets.sleep(1 / rate if rate else 0)


def entry(number, padding):
    """One message; it holds the instant at which it was written."""
    return {
        "topic": TOPIC,
        "seq": number,
        "at": "2026-01-01T00:00:00.000000Z",
        "kind": "lot.moved",
        "data": {
            "sent": f"@T{time.monotonic_ns():019d}",
            "bidder": "某某市政建设集团有限公司",
            "price": "12,345,678.90",
            "hash": "a" * (64 + padding),
        },
    }
