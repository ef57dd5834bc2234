"""Ending a process before the n-th statement or commit of a legal act, for every n.

Each time nothing at all may have happened: the whole database is compared, byte for byte.
"""

import os

import sqlalchemy as sa

from storage import database as doors
from storage.database import transaction
from tests.factories.papers import DUTIES
from tests.leaks.canaries import dumped
from webapp.tables import metadata

DIED = 9


def everything(database):
    """Every row of every table."""
    return dumped(database, metadata)


def dies_before(statement, url, act):
    """Whether a child that is ended before this statement (or commit) got that far."""
    child = os.fork()
    if child == 0:
        left = [statement]

        def count(*_):
            left[0] -= 1
            if left[0] == 0:
                os._exit(DIED)

        doors._current = None
        database = doors.open_database(url)
        for event in ("before_cursor_execute", "commit"):
            sa.event.listen(database.writer, event, count)
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, DIED)
    return code == DIED


def try_every_statement(database, url, act):
    """End a child at every statement in turn until one gets through; returns how many there were.

    Whatever came before is as it was, and the last child shows that the next start carries on.
    """
    before, statement = everything(database), 1
    database.dispose()
    while dies_before(statement, url, act):
        assert everything(database) == before, f"half done before statement {statement}"
        database.dispose()
        statement += 1
    assert everything(database) != before
    return statement


def act_of(kind, subject, workshop):
    """What the worker does under the lock for this work; its heavy part is done here, before."""
    duty, code = DUTIES[kind], subject.partition(":")[2]
    result = duty.work(code, workshop) if duty.work else None

    def act():
        with transaction(lock=[subject, *duty.locks(code)]) as (db, now):
            duty.act(db, code, now, result)

    return act
