"""`flask serve`: parent of web, worker and witness. Starts a dead one again, ends all together.

The embedded default: one gunicorn process with threads, one worker, files under var/.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from webapp.settings import ROOT

RESTART_SECONDS = 1.0
_GRACE_SECONDS = 10.0
_THREADS = 400


@dataclass
class Child:
    """One process that must run; one that `is_once` only until it has done its work."""

    name: str
    command: list[str]
    is_once: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    started: float = field(default=0.0)

    @property
    def is_over(self) -> bool:
        """Whether it ended by itself and is not wanted again; one that was killed is."""
        ended = self.process.poll() if self.process else None
        return self.is_once and ended is not None and ended >= 0


class Parent:
    """Keeps its children running until it is told to stop."""

    def __init__(
        self, children: list[Child], environment: Mapping[str, str], log: Path | None = None
    ) -> None:
        """Starts nothing yet. What the children print goes to `log`, or where ours goes."""
        self._children = children
        self._log = log
        self._environment = {**os.environ, **environment}
        self._stop = threading.Event()

    def run(self) -> None:
        """Start all, start again what dies, until SIGTERM or SIGINT."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: self._stop.set())
        self._run()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep the children running beside the caller, and end them after."""
        thread = threading.Thread(target=self._run, name="parent")
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            for child in self._children:
                self._keep(child)
            self._stop.wait(0.2)
        self._end()

    def _keep(self, child: Child) -> None:
        if child.is_over or (child.process is not None and child.process.poll() is None):
            return
        if child.process is not None:
            print(f"{child.name} ended ({child.process.returncode}), starting it", file=sys.stderr)
            self._stop.wait(max(0.0, RESTART_SECONDS - (time.monotonic() - child.started)))
        child.started = time.monotonic()
        with contextlib.ExitStack() as opened:
            log = opened.enter_context(self._log.open("ab")) if self._log else None
            child.process = subprocess.Popen(
                child.command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def _end(self) -> None:
        running = [c.process for c in self._children if c.process and c.process.poll() is None]
        for process in running:
            process.terminate()
        end = time.monotonic() + _GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def alone(lock: Path) -> Iterator[bool]:
    """Hold this lock file while it lasts; yields whether nobody else does. It ends with us."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def web_child(host: str, port: int, tls: tuple[Path, Path] | None = None) -> Child:
    """The web process; `tls` are files with certificate chain and key."""
    secured = [f"--certfile={tls[0]}", f"--keyfile={tls[1]}"] if tls else []
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--worker-class=gthread",
        "--workers=1",
        f"--threads={_THREADS}",
        f"--bind={host}:{port}",
        "--graceful-timeout=5",
        "--access-logfile=/dev/null",
        "--log-level=warning",
        "--no-control-socket",
        *secured,
        "wsgi:app",
    ]
    return Child("web", command)


def worker_child() -> Child:
    """The worker process."""
    return Child("worker", [sys.executable, "-m", "flask", "worker"])


def witness_child(address: str, home: Path) -> Child:
    """The witness program on its own folder. Here it shows the procedure and protects nobody."""
    command = [sys.executable, "-m", "client.witness", "--url", address, "--home", str(home)]
    return Child("witness", [*command, "--token-file", str(home / "token")])


def city_child() -> Child:
    """What plays the demo city beside the site, and then ends."""
    return Child("city", [sys.executable, "-m", "demo", "city"], is_once=True)
