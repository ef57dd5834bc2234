"""Disk, database and time-stamp authority go away in the middle of work and come back."""

import contextlib
import io
import resource
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
import sqlalchemy as sa

from evidence import queries as log
from identity.states import PaperState, TurnState
from kernel.errors import Busy
from outbox.actions.messages import publish
from outbox.actions.relay import Relay
from storage import database as doors
from storage.base import real_now
from storage.database import Database, snapshot, transaction
from storage.due import DueWork
from storage.migrations import upgrade
from storage.vault import Vault
from tests import engines
from tests.evidence.test_timestamps import served
from tests.factories.identity import token
from tests.factories.papers import ask, sign
from tests.factories.trading import make_cast, make_open_lot
from tests.identity.test_papers import begin, paper_of, turn_of, workshop
from tests.journeys.town import wait_for
from trading.actions import unsealing
from trading.actions.unsealing import Envelope
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from
from webapp.worker import Worker

pytestmark = pytest.mark.attack("outages")

__all__ = ["workshop"]

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
MIB = 1 << 20


@contextlib.contextmanager
def files_up_to(size):
    """No file of this process grows beyond: what a full disk looks like to who writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def bidding(app, lot, username="bidder1"):
    """(client, headers) of a bidder, and where the parts of a new upload go."""
    client, headers = app.test_client(), {"Authorization": f"Bearer {token(username)}"}
    begun = client.post(f"/api/v1/lots/{lot}/uploads", json={"size": 8 * MIB}, headers=headers)
    return client, headers, f"/api/v1/uploads/{begun.json['upload']}"


def test_a_part_for_which_there_is_no_room_is_refused_and_may_be_sent_again(app, settings, tried):
    make_cast(1)
    client, headers, upload = bidding(app, make_open_lot(start=START))
    send = partial(client.put, upload, data=bytes(8 * MIB), query_string={"offset": 0})

    for room in (5 * MIB, 7 * MIB, 8 * MIB - 1):
        with files_up_to(room):
            refused = send(headers=headers)
        assert (refused.status_code, refused.json["error"]["code"]) == (503, "storage.full")
        assert refused.headers["Retry-After"]
        assert client.get(upload, headers=headers).json["have"] == 0
        assert files(settings.files) == []
        tried()

    assert send(headers=headers).json["have"] == 8 * MIB


def test_a_database_without_room_refuses_and_keeps_nothing(sqlite_database):
    make_cast(1)
    lot = make_open_lot(start=START)

    def no_page_more(connection, *_):
        connection.execute("PRAGMA max_page_count=1")

    sqlite_database.writer.dispose()
    sa.event.listen(sqlite_database.writer, "connect", no_page_more)
    with pytest.raises(Busy) as refused:
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            for number in range(2_000):
                publish(db, f"lot:{lot}", "test.done", {"public": {"n": number}}, now)
    sa.event.remove(sqlite_database.writer, "connect", no_page_more)
    sqlite_database.writer.dispose()

    assert refused.value.code == "storage.full"
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        publish(db, f"lot:{lot}", "test.done", {"public": {}}, now)


def test_a_full_disk_at_the_opening_is_no_fault_of_the_bid(tmp_path):
    """What cannot be written is told as such; what cannot be read is the bid's own fault."""
    identity = unsealing.pyrage.x25519.Identity.generate()
    sealed = unsealing.pyrage.encrypt(bytes(3 * MIB), [identity.to_public()])
    vault = Vault(tmp_path)
    digest, size = vault.put(io.BytesIO(sealed), limit=8 * MIB)
    envelope = Envelope("bid", str(identity.to_public()), size, (digest,), "00" * 32)

    with open("/dev/full", "w+b", buffering=0) as full, pytest.raises(OSError, match="space"):
        unsealing._decrypt(envelope, [digest], str(identity), vault, full)


@pytest.fixture
def worker(database_url, workshop, tmp_path):
    """Makes a worker with this workshop."""
    given = {"ZHAOBIAO_VAR": str(tmp_path / "worker"), "DATABASE_URL": database_url}
    settings = settings_from(given)
    prepare_keys(settings)

    def make(over=workshop):
        made = Worker(settings)
        made._workshop = over
        return made

    return make


def sweep_at_once(worker):
    """Whatever was given back for later is tried now."""
    with transaction() as (db, _):
        db.execute(sa.update(DueWork).values(claimed_until=None))
    while worker.sweep():
        pass


def errors():
    with snapshot() as db:
        undone = (DueWork.done_at.is_(None), DueWork.kind.startswith("paper."))
        query = sa.select(DueWork.last_error).where(*undone)
        return list(db.scalars(query.where(DueWork.last_error.is_not(None))))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_paper_for_which_there_is_no_room_is_signed_later(workshop, worker):
    """Only on PostgreSQL: its files are not this process's."""
    paper = begin(workshop)
    ask("first", paper)
    before = files(workshop.vault._folder)

    with files_up_to(60_000):
        sweep_at_once(worker())
    told, kept = errors(), files(workshop.vault._folder)
    sweep_at_once(worker())

    assert [each.split(":")[1].strip() for each in told] == ["storage.full"]
    assert kept == before
    assert errors() == []
    assert turn_of(paper, "first").state is TurnState.PREPARED


def authority(answer, seconds=0.0):
    """A time-stamp authority that answers this, after so long."""

    def slowly(_body):
        time.sleep(seconds)
        return answer

    return served(slowly)


def down():
    return contextlib.nullcontext("http://127.0.0.1:9/")


AWAY = [
    pytest.param(down, id="down"),
    pytest.param(partial(authority, b""), id="silent", marks=pytest.mark.slow),
    pytest.param(partial(authority, b"<html>busy</html>"), id="garbage"),
    pytest.param(partial(authority, bytes(200_000)), id="endless", marks=pytest.mark.slow),
    pytest.param(partial(authority, b"", 11), id="slow", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_time_stamp_no_archive_is_half_sealed_and_it_is_sealed_later(
    workshop, worker, away
):
    paper = begin(workshop)
    for name in ("first", "second"):
        sign(name, paper, workshop)
    before, kept = paper_of(paper).file, files(workshop.vault._folder)

    with away() as url:
        sweep_at_once(worker(replace(workshop, time_stamp_url=url)))
    told = errors()
    assert (paper_of(paper).state, paper_of(paper).file) == (PaperState.SEALING, before)
    assert files(workshop.vault._folder) == kept
    sweep_at_once(worker())

    assert [each.partition(":")[0] for each in told] == ["TimeStampError"]
    assert paper_of(paper).state is PaperState.COMPLETE


@pytest.fixture
def fragile(tmp_path):
    """(server, application over it, worker): a whole site whose database may die."""
    with engines.postgresql_in_hand() as server:
        database = Database(server.url)
        upgrade(database)
        database.dispose()
        given = {"ZHAOBIAO_VAR": str(tmp_path / "var"), "DATABASE_URL": server.url}
        settings = settings_from(given)
        prepare_keys(settings)
        app = create_app(settings)
        app.testing = False
        yield server, app, Worker(settings)
        doors.current_database().dispose()


class Visitors:
    """People who go on asking, by pages and programs, reading and writing."""

    def __init__(self, app, lot, number):
        self._stop, self.answers = threading.Event(), []
        who = [bidding(app, lot, f"bidder{n}") for n in range(1, number + 1)]
        ways = (
            lambda client, headers: client.get(f"/api/v1/tenders/{lot[:-3]}", headers=headers),
            lambda client, headers: client.get("/", headers=headers),
            lambda client, headers: client.post(
                f"/api/v1/lots/{lot}/uploads", json={"size": 100}, headers=headers
            ),
        )
        jobs = [partial(self._ask, *each[:2], way) for each in who for way in ways]
        self._threads = [threading.Thread(target=job) for job in jobs]

    def _ask(self, client, headers, way):
        while not self._stop.is_set():
            answer = way(client, headers)
            problem = (answer.json or {}).get("error", {}) if answer.is_json else {}
            self.answers.append((answer.status_code, problem.get("code", "")))
            time.sleep(0.02)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def are_served(self):
        """Whether the last of everybody's requests were answered."""
        return all(status < 500 for status, _ in self.answers[-20:])


@contextlib.contextmanager
def going_on(worker):
    """Worker and relay run; gives what the relay delivers."""
    relayed = []
    relay = Relay(doors.current_database(), lambda _channel, entries: relayed.extend(entries))
    relay.follow(("wall", "regulator"), 0)
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        yield relayed
    finally:
        worker.stop()
        running.join()
        relay.stop()


def told(number):
    with transaction(lock=[]) as (db, now):
        publish(db, "wall", "test.done", {"regulator": {"n": number}}, now)


def test_while_the_database_is_away_all_is_told_as_busy_and_goes_on_by_itself(fragile, tried):
    server, app, worker = fragile
    make_cast(3)
    lot = make_open_lot(start=START)
    with going_on(worker) as relayed, Visitors(app, lot, 2) as visitors:
        for _ in range(2):
            wait_for(visitors.are_served)
            server.crash()
            time.sleep(0.6)
            server.start()
            begun = len(visitors.answers)
            wait_for(lambda begun=begun: len(visitors.answers) > begun + 40)
        wait_for(visitors.are_served)
        told(1)
        wait_for(lambda: relayed)
        wait_for(is_all_sequenced)

    wrong = {(s, c) for s, c in visitors.answers if s >= 400}
    assert (503, "storage.busy") in wrong
    assert wrong <= {
        (503, "storage.busy"),
        (503, "storage.unsure"),
        (503, ""),
        (429, "upload.too_many"),
    }
    tried(len(visitors.answers))


def is_all_sequenced():
    with snapshot() as db:
        return log.pending_count(db) == 0


def test_a_break_of_the_connection_at_the_commit_is_not_told_as_nothing_done(fragile):
    """Nobody knows then whether the server kept it."""
    server, _, _ = fragile
    make_cast(1)

    def crash(*_):
        server.crash()

    sa.event.listen(doors.current_database().writer, "commit", crash)
    with pytest.raises(Busy) as refused, transaction():
        pass
    sa.event.remove(doors.current_database().writer, "commit", crash)

    assert refused.value.code == "storage.unsure"
    server.start()
    wait_for(is_back)


def is_back():
    try:
        with transaction() as (db, _):
            return bool(real_now(db))
    except Busy:
        return False
