"""A real SMTP server that remembers, and a platform that writes to it."""

import datetime as dt
import socket
from email import message_from_bytes, policy

import sqlalchemy as sa
from aiosmtpd.controller import Controller

from identity.actions.letters import write_letter
from outbox.models.mail import Mail
from outbox.rules.letters import LetterKind
from storage.database import transaction
from tests.factories.identity import CODES
from webapp.mail import Postman
from webapp.settings import settings_from

LOT = {"lot": "TD0-01", "lot_name": "第1标段", "name": "临江大桥", "tender": "TD0"}
SENDER = "post@linjiang.example"


class Box:
    """A mail server's memory; `answers` maps an address to what the server says of it."""

    def __init__(self):
        self.messages, self.answers = [], {}

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 (its name)
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (its name)
        read = message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append((envelope.rcpt_tos, read))
        return "250 OK"


def listening(box, **settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port, **settings)
    server.start()
    return server, port


def settings_for(tmp_path, port, **more):
    return settings_from(
        {
            "ZHAOBIAO_VAR": str(tmp_path / "var"),
            "ZHAOBIAO_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "ZHAOBIAO_MAIL_FROM": SENDER,
            "ZHAOBIAO_LOG_ORIGIN": "linjiang.example/evidence",
        }
        | more
    )


def postman(tmp_path, port):
    settings = settings_for(tmp_path, port)
    return Postman(settings, settings.smtp_url)


def write(kind=LetterKind.BID_RECEIVED, to=CODES[0]):
    with transaction() as (db, now):
        data = LOT | {"receipt": "RC1"}
        write_letter(db, kind, "lot:TD0-01", to=[to], now=now, data=data)


def wait_over():
    """As if the time for the next try had come."""
    with transaction() as (db, now):
        db.execute(sa.update(Mail).values(next_at=now - dt.timedelta(seconds=1)))
