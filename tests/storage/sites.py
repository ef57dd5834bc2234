"""A site to back up, the people who can restore it, and what is read of either."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import sqlalchemy as sa

from storage.database import Database, snapshot, transaction
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from trading import queries
from trading.actions.closing import close_lot
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from
from webapp.worker import Worker

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


@dataclass
class Person:
    """Somebody who can open a backup."""

    identity: pyrage.x25519.Identity
    key_file: Path

    @property
    def recipient(self):
        return str(self.identity.to_public())


def person(folder, name):
    identity = pyrage.x25519.Identity.generate()
    path = folder / f"{name}.txt"
    path.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    return Person(identity, path)


def site_in(folder, template):
    """Such an installation on SQLite, played, in a folder of its own."""
    (folder / "var").mkdir()
    shutil.copy(template, folder / "var/zhaobiao.db")
    return Site(folder, settings_from({"ZHAOBIAO_VAR": str(folder / "var")}))


class Site:
    """A small installation on which a lot with three bids has closed."""

    def __init__(self, folder, settings, *, is_played=True):
        self.settings = settings
        prepare_keys(settings)
        self.app = create_app(settings)
        self.vault = self.app.extensions["vault"]
        self.one, self.two, self.stranger = (person(folder, n) for n in ("one", "two", "stranger"))
        self.to = [word for who in (self.one, self.two) for word in ("--to", who.recipient)]
        self.lot = self.play() if is_played else None

    def play(self):
        names, lot = make_cast(3), make_open_lot(start=START)
        for name in names:
            Bidder(name).enrol().submit(lot, self.vault)
        with snapshot() as db:
            deadline = queries.lot_by_code(db, lot).deadline
        move_to(lot, deadline + timedelta(microseconds=1))
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            close_lot(db, lot, now=now)
        return self.sequenced(lot)

    def sequenced(self, lot):
        worker = Worker(self.settings)
        while worker.sweep():
            pass
        return lot

    def run(self, *words, app=None):
        runner = (app or self.app).test_cli_runner()
        done = runner.invoke(args=["storage", *(str(word) for word in words)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def back_up(self, out):
        done = self.run("backup", "--out", out, *self.to)
        assert done.exit_code == 0, done.output
        return done.output.split()[-1]

    def restore(self, out, into, *words, who=None):
        key = (who or self.one).key_file
        return self.run("restore", out, "--identity", key, "--into", into, *words)

    def rows(self):
        return rows_of(self.settings.database_url)


def rows_of(url):
    """Table → its rows as text, sorted: what must be the same after a restore."""
    database, found = Database(url), {}
    with database.reader.connect() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            found[table.name] = sorted(map(repr, connection.execute(sa.select(table)).all()))
    database.dispose()
    return found


def stamp(out):
    return next(path.parent for path in out.glob("*/manifest.json"))


def refusal(done):
    """The code of what a command refused."""
    assert done.exit_code == 1, done.output
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    return line.split()[1].rstrip(":")


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
