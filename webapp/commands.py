"""The `flask …` commands: each package brings its own group; running the program is here."""

import subprocess
import sys
from datetime import UTC, datetime

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from evaluation.cli import commands as evaluation
from evidence.actions.authority import open_authority
from evidence.cli import commands as evidence
from storage.database import current_database
from storage.migrations import upgrade
from supervision.cli import commands as supervision
from trading.cli import commands as trading
from webapp.journey import journey
from webapp.serve import Parent, web_child, worker_child
from webapp.settings import ROOT, Settings, prepare_keys
from webapp.worker import run_worker

GROUPS: list[AppGroup] = [evaluation, evidence, supervision, trading]


def register_commands(app: Flask) -> None:
    """Hang every group and command under `flask`."""
    for command in (serve, worker, prepare, journey):
        app.cli.add_command(command)
    for group in GROUPS:
        app.cli.add_command(group)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> None:
    """Run the whole program here: web, worker. Example: flask serve --port 8000."""
    _prepare(_settings())
    print(f"http://{host}:{port}", file=sys.stderr)
    Parent([web_child(host, port), worker_child()], {}).run()


@click.command()
def worker() -> None:
    """Run a worker. Example: flask worker."""
    run_worker(_settings())


@click.command()
@click.option("--no-lot", is_flag=True, help="Add the demo accounts, but no rehearsal lot.")
def prepare(no_lot: bool) -> None:
    """Make keys, bring the database up to date, add the demo accounts. Example: flask prepare."""
    _prepare(_settings(), *(["--no-lot"] if no_lot else []))


def _prepare(settings: Settings, *options: str) -> None:
    prepare_keys(settings)
    open_authority(settings.authority, datetime.now(UTC))
    upgrade(current_database())
    # The demo city stands apart and is started as a process, like the client.
    subprocess.run([sys.executable, "-m", "demo", *options], cwd=ROOT, check=True)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
