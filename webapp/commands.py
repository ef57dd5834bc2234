"""The `flask …` commands: each package brings its own group; running the program is here."""

import ipaddress
import socket
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
from webapp.backups import commands as backups
from webapp.installing import found, upgrade_site
from webapp.journey import journey
from webapp.renewing import renew
from webapp.serve import Child, Parent, alone, city_child, web_child, witness_child, worker_child
from webapp.settings import ROOT, Settings, prepare_keys
from webapp.witness import put_witness_token
from webapp.worker import run_worker

_SERVING = "serving.lock"
GROUPS: list[AppGroup] = [backups, evaluation, evidence, supervision, trading]


def register_commands(app: Flask) -> None:
    """Hang every group and command under `flask`."""
    for command in (serve, worker, prepare, upgrade_site, found, renew, demo, journey):
        app.cli.add_command(command)
    for group in GROUPS:
        app.cli.add_command(group)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-city", is_flag=True, help="Do not play the demo city beside the site.")
def serve(host: str, port: int, no_city: bool) -> None:
    """Run the whole program here: web, worker, witness. Example: flask serve --port 8000.

    The demo city is played beside it; the site answers meanwhile. At an address other than
    loopback it serves TLS with a certificate of the built-in authority, because browsers
    seal and sign only over a secure connection.
    """
    settings = _settings()
    _prepare(settings, "--witness")
    children, environment, address = _local(host, port, settings)
    if put_witness_token(settings.witness):
        children.append(witness_child(address, settings.witness))
    if not no_city:
        children.append(city_child())
    print(address, file=sys.stderr)
    with alone(settings.var / _SERVING):
        Parent(children, environment).run()


def _local(host: str, port: int, settings: Settings) -> tuple[list[Child], dict[str, str], str]:
    """Web and worker, what they need to know, and where they are reached."""
    if _is_loopback(host):
        return [web_child(host, port), worker_child()], {}, f"http://{host}:{port}"
    now, hosts = datetime.now(UTC), _names_of(host)
    files = open_authority(settings.authority, now).serve_tls(hosts, now)
    environment = {
        "ZHAOBIAO_TLS": "1",
        "REQUESTS_CA_BUNDLE": str(settings.authority / "root.crt"),
    }
    address = f"https://{hosts[0]}:{port}"
    return [web_child(host, port, files), worker_child()], environment, address


def _names_of(host: str) -> list[str]:
    """What this machine is called by those who come to this address; all of it for 0.0.0.0."""
    if not _is_address(host) or not ipaddress.ip_address(host).is_unspecified:
        return [host]
    name = socket.gethostname()
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    return [name, *sorted(found), "127.0.0.1"]


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback if _is_address(host) else host == "localhost"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


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
    if subprocess.run(_demo(*options), cwd=ROOT, check=False).returncode:
        raise click.ClickException("this is no demo: flask upgrade, then docs/operations.md")


def _demo(*words: str) -> list[str]:
    return [sys.executable, "-m", "demo", *words]


@click.group()
def demo() -> None:
    """The made-up city 临江市: about 35 rehearsals in every state."""


@demo.command()
@click.option("--seed", default=1, show_default=True, help="Who bids what follows from it.")
def city(seed: int) -> None:
    """Play what is missing of the city; again is going on. Example: flask demo city.

    Beside a site that runs it is quicker. Exit 1 when some tender could not be played, or when
    there is a tender that is no rehearsal.
    """
    _prepare(_settings(), "--witness")
    words = _demo("city", "--seed", str(seed))
    sys.exit(subprocess.run(words, cwd=ROOT, check=False).returncode)


@demo.command()
@click.option("--pace", default=3.0, show_default=True, help="Seconds between two steps.")
def show(pace: float) -> None:
    """Play one more rehearsal from notice to archive, to be watched. Example: flask demo show."""
    words = _demo("show", "--pace", str(pace))
    sys.exit(subprocess.run(words, cwd=ROOT, check=False).returncode)


def begin_show(settings: Settings, pace: float = 3.0) -> None:
    """Start such a play beside this site and leave it alone; a second one at once does nothing."""
    log, words = settings.var / "demo" / "show.log", _demo("show", "--pace", str(pace))
    # The shell ends at once: what it began is nobody's child here, and nobody waits for it.
    away = 'exec "$@" </dev/null >>"$0" 2>&1 &'
    subprocess.run(["/bin/sh", "-c", away, str(log), *words], cwd=ROOT, check=True)


@demo.command()
@click.option("--yes", is_flag=True, help="Really empty database, files and keys.")
def reset(yes: bool) -> None:
    """Empty a demo installation and play the city anew. Example: flask demo reset --yes.

    Refused while there is any tender that is no rehearsal. Stop the site before: its processes
    hold keys of the log that ends here.
    """
    if not yes:
        raise click.UsageError("this empties database, files and keys: say --yes")
    with alone(_settings().var / _SERVING) as is_stopped:
        if not is_stopped:
            raise click.ClickException("the site runs: stop it first")
        current_database().dispose()
        if subprocess.run(_demo("reset"), cwd=ROOT, check=False).returncode:
            sys.exit(1)
    _prepare(_settings(), "--witness")
    sys.exit(subprocess.run(_demo("city"), cwd=ROOT, check=False).returncode)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
