"""What is asked of the database while something is done."""

from contextlib import contextmanager

import sqlalchemy as sa

from storage.database import current_database


@contextmanager
def asked():
    """The texts of all statements through both doors, in order; BEGIN asks nothing."""
    texts, database = [], current_database()

    def note(_connection, _cursor, statement, *_):
        if not statement.startswith("BEGIN"):
            texts.append(statement)

    for engine in (database.reader, database.writer):
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield texts
    finally:
        for engine in (database.reader, database.writer):
            sa.event.remove(engine, "before_cursor_execute", note)
