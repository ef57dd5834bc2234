"""A live process as scaled deployments have it: gevent, on PostgreSQL, with credentials for many."""

import contextlib
import secrets
import threading
import time
from datetime import timedelta

import psutil
import sqlalchemy as sa

from identity import queries as identity
from identity.actions.accounts import NOBODYS_HASH, register_person, token_digest
from identity.models.accounts import ApiToken
from identity.states import Role
from outbox.actions.messages import publish
from storage.database import Database
from tests import engines
from tests.journeys.town import Town
from tests.live.crowd import Crowd
from trading.models.tendering import Lot


class House:
    """One live process; `lot` is announced, `topic` its channel."""

    def __init__(self, town, url):
        self.town, self.database = town, Database(url)
        with self.database.snapshot() as db:
            self.lot = db.scalars(sa.select(Lot.code)).first()
        self.topic = f"lot:{self.lot}"

    def crowd(self, count):
        """So many watchers, each with a credential of its own and a page that shows all until now."""
        headers = [f"Authorization: Bearer {each}\r\n" for each in self._tokens(count)]
        return Crowd(self.town.live_port, headers, topic=self.topic, shown=self.head())

    def publish(self, count, *, at_once=1, rate=0, padding=0):
        """So many messages to the public, so many in a transaction, so many a second."""
        for _ in range(0, count, at_once):
            with self.database.transaction() as (db, now):
                for _ in range(at_once):
                    publish(db, self.topic, "lot.moved", {"public": news(padding)}, now)
            if rate:
                time.sleep(1 / rate)

    @contextlib.contextmanager
    def publishing(self, publishers, count, **how):
        """The same from several threads beside the caller, each so many."""
        threads = [
            threading.Thread(target=self.publish, args=(count,), kwargs=how)
            for _ in range(publishers)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join()

    def head(self):
        """The last number given on the public's channel."""
        with self.database.snapshot() as db:
            counter = sa.text("SELECT value FROM counter WHERE name = :name")
            return db.scalar(counter, {"name": f"channel:{self.topic}|public"}) or 0

    def processes(self):
        parent = psutil.Process(self.town.processes["live"].pid)
        return [parent, *parent.children(recursive=True)]

    def cpu_seconds(self):
        return sum(sum(each.cpu_times()[:2]) for each in self.processes())

    def memory(self):
        return sum(each.memory_info().rss for each in self.processes())

    def colleagues(self, username, count):
        """Tokens of so many more people of this person's organisation."""
        with self.database.transaction() as (db, now):
            firm = identity.person_by_username(db, username).organisation
            people = [
                register_person(
                    db,
                    username=f"{username}-{number}",
                    name="同事",
                    organisation=firm,
                    roles=[Role.BIDDER],
                    password_hash=NOBODYS_HASH,
                    actor="test",
                    now=now,
                )
                for number in range(count)
            ]
            db.flush()
            return [token for person in people for token in _give(db, person.id, 1, now)]

    def _tokens(self, count):
        with self.database.transaction() as (db, now):
            return _give(db, identity.person_by_username(db, "bidder1").id, count, now)


def _give(db, owner, count, now):
    tokens = [secrets.token_hex(16) for _ in range(count)]
    fields = {"person_id": owner, "label": "crowd", "made_at": now, "seen_at": now}
    fields["expires_at"] = now + timedelta(days=1)
    db.execute(sa.insert(ApiToken), [{"digest": token_digest(t), **fields} for t in tokens])
    return tokens


def news(padding=0):
    """What a message about a lot may say; it holds the instant at which it was written."""
    return {
        "sent": f"@T{time.monotonic_ns():019d}",
        "bidder": "某某市政建设集团有限公司",
        "price": "12,345,678.90",
        "hash": "a" * (64 + padding),
    }


@contextlib.contextmanager
def live_house(folder, url):
    """A prepared database and a live process on it."""
    town = Town(folder, url, ZHAOBIAO_SOCKETS="10000")
    try:
        town.run("flask", "prepare")
        town.start("live")
        engines.wait_for(town.live_port)
        house = House(town, url)
        yield house
        house.database.dispose()
    finally:
        town.stop()
