"""A consistent copy of a running database as one stream, and a database out of such a stream.

SQLite: `VACUUM INTO`, one snapshot, writers go on. PostgreSQL: its own pg_dump and pg_restore,
which must be there and not older than the server. What is read beside it is of the same moment.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlalchemy.orm import Session

from storage.database import Database
from storage.sealed import BackupRefused

Read = TypeVar("Read")


@contextmanager
def dump(
    database: Database, scratch: Path, read: Callable[[Session], Read]
) -> Iterator[tuple[BinaryIO, Read]]:
    """Yield the copy to be read to its end, and what `read` found in the database of that moment.

    Raises BackupRefused at the end if the copy did not become whole.
    """
    if database.is_sqlite:
        with _copied(database, scratch) as copied:
            found = read_from(sa.make_url(f"sqlite:///{copied}"), read)
            with copied.open("rb") as file:
                yield file, found
        return
    with database.snapshot() as db:
        name = db.scalar(sa.text("SELECT pg_export_snapshot()"))
        found = read(db)
        words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}"]
        with _program("pg_dump", database.url, words) as program:
            yield cast("BinaryIO", program.stdout), found


def load(place: Path, url: sa.URL) -> None:
    """Make the empty database at this address the one of the copy. Raises BackupRefused."""
    if url.get_backend_name() == "sqlite":
        shutil.move(place, str(url.database))
        return
    words = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    with _program("pg_restore", url, [*words, str(place)]):
        pass


def refuse_filled(url: sa.URL) -> None:
    """Raise BackupRefused unless there is nothing at this address."""
    if url.get_backend_name() == "sqlite":
        filled = Path(str(url.database)).exists()
    else:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        filled = bool(sa.inspect(engine).get_table_names())
    if filled:
        raise BackupRefused("backup.database_not_empty", "目标数据库不是空的，没有做任何改动。")


def read_from(url: sa.URL, read: Callable[[Session], Read]) -> Read:
    """What is found in the database at this address, which the program does not work on."""
    database = Database(url.render_as_string(hide_password=False))
    try:
        with database.snapshot() as db:
            return read(db)
    finally:
        database.dispose()


@contextmanager
def _copied(database: Database, scratch: Path) -> Iterator[Path]:
    """A copy beside the database, for its owner only, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".backup-") as folder:
        copy = Path(folder) / "database"
        with closing(sqlite3.connect(str(database.url.database), timeout=30)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        yield copy


@contextmanager
def _program(name: str, url: sa.URL, words: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """One of PostgreSQL's programs. Its password is not among the words that everybody can see."""
    found = shutil.which(name)
    if found is None:
        raise BackupRefused(
            "backup.no_program", "找不到 %(name)s，请先安装 PostgreSQL 客户端。", name=name
        )
    parts = url.translate_connect_args(username="user", database="dbname")
    password = str(parts.pop("password", "") or "")
    where = make_conninfo(**parts, **dict(url.query))  # type: ignore[arg-type]
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(
            [found, f"--dbname={where}", *words],
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, "PGPASSWORD": password},
        )
        with program:
            yield program
        if program.returncode:
            said.seek(0)
            why = said.read().decode(errors="replace").strip().splitlines() or [""]
            raise BackupRefused(
                "backup.program_failed", "%(name)s 失败：%(why)s", name=name, why=why[0][:300]
            )
