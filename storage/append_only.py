"""Tables that are only ever added to: the database itself refuses UPDATE and DELETE.

One function at the end of every migration makes the triggers anew, because an Alembic batch
change on SQLite drops them silently; a test compares them on both engines.
"""

import sqlalchemy as sa

APPEND_ONLY = (
    "award",
    "award_candidate",
    "bid_rejection",
    "evidence_entry",
    "evidence_head",
    "evidence_node",
    "fact",
    "outbox_message",
    "ranking",
    "refused_attempt",
    "score_sheet_version",
    "supervision_order",
    "termination",
    "undertaking",
)


def protect(connection: sa.Connection) -> None:
    """Make the triggers of every append-only table that exists."""
    tables = set(sa.inspect(connection).get_table_names())
    make = _protect_sqlite if connection.dialect.name == "sqlite" else _protect_postgresql
    for table in APPEND_ONLY:
        if table in tables:
            make(connection, table)


def protected_tables(connection: sa.Connection) -> set[str]:
    """Names of the tables that the database refuses to change, as it says itself."""
    if connection.dialect.name == "sqlite":
        query = (
            "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' "
            "AND name LIKE 'append_only_%' GROUP BY 1 HAVING count(*) = 2"
        )
    else:
        query = (
            "SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid "
            "WHERE tgname LIKE 'append_only_%' GROUP BY 1 HAVING count(*) = 1"
        )
    return set(connection.scalars(sa.text(query)))


def _protect_sqlite(connection: sa.Connection, table: str) -> None:
    for verb in ("update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS append_only_{table}_{verb}")
        connection.exec_driver_sql(
            f"CREATE TRIGGER append_only_{table}_{verb} BEFORE {verb} ON {table} "
            "BEGIN SELECT raise(ABORT, 'append only'); END"
        )


def _protect_postgresql(connection: sa.Connection, table: str) -> None:
    connection.exec_driver_sql(
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append only'; END $$"
    )
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS append_only_{table} ON {table}")
    connection.exec_driver_sql(
        f"CREATE TRIGGER append_only_{table} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )
