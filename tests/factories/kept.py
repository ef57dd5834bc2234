"""Copies of a database at named stages, gone back to as often as a test likes."""

import copy
import shutil
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity.models.papers import Turn
from identity.rules.papers import TURN_TIME
from storage import database as doors

_LONG = timedelta(hours=12)


class Kept:
    """One database file with its stages; what goes with a stage is kept beside it."""

    def __init__(self, path):
        self.path, self.url = path, f"sqlite:///{path}"
        self.folder = path.parent / "stages"
        self.folder.mkdir()
        self.known = {}

    def keep(self, name, known):
        """The database as it stands now is this stage; `known`: its codes."""
        _hold_turns()
        doors.current_database().dispose()  # the last connection folds the log into the file
        shutil.copy(self.path, self.folder / name)
        self.known[name] = copy.deepcopy(known)

    def load(self, name):
        """Go back to this stage; returns what is known at it."""
        self._ours().dispose()
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        beside = self.path.with_name("beside.db")
        shutil.copy(self.folder / name, beside)
        beside.replace(self.path)  # whoever has the old file open reads on in the old one
        return copy.deepcopy(self.known[name])

    def _ours(self):
        """The open database, if it is this one, with all the statements that it has compiled."""
        current = doors.current_database()
        is_ours = current.url.render_as_string() == self.url
        return current if is_ours else doors.open_database(self.url)


class KeptOnServer:
    """The same on PostgreSQL: every stage is a database, copied by the server."""

    def __init__(self, url):
        self.url, self.known = url, {}
        self._name = sa.make_url(url).database
        self._server = sa.create_engine(
            sa.make_url(url).set(database="postgres"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )

    def keep(self, name, known):
        """The database as it stands now is this stage."""
        _hold_turns()
        doors.current_database().dispose()
        self._copy(self._name, self._stage(name))
        self.known[name] = copy.deepcopy(known)

    def load(self, name):
        """Go back to this stage; returns what is known at it."""
        doors.open_database(self.url).dispose()
        self._copy(self._stage(name), self._name)
        return copy.deepcopy(self.known[name])

    def drop(self):
        """Forget all stages."""
        for name in list(self.known):
            self._say(f'DROP DATABASE "{self._stage(name)}" WITH (FORCE)')
        self._server.dispose()

    def _stage(self, name):
        return f"{self._name} {name}"

    def _copy(self, source, target):
        self._say(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        self._say(f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY FILE_COPY')

    def _say(self, statement):
        with self._server.connect() as connection:
            connection.exec_driver_sql(statement)


def _hold_turns():
    """Stages are gone back to long after: a turn that is open in one must not lapse meanwhile."""
    with Session(doors.current_database().writer) as db, db.begin():
        for turn in db.scalars(sa.select(Turn).where(Turn.until.is_not(None))):
            if turn.until - turn.asked_at <= 2 * TURN_TIME:
                turn.until += _LONG
