from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.append_only import APPEND_ONLY, protected_tables
from storage.database import Database
from storage.migrations import configuration, upgrade
from webapp.tables import metadata


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(configuration(None)).get_heads()) == 1


def test_the_migrated_schema_is_the_one_of_the_models(database):
    with database.writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def checks_of(connection):
    inspector = sa.inspect(connection)
    return {
        (table, check["name"], " ".join(check["sqltext"].split()))
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
    }


def test_every_check_of_the_models_is_in_the_migrated_schema(database, tmp_path):
    """Comparing the metadata does not see CHECKs, and a change of a table on SQLite drops them."""
    with database.writer.connect() as connection:
        migrated = checks_of(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert migrated == checks_of(connection)
    assert len(migrated) > 30


def test_append_only_tables_are_protected_after_every_migration(database):
    with database.writer.connect() as connection:
        assert protected_tables(connection) == set(APPEND_ONLY)


def test_upgrading_twice_changes_nothing(tmp_path):
    database = Database(f"sqlite:///{Path(tmp_path) / 'deep' / 'new.db'}")
    upgrade(database)
    upgrade(database)
    with database.writer.connect() as connection:
        assert "fact" in sa.inspect(connection).get_table_names()
    database.dispose()
