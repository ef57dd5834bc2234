"""Ending a process at any step of a legal act: statements and commits of requests and due work.

An act is tried at a stage of a kept database. Whenever its process ends, the act is absent or it is
whole, as in a run that nobody disturbed; and once it is whole it stays so.
"""

import copy
import os
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from storage import database as doors
from webapp.tables import metadata

DIED, FAILED = 9, 1
READ, WRITE, COMMIT = b"r", b"w", b"c"
# When a program was seen is noted beside what it does, once in a while.
_SEEN = "api_token"


def rows():
    """Table → how often each row stands in it, of the open database."""
    with doors.current_database().reader.connect() as connection:
        return {
            table.name: Counter(map(repr, connection.execute(sa.select(table))))
            for table in metadata.sorted_tables
        }


def difference(before, after):
    """Table → (rows that came, rows that went), of every table that is not as before."""
    return {
        name: ((after[name] - before[name]).total(), (before[name] - after[name]).total())
        for name in before
        if after[name] != before[name] and name != _SEEN
    }


@dataclass(frozen=True)
class Half:
    """An act that is half done when its process ends before this step; `steps`: all of them."""

    name: str
    number: int
    steps: bytes
    found: dict
    whole: dict


class Ground:
    """Stages of a kept database on which processes end."""

    def __init__(self, kept):
        self.kept, self._rows, self._untouched = kept, {}, None

    def steps(self, stage, act):
        """The steps of the undisturbed act in order, and what it changes."""
        known = self._at(stage)
        reader, writer = os.pipe()
        code = self._child(lambda: act(known), lambda letter: os.write(writer, letter))
        os.close(writer)
        with os.fdopen(reader, "rb") as told:
            steps = told.read()
        whole = self._changed(stage)
        assert code == 0, f"not done at {stage}"
        assert whole, f"nothing to do at {stage}"
        return steps, whole

    def ended(self, stage, act, number):
        """What has changed when the process ended before this step."""
        left, known = [number], self._at(stage)

        def count(_letter):
            left[0] -= 1
            if left[0] == 0:
                os._exit(DIED)

        code = self._child(lambda: act(known), count)
        assert code == DIED, f"step {number} at {stage} did not come"
        return self._changed(stage)

    def deaths(self, stage, name, act, choose):
        """End it before each step that `choose` names; (number of deaths, what was half done)."""
        steps, whole = self.steps(stage, act)
        numbers, is_whole, half = choose(steps), False, []
        for number in numbers:
            found = self.ended(stage, act, number)
            if found not in ({}, whole) or (is_whole and not found):
                half.append(Half(name, number, steps, found, whole))
            is_whole = is_whole or bool(found)
        return len(numbers), half

    def _at(self, stage):
        """Go to this stage, unless the database stands at it."""
        if self._untouched == stage:
            return copy.deepcopy(self.kept.known[stage])
        known = self.kept.load(stage)
        if stage not in self._rows:
            self._rows[stage] = rows()
        return known

    def _changed(self, stage):
        before, after = self._rows[stage], rows()
        # Also of what was only seen: the next process would not note it again, a step less.
        self._untouched = stage if after == before else None
        return difference(before, after)

    def _child(self, act, on_step):
        """How a process ended that did this, and called `on_step` before each of its steps."""
        doors.current_database().dispose()
        child = os.fork()
        if child == 0:
            code = FAILED
            try:
                _listen(self.kept.url, on_step)
                code = 0 if act() else FAILED
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _listen(url, on_step):
    """Open the database anew in a child, and tell of every step."""
    doors._current = None
    database = doors.open_database(url)

    def statement(_connection, _cursor, text, *_):
        is_write = text.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        on_step(WRITE if is_write else READ)

    for engine in (database.writer, database.reader):
        sa.event.listen(engine, "before_cursor_execute", statement)
    sa.event.listen(database.writer, "commit", lambda *_: on_step(COMMIT))


def every(steps):
    """Numbers of all steps."""
    return range(1, len(steps) + 1)


def telling(steps):
    """Each commit, and what comes after it: between them nothing can be seen from outside."""
    before = READ + steps
    return [
        number
        for number, letter in enumerate(steps, 1)
        if COMMIT[0] in (letter, before[number - 1])
    ]
