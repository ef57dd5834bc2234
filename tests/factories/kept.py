"""Copies of a SQLite database at named stages, gone back to as often as a test likes."""

import copy
import shutil

from storage import database as doors


class Kept:
    """One database file with its stages; what goes with a stage is kept beside it."""

    def __init__(self, path):
        self.path, self.url = path, f"sqlite:///{path}"
        self.folder = path.parent / "stages"
        self.folder.mkdir()
        self.known = {}

    def keep(self, name, known):
        """The database as it stands now is this stage; `known`: its codes."""
        doors.current_database().dispose()  # the last connection folds the log into the file
        shutil.copy(self.path, self.folder / name)
        self.known[name] = copy.deepcopy(known)

    def load(self, name):
        """Go back to this stage; returns what is known at it."""
        self._ours().dispose()
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copy(self.folder / name, self.path)
        return copy.deepcopy(self.known[name])

    def _ours(self):
        """The open database, if it is this one, with all the statements that it has compiled."""
        current = doors.current_database()
        is_ours = current.url.render_as_string() == self.url
        return current if is_ours else doors.open_database(self.url)
