"""`flask journey`: a whole rehearsal tender on a platform of its own, or on one that runs already.

Own: a new database (SQLite under DIR/run, or a new schema of DATABASE_URL), files under DIR/run,
free ports, one web process, one worker; the story itself starts the witnesses. What dies is
started again. A second run into the same folder replaces the first and touches nothing else.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import requests
import sqlalchemy as sa

from webapp.serve import Parent, web_child, worker_child
from webapp.settings import ROOT

OUTPUTS = ("summary.json", "evaluation.pdf", "evidence.zip", "release.json")
_SCHEMA_FILE = "schema"
_PATIENCE_SECONDS = 60.0
_STORY = "client.journey"


@click.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--regime", type=click.Choice(["CONSTRUCTION", "GOVPROC"]), default="CONSTRUCTION")
@click.option("--bidders", default=5, show_default=True, type=click.IntRange(5, 200))
@click.option("--experts", default=5, show_default=True, type=click.IntRange(5, 21))
@click.option("--seed", default=1, show_default=True, help="Prices and marks follow from it.")
@click.option("--bid-mb", default=5, show_default=True, type=click.IntRange(1, 500))
@click.option("--bid-files", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--url", help="Play on the platform at this address instead of one of our own.")
@click.option("--accounts", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def journey(out: Path, url: str | None, **given: object) -> None:
    """Play one rehearsal tender over real HTTP and WebSocket, with the client as everybody.

    Writes DIR/summary.json, evaluation.pdf, evidence.zip, release.json; the last line of stdout is
    the summary. Exit 0 when everything that was checked is valid, 1 when not, 2 for usage.

    Example: flask journey --out /tmp/x --regime GOVPROC --bidders 7 --experts 7
    """
    if isinstance(given["experts"], int) and given["experts"] % 2 == 0:
        raise click.UsageError("--experts must be odd")
    run = _clear(out)
    story = [
        word
        for name, value in given.items()
        if value is not None
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    if url:
        sys.exit(_play(url, out, story, os.environ))
    with _platform(run) as (address, environment):
        sys.exit(_play(address, out, story, environment))


def _play(url: str, out: Path, story: list[str], environment: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", _STORY, "--url", url, "--out", str(out.resolve()), *story]
    return subprocess.run(command, cwd=ROOT, env=dict(environment), check=False).returncode


def _clear(out: Path) -> Path:
    """Remove what an earlier run left here, and nothing else; returns the folder to run in."""
    run = out / "run"
    _drop_schema(run)
    shutil.rmtree(run, ignore_errors=True)
    for name in OUTPUTS:
        (out / name).unlink(missing_ok=True)
    run.mkdir(parents=True)
    return run.resolve()


@contextlib.contextmanager
def _platform(run: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """A platform of our own: (address, environment of its processes)."""
    port = _free_port()
    environment = {**os.environ, "ZHAOBIAO_VAR": str(run / "var"), "FLASK_APP": "wsgi"}
    environment |= _database(run)
    subprocess.run(
        [sys.executable, "-m", "flask", "prepare", "--no-lot"],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=sys.stderr,
    )
    address = f"http://127.0.0.1:{port}"
    parent = Parent([web_child("127.0.0.1", port), worker_child()], environment, run / "log.txt")
    with parent.running():
        _wait_until_ready(address)
        yield address, environment


def _database(run: Path) -> dict[str, str]:
    """DATABASE_URL of a new schema in the given PostgreSQL; nothing for SQLite under var/."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgresql"):
        return {"DATABASE_URL": f"sqlite:///{run / 'var' / 'zhaobiao.db'}"}
    schema = f"journey_{secrets.token_hex(6)}"
    (run / _SCHEMA_FILE).write_text(schema)
    _execute(given, sa.schema.CreateSchema(schema))
    url = sa.make_url(given).update_query_dict({"options": f"-csearch_path={schema}"})
    return {"DATABASE_URL": url.render_as_string(hide_password=False)}


def _drop_schema(run: Path) -> None:
    given = os.environ.get("DATABASE_URL", "")
    noted = run / _SCHEMA_FILE
    if given.startswith("postgresql") and noted.exists():
        _execute(given, sa.schema.DropSchema(noted.read_text(), cascade=True, if_exists=True))


def _execute(url: str, statement: sa.schema.ExecutableDDLElement) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(statement)
    engine.dispose()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(address: str) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{address}/readyz", timeout=2).ok:
                return
        time.sleep(0.2)
    raise click.ClickException("the platform did not start; see DIR/run/log.txt")
