"""Brings a database to the newest schema, with the append-only triggers made anew."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from storage.database import Database

_FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(database: Database, revision: str = "head") -> None:
    """Upgrade to this revision; does nothing when it is there already."""
    if database.is_sqlite and database.url.database:
        Path(database.url.database).parent.mkdir(parents=True, exist_ok=True)
    with database.writer.connect() as connection:
        command.upgrade(configuration(connection), revision)
        connection.commit()


def drop_everything(database: Database) -> None:
    """Drop every table of a database; whether that may be is for the caller to know."""
    with database.writer.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        found = sa.MetaData()
        found.reflect(connection)
        found.drop_all(connection)
        connection.commit()


def configuration(connection: object) -> Config:
    """Alembic's settings for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
